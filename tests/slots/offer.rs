//! What the domain offers is what the walk over every minute finds: in the list, in the check of each minute, and where
//! only one start is asked about, as the booking write does.

use std::collections::BTreeSet;

use chrono::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseResult};

use frontdesk::domain::slots::{Held, Offer, Wanted, held_reach_of};
use frontdesk::domain::time::{Instant, Interval};

use crate::oracle::Oracle;
use crate::world::{World, zones};

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/slots/regressions.txt");

/// The offer for a range, from the held time that is loaded for it and no more.
fn with_offer<T>(world: &World, wanted: &Wanted, range: Interval, ask: impl FnOnce(&Offer<'_>) -> T) -> T {
    let reach = held_reach_of(&world.rules, wanted.duration);
    let around = Interval::new(range.start - reach, range.end + reach);
    let held: Vec<Held> = world.held().into_iter().filter(|held| held.stretch.overlaps(&around)).collect();
    let hours = world.hours(wanted.service_id);
    ask(&Offer::new(world.zone, &hours, wanted, &world.rules, &held, range, world.now()))
}

fn agrees(world: &World) -> TestCaseResult {
    let (range, wanted) = (world.range(), world.wanted());
    let expected = Oracle::new(world).starts();
    let listed = with_offer(world, &wanted, range, |offer| offer.starts(range));
    prop_assert_eq!(&listed, &expected, "the list, and the walk");

    let expected: BTreeSet<_> = expected.into_iter().collect();
    let mut minutes = minutes_of(range);
    let passing = with_offer(world, &wanted, range, |offer| {
        minutes.clone().filter(|start| offer.check(*start).is_ok()).collect::<BTreeSet<_>>()
    });
    prop_assert_eq!(&passing, &expected, "the check of each minute, and the walk");

    // As the write does, which knows only the one start. Every seventeenth minute, and whatever is listed.
    let some = minutes.by_ref().step_by(17).chain(expected.iter().copied().take(20)).collect::<BTreeSet<_>>();
    for start in some {
        let alone = Interval::new(start, start + Duration::seconds(1));
        let verdict = with_offer(world, &wanted, alone, |offer| offer.check(start));
        prop_assert_eq!(verdict.is_ok(), expected.contains(&start), "{} alone: {:?}", start, verdict);
    }
    Ok(())
}

/// The whole minutes in a range.
fn minutes_of(range: Interval) -> impl Iterator<Item = Instant> + Clone {
    let first = range.start.timestamp_millis().div_euclid(60_000) * 60_000;
    let first = chrono::DateTime::from_timestamp_millis(first).expect("an instant");
    let minutes = (0..).map(move |minute| first + Duration::minutes(minute));
    minutes.skip_while(move |at| *at < range.start).take_while(move |at| *at < range.end)
}

proptest! {
    #![proptest_config(Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        ..Config::default()
    })]

    #[test]
    fn what_is_offered_is_what_a_walk_over_every_minute_finds(world in World::any()) {
        agrees(&world)?;
    }
}

/// On 2010-11-07 in St. John's the clock showed 00:00 of the 7th, and a minute later 23:01 of the 6th: the date of a range's
/// end can be before that of a start in it.
#[test]
fn a_clock_that_goes_back_over_midnight_hides_no_start_of_the_date_that_it_had_shown() {
    let world = World::with_days("America/St_Johns", "2010-11-07", &[(0, 60), (23 * 60, 1440)], (150, 151));
    assert_eq!(Oracle::new(&world).starts().len(), 1, "at 00:00, the first time");
    agrees(&world).expect("they agree");
}

#[test]
fn the_worlds_are_in_every_zone_that_is_asked_for() {
    for zone in [
        "America/New_York",
        "Europe/London",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "UTC",
    ] {
        assert!(zones().contains(zone), "{zone}");
    }
}

/// A property over worlds in which nothing is ever offered would prove little.
#[test]
fn in_a_quarter_of_the_worlds_something_is_offered_and_in_a_sixth_held_time_matters() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut offering, mut refusing) = (0, 0);
    for _ in 0..60 {
        let world = World::any().new_tree(&mut runner).expect("a world").current();
        let starts = Oracle::new(&world).starts();
        let unbound = world.without_claims();
        offering += usize::from(!starts.is_empty());
        refusing += usize::from(Oracle::new(&unbound).starts() != starts);
    }
    assert!(offering >= 15 && refusing >= 10, "of 60 worlds {offering} offer something, claims matter in {refusing}");
}
