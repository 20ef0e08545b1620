//! What a resolver may ask of its context.

use async_graphql::Context;

use super::gathering::Gathering;
use super::loaders::Loaders;
use super::types::Settings;
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::usecases::{Denied, Desk, Refusal};

/// The desk and the viewer, from a resolver's context.
pub trait Asking {
    /// The use cases.
    fn desk(&self) -> &Desk;
    /// The signed-in member, or the words that there is none.
    fn viewer(&self) -> Result<&Viewer, Denied>;
    /// When the viewer's token expires.
    fn expires_at(&self) -> Result<Instant, Denied>;
    /// Batches of rows by id, under the viewer's rights.
    fn loaders(&self) -> Result<&Loaders, Denied>;
}

/// What the requests of a signed-in member carry besides the viewer.
pub struct Session {
    pub viewer: Viewer,
    pub expires_at: Instant,
    /// Of the practice's settings when the request began; none for a stream's items, whose stream began long before.
    pub revision: Option<i64>,
    pub loaders: Loaders,
    pub gathering: Gathering,
}

/// Who a stream's reader was found to be when it was opened, for the runs that write its items down. The stream ends when
/// they are that no longer.
pub struct KnownViewer {
    pub viewer: Viewer,
    pub expires_at: Instant,
}

/// Where a stream begins, as the transport was told: a browser that lost its events says the last it had. Put into the
/// request's data by `http`; it counts more than the document's `after`, which is older.
pub struct ResumeAfter(pub String);

/// What somebody without a token is told.
pub fn not_signed_in() -> Denied {
    Denied::Unauthenticated("Sign in first: send the header “Authorization: Bearer <token>”.".to_owned())
}

/// The practice's settings, for fields that only queries can reach: as they stood when the request began or later. A
/// mutation has changed them since.
pub async fn settings(ctx: &Context<'_>) -> Result<Settings, Refusal> {
    let session = ctx.data_opt::<Session>().ok_or_else(not_signed_in)?;
    match session.revision {
        Some(revision) => ctx.desk().settings_at(&session.viewer, revision).await,
        None => ctx.desk().settings(&session.viewer).await,
    }
}

impl Asking for Context<'_> {
    fn desk(&self) -> &Desk {
        self.data_unchecked::<Desk>()
    }

    fn viewer(&self) -> Result<&Viewer, Denied> {
        self.data_opt::<Session>().map(|session| &session.viewer).ok_or_else(not_signed_in)
    }

    fn expires_at(&self) -> Result<Instant, Denied> {
        self.data_opt::<Session>().map(|session| session.expires_at).ok_or_else(not_signed_in)
    }

    fn loaders(&self) -> Result<&Loaders, Denied> {
        self.data_opt::<Session>().map(|session| &session.loaders).ok_or_else(not_signed_in)
    }
}
