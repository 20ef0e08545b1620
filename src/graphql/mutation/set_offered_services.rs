//! A clinician chooses the services that clients can ask them for.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{self, Refusal};

/// Whose services, and all of them from now on.
#[derive(InputObject, Debug)]
pub struct SetOfferedServicesInput {
    /// The clinician.
    pub clinician_id: ID,
    /// Every service to be offered from now on; an empty list offers none.
    pub service_ids: Vec<ID>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the offered services.
#[derive(SimpleObject, Default)]
pub struct SetOfferedServicesPayload {
    /// The clinician with their settings after the change, on a dry run as they would be; null where it was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<SetOfferedServicesError>,
}

refusals! {
    SetOfferedServicesPayload, SetOfferedServicesError, SetOfferedServicesErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
    /// A service is archived.
    ServiceArchived,
}

/// The mutation `setOfferedServices`.
#[derive(Default)]
pub struct SetOfferedServices;

#[Object]
impl SetOfferedServices {
    /// Replaces the services that clients can ask a clinician for.
    async fn set_offered_services(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetOfferedServicesInput,
    ) -> Result<SetOfferedServicesPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: SetOfferedServicesInput) -> Result<SetOfferedServicesPayload, Refusal> {
    let clinician_id = input::id("input.clinicianId", &input.clinician_id)?;
    let service_ids = input::ids("input.serviceIds", &input.service_ids)?;
    let set = usecases::SetOfferedServices { clinician_id, service_ids };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().set_offered_services(ctx.viewer()?, set, &change).await?;
    Ok(SetOfferedServicesPayload {
        clinician: Clinician::of(changed.settings.clone(), clinician_id),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
