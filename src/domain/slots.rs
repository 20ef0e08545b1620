//! Which starts are offered, and why another is not.
//!
//! A list is the starts on the grid that pass `Offer::check`; a booking passes the same check. So what is listed
//! can be booked at that instant, and what can be booked is listed.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Duration, NaiveDate};

use super::hours::{self, DATES_BEFORE, Hours, Modality, Window};
use super::ids::ServiceId;
use super::rules::BookingRules;
use super::time::{self, Instant, Interval, Minutes, Tz};

/// A stretch that somebody holds, buffers included, and the start of the meeting in it, where it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub stretch: Interval,
    /// Pending requests and appointments count against the caps; blocked time has no start.
    pub meeting_starts_at: Option<Instant>,
}

/// What is asked to be bookable: one service of one clinician, met in one way.
pub struct Wanted {
    pub service_id: ServiceId,
    pub duration: Minutes,
    /// A concrete way of meeting.
    pub modality: Modality,
}

/// Why a start is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOffered {
    OutsideHours,
    OffSlotInterval,
    InsideMinimumNotice,
    BeyondBookingHorizon,
    DayFull,
    WeekFull,
    Taken,
}

/// One clinician's time over a range of starts, ready to be asked about any start in it.
pub struct Offer<'a> {
    zone: Tz,
    duration: Duration,
    rules: &'a BookingRules,
    now: Instant,
    last_bookable_on: NaiveDate,
    /// Each date's open stretches; a grid of starts begins with each.
    grids: Vec<Interval>,
    /// The same time, joined: where a meeting must fit.
    open: Vec<Interval>,
    held: Vec<Interval>,
    meetings: BTreeMap<NaiveDate, i32>,
}

/// How far around a start the held time matters: the longest service with both of the longest buffers (48 hours), or
/// the week whose meetings a cap counts.
pub fn held_reach() -> Duration {
    Duration::days(8)
}

/// The stretch that a meeting holds: with its buffers, which stack with a neighbour's.
pub fn claimed(rules: &BookingRules, meeting: Interval) -> Interval {
    Interval::new(meeting.start - rules.buffer_before.span(), meeting.end + rules.buffer_after.span())
}

impl<'a> Offer<'a> {
    /// Prepares the answer for starts in `range`; `held` must cover the range widened by `held_reach`.
    pub fn new(
        zone: Tz,
        hours: &Hours,
        wanted: &Wanted,
        rules: &'a BookingRules,
        held: &[Held],
        range: Interval,
        now: Instant,
    ) -> Self {
        let is_usable = |window: &Window| window.is_open_for(wanted.service_id, wanted.modality);
        let first = time::local_date(zone, range.start) - DATES_BEFORE;
        let last = time::local_date(zone, range.end + wanted.duration.span());
        let grids = hours::expand(zone, hours, is_usable, first, last);
        let horizon = Days::new(u64::try_from(rules.booking_horizon_days).unwrap_or_default());
        let mut meetings = BTreeMap::new();
        for start in held.iter().filter_map(|held| held.meeting_starts_at) {
            *meetings.entry(time::local_date(zone, start)).or_insert(0) += 1;
        }
        let mut held: Vec<_> = held.iter().map(|held| held.stretch).collect();
        held.sort_unstable();
        Self {
            zone,
            duration: wanted.duration.span(),
            rules,
            now,
            last_bookable_on: time::local_date(zone, now) + horizon,
            open: time::merge(grids.clone()),
            grids,
            held,
            meetings,
        }
    }

    /// The starts in `range` that can be booked now, in order.
    pub fn starts(&self, range: Interval) -> Vec<Instant> {
        let mut starts = Vec::new();
        for grid in &self.grids {
            let mut start = self.first_on_grid(grid, range.start);
            while start < grid.end.min(range.end) {
                if self.check_on_grid(start).is_ok() {
                    starts.push(start);
                }
                start += self.rules.slot_interval.span();
            }
        }
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    /// Whether this very start can be booked now; if not, the first reason in the order in which a person would
    /// want to hear it.
    pub fn check(&self, start: Instant) -> Result<(), NotOffered> {
        let on_grid = self.grids.iter().any(|grid| {
            start >= grid.start
                && start < grid.end
                && (start - grid.start).num_milliseconds() % self.rules.slot_interval.span().num_milliseconds() == 0
        });
        match self.check_on_grid(start) {
            Err(NotOffered::OutsideHours) => Err(NotOffered::OutsideHours),
            _ if !on_grid => Err(NotOffered::OffSlotInterval),
            verdict => verdict,
        }
    }

    fn check_on_grid(&self, start: Instant) -> Result<(), NotOffered> {
        let meeting = Interval::new(start, start + self.duration);
        if !self.fits(meeting) {
            return Err(NotOffered::OutsideHours);
        }
        // "More than": a request that starts in exactly the notice would have to be answered in no time.
        if start - self.rules.minimum_notice.span() <= self.now {
            return Err(NotOffered::InsideMinimumNotice);
        }
        let date = time::local_date(self.zone, start);
        if date > self.last_bookable_on {
            return Err(NotOffered::BeyondBookingHorizon);
        }
        self.check_caps(date)?;
        if self.is_held(claimed(self.rules, meeting)) {
            return Err(NotOffered::Taken);
        }
        Ok(())
    }

    fn check_caps(&self, date: NaiveDate) -> Result<(), NotOffered> {
        if let Some(cap) = self.rules.max_per_day
            && self.meetings.get(&date).copied().unwrap_or(0) >= cap
        {
            return Err(NotOffered::DayFull);
        }
        if let Some(cap) = self.rules.max_per_week {
            let monday = date - Days::new(u64::from(date.weekday().num_days_from_monday()));
            let held: i32 = self.meetings.range(monday..monday + Days::new(7)).map(|(_, count)| count).sum();
            if held >= cap {
                return Err(NotOffered::WeekFull);
            }
        }
        Ok(())
    }

    fn first_on_grid(&self, grid: &Interval, from: Instant) -> Instant {
        let step = self.rules.slot_interval.span().num_milliseconds();
        let behind = (from - grid.start).num_milliseconds().max(0);
        grid.start + Duration::milliseconds((behind + step - 1) / step * step)
    }

    fn fits(&self, meeting: Interval) -> bool {
        let after = self.open.partition_point(|open| open.start <= meeting.start);
        after > 0 && self.open[after - 1].contains(&meeting)
    }

    /// Held stretches of one clinician never overlap, so only the last that starts before the end can be in the way.
    fn is_held(&self, claim: Interval) -> bool {
        let after = self.held.partition_point(|held| held.start < claim.end);
        after > 0 && self.held[after - 1].overlaps(&claim)
    }
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
