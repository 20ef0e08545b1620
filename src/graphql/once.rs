//! What many readers of a stream would see alike is made once: loaded once a view, rendered once a view and document.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::parser::types::{BaseType, ExecutableDocument, Type};
use async_graphql::{ContextSelectionSet, Response, ServerError, ServerResult, Value, Variables};
use tokio::sync::OnceCell;

use super::context::Session;
use crate::domain::viewer::Viewer;
use crate::push::Told;

/// The key of all who may see the same of an event: within one practice it depends on a member's roles and on whose
/// clinician or client they are, and on nothing else of the member.
pub fn view(viewer: &Viewer) -> Arc<str> {
    let Viewer { practice_id, member_id: _, link_id: _, is_admin, clinician_id, client_id } = viewer;
    format!("{practice_id} {is_admin} {clinician_id:?} {client_id:?}").into()
}

/// What a document asks for. Cursors are left out: they say where a stream begins, not what its items hold.
pub fn fingerprint(query: &str, document: &ExecutableDocument, variables: &Variables) -> u64 {
    let mut hasher = DefaultHasher::new();
    query.hash(&mut hasher);
    for (_, operation) in document.operations.iter() {
        for definition in &operation.node.variable_definitions {
            let Type { base, .. } = &definition.node.var_type.node;
            if matches!(base, BaseType::Named(name) if name == "Cursor") {
                continue;
            }
            let name = &definition.node.name.node;
            (name.as_str(), variables.get(name).map(ToString::to_string)).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// An item as it is sent, with the errors of its nullable fields.
struct Rendered {
    value: Value,
    denials: Vec<ServerError>,
    errors: Vec<ServerError>,
    /// The whole response, as JSON, once the first reader's has been written down.
    payload: OnceLock<Arc<str>>,
}

type Place = OnceCell<Rendered>;

/// Where a transport finds what a response has in common with those of other readers; put into the request's data, one for
/// each operation.
#[derive(Clone, Default)]
pub struct SharedPayload(Arc<Mutex<Option<Arc<Place>>>>);

impl SharedPayload {
    /// The response as JSON: written down once for all who are sent the same.
    pub fn payload(&self, mut response: Response) -> Arc<str> {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(rendered) = place.as_deref().and_then(OnceCell::get) else { return json(&response) };
        let payload = rendered.payload.get_or_init(|| {
            // The field's value was left out of the response, since it is here.
            if let Value::Object(data) = &mut response.data
                && let Some(value) = data.values_mut().next()
            {
                *value = rendered.value.clone();
            }
            json(&response)
        });
        payload.clone()
    }
}

fn json(response: &Response) -> Arc<str> {
    serde_json::to_string(response).unwrap_or_default().into()
}

/// Renders an event, or finds that another reader with the same view and document has.
pub async fn render(
    told: &Told,
    view: &Arc<str>,
    ctx: &ContextSelectionSet<'_>,
    render: impl Future<Output = ServerResult<Value>>,
) -> ServerResult<Value> {
    let Some(session) = ctx.data_opt::<Session>() else { return render.await };
    let Some(document) = session.document.get() else { return render.await };
    let place = told.place::<Place>(&format!("{view} {document} {:?}", ctx.query_env.operation_name).into());
    let take = |errors: &std::sync::Mutex<Vec<ServerError>>| {
        std::mem::take(&mut *errors.lock().unwrap_or_else(PoisonError::into_inner))
    };
    let rendered = place
        .get_or_try_init(|| async {
            let value = render.await?;
            let (denials, errors) = (take(&session.denials), take(&ctx.query_env.errors));
            Ok::<_, ServerError>(Rendered { value, denials, errors, payload: OnceLock::new() })
        })
        .await?;
    let give = |errors: &std::sync::Mutex<Vec<ServerError>>, told: &[ServerError]| {
        errors.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(told);
    };
    give(&session.denials, &rendered.denials);
    give(&ctx.query_env.errors, &rendered.errors);
    let Some(shared) = ctx.data_opt::<SharedPayload>() else { return Ok(rendered.value.clone()) };
    *shared.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(place.clone());
    Ok(Value::Null)
}
