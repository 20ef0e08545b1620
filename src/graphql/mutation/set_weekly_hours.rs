//! A clinician opens weekly hours.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::domain::hours::{WeeklyHours, Window};
use crate::domain::ids::ServiceId;
use crate::domain::rejection::Rejection;
use crate::domain::time;
use crate::graphql::context::Asking;
use crate::graphql::enums::{Modality, Weekday};
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::LocalTime;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{self, Refusal};

/// Whose hours, and all of them from now on.
#[derive(InputObject, Debug)]
pub struct SetWeeklyHoursInput {
    /// The clinician.
    pub clinician_id: ID,
    /// Every window of the week from now on, at most 100; an empty list closes them all. Windows that overlap are merged.
    pub hours: Vec<WeeklyHoursInput>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the weekly hours.
#[derive(SimpleObject, Default)]
pub struct SetWeeklyHoursPayload {
    /// The clinician with their settings after the change, on a dry run as they would be; null where it was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<SetWeeklyHoursError>,
}

refusals! {
    SetWeeklyHoursPayload, SetWeeklyHoursError, SetWeeklyHoursErrorCode:
    /// A time that is not one, a window that ends before it starts, an id of another kind, or too many windows.
    InvalidInput,
    /// A service that is archived, and that the hours did not name before.
    ServiceArchived,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `setWeeklyHours`.
#[derive(Default)]
pub struct SetWeeklyHours;

#[Object]
impl SetWeeklyHours {
    /// Replaces a clinician's weekly hours. What is booked stays booked; meetings that now lie outside the hours are
    /// in the impact.
    async fn set_weekly_hours(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetWeeklyHoursInput,
    ) -> Result<SetWeeklyHoursPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: SetWeeklyHoursInput) -> Result<SetWeeklyHoursPayload, Refusal> {
    let clinician_id = input::id("input.clinicianId", &input.clinician_id)?;
    let parsed = input.hours.iter().enumerate().map(|(index, window)| parse(&format!("input.hours.{index}"), window));
    let (windows, named_services) = parsed.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let set = usecases::SetWeeklyHours { clinician_id, windows, named_services };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().set_weekly_hours(ctx.viewer()?, set, &change).await?;
    Ok(SetWeeklyHoursPayload {
        clinician: Clinician::of(changed.settings.clone(), clinician_id),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}

/// One weekly window, wall clock in the clinician's zone.
#[derive(InputObject, Debug)]
pub struct WeeklyHoursInput {
    /// The day it starts on.
    pub weekday: Weekday,
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

fn parse(path: &str, hours: &WeeklyHoursInput) -> Result<(WeeklyHours, Vec<ServiceId>), Rejection> {
    let typed = TypedWindow {
        opens_at: &hours.opens_at,
        closes_at: &hours.closes_at,
        closes_next_day: hours.closes_next_day,
        service_ids: hours.service_ids.as_deref().unwrap_or_default(),
        modality: hours.modality,
    };
    let (window, services) = typed.parse(path)?;
    Ok((WeeklyHours { weekday: hours.weekday.into(), window }, services))
}

/// A window as it was typed, of a weekday or of a date.
pub(super) struct TypedWindow<'a> {
    pub opens_at: &'a LocalTime,
    pub closes_at: &'a LocalTime,
    pub closes_next_day: bool,
    pub service_ids: &'a [ID],
    pub modality: Option<Modality>,
}

impl TypedWindow<'_> {
    /// The window, and its services in the order in which they are named.
    pub fn parse(&self, path: &str) -> Result<(Window, Vec<ServiceId>), Rejection> {
        let time = |field: &str, text: &LocalTime| {
            time::LocalTime::parse(&text.0).map_err(|message| Rejection::invalid(&format!("{path}.{field}"), message))
        };
        let (opens, closes) = (time("opensAt", self.opens_at)?, time("closesAt", self.closes_at)?);
        let (opens_minute, closes_minute) = Window::checked(opens, closes, self.closes_next_day)
            .map_err(|wrong| Rejection::invalid(&format!("{path}.{}", wrong.field), wrong.message))?;
        let services = input::ids(&format!("{path}.serviceIds"), self.service_ids)?;
        let service_ids = services.iter().copied().collect();
        let window = Window { opens_minute, closes_minute, service_ids, modality: self.modality.map(Into::into) };
        Ok((window, services))
    }
}
