//! An admin holds one clinician or many off, or lifts the hold.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{self, Refusal};

/// The hold to set or to lift.
#[derive(InputObject, Debug)]
pub struct LockClinicianSelfSchedulingInput {
    /// One or many clinicians, 1 to 1000, of whom each counts once.
    pub clinician_ids: Vec<ID>,
    /// True sets the hold, false lifts it.
    pub locked: bool,
    /// Why, 1 to 500 characters on one line; needed to set a hold. The clinicians read it, clients never.
    pub reason: Option<String>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the hold.
#[derive(SimpleObject, Default)]
pub struct LockClinicianSelfSchedulingPayload {
    /// The clinicians, each once, in the order named, with their settings after the change, on a dry run as they would be;
    /// empty where it was refused.
    clinicians: Vec<Clinician>,
    /// What the change does to who can book; null where it was refused.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<LockClinicianSelfSchedulingError>,
}

refusals! {
    LockClinicianSelfSchedulingPayload, LockClinicianSelfSchedulingError, LockClinicianSelfSchedulingErrorCode:
    /// No clinician or too many, an id of another kind, or a reason that is missing or too long.
    InvalidInput,
    /// The settings have changed since `expectedRevision`: preview again.
    StaleRevision,
}

/// The mutation `lockClinicianSelfScheduling`.
#[derive(Default)]
pub struct LockClinicianSelfScheduling;

#[Object]
impl LockClinicianSelfScheduling {
    /// Holds clinicians off, with a reason, or lifts the hold. All of them or, at the first refusal, none. Their own
    /// settings stay as they are under it; requests that wait can still be answered. The log has an entry for each who
    /// was not held so before, or for another reason. Requires: admin.
    async fn lock_clinician_self_scheduling(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: LockClinicianSelfSchedulingInput,
    ) -> Result<LockClinicianSelfSchedulingPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(
    ctx: &Context<'_>,
    input: LockClinicianSelfSchedulingInput,
) -> Result<LockClinicianSelfSchedulingPayload, Refusal> {
    let clinicians = input::many("input.clinicianIds", "clinicians", &input.clinician_ids)?;
    let set = usecases::LockClinician { clinicians: clinicians.clone(), locked: input.locked, reason: input.reason };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().lock_clinician(ctx.viewer()?, set, &change).await?;
    let of = |id| Clinician::of(changed.settings.clone(), id);
    Ok(LockClinicianSelfSchedulingPayload {
        clinicians: clinicians.each().iter().copied().filter_map(of).collect(),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
