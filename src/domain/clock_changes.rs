//! The dates on which a clinician's hours lose or repeat time, because the clock of their zone changes.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

use super::hours::{DATES_BEFORE, Hours, Window};
use super::spelled;
use super::time::{self, Instant, Interval, LocalTime, Tz, ZoneSegments};

spelled! {
    /// What a change of the clock does to hours.
    pub enum ClockChangeKind {
        Loses = "LOSES",
        Repeats = "REPEATS",
    }
}

/// A change of the clock that touches hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockChange {
    pub at: Instant,
    pub kind: ClockChangeKind,
    /// The wall clock from here on is skipped, or shown twice,
    pub from: NaiveDateTime,
    /// until here.
    pub until: NaiveDateTime,
    /// How many minutes of hours that are.
    pub minutes: i64,
    /// The windows with a part in it, each with the date it belongs to.
    pub windows: Vec<(NaiveDate, Window)>,
}

/// The changes on dates from `first` to `last`, in order; those that touch no hours are left out.
pub fn of(zone: Tz, hours: &Hours, first: NaiveDate, last: NaiveDate) -> Vec<ClockChange> {
    let zone = ZoneSegments::over(zone, first, last);
    let changes = zone.changes().map(|(at, before, after)| {
        let shows = |offset: Duration| (at + offset).naive_utc();
        if after > before {
            (at, ClockChangeKind::Loses, shows(before), shows(after))
        } else {
            (at, ClockChangeKind::Repeats, shows(after), shows(before))
        }
    });
    let on_time = changes.filter(|(_, _, from, _)| (first..=last).contains(&from.date()));
    on_time.filter_map(|(at, kind, from, until)| touched(hours, at, kind, from, until)).collect()
}

fn touched(
    hours: &Hours,
    at: Instant,
    kind: ClockChangeKind,
    from: NaiveDateTime,
    until: NaiveDateTime,
) -> Option<ClockChange> {
    let (mut windows, mut parts) = (Vec::new(), Vec::new());
    let dates = (from.date() - DATES_BEFORE).iter_days().take_while(|date| *date <= until.date());
    for (date, window) in dates.flat_map(|date| hours.on(date).map(move |window| (date, window))) {
        let opens = time::wall_clock(date, window.opens_minute).max(from);
        let closes = time::wall_clock(date, window.closes_minute).min(until);
        if opens < closes {
            // Only their length counts, so that it does not matter which zone they are taken for.
            parts.push(Interval::new(opens.and_utc(), closes.and_utc()));
            windows.push((date, window.clone()));
        }
    }
    let minutes = time::merge(parts).iter().map(|part| (part.end - part.start).num_minutes()).sum();
    (!windows.is_empty()).then_some(ClockChange { at, kind, from, until, minutes, windows })
}

impl ClockChange {
    /// The date on the wall clock that is skipped or shown twice.
    pub fn on(&self) -> NaiveDate {
        self.from.date()
    }

    /// The change in one sentence.
    pub fn in_words(&self) -> String {
        let (from, until) = (self.clock(self.from), self.clock(self.until));
        let (goes, becomes) = match self.kind {
            ClockChangeKind::Loses => (format!("forward from {from} to {until}"), "do not exist"),
            ClockChangeKind::Repeats => (format!("back from {until} to {from}"), "come twice, and are open both times"),
        };
        let windows: Vec<_> = self.windows.iter().map(|(date, window)| self.window(*date, window)).collect();
        let on = self.on().format("%A, %-d %B %Y");
        format!("On {on} the clock goes {goes}: {} minutes of {} {becomes}.", self.minutes, windows.join(" and "))
    }

    fn clock(&self, at: NaiveDateTime) -> String {
        match (at.date() == self.on(), at.time() == NaiveTime::MIN) {
            (true, _) => at.format("%H:%M").to_string(),
            (false, true) if at.date().pred_opt() == Some(self.on()) => LocalTime::END_OF_DAY.to_string(),
            _ => at.format("%H:%M on %-d %B").to_string(),
        }
    }

    fn window(&self, date: NaiveDate, window: &Window) -> String {
        let clock = |minute| LocalTime::from_minute(minute).unwrap_or(LocalTime::END_OF_DAY);
        let closes = window.closes_minute;
        let ends =
            if closes > 1440 { format!("{} of the next day", clock(closes - 1440)) } else { clock(closes).to_string() };
        let hours = format!("the hours from {} to {ends}", clock(window.opens_minute));
        if date == self.on() { hours } else { format!("{hours} that begin on {}", date.format("%A")) }
    }
}

#[cfg(test)]
#[path = "clock_changes_tests.rs"]
mod tests;
