//! New requests are paused, or the pause is lifted.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::practice::Practice;
use crate::usecases::{self, Refusal};

/// What is to be paused, or no longer.
#[derive(InputObject, Debug)]
pub struct PauseNewRequestsInput {
    /// The clinician; left out, the whole practice.
    pub clinician_id: Option<ID>,
    /// True pauses new requests, false lifts the pause.
    pub paused: bool,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the pause.
#[derive(SimpleObject, Default)]
pub struct PauseNewRequestsPayload {
    /// The practice with its settings after the change, on a dry run as they would be; null where it was refused.
    practice: Option<Practice>,
    /// The clinician whose new requests were meant; null for the whole practice, and where it was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<PauseNewRequestsError>,
}

refusals! {
    PauseNewRequestsPayload, PauseNewRequestsError, PauseNewRequestsErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`: preview again.
    StaleRevision,
}

/// The mutation `pauseNewRequests`.
#[derive(Default)]
pub struct PauseNewRequests;

#[Object]
impl PauseNewRequests {
    /// Pauses new requests to the whole practice or to one clinician, or lifts the pause. Every setting stays as it is under
    /// it: lifting it restores exactly what stood. Requests that wait can still be answered, and what is booked stays.
    /// Clients read a clinician's pause like no opt-in. Requires: admin, or the clinician for themselves, whatever the
    /// practice's policy says of opting in.
    async fn pause_new_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: PauseNewRequestsInput,
    ) -> Result<PauseNewRequestsPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: PauseNewRequestsInput) -> Result<PauseNewRequestsPayload, Refusal> {
    let clinician_id = input.clinician_id.as_ref().map(|id| input::id("input.clinicianId", id)).transpose()?;
    let set = usecases::PauseNewRequests { clinician_id, paused: input.paused };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().pause_new_requests(ctx.viewer()?, set, &change).await?;
    Ok(PauseNewRequestsPayload {
        practice: Some(Practice(changed.settings.clone())),
        clinician: clinician_id.and_then(|id| Clinician::of(changed.settings.clone(), id)),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
