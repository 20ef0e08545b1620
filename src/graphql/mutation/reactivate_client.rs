//! A client who left comes back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::client::Client;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::Refusal;

/// Who comes back.
#[derive(InputObject, Debug)]
pub struct ReactivateClientInput {
    /// The client.
    pub client_id: ID,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of it.
#[derive(SimpleObject, Default)]
pub struct ReactivateClientPayload {
    /// The client as they stand, on a dry run as they stood before; null where it was refused.
    client: Option<Client>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<ReactivateClientError>,
}

refusals! {
    ReactivateClientPayload, ReactivateClientError, ReactivateClientErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
    /// The member cannot sign in: let them come back with `reactivateMember` first.
    Inactive,
}

/// The mutation `reactivateClient`.
#[derive(Default)]
pub struct ReactivateClient;

#[Object]
impl ReactivateClient {
    /// Gives the client's role back to a member who had it. Care and access are as they were, so that they may book again at
    /// once: preview with `dryRun`. Doing it twice changes nothing.
    async fn reactivate_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReactivateClientInput,
    ) -> Result<ReactivateClientPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: ReactivateClientInput) -> Result<ReactivateClientPayload, Refusal> {
    let client = input::id("input.clientId", &input.client_id)?;
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().reactivate_client(ctx.viewer()?, client, &change).await?;
    Ok(ReactivateClientPayload {
        client: Client::anew(ctx, changed.settings.clone(), client).await?,
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
