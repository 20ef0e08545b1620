//! Which starts are offered, and why another is not.
//!
//! A list is the starts on the grid that pass `Offer::check`; a booking passes the same check. So what is listed
//! can be booked at that instant, and what can be booked is listed.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime};

use super::hours::{self, DATES_AFTER, DATES_BEFORE, Hours, Modality, Window};
use super::ids::ServiceId;
use super::rules::BookingRules;
use super::time::{self, Instant, Interval, Minutes, Tz, ZoneSegments};

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

/// One clinician's time over a range of starts, ready to be asked about any start in it. Within, time is in milliseconds:
/// a month has hundreds of starts, and each is held against all of this.
pub struct Offer<'a> {
    zone: Tz,
    rules: &'a BookingRules,
    duration: i64,
    interval: i64,
    buffer_before: i64,
    buffer_after: i64,
    /// A start has to be later than this.
    noticed_until: i64,
    last_bookable_on: NaiveDate,
    /// A start before this is on a date that can be booked, in whatever zone; a later one has to be looked at.
    surely_bookable_until: i64,
    /// Each date's open stretches, by start; a grid of starts begins with each.
    grids: Vec<Stretch>,
    /// The same time, joined: where a meeting must fit.
    open: Vec<Stretch>,
    held: Vec<Stretch>,
    /// The local days around the range and how many meetings each has; none where no cap counts them.
    days: Option<Days>,
}

/// Days are counted from 1970-01-01.
struct Days {
    segments: ZoneSegments,
    meetings: BTreeMap<i64, i32>,
}

/// Half-open `[start, end)`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    start: i64,
    end: i64,
}

impl From<Interval> for Stretch {
    fn from(interval: Interval) -> Self {
        Self { start: interval.start.timestamp_millis(), end: interval.end.timestamp_millis() }
    }
}

/// No wall clock was ever further than this from UTC: 15 hours and 13 minutes, in Alaska until 1867.
const OFFSET_MAX_HOURS: i64 = 16;

/// How far around a start held time matters at most: the longest service with both of the longest buffers (48 hours), or
/// the week whose meetings a cap counts.
pub fn held_reach() -> Duration {
    Duration::days(8)
}

/// How far around a start held time matters under these rules: what the meeting would hold, and the local day or week whose
/// meetings a cap counts.
pub fn held_reach_of(rules: &BookingRules, duration: Minutes) -> Duration {
    match (rules.max_per_week, rules.max_per_day) {
        (Some(_), _) => held_reach(),
        // A day of the wall clock has 26 hours at most.
        (None, Some(_)) => Duration::days(2),
        (None, None) => rules.buffer_before.span().max(duration.span() + rules.buffer_after.span()),
    }
}

/// The stretch that a meeting holds: with its buffers, which stack with a neighbour's.
pub fn claimed(rules: &BookingRules, meeting: Interval) -> Interval {
    Interval::new(meeting.start - rules.buffer_before.span(), meeting.end + rules.buffer_after.span())
}

impl<'a> Offer<'a> {
    /// Prepares the answer for starts in `range`; `held` must cover the range widened by `held_reach_of` the rules.
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
        let last = time::local_date(zone, range.end + wanted.duration.span()) + DATES_AFTER;
        let grids = hours::expand(zone, hours, is_usable, first, last);
        let is_capped = rules.max_per_day.is_some() || rules.max_per_week.is_some();
        let days = is_capped.then(|| Days::around(zone, (first, last), held));
        Self::over(zone, grids, wanted.duration, rules, (held, days), now)
    }

    /// Over these open stretches, one date's after another's.
    fn over(
        zone: Tz,
        open: Vec<Interval>,
        duration: Minutes,
        rules: &'a BookingRules,
        (held, days): (&[Held], Option<Days>),
        now: Instant,
    ) -> Self {
        let mut grids: Vec<Stretch> = open.iter().copied().map(Stretch::from).collect();
        grids.sort_unstable();
        let horizon = chrono::Days::new(u64::try_from(rules.booking_horizon_days).unwrap_or_default());
        let last_bookable_on = time::local_date(zone, now) + horizon;
        let its_end = (last_bookable_on + chrono::Days::new(1)).and_time(NaiveTime::MIN).and_utc();
        let mut offer = Self {
            zone,
            rules,
            duration: duration.span().num_milliseconds(),
            interval: rules.slot_interval.span().num_milliseconds(),
            buffer_before: rules.buffer_before.span().num_milliseconds(),
            buffer_after: rules.buffer_after.span().num_milliseconds(),
            noticed_until: (now + rules.minimum_notice.span()).timestamp_millis(),
            last_bookable_on,
            surely_bookable_until: (its_end - Duration::hours(OFFSET_MAX_HOURS)).timestamp_millis(),
            open: time::merge(open).into_iter().map(Stretch::from).collect(),
            grids,
            held: held.iter().map(|held| held.stretch.into()).collect(),
            days,
        };
        offer.held.sort_unstable();
        offer
    }

    /// The starts in `range` that can be booked now, in order.
    pub fn starts(&self, range: Interval) -> Vec<Instant> {
        self.starts_in(range).collect()
    }

    /// The same, one stretch of hours after the other as they are asked for.
    pub fn starts_in(&self, range: Interval) -> impl Iterator<Item = Instant> + '_ {
        let range = Stretch::from(range);
        let first = self.open.partition_point(|open| open.end <= range.start);
        self.open[first..]
            .iter()
            .take_while(move |open| open.start < range.end)
            .flat_map(move |open| self.starts_within(*open, range))
            .filter_map(DateTime::from_timestamp_millis)
    }

    /// Those within one of the joined stretches, which no grid leaves.
    fn starts_within(&self, open: Stretch, range: Stretch) -> Vec<i64> {
        let first = self.grids.partition_point(|grid| grid.start < open.start);
        let grids = self.grids[first..].iter().take_while(|grid| grid.start < open.end);
        let (mut starts, mut count) = (Vec::new(), 0);
        for grid in grids {
            count += 1;
            let behind = (range.start - grid.start).max(0);
            let mut start = grid.start + (behind + self.interval - 1) / self.interval * self.interval;
            let end = grid.end.min(range.end);
            while start < end {
                if self.check_on_grid(start).is_ok() {
                    starts.push(start);
                }
                start += self.interval;
            }
        }
        if count > 1 {
            starts.sort_unstable();
            starts.dedup();
        }
        starts
    }

    /// Whether this very start can be booked now; if not, the first reason in the order in which a person would
    /// want to hear it.
    pub fn check(&self, start: Instant) -> Result<(), NotOffered> {
        let millis = start.timestamp_millis();
        // What lies between two milliseconds is on no grid.
        let is_whole = start.timestamp_subsec_nanos().is_multiple_of(1_000_000);
        let starts_here =
            |grid: &Stretch| millis >= grid.start && millis < grid.end && (millis - grid.start) % self.interval == 0;
        let on_grid = is_whole && self.grids.iter().any(starts_here);
        match self.check_on_grid(millis) {
            Err(NotOffered::OutsideHours) => Err(NotOffered::OutsideHours),
            _ if !on_grid => Err(NotOffered::OffSlotInterval),
            verdict => verdict,
        }
    }

    fn check_on_grid(&self, start: i64) -> Result<(), NotOffered> {
        let meeting = Stretch { start, end: start + self.duration };
        if !self.fits(meeting) {
            return Err(NotOffered::OutsideHours);
        }
        // "More than": a request that starts in exactly the notice would have to be answered in no time.
        if start <= self.noticed_until {
            return Err(NotOffered::InsideMinimumNotice);
        }
        if start >= self.surely_bookable_until && self.date_of(start) > Some(self.last_bookable_on) {
            return Err(NotOffered::BeyondBookingHorizon);
        }
        self.check_caps(start)?;
        if self.is_held(Stretch { start: start - self.buffer_before, end: meeting.end + self.buffer_after }) {
            return Err(NotOffered::Taken);
        }
        Ok(())
    }

    fn check_caps(&self, start: i64) -> Result<(), NotOffered> {
        let Some(days) = &self.days else { return Ok(()) };
        let Some(day) = days.segments.day(start) else { return Err(NotOffered::OutsideHours) };
        if let Some(cap) = self.rules.max_per_day
            && days.meetings.get(&day).copied().unwrap_or(0) >= cap
        {
            return Err(NotOffered::DayFull);
        }
        if let Some(cap) = self.rules.max_per_week {
            // 1970-01-01 was a Thursday.
            let monday = day - (day + 3).rem_euclid(7);
            let held: i32 = days.meetings.range(monday..monday + 7).map(|(_, count)| count).sum();
            if held >= cap {
                return Err(NotOffered::WeekFull);
            }
        }
        Ok(())
    }

    fn date_of(&self, start: i64) -> Option<NaiveDate> {
        DateTime::from_timestamp_millis(start).map(|start| time::local_date(self.zone, start))
    }

    fn fits(&self, meeting: Stretch) -> bool {
        let after = self.open.partition_point(|open| open.start <= meeting.start);
        after > 0 && meeting.end <= self.open[after - 1].end
    }

    /// Held stretches of one clinician never overlap, so only the last that starts before the end can be in the way.
    fn is_held(&self, claim: Stretch) -> bool {
        let after = self.held.partition_point(|held| held.start < claim.end);
        after > 0 && self.held[after - 1].end > claim.start
    }
}

impl Days {
    /// Those of the weeks around the dates.
    fn around(zone: Tz, (first, last): (NaiveDate, NaiveDate), held: &[Held]) -> Self {
        let segments = ZoneSegments::over(zone, first - chrono::Days::new(7), last + chrono::Days::new(7));
        let mut meetings = BTreeMap::new();
        for start in held.iter().filter_map(|held| held.meeting_starts_at) {
            if let Some(day) = segments.day(start.timestamp_millis()) {
                *meetings.entry(day).or_insert(0) += 1;
            }
        }
        Self { segments, meetings }
    }
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
