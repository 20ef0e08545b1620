//! When a clinician is willing to be booked: weekly windows in the wall clock of their zone.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

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

/// One window of a week. It belongs to the day it starts on, also where it runs past midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklyHours {
    pub weekday: Weekday,
    /// Minutes since midnight of `weekday`, 0 to 1439.
    pub opens_minute: i32,
    /// Minutes since midnight of `weekday`; past 1440 it is the next day's clock.
    pub closes_minute: i32,
    /// The services it is kept to; none named means every service that the clinician offers.
    pub service_ids: BTreeSet<ServiceId>,
    /// The way of meeting it is kept to; none means any.
    pub modality: Option<Modality>,
}

/// Why a window cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongWindow {
    /// The field at fault: `opensAt` or `closesAt`.
    pub field: &'static str,
    pub message: String,
}

impl WeeklyHours {
    /// Checks a window as it was typed; `closes_next_day` says that the end is on the following day's clock.
    pub fn window(opens: LocalTime, closes: LocalTime, closes_next_day: bool) -> Result<(i32, i32), WrongWindow> {
        if opens == LocalTime::END_OF_DAY {
            let message = "A window opens at 23:59 at the latest. Use 00:00 of the next weekday.".to_owned();
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

/// The open stretches of each date from `first` to `last`. Windows of one date that overlap or touch are merged;
/// those of different dates are not, so that a date's stretches do not depend on the range asked for.
pub fn expand<'a>(
    zone: Tz,
    windows: impl Iterator<Item = &'a WeeklyHours> + Clone,
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<Interval> {
    let segments = ZoneSegments::over(zone, first, last);
    let mut stretches = Vec::new();
    let mut day = Vec::new();
    for date in first.iter_days().take_while(|date| *date <= last) {
        let weekday = date.weekday().number_from_monday();
        for window in windows.clone().filter(|window| window.weekday.number() == weekday) {
            let opens = time::wall_clock(date, window.opens_minute);
            let closes = time::wall_clock(date, window.closes_minute);
            segments.instants(opens, closes, &mut day);
        }
        stretches.append(&mut time::merge(std::mem::take(&mut day)));
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(opens: &str, closes: &str, next_day: bool) -> Result<(i32, i32), &'static str> {
        let time = |text| LocalTime::parse(text).expect("a time");
        WeeklyHours::window(time(opens), time(closes), next_day).map_err(|wrong| wrong.field)
    }

    #[test]
    fn a_window_ends_after_it_starts_and_past_midnight_only_where_said() {
        assert_eq!(window("14:00", "18:00", false), Ok((840, 1080)));
        assert_eq!(window("14:00", "24:00", false), Ok((840, 1440)));
        assert_eq!(window("22:00", "02:00", true), Ok((1320, 1560)));
        assert_eq!(window("22:00", "02:00", false), Err("closesAt"));
        assert_eq!(window("14:00", "14:00", false), Err("closesAt"));
        assert_eq!(window("14:00", "14:01", true), Err("closesAt"), "longer than a day");
        assert_eq!(window("24:00", "02:00", true), Err("opensAt"));
    }

    #[test]
    fn a_window_past_midnight_belongs_to_the_day_it_starts_on() {
        let friday = WeeklyHours {
            weekday: Weekday::Friday,
            opens_minute: 1320,
            closes_minute: 1560,
            service_ids: BTreeSet::new(),
            modality: None,
        };
        let date = |text| time::parse_date(text).expect("a date");
        let at = |text| time::parse_instant(text).expect("an instant");
        let zone = time::parse_zone("Europe/London").expect("a zone");
        let open = expand(zone, [&friday].into_iter(), date("2027-01-08"), date("2027-01-09"));
        assert_eq!(open, vec![Interval::new(at("2027-01-08T22:00:00Z"), at("2027-01-09T02:00:00Z"))]);
    }

    #[test]
    fn weekdays_count_from_monday_and_back() {
        for day in Weekday::ALL {
            assert_eq!(Weekday::from_number(day.number()), Some(*day));
        }
        assert_eq!(Weekday::from_number(0), None);
        assert_eq!(Weekday::from_number(8), None);
    }
}
