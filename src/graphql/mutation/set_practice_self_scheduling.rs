//! An admin moves the practice switch.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::DateTime;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::practice::Practice;
use crate::usecases::Refusal;

/// Where the practice switch is to stand.
#[derive(InputObject, Debug)]
pub struct SetPracticeSelfSchedulingInput {
    /// True for on.
    pub enabled: bool,
    /// From when on it counts, in the future and at most 366 days ahead; only with `enabled: true`, and not where the switch
    /// is open already. Left out, it counts at once, also where a start was set before.
    pub starts_at: Option<DateTime>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the practice switch.
#[derive(SimpleObject, Default)]
pub struct SetPracticeSelfSchedulingPayload {
    /// The practice with its settings after the change, on a dry run as they would be; null where it was refused.
    practice: Option<Practice>,
    /// What the change does to who can book; null where it was refused.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<SetPracticeSelfSchedulingError>,
}

refusals! {
    SetPracticeSelfSchedulingPayload, SetPracticeSelfSchedulingError, SetPracticeSelfSchedulingErrorCode:
    /// A start that has passed, is too far ahead, or has nothing to start.
    InvalidInput,
    /// The settings have changed since `expectedRevision`: preview again.
    StaleRevision,
}

/// The mutation `setPracticeSelfScheduling`.
#[derive(Default)]
pub struct SetPracticeSelfScheduling;

#[Object]
impl SetPracticeSelfScheduling {
    /// Turns self-scheduling on or off for the whole practice, or on from a start to come. Turning it on opens nothing by
    /// itself: each clinician opts in. The impact of a start to come is judged at that start: see `judgedAt`.
    async fn set_practice_self_scheduling(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetPracticeSelfSchedulingInput,
    ) -> Result<SetPracticeSelfSchedulingPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(
    ctx: &Context<'_>,
    input: SetPracticeSelfSchedulingInput,
) -> Result<SetPracticeSelfSchedulingPayload, Refusal> {
    let set = input::opening(input.enabled, input.starts_at.as_ref())?;
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().set_practice_self_scheduling(ctx.viewer()?, set, &change).await?;
    Ok(SetPracticeSelfSchedulingPayload {
        practice: Some(Practice(changed.settings.clone())),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
