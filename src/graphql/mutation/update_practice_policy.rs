//! An admin says who may move the gates that clinicians can move for themselves.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::enums::{ClientAccessControl, OptInControl};
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::practice::Practice;
use crate::usecases::{self, Refusal};

/// What changes of the policy; what is left out stays as it is.
#[derive(InputObject, Debug)]
pub struct UpdatePracticePolicyInput {
    /// Who may opt clinicians in and out.
    pub clinician_opt_in: Option<OptInControl>,
    /// Who may allow and block clients for one clinician.
    pub client_access_control: Option<ClientAccessControl>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the policy.
#[derive(SimpleObject, Default)]
pub struct UpdatePracticePolicyPayload {
    /// The practice with its settings after the change, on a dry run as they would be; null where it was refused.
    practice: Option<Practice>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UpdatePracticePolicyError>,
}

refusals! {
    UpdatePracticePolicyPayload, UpdatePracticePolicyError, UpdatePracticePolicyErrorCode:
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `updatePracticePolicy`.
#[derive(Default)]
pub struct UpdatePracticePolicy;

#[Object]
impl UpdatePracticePolicy {
    /// Says who may opt clinicians in, and who may allow and block clients. What was decided before stays decided.
    async fn update_practice_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdatePracticePolicyInput,
    ) -> Result<UpdatePracticePolicyPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UpdatePracticePolicyInput) -> Result<UpdatePracticePolicyPayload, Refusal> {
    let update = usecases::UpdatePracticePolicy {
        clinician_opt_in: input.clinician_opt_in.map(Into::into),
        client_access_control: input.client_access_control.map(Into::into),
    };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().update_practice_policy(ctx.viewer()?, update, &change).await?;
    Ok(UpdatePracticePolicyPayload {
        practice: Some(Practice(changed.settings.clone())),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
