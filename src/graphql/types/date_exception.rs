//! Dates on which other hours hold.

use async_graphql::{ID, SimpleObject};
use chrono::NaiveDate;

use super::weekly_hours::{Clock, kept_to};
use crate::domain::hours;
use crate::graphql::enums::Modality;
use crate::graphql::scalars::{LocalDate, LocalTime};

/// A date on which other hours hold for a clinician than their week's, or none.
#[derive(SimpleObject, Clone, Debug)]
pub struct DateException {
    /// The date, in the clinician's zone.
    on: LocalDate,
    /// True where nothing is open that belongs to the date. What runs past midnight from the date before stays open.
    closed: bool,
    /// The windows that are open instead of the week's, by time; empty where the date is closed.
    windows: Vec<DateWindow>,
}

impl DateException {
    /// The exception as the API shows it.
    pub fn new(on: NaiveDate, windows: &[hours::Window]) -> Self {
        let shown = windows.iter().map(|window| DateWindow::new(on, window)).collect();
        Self { on: on.into(), closed: windows.is_empty(), windows: shown }
    }
}

/// One window of one date in which a clinician is willing to be booked, wall clock in the clinician's zone.
#[derive(SimpleObject, Clone, Debug)]
pub struct DateWindow {
    /// The date it belongs to, on which it opens; in the clinician's zone.
    on: LocalDate,
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

impl DateWindow {
    /// The window as the API shows it.
    pub fn new(on: NaiveDate, window: &hours::Window) -> Self {
        let Clock { opens_at, closes_at, closes_next_day } = Clock::of(window);
        let (service_ids, modality) = kept_to(window);
        Self { on: on.into(), opens_at, closes_at, closes_next_day, service_ids, modality }
    }
}
