//! A clinician's week holds on a date again.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::LocalDate;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::Refusal;

/// Whose date.
#[derive(InputObject, Debug)]
pub struct RemoveDateExceptionInput {
    /// The clinician.
    pub clinician_id: ID,
    /// The date, in the clinician's zone.
    pub on: LocalDate,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the date.
#[derive(SimpleObject, Default)]
pub struct RemoveDateExceptionPayload {
    /// The clinician with their settings after the change, on a dry run as they would be; null where it was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<RemoveDateExceptionError>,
}

refusals! {
    RemoveDateExceptionPayload, RemoveDateExceptionError, RemoveDateExceptionErrorCode:
    /// A date that is none, or an id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `removeDateException`.
#[derive(Default)]
pub struct RemoveDateException;

#[Object]
impl RemoveDateException {
    /// Lets a clinician's weekly hours hold on a date again. Where they do already, nothing changes. What is booked stays
    /// booked.
    async fn remove_date_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RemoveDateExceptionInput,
    ) -> Result<RemoveDateExceptionPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: RemoveDateExceptionInput) -> Result<RemoveDateExceptionPayload, Refusal> {
    let clinician_id = input::id("input.clinicianId", &input.clinician_id)?;
    let on = input::date("input.on", &input.on)?;
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().remove_date_exception(ctx.viewer()?, clinician_id, on, &change).await?;
    Ok(RemoveDateExceptionPayload {
        clinician: Clinician::of(changed.settings.clone(), clinician_id),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
