//! When a clinician is willing to be booked: the week's windows in the wall clock of their zone, and the dates on which
//! other windows hold, or none.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};

use super::ids::ServiceId;
use super::spelled;
use super::time::{self, Interval, LocalTime, Tz, ZoneSegments};

spelled! {
    /// How client and clinician meet.
    pub enum Modality {
        InPerson = "IN_PERSON",
        Telehealth = "TELEHEALTH",
        Either = "EITHER",
    }
}

impl Modality {
    /// The concrete ways of meeting that it stands for.
    pub fn concrete(self) -> &'static [Modality] {
        match self {
            Self::InPerson => &[Self::InPerson],
            Self::Telehealth => &[Self::Telehealth],
            Self::Either => &[Self::InPerson, Self::Telehealth],
        }
    }

    /// True where a concrete way of meeting is among those it stands for.
    pub fn allows(self, concrete: Modality) -> bool {
        self.concrete().contains(&concrete)
    }
}

spelled! {
    /// A day of the week.
    pub enum Weekday {
        Monday = "MONDAY",
        Tuesday = "TUESDAY",
        Wednesday = "WEDNESDAY",
        Thursday = "THURSDAY",
        Friday = "FRIDAY",
        Saturday = "SATURDAY",
        Sunday = "SUNDAY",
    }
}

impl Weekday {
    /// 1 for Monday to 7 for Sunday, as ISO 8601 counts.
    pub fn number(self) -> u32 {
        Self::ALL.iter().position(|day| *day == self).expect("every day is in the list") as u32 + 1
    }

    /// The day with that number.
    pub fn from_number(number: u32) -> Option<Self> {
        usize::try_from(number).ok().and_then(|n| n.checked_sub(1)).and_then(|index| Self::ALL.get(index)).copied()
    }
}

/// A stretch of one date's wall clock. It belongs to the date it starts on, also where it runs past midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Minutes since midnight of its date, 0 to 1439.
    pub opens_minute: i32,
    /// Minutes since midnight of its date; past 1440 it is the next day's clock.
    pub closes_minute: i32,
    /// The services it is kept to; none named means every service that the clinician offers.
    pub service_ids: BTreeSet<ServiceId>,
    /// The way of meeting it is kept to; none means any.
    pub modality: Option<Modality>,
}

impl Window {
    /// The order in which windows of one date are kept and told, however they were given.
    pub fn order(&self, other: &Self) -> Ordering {
        let key = |of: &Self| (of.opens_minute, of.closes_minute, of.modality.map(Modality::as_str));
        key(self).cmp(&key(other)).then_with(|| self.service_ids.cmp(&other.service_ids))
    }
}

/// One window of every week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklyHours {
    pub weekday: Weekday,
    pub window: Window,
}

impl WeeklyHours {
    /// The order in which a week's windows are kept and told, however they were given.
    pub fn order(&self, other: &Self) -> Ordering {
        self.weekday.number().cmp(&other.weekday.number()).then_with(|| self.window.order(&other.window))
    }
}

/// When a clinician is willing to be booked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    pub weekly: Vec<WeeklyHours>,
    /// The dates on which these windows hold instead of the week's; none at all where the date is closed.
    pub exceptions: BTreeMap<NaiveDate, Vec<Window>>,
}

/// Why a window cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongWindow {
    /// The field at fault: `opensAt` or `closesAt`.
    pub field: &'static str,
    pub message: String,
}

impl Window {
    /// Checks a window as it was typed; `closes_next_day` says that the end is on the following day's clock.
    pub fn checked(opens: LocalTime, closes: LocalTime, closes_next_day: bool) -> Result<(i32, i32), WrongWindow> {
        if opens == LocalTime::END_OF_DAY {
            let message = "A window opens at 23:59 at the latest. Use 00:00 of the next day.".to_owned();
            return Err(WrongWindow { field: "opensAt", message });
        }
        let closes_minute = closes.minute() + if closes_next_day { 1440 } else { 0 };
        if closes_minute <= opens.minute() {
            let message = format!(
                "The window closes at {closes}, which is not after {opens}. Swap the two, or set closesNextDay where it \
                 runs past midnight."
            );
            return Err(WrongWindow { field: "closesAt", message });
        }
        if closes_minute - opens.minute() > 1440 {
            let message = "A window is at most 24 hours long. Split it.".to_owned();
            return Err(WrongWindow { field: "closesAt", message });
        }
        Ok((opens.minute(), closes_minute))
    }

    /// True where the service can be booked in this window, met in that way.
    pub fn is_open_for(&self, service: ServiceId, concrete: Modality) -> bool {
        (self.service_ids.is_empty() || self.service_ids.contains(&service))
            && self.modality.is_none_or(|modality| modality.allows(concrete))
    }
}

/// A window is at most 24 hours long and starts at 23:59 at the latest, so what is open on a date can belong to the
/// two dates before it.
pub const DATES_BEFORE: Days = Days::new(2);

/// A clock that goes back over midnight has shown the next date already: what was open on it then can be before an instant
/// that is on the date before.
pub const DATES_AFTER: Days = Days::new(1);

impl Hours {
    /// The windows that belong to a date: the exception's, where there is one, else the weekday's.
    pub fn on(&self, date: NaiveDate) -> impl Iterator<Item = &Window> {
        let exception = self.exceptions.get(&date);
        let weekday = date.weekday().number_from_monday();
        let usual = self.weekly.iter().filter(move |hours| exception.is_none() && hours.weekday.number() == weekday);
        exception.into_iter().flatten().chain(usual.map(|hours| &hours.window))
    }

    /// True where a window of the week, or of a date that is not over, is one of those asked for.
    pub fn have(&self, today: NaiveDate, is_wanted: impl Fn(&Window) -> bool) -> bool {
        // Two dates back: a window may run on, and today is the practice's, not the clinician's.
        let exceptions = self.exceptions.range(today - DATES_BEFORE..).flat_map(|(_, windows)| windows);
        self.weekly.iter().map(|hours| &hours.window).chain(exceptions).any(is_wanted)
    }

    /// True where a window names the service.
    pub fn names(&self, service: ServiceId) -> bool {
        let exceptions = self.exceptions.values().flatten();
        self.weekly.iter().map(|hours| &hours.window).chain(exceptions).any(|one| one.service_ids.contains(&service))
    }
}

/// The open stretches of each date from `first` to `last`, of the windows that are wanted. Windows of one date that overlap
/// or touch are merged; those of different dates are not, so that a date's stretches do not depend on the range asked for.
pub fn expand(
    zone: Tz,
    hours: &Hours,
    is_wanted: impl Fn(&Window) -> bool,
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<Interval> {
    let segments = ZoneSegments::over(zone, first, last);
    let mut stretches = Vec::new();
    let mut day = Vec::new();
    for date in first.iter_days().take_while(|date| *date <= last) {
        for window in hours.on(date).filter(|window| is_wanted(window)) {
            let opens = time::wall_clock(date, window.opens_minute);
            let closes = time::wall_clock(date, window.closes_minute);
            segments.instants(opens, closes, &mut day);
        }
        stretches.append(&mut time::merge(std::mem::take(&mut day)));
    }
    stretches
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
