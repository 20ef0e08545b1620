//! An admin puts a client into a clinician's care.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::LocalDate;
use crate::graphql::types::client::Client;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{Refusal, StartOfCare};

/// Whose care begins, and when.
#[derive(InputObject, Debug)]
pub struct StartCareInput {
    /// The clinician.
    pub clinician_id: ID,
    /// The client.
    pub client_id: ID,
    /// The first day of care, in the practice's zone; left out, today.
    pub starts_on: Option<LocalDate>,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, the same key with another body is refused.
    pub idempotency_key: Option<String>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the care.
#[derive(SimpleObject, Default)]
pub struct StartCarePayload {
    /// The client; null where it was refused.
    client: Option<Client>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<StartCareError>,
}

refusals! {
    StartCarePayload, StartCareError, StartCareErrorCode:
    /// A date that is not one, or an id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
    /// The client is in this clinician's care at that time already, or will be later.
    AlreadyExists,
    /// The clinician no longer sees clients, or the client is no longer one.
    Inactive,
    /// The key was used for other care.
    IdempotencyKeyReused,
}

/// The mutation `startCare`.
#[derive(Default)]
pub struct StartCare;

#[Object]
impl StartCare {
    /// Puts a client into a clinician's care: one of the gates.
    async fn start_care(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: StartCareInput,
    ) -> Result<StartCarePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: StartCareInput) -> Result<StartCarePayload, Refusal> {
    let client_id = input::id("input.clientId", &input.client_id)?;
    let care = StartOfCare {
        clinician_id: input::id("input.clinicianId", &input.clinician_id)?,
        client_id,
        starts_on: input.starts_on.map(|date| date.0),
        idempotency_key: input.idempotency_key,
    };
    let change = input::change(input.dry_run, input.expected_revision);
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let changed = desk.start_care(viewer, care, &change).await?;
    let rows = desk.clients(viewer, &[client_id]).await?;
    let client = rows.into_iter().next().map(|row| Client { row, settings: changed.settings.clone() });
    Ok(StartCarePayload { client, impact: Some(SelfSchedulingImpact(changed)), errors: vec![] })
}
