//! The soonest slots of one clinician or of many, found as they are asked for: nobody's month is written down for the
//! sake of its first free hour.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::hours::Modality;
use super::rules::BookingRules;
use super::settings::{Clinician, Service};
use super::slots::{Held, NotOffered, Offer, Wanted};
use super::time::{Instant, Interval};
use chrono::Duration;

/// One clinician's offers of one service, in each of its ways of meeting, to one client or to anybody.
pub struct Offers<'a> {
    duration: Duration,
    ways: Vec<(Modality, Offer<'a>)>,
    of_client: &'a [Interval],
}

impl<'a> Offers<'a> {
    /// Prepares the answer for starts in `range`. `held` must reach around the range as `Offer` says; `of_client` are the
    /// client's own meetings, with whichever clinician.
    pub fn new(
        clinician: &'a Clinician,
        service: &Service,
        rules: &'a BookingRules,
        (held, of_client): (&[Held], &'a [Interval]),
        range: Interval,
        now: Instant,
    ) -> Self {
        let offer = |way: &Modality| {
            let wanted = Wanted { service_id: service.id, duration: service.duration, modality: *way };
            (*way, Offer::new(clinician.zone, &clinician.hours, &wanted, rules, held, range, now))
        };
        let ways = service.modality.concrete().iter().map(offer).collect();
        Self { duration: service.duration.span(), ways, of_client }
    }

    /// The starts in `range` that can be booked, in order, each with the ways of meeting in which it can.
    pub fn slots(&self, range: Interval) -> impl Iterator<Item = (Instant, Modality)> + '_ {
        let mut ways: Vec<_> = self.ways.iter().map(|(way, offer)| (*way, offer.starts_in(range).peekable())).collect();
        let next = move || {
            let start = ways.iter_mut().filter_map(|(_, starts)| starts.peek().copied()).min()?;
            let here = ways.iter_mut().filter_map(|(way, starts)| starts.next_if_eq(&start).map(|_| *way));
            Some((start, here.reduce(|_, _| Modality::Either)?))
        };
        std::iter::from_fn(next).filter(|(start, _)| !self.client_is_booked(*start))
    }

    /// What is to be said of one start, met in one of these ways: free where it is in any.
    pub fn check(&self, start: Instant, modality: Modality) -> Result<(), NotOffered> {
        let mut offered = Err(NotOffered::OutsideHours);
        for (_, offer) in self.ways.iter().filter(|(way, _)| modality.allows(*way)) {
            let verdict = offer.check(start);
            if verdict.is_ok() || offered == Err(NotOffered::OutsideHours) {
                offered = verdict;
            }
            if offered.is_ok() {
                break;
            }
        }
        offered
    }

    /// True where the client meets somebody else at that time.
    pub fn client_is_booked(&self, start: Instant) -> bool {
        let meeting = Interval::new(start, start + self.duration);
        self.of_client.iter().any(|held| held.overlaps(&meeting))
    }
}

/// Merges ordered slots of many: the earliest first and, at one instant, in the order of the sources. No source is asked
/// for more than its next slot.
pub fn merge<S: Iterator<Item = (Instant, Modality)>>(
    mut sources: Vec<S>,
) -> impl Iterator<Item = (Instant, usize, Modality)> {
    let next = |place: usize, source: &mut S| source.next().map(|(start, way)| Reverse((start, place, way)));
    let mut heads: BinaryHeap<_> =
        sources.iter_mut().enumerate().filter_map(|(place, source)| next(place, source)).collect();
    std::iter::from_fn(move || {
        let Reverse(head) = heads.pop()?;
        heads.extend(next(head.1, &mut sources[head.1]));
        Some(head)
    })
}

/// The first window, in days of all clinicians together: 1,000 are read four days at once, which is past any weekend. A
/// full day holds eight claims or so, and SQLite answers about one a microsecond.
const CLINICIAN_DAYS: usize = 4_000;

/// The first window's longest: who asks for the soonest seldom needs more than a fortnight.
const WINDOW_MAX_DAYS: usize = 14;

/// Cuts a range into windows of which the first one with open hours is read first, and all after it at once: reading twice
/// costs less than reading the whole range where the first window holds enough, and it nearly always does. Each is twice as
/// long as the one before, so that closed weeks are passed in few steps.
pub fn windows(range: Interval, clinicians: usize) -> impl Iterator<Item = Interval> {
    let days = (CLINICIAN_DAYS / clinicians.max(1)).clamp(1, WINDOW_MAX_DAYS);
    let mut length = Duration::days(i64::try_from(days).unwrap_or(1));
    let mut from = range.start;
    std::iter::from_fn(move || {
        let window = Interval::new(from, (from + length).min(range.end));
        (from, length) = (window.end, length * 2);
        (!window.is_empty()).then_some(window)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_instant;

    fn hour(hours: i64) -> Instant {
        parse_instant("2027-01-05T00:00:00Z").expect("an instant") + Duration::hours(hours)
    }

    #[test]
    fn the_earliest_comes_first_and_at_one_instant_the_order_of_the_sources_counts() {
        let source = |hours: &'static [i64]| hours.iter().map(|at| (hour(*at), Modality::InPerson));
        let merged = merge(vec![source(&[3, 5]), source(&[]), source(&[1, 3, 9])]);
        let places: Vec<_> = merged.map(|(start, place, _)| ((start - hour(0)).num_hours(), place)).collect();
        assert_eq!(places, [(1, 2), (3, 0), (3, 2), (5, 0), (9, 2)]);
    }

    #[test]
    fn no_source_is_asked_for_more_than_its_next_slot() {
        let asked = std::cell::Cell::new(0);
        let endless = |_| {
            let count = |at| {
                asked.set(asked.get() + 1);
                (hour(at), Modality::InPerson)
            };
            (0..).map(count)
        };
        let found = merge((0..10).map(endless).collect()).take(3).count();
        assert_eq!((found, asked.get()), (3, 13), "one of each, and the next of those that were given");
    }

    #[test]
    fn windows_double_cover_the_range_without_a_gap_and_the_first_is_the_shorter_the_more_clinicians_there_are() {
        let range = Interval::new(hour(7), hour(7 + 62 * 24));
        for (clinicians, first_days, expected) in
            [(0, 14, 3), (1, 14, 3), (285, 14, 3), (300, 13, 3), (1_000, 4, 5), (4_000, 1, 6), (1_000_000, 1, 6)]
        {
            let cut: Vec<_> = windows(range, clinicians).collect();
            assert_eq!(((cut[0].end - cut[0].start).num_days(), cut.len()), (first_days, expected), "{clinicians}");
            assert_eq!((cut[0].start, cut[expected - 1].end), (range.start, range.end));
            assert!(cut.windows(2).all(|two| two[0].end == two[1].start), "{clinicians}");
        }
        assert_eq!(windows(Interval::new(hour(7), hour(7)), 3).count(), 0);
    }
}
