//! A clinician opens other hours on one date than their week has, or none.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::set_weekly_hours::TypedWindow;
use crate::graphql::context::Asking;
use crate::graphql::enums::Modality;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::{LocalDate, LocalTime};
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{self, Refusal};

/// Whose date, and what holds on it.
#[derive(InputObject, Debug)]
pub struct SetDateExceptionInput {
    /// The clinician.
    pub clinician_id: ID,
    /// The date in the clinician's zone: today or later, at most 1095 days ahead.
    pub on: LocalDate,
    /// Every window of the date, at most 24, instead of the weekday's; an empty list closes the date. A window that runs past
    /// midnight belongs to this date; one that runs into it from the date before stays open. Windows that overlap are
    /// merged.
    pub windows: Vec<DateWindowInput>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// One window of the date, wall clock in the clinician's zone.
#[derive(InputObject, Debug)]
pub struct DateWindowInput {
    /// When it opens, `00:00` to `23:59`.
    pub opens_at: LocalTime,
    /// When it closes: after `opensAt`, up to `24:00`; with `closesNextDay` on the next day's clock, at most 24 hours
    /// after `opensAt`.
    pub closes_at: LocalTime,
    /// True where it runs past midnight.
    #[graphql(default = false)]
    pub closes_next_day: bool,
    /// Keeps it to these services; left out or empty, it is open for every service that the clinician offers.
    pub service_ids: Option<Vec<ID>>,
    /// Keeps it to one way of meeting; left out, any.
    pub modality: Option<Modality>,
}

/// What became of the date.
#[derive(SimpleObject, Default)]
pub struct SetDateExceptionPayload {
    /// The clinician with their settings after the change, on a dry run as they would be; null where it was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<SetDateExceptionError>,
}

refusals! {
    SetDateExceptionPayload, SetDateExceptionError, SetDateExceptionErrorCode:
    /// A date that is none, is over or too far ahead, a time that is not one, a window that ends before it starts, an id of
    /// another kind, or too many windows.
    InvalidInput,
    /// A service that is archived, and that the hours did not name before.
    ServiceArchived,
    /// The clinician has 400 dates with hours of their own.
    LimitReached,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `setDateException`.
#[derive(Default)]
pub struct SetDateException;

#[Object]
impl SetDateException {
    /// Sets what holds on one date instead of the clinician's weekly hours: other windows, or none. It replaces what was set for
    /// the date before. What is booked stays booked, and requests stay decidable; those that now lie outside the hours are
    /// in the impact.
    async fn set_date_exception(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetDateExceptionInput,
    ) -> Result<SetDateExceptionPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: SetDateExceptionInput) -> Result<SetDateExceptionPayload, Refusal> {
    let clinician_id = input::id("input.clinicianId", &input.clinician_id)?;
    let on = input::date("input.on", &input.on)?;
    let parsed = input.windows.iter().enumerate().map(|(index, window)| {
        let typed = TypedWindow {
            opens_at: &window.opens_at,
            closes_at: &window.closes_at,
            closes_next_day: window.closes_next_day,
            service_ids: window.service_ids.as_deref().unwrap_or_default(),
            modality: window.modality,
        };
        typed.parse(&format!("input.windows.{index}"))
    });
    let (windows, named_services) = parsed.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let set = usecases::SetDateException { clinician_id, on, windows, named_services };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().set_date_exception(ctx.viewer()?, set, &change).await?;
    Ok(SetDateExceptionPayload {
        clinician: Clinician::of(changed.settings.clone(), clinician_id),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
