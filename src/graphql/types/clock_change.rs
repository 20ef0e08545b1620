//! Changes of the clock that touch hours.

use async_graphql::SimpleObject;

use super::date_exception::DateWindow;
use crate::domain::clock_changes;
use crate::graphql::enums::ClockChangeKind;
use crate::graphql::scalars::{DateTime, LocalDate};

/// A date on which a clinician's hours lose or repeat time, because the clock of their zone changes. Hours before and after
/// the change do not move.
#[derive(SimpleObject, Clone, Debug)]
pub struct ClockChange {
    /// The date, in the clinician's zone.
    on: LocalDate,
    /// The moment at which the clock changes.
    at: DateTime,
    /// Whether part of the hours does not exist, or comes twice.
    kind: ClockChangeKind,
    /// How many minutes of the hours that is, 1 or more.
    minutes: i64,
    /// The windows with a part in it, the exception's where the date has one; a window that runs past midnight is of the
    /// date before.
    windows: Vec<DateWindow>,
    /// The change in one sentence, in English, fit to be shown to the clinician.
    explanation: String,
}

impl From<&clock_changes::ClockChange> for ClockChange {
    fn from(change: &clock_changes::ClockChange) -> Self {
        Self {
            on: change.on().into(),
            at: change.at.into(),
            kind: change.kind.into(),
            minutes: change.minutes,
            windows: change.windows.iter().map(|(on, window)| DateWindow::new(*on, window)).collect(),
            explanation: change.in_words(),
        }
    }
}
