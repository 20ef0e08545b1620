//! The slow, obviously right answer. It walks real minutes one by one, asks the time zones for nothing but what the wall
//! clock shows at each, and decides from that by the definitions alone. It shares no arithmetic with the domain.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, Timelike};

use frontdesk::domain::time::Instant;

use crate::world::World;

/// A window is at most a day long, starts on its date, and a clock was never moved by more than a day: what is open at a
/// minute belongs to its date or one of these before it.
const DATES_BEFORE: i64 = 3;

/// Every minute around what is asked for, and what is open in it.
pub struct Oracle<'a> {
    world: &'a World,
    first: Instant,
    /// What the wall clock shows at each minute from `first` on.
    wall: Vec<NaiveDateTime>,
    /// Whether a window of whatever date is open.
    open: Vec<bool>,
    /// The minutes at which a date's open time begins anew, by the minutes that follow from them.
    grid: BTreeSet<usize>,
    meetings: Vec<NaiveDate>,
}

impl<'a> Oracle<'a> {
    /// Walks the minutes.
    pub fn new(world: &'a World) -> Self {
        let range = world.range();
        // From before any window that can reach the range, to after the longest meeting in it.
        let first = (range.start - Duration::days(DATES_BEFORE)).with_second(0).and_then(|at| at.with_nanosecond(0));
        let first = first.expect("a whole minute");
        let count = (range.end - first).num_minutes() + i64::from(world.duration) + 2;
        let shows = |at: Instant| at.with_timezone(&world.zone).naive_local();
        let wall: Vec<_> = (0..count).map(|minute| shows(first + Duration::minutes(minute))).collect();
        let meetings = world.held().into_iter().filter_map(|held| held.meeting_starts_at).map(|at| shows(at).date());
        let mut oracle = Self {
            world,
            first,
            open: vec![false; wall.len()],
            wall,
            grid: BTreeSet::new(),
            meetings: meetings.collect(),
        };
        oracle.open_minutes();
        oracle
    }

    /// By date, since a grid begins where a date's own open time begins.
    fn open_minutes(&mut self) {
        let interval = usize::try_from(self.world.rules.slot_interval.0).expect("a length");
        let mut since: BTreeMap<NaiveDate, (usize, usize)> = BTreeMap::new();
        for minute in 0..self.wall.len() {
            let shown = self.wall[minute];
            for back in 0..=DATES_BEFORE {
                let date = shown.date() - Duration::days(back);
                if !self.is_open_on(date, shown) {
                    continue;
                }
                self.open[minute] = true;
                let start = match since.get(&date) {
                    Some((start, last)) if last + 1 == minute => *start,
                    _ => minute,
                };
                since.insert(date, (start, minute));
                if (minute - start).is_multiple_of(interval) {
                    self.grid.insert(minute);
                }
            }
        }
    }

    /// The definition: open is where the wall clock shows a time inside a window of the date.
    fn is_open_on(&self, date: NaiveDate, shown: NaiveDateTime) -> bool {
        let since_midnight = (shown - date.and_time(chrono::NaiveTime::MIN)).num_seconds();
        let is_inside = |opens: i32, closes: i32| {
            i64::from(opens) * 60 <= since_midnight && since_midnight < i64::from(closes) * 60
        };
        self.world.windows_on(date).any(|window| is_inside(window.opens, window.closes))
    }

    /// Every start in the range that can be booked, in order.
    pub fn starts(&self) -> Vec<Instant> {
        let range = self.world.range();
        let at = |minute: &usize| self.first + Duration::minutes(i64::try_from(*minute).expect("few minutes"));
        let starts = self.grid.iter().filter(|minute| self.is_bookable(**minute, at(minute))).map(at);
        starts.filter(|start| range.start <= *start && *start < range.end).collect()
    }

    fn is_bookable(&self, minute: usize, start: Instant) -> bool {
        let length = usize::try_from(self.world.duration).expect("a length");
        let rules = &self.world.rules;
        let fits = (minute..minute + length).all(|minute| self.open.get(minute) == Some(&true));
        let is_noticed = (start - self.world.now()).num_milliseconds() > i64::from(rules.minimum_notice.0) * 60_000;
        let date = self.wall[minute].date();
        let today = self.world.now().with_timezone(&self.world.zone).date_naive();
        let is_near = (date - today).num_days() <= i64::from(rules.booking_horizon_days);
        let on_day = self.meetings.iter().filter(|on| **on == date).count();
        let in_week = self.meetings.iter().filter(|on| on.iso_week() == date.iso_week()).count();
        let has_room = |cap: Option<i32>, count: usize| cap.is_none_or(|cap| (count as i64) < i64::from(cap));
        fits && is_noticed
            && is_near
            && has_room(rules.max_per_day, on_day)
            && has_room(rules.max_per_week, in_week)
            && self.is_free(start)
    }

    /// No claim has an instant in common with the meeting and its buffers.
    fn is_free(&self, start: Instant) -> bool {
        let rules = &self.world.rules;
        let from = start - Duration::minutes(i64::from(rules.buffer_before.0));
        let until = start + Duration::minutes(i64::from(self.world.duration + rules.buffer_after.0));
        self.world.held().iter().all(|held| held.stretch.end <= from || until <= held.stretch.start)
    }
}
