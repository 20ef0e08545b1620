//! A clinician who left comes back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::Refusal;

/// Who comes back.
#[derive(InputObject, Debug)]
pub struct ReactivateClinicianInput {
    /// The clinician.
    pub clinician_id: ID,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of it.
#[derive(SimpleObject, Default)]
pub struct ReactivateClinicianPayload {
    /// The clinician after the change, on a dry run as they would be; null where it was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<ReactivateClinicianError>,
}

refusals! {
    ReactivateClinicianPayload, ReactivateClinicianError, ReactivateClinicianErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
    /// The member cannot sign in: let them come back with `reactivateMember` first.
    Inactive,
}

/// The mutation `reactivateClinician`.
#[derive(Default)]
pub struct ReactivateClinician;

#[Object]
impl ReactivateClinician {
    /// Gives the clinician's role back to a member who had it. They come back opted out, with the services, hours and client
    /// access that they left: nobody can book them until they opt in again. Doing it twice changes nothing.
    async fn reactivate_clinician(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReactivateClinicianInput,
    ) -> Result<ReactivateClinicianPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: ReactivateClinicianInput) -> Result<ReactivateClinicianPayload, Refusal> {
    let clinician = input::id("input.clinicianId", &input.clinician_id)?;
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().reactivate_clinician(ctx.viewer()?, clinician, &change).await?;
    Ok(ReactivateClinicianPayload {
        clinician: Clinician::of(changed.settings.clone(), clinician),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
