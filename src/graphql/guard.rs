//! Field policy at work: before any resolver runs, the viewer's roles are held against the field's rule, and where the
//! object is somebody's, whose it is.

use std::any::TypeId;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextResolve, ResolveInfo,
};
use async_graphql::{
    Context, Error, Guard, PathSegment, QueryPathNode, QueryPathSegment, Request, Response, ServerError, ServerResult,
    Value,
};

use super::context::{Asking, KnownViewer, Session, not_signed_in};
use super::error::{denial, of_request, top_level};
use super::gathering::Gathering;
use super::loaders::Loaders;
use crate::auth::policy;
use crate::auth::token::Identity;
use crate::domain::time::Instant;
use crate::domain::viewer::{Viewer, Whose};
use crate::usecases::{Denied, Desk};

/// Who a request's token says is asking; put into the request's or the connection's data by `http`.
#[derive(Clone)]
pub struct TokenIdentity(pub Identity);

/// Enforces `auth::policy` on every field.
pub struct Rights;

impl ExtensionFactory for Rights {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Enforcer::default())
    }
}

/// One request's enforcement, with the denials of nullable fields, which are told beside the data.
#[derive(Default)]
struct Enforcer {
    denials: Mutex<Vec<ServerError>>,
}

#[async_graphql::async_trait::async_trait]
impl Extension for Enforcer {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let Some(Asker { viewer, expires_at, revision }) = asking(ctx, &request).await? else {
            return next.run(ctx, request).await;
        };
        let gathering = Gathering::default();
        let loaders = Loaders::new(ctx.data_unchecked::<Desk>().clone(), viewer.clone(), gathering.clone());
        let session = Session { viewer, expires_at, revision, loaders, gathering };
        next.run(ctx, request.data(session)).await
    }

    async fn execute(&self, ctx: &ExtensionContext<'_>, operation: Option<&str>, next: NextExecute<'_>) -> Response {
        let execution = next.run(ctx, operation);
        let mut response = match ctx.data_opt::<Session>() {
            Some(session) => session.gathering.run(execution).await,
            None => execution.await,
        };
        response.errors.append(&mut self.denials.lock().unwrap_or_else(PoisonError::into_inner));
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        // An item of a list is resolved under its field's rule, which was held against it just before.
        let is_item = matches!(info.path_node.segment, QueryPathSegment::Index(_));
        if info.is_for_introspection || is_item || info.name.starts_with("__") {
            return next.run(ctx, info).await;
        }
        let viewer = ctx.data_opt::<Session>().map(|session| &session.viewer);
        let (node, is_nullable) = (info.path_node, !info.return_type.ends_with('!'));
        let error = match judge(viewer, info.parent_type, info.name) {
            Err(denied) => ServerError { path: path(node), ..of_request(denial(&denied)) },
            Ok(()) => match next.run(ctx, info).await {
                Err(error) if error.source::<OutOfReach>().is_some() => ServerError { locations: Vec::new(), ..error },
                answered => return answered,
            },
        };
        if !is_nullable {
            return Err(error);
        }
        // Null at its own place, with its error beside; the siblings are not touched.
        self.denials.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        Ok(Some(Value::Null))
    }
}

/// The rule's other half, on every field of an object that is somebody's: before its resolver runs, whose the object is
/// is held against how near the viewer's roles must be.
pub struct Of(pub &'static str, pub Whose);

/// Marks a denial by nearness among the errors that a field can answer.
struct OutOfReach;

impl Guard for Of {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        let Self(parent, whose) = *self;
        let viewer = ctx.viewer().map_err(|denied| denial(&denied))?;
        let grants = policy::grants_for(parent, ctx.item.node.name.node.as_str()).unwrap_or_default();
        if policy::reaches(viewer, grants, whose) {
            return Ok(());
        }
        let denied = Denied::Forbidden("Your roles allow this field only of what is your own, or of your own clients.");
        Err(Error { source: Some(Arc::new(OutOfReach)), ..denial(&denied) })
    }
}

/// Who asks, as their member's row says now, until when, and how the practice's settings stand.
struct Asker {
    viewer: Viewer,
    expires_at: Instant,
    revision: Option<i64>,
}

/// None where nobody says who they are.
async fn asking(ctx: &ExtensionContext<'_>, request: &Request) -> ServerResult<Option<Asker>> {
    if let Some(KnownViewer { viewer, expires_at }) = given(request) {
        return Ok(Some(Asker { viewer: viewer.clone(), expires_at: *expires_at, revision: None }));
    }
    let Some(TokenIdentity(identity)) = given(request).or_else(|| ctx.data_opt()) else { return Ok(None) };
    let found = ctx.data_unchecked::<Desk>().viewer_and_revision(identity.practice_id, identity.sign_in()).await;
    let found = found.map_err(|refusal| of_request(top_level(refusal)))?;
    let (viewer, revision) = found.ok_or_else(|| {
        let gone =
            Denied::Unauthenticated("This member can no longer sign in. Ask an admin of the practice.".to_owned());
        of_request(denial(&gone))
    })?;
    Ok(Some(Asker { viewer, expires_at: identity.expires_at, revision: Some(revision) }))
}

fn given<T: Send + Sync + 'static>(request: &Request) -> Option<&T> {
    request.data.get(&TypeId::of::<T>())?.downcast_ref()
}

/// The viewer's roles against a field's rule. A field without a rule is refused.
pub fn judge(viewer: Option<&Viewer>, parent: &str, field: &str) -> Result<(), Denied> {
    let viewer = viewer.ok_or_else(not_signed_in)?;
    match policy::grants_for(parent, field) {
        Some(grants) if grants.iter().any(|grant| viewer.has(grant.role)) => Ok(()),
        Some(_) => Err(Denied::Forbidden("Your roles do not allow this field.")),
        None => Err(Denied::Forbidden("This field has no rule, so nobody may use it.")),
    }
}

fn path(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let mut path = Vec::new();
    let mut at = Some(node);
    while let Some(node) = at {
        path.push(match node.segment {
            QueryPathSegment::Index(index) => PathSegment::Index(index),
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
        });
        at = node.parent;
    }
    path.reverse();
    path
}
