//! Weekly hours.

use async_graphql::{ID, SimpleObject};
use serde_json::{Value, json};

use crate::domain::{hours, time};
use crate::graphql::enums::{Modality, Weekday};
use crate::graphql::scalars::LocalTime;

/// One weekly window in which a clinician is willing to be booked, wall clock in the clinician's zone. Where the clock
/// skips an hour the missing part does not exist; where it repeats one both passes are open.
#[derive(SimpleObject, Clone, Debug)]
pub struct WeeklyHours {
    /// The day it starts on.
    weekday: Weekday,
    /// When it opens, `00:00` to `23:59`.
    opens_at: LocalTime,
    /// When it closes, up to `24:00`; on the next day's clock where `closesNextDay` is true.
    closes_at: LocalTime,
    /// True where it runs past midnight.
    closes_next_day: bool,
    /// The services it is kept to; null where it is open for every service that the clinician offers.
    service_ids: Option<Vec<ID>>,
    /// The way of meeting it is kept to; null for any.
    modality: Option<Modality>,
}

impl From<&hours::WeeklyHours> for WeeklyHours {
    fn from(hours: &hours::WeeklyHours) -> Self {
        let Clock { opens_at, closes_at, closes_next_day } = Clock::of(&hours.window);
        let (service_ids, modality) = kept_to(&hours.window);
        Self { weekday: hours.weekday.into(), opens_at, closes_at, closes_next_day, service_ids, modality }
    }
}

/// A window's ends as the API spells them.
pub(super) struct Clock {
    pub opens_at: LocalTime,
    pub closes_at: LocalTime,
    pub closes_next_day: bool,
}

impl Clock {
    pub fn of(window: &hours::Window) -> Self {
        let closes_next_day = window.closes_minute > 1440;
        let closes_minute = window.closes_minute - if closes_next_day { 1440 } else { 0 };
        let clock = |minute| time::LocalTime::from_minute(minute).unwrap_or(time::LocalTime::END_OF_DAY).into();
        Self { opens_at: clock(window.opens_minute), closes_at: clock(closes_minute), closes_next_day }
    }
}

/// What a window is kept to.
pub(super) fn kept_to(window: &hours::Window) -> (Option<Vec<ID>>, Option<Modality>) {
    let services = &window.service_ids;
    let ids = (!services.is_empty()).then(|| services.iter().map(|id| id.to_string().into()).collect());
    (ids, window.modality.map(Modality::from))
}

/// A weekly window as `WeeklyHoursInput` takes it.
pub fn as_input(hours: &hours::WeeklyHours) -> Value {
    let mut input = window_as_input(&hours.window);
    input["weekday"] = hours.weekday.as_str().into();
    input
}

/// A date's window as `DateWindowInput` takes it.
pub fn window_as_input(window: &hours::Window) -> Value {
    let clock = Clock::of(window);
    let (service_ids, _) = kept_to(window);
    json!({
        "opensAt": clock.opens_at.0,
        "closesAt": clock.closes_at.0,
        "closesNextDay": clock.closes_next_day,
        "serviceIds": service_ids.map(|ids| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>()),
        "modality": window.modality.map(hours::Modality::as_str),
    })
}
