//! What is offered, on days where it could go wrong.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::hours::{Weekday, WeeklyHours};
use crate::domain::time::{parse_instant, parse_zone};

fn at(text: &str) -> Instant {
    parse_instant(text).expect("a written instant")
}

fn window(weekday: Weekday, opens_minute: i32, closes_minute: i32) -> WeeklyHours {
    let window = Window { opens_minute, closes_minute, service_ids: BTreeSet::new(), modality: None };
    WeeklyHours { weekday, window }
}

fn every_week(weekly: impl Into<Vec<WeeklyHours>>) -> Hours {
    Hours { weekly: weekly.into(), ..Hours::default() }
}

fn wanted(minutes: i32) -> Wanted {
    Wanted { service_id: ServiceId::generate(), duration: Minutes(minutes), modality: Modality::InPerson }
}

fn held(from: &str, until: &str) -> Held {
    Held { stretch: Interval::new(at(from), at(until)), meeting_starts_at: Some(at(from)) }
}

/// Tuesday 2027-01-12 14:00 to 18:00 in New York, fifty minutes, seen from the Friday before.
fn tuesday(rules: &BookingRules, held: &[Held], from: &str, until: &str) -> Vec<String> {
    let zone = parse_zone("America/New_York").expect("a zone");
    let hours = every_week([window(Weekday::Tuesday, 14 * 60, 18 * 60)]);
    let range = Interval::new(at(from), at(until));
    let offer = Offer::new(zone, &hours, &wanted(50), rules, held, range, at("2027-01-08T12:00:00-05:00"));
    offer.starts(range).into_iter().map(|start| time::local_text(zone, start)[11..16].to_owned()).collect()
}

const DAY: (&str, &str) = ("2027-01-12T00:00:00-05:00", "2027-01-13T00:00:00-05:00");

#[test]
fn starts_begin_with_the_hours_and_the_last_one_still_fits() {
    let starts = tuesday(&BookingRules::DEFAULT, &[], DAY.0, DAY.1);
    assert_eq!(starts, ["14:00", "14:30", "15:00", "15:30", "16:00", "16:30", "17:00"]);
}

#[test]
fn held_time_and_both_buffers_take_starts_away_and_touching_is_legal() {
    let taken = [held("2027-01-12T15:00:00-05:00", "2027-01-12T15:50:00-05:00")];
    assert_eq!(tuesday(&BookingRules::DEFAULT, &taken, DAY.0, DAY.1), ["14:00", "16:00", "16:30", "17:00"]);
    let buffered = BookingRules { buffer_before: Minutes(15), buffer_after: Minutes(15), ..BookingRules::DEFAULT };
    assert_eq!(tuesday(&buffered, &taken, DAY.0, DAY.1), ["16:30", "17:00"]);
}

#[test]
fn what_is_offered_does_not_depend_on_the_range_asked_for() {
    let part = tuesday(&BookingRules::DEFAULT, &[], "2027-01-12T15:10:00-05:00", "2027-01-12T16:30:00-05:00");
    assert_eq!(part, ["15:30", "16:00"]);
    let just_after = tuesday(&BookingRules::DEFAULT, &[], "2027-01-12T15:30:00.001-05:00", "2027-01-12T16:30:00-05:00");
    assert_eq!(just_after, ["16:00"], "not before the range, by however little");
}

#[test]
fn a_full_day_and_a_full_week_offer_nothing() {
    let taken = [held("2027-01-12T15:00:00-05:00", "2027-01-12T15:50:00-05:00")];
    let daily = BookingRules { max_per_day: Some(1), ..BookingRules::DEFAULT };
    assert_eq!(tuesday(&daily, &taken, DAY.0, DAY.1), Vec::<String>::new());
    let sunday = [held("2027-01-17T10:00:00-05:00", "2027-01-17T10:50:00-05:00")];
    let weekly = BookingRules { max_per_week: Some(1), ..BookingRules::DEFAULT };
    assert_eq!(tuesday(&weekly, &sunday, DAY.0, DAY.1), Vec::<String>::new());
    let next_monday = [held("2027-01-18T10:00:00-05:00", "2027-01-18T10:50:00-05:00")];
    assert_eq!(tuesday(&weekly, &next_monday, DAY.0, DAY.1).len(), 7);
}

#[test]
fn each_refusal_has_its_own_reason() {
    let zone = parse_zone("America/New_York").expect("a zone");
    let hours = every_week([window(Weekday::Tuesday, 14 * 60, 18 * 60)]);
    let taken = [held("2027-01-12T15:00:00-05:00", "2027-01-12T15:50:00-05:00")];
    let range = Interval::new(at("2027-01-01T00:00:00Z"), at("2027-06-01T00:00:00Z"));
    let now = at("2027-01-04T14:00:00-05:00");
    let offer = Offer::new(zone, &hours, &wanted(50), &BookingRules::DEFAULT, &taken, range, now);
    let cases = [
        ("2027-01-12T14:00:00-05:00", Ok(())),
        ("2027-01-12T13:30:00-05:00", Err(NotOffered::OutsideHours)),
        ("2027-01-12T17:30:00-05:00", Err(NotOffered::OutsideHours)),
        ("2027-01-12T14:10:00-05:00", Err(NotOffered::OffSlotInterval)),
        ("2027-01-12T14:00:00.500-05:00", Err(NotOffered::OffSlotInterval)),
        ("2027-01-12T15:30:00-05:00", Err(NotOffered::Taken)),
        ("2027-01-05T14:00:00-05:00", Err(NotOffered::InsideMinimumNotice)),
        ("2027-01-05T14:30:00-05:00", Ok(())),
        ("2027-03-02T14:00:00-05:00", Ok(())),
        ("2027-03-09T14:00:00-05:00", Err(NotOffered::BeyondBookingHorizon)),
    ];
    for (start, expected) in cases {
        assert_eq!(offer.check(at(start)), expected, "{start}");
    }
}

/// What is offered on a Sunday in New York with these hours, seen from an instant before it.
fn sunday(hours: (i32, i32), rules: &BookingRules, day: &str, now: &str) -> Vec<String> {
    let zone = parse_zone("America/New_York").expect("a zone");
    let hours = every_week([window(Weekday::Sunday, hours.0, hours.1)]);
    let start = at(&format!("{day}T04:00:00Z"));
    let range = Interval::new(start, start + Duration::days(1));
    let offer = Offer::new(zone, &hours, &wanted(30), rules, &[], range, at(now));
    offer.starts(range).into_iter().map(|start| time::local_text(zone, start)[11..].to_owned()).collect()
}

#[test]
fn in_an_autumn_overlap_both_passes_are_offered_and_told_apart_by_their_offset() {
    let starts = sunday((60, 120), &BookingRules::DEFAULT, "2026-11-01", "2026-10-20T00:00:00Z");
    assert_eq!(starts, ["01:00:00-04:00", "01:30:00-04:00", "01:00:00-05:00", "01:30:00-05:00"]);
}

#[test]
fn in_a_spring_gap_nothing_is_offered_and_the_afternoon_does_not_move() {
    let offered = |hours| sunday(hours, &BookingRules::DEFAULT, "2026-03-08", "2026-02-20T00:00:00Z");
    assert_eq!(offered((120, 180)), Vec::<String>::new());
    assert_eq!(offered((90, 210)), ["01:30:00-05:00", "03:00:00-04:00"]);
    assert_eq!(offered((780, 840)), ["13:00:00-04:00", "13:30:00-04:00"]);
}

#[test]
fn a_days_notice_is_24_hours_that_pass_and_the_horizon_counts_the_clinicians_dates() {
    let afternoon = (14 * 60, 16 * 60);
    let now = "2026-03-07T14:00:00-05:00";
    let starts = sunday(afternoon, &BookingRules::DEFAULT, "2026-03-08", now);
    assert_eq!(starts, ["15:30:00-04:00"], "15:00 is in exactly 24 hours, since the day has 23");
    let near = BookingRules { booking_horizon_days: 1, minimum_notice: Minutes(0), ..BookingRules::DEFAULT };
    for (now, offered) in [("2026-03-07T00:00:00-05:00", 4), ("2026-03-06T23:59:59-05:00", 0)] {
        assert_eq!(sunday(afternoon, &near, "2026-03-08", now).len(), offered, "seen from {now}");
    }
}

const ZONES: [&str; 7] = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Apia",
];

proptest! {
    /// The check and the list are one rule: over a month around a clock change, a minute is listed exactly when the
    /// check lets it pass, and no listed meeting touches held time.
    #[test]
    fn a_start_is_listed_exactly_when_it_passes_the_check(
        zone in prop::sample::select(&ZONES[..]),
        windows in prop::collection::vec((1u32..=7, 0i32..1440, 5i32..=1440), 0..4),
        busy in prop::collection::btree_set(0i64..(4 * 24 * 4), 0..6),
        first_day in prop::sample::select(&["2026-03-06", "2026-03-27", "2026-04-03", "2026-10-30", "2026-04-23"][..]),
        interval in prop::sample::select(&[5i32, 15, 30, 50][..]),
        duration in prop::sample::select(&[10i32, 50, 90][..]),
        buffer in prop::sample::select(&[0i32, 10][..]),
    ) {
        let zone = parse_zone(zone).expect("a zone");
        let hours: Vec<_> = windows
            .iter()
            .map(|(day, opens, length)| window(Weekday::from_number(*day).expect("a weekday"), *opens, opens + length))
            .collect();
        let hours = every_week(hours);
        let start = at(&format!("{first_day}T00:00:00Z"));
        let quarter = |n: i64| start + Duration::minutes(15 * n);
        let held: Vec<_> = busy
            .iter()
            .map(|n| Held { stretch: Interval::new(quarter(*n), quarter(n + 1)), meeting_starts_at: Some(quarter(*n)) })
            .collect();
        let rules = BookingRules {
            slot_interval: Minutes(interval), buffer_after: Minutes(buffer), minimum_notice: Minutes(0), ..BookingRules::DEFAULT
        };
        let range = Interval::new(start, start + Duration::days(4));
        let offer = Offer::new(zone, &hours, &wanted(duration), &rules, &held, range, start - Duration::days(1));
        let listed: BTreeSet<_> = offer.starts(range).into_iter().collect();
        let mut minute = range.start;
        while minute < range.end {
            prop_assert_eq!(listed.contains(&minute), offer.check(minute).is_ok(), "{}", minute);
            minute += Duration::minutes(1);
        }
        for start in listed {
            let claim = claimed(&rules, Interval::new(start, start + Duration::minutes(i64::from(duration))));
            prop_assert!(held.iter().all(|held| !held.stretch.overlaps(&claim)), "{} touches held time", start);
        }
    }
}
