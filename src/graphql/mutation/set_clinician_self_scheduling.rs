//! A clinician opts in or out, or an admin does it for one or many.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::enums::Audience;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::DateTime;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{self, Refusal};

/// Whose opt-in changes, and to what.
#[derive(InputObject, Debug)]
pub struct SetClinicianSelfSchedulingInput {
    /// One or many clinicians, 1 to 1000, of whom each counts once; a clinician names themselves.
    pub clinician_ids: Vec<ID>,
    /// True opts in.
    pub enabled: bool,
    /// For whom. Must be chosen at the first opt-in; left out later, the one chosen before stays.
    pub audience: Option<Audience>,
    /// From when on the opt-in counts, in the future and at most 366 days ahead; only with `enabled: true`, and not for
    /// somebody whose opt-in is open already. Left out, it counts at once, also where a start was set before.
    pub starts_at: Option<DateTime>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the opt-in.
#[derive(SimpleObject, Default)]
pub struct SetClinicianSelfSchedulingPayload {
    /// The clinicians, each once, in the order named, with their settings after the change, on a dry run as they would be;
    /// empty where it was refused.
    clinicians: Vec<Clinician>,
    /// What the change does to who can book; null where it was refused.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<SetClinicianSelfSchedulingError>,
}

refusals! {
    SetClinicianSelfSchedulingPayload, SetClinicianSelfSchedulingError, SetClinicianSelfSchedulingErrorCode:
    /// No clinician or too many, an id of another kind, no audience at the first opt-in, or a start that has passed, is
    /// too far ahead, or has nothing to start.
    InvalidInput,
    /// The settings have changed since `expectedRevision`: preview again.
    StaleRevision,
    /// The practice keeps opting in to its admins.
    KeptToAdmins,
    /// A clinician no longer sees clients.
    Inactive,
}

/// The mutation `setClinicianSelfScheduling`.
#[derive(Default)]
pub struct SetClinicianSelfScheduling;

#[Object]
impl SetClinicianSelfScheduling {
    /// Opts clinicians in or out, for an audience, at once or from a start to come, at which its impact is judged then. All
    /// of them or, at the first refusal, none. The log has an entry for each whose opt-in was another before. Requires: admin, or
    /// the clinician for themselves where the practice leaves it to them.
    async fn set_clinician_self_scheduling(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetClinicianSelfSchedulingInput,
    ) -> Result<SetClinicianSelfSchedulingPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(
    ctx: &Context<'_>,
    input: SetClinicianSelfSchedulingInput,
) -> Result<SetClinicianSelfSchedulingPayload, Refusal> {
    let set = usecases::SetClinicianSelfScheduling {
        clinicians: input::many("input.clinicianIds", "clinicians", &input.clinician_ids)?,
        opening: input::opening(input.enabled, input.starts_at.as_ref())?,
        audience: input.audience.map(Into::into),
    };
    let clinicians = set.clinicians.clone();
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().set_clinician_self_scheduling(ctx.viewer()?, set, &change).await?;
    let of = |id| Clinician::of(changed.settings.clone(), id);
    Ok(SetClinicianSelfSchedulingPayload {
        clinicians: clinicians.each().iter().copied().filter_map(of).collect(),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
