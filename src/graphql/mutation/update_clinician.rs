//! An admin changes what is shown of a clinician, or the zone of their wall clock.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::TimeZone;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{self, Refusal};

/// The clinician, and what changes. What is left out stays.
#[derive(InputObject, Debug)]
pub struct UpdateClinicianInput {
    /// The clinician.
    pub clinician_id: ID,
    /// Their name, 1 to 200 characters on one line. It is the person's: whatever else they are in the practice, they have the
    /// same.
    pub display_name: Option<String>,
    /// Titles and licences to show beside the name, at most 200 characters on one line; an empty text takes them away.
    pub credentials: Option<String>,
    /// The zone of their wall clock.
    pub time_zone: Option<TimeZone>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the clinician.
#[derive(SimpleObject, Default)]
pub struct UpdateClinicianPayload {
    /// The clinician after the change, on a dry run as they would be; null where it was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UpdateClinicianError>,
}

refusals! {
    UpdateClinicianPayload, UpdateClinicianError, UpdateClinicianErrorCode:
    /// A name, credentials or a time zone that are none, or an id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `updateClinician`.
#[derive(Default)]
pub struct UpdateClinician;

#[Object]
impl UpdateClinician {
    /// Changes a clinician's name, credentials or zone. In another zone the hours and exceptions stay as they are typed, on that
    /// zone's wall clock: what can be booked moves with them. Booked meetings and requests keep their instants, and their
    /// `localStart` as it was agreed; those that lie outside the hours then are in the impact.
    async fn update_clinician(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdateClinicianInput,
    ) -> Result<UpdateClinicianPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UpdateClinicianInput) -> Result<UpdateClinicianPayload, Refusal> {
    let clinician_id = input::id("input.clinicianId", &input.clinician_id)?;
    let set = usecases::UpdateClinician {
        clinician_id,
        display_name: input.display_name,
        credentials: input.credentials,
        time_zone: input.time_zone.map(|zone| zone.0),
    };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().update_clinician(ctx.viewer()?, set, &change).await?;
    Ok(UpdateClinicianPayload {
        clinician: Clinician::of(changed.settings.clone(), clinician_id),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
