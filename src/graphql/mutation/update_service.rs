//! An admin changes what a service is.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::enums::{Confirmation, Modality};
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::service::Service;
use crate::usecases::{self, Refusal};

/// The service, and what changes. What is left out stays.
#[derive(InputObject, Debug)]
pub struct UpdateServiceInput {
    /// The service, a `service_…` id.
    pub id: ID,
    /// Its name, 1 to 200 characters on one line, unlike every other service's that is not archived.
    pub name: Option<String>,
    /// How long it lasts in minutes, without buffers; 5 to 1440.
    pub duration_minutes: Option<i32>,
    /// How client and clinician can meet for it.
    pub modality: Option<Modality>,
    /// What answers a request for it.
    pub confirmation: Option<Confirmation>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the service.
#[derive(SimpleObject, Default)]
pub struct UpdateServicePayload {
    /// The service after the change, on a dry run as it would be; null where it was refused.
    service: Option<Service>,
    /// What the change does to who can book; null where it was refused.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UpdateServiceError>,
}

refusals! {
    UpdateServicePayload, UpdateServiceError, UpdateServiceErrorCode:
    /// A name that is empty or too long, a duration out of bounds, or an id of another kind.
    InvalidInput,
    /// There is another service with this name.
    AlreadyExists,
    /// The service is archived: create another instead.
    ServiceArchived,
    /// The settings have changed since `expectedRevision`: preview again.
    StaleRevision,
}

/// The mutation `updateService`.
#[derive(Default)]
pub struct UpdateService;

#[Object]
impl UpdateService {
    /// Changes a service's name, duration, ways of meeting or confirmation, for all that is asked for from now on: slots are
    /// found by what it is now. Requests that wait and meetings that are booked keep their times and their way of meeting, and
    /// requests that wait are answered as they were when they were made. To change its booking rules, use `setBookingRules`.
    async fn update_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdateServiceInput,
    ) -> Result<UpdateServicePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UpdateServiceInput) -> Result<UpdateServicePayload, Refusal> {
    let service_id = input::id("input.id", &input.id)?;
    let set = usecases::UpdateService {
        service_id,
        name: input.name,
        duration_minutes: input.duration_minutes,
        modality: input.modality.map(Into::into),
        confirmation: input.confirmation.map(Into::into),
    };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().update_service(ctx.viewer()?, set, &change).await?;
    Ok(UpdateServicePayload {
        service: changed.settings.services.get(&service_id).cloned().map(Service),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
