//! Changes of the clock as they were, in zones that change it in different ways.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::hours::{Weekday, WeeklyHours};
use crate::domain::time::{parse_date, parse_instant, parse_zone};

fn window(opens_minute: i32, closes_minute: i32) -> Window {
    Window { opens_minute, closes_minute, service_ids: BTreeSet::new(), modality: None }
}

/// The same windows on every day.
fn daily(windows: &[(i32, i32)]) -> Hours {
    let on = |weekday: Weekday| windows.iter().map(move |(a, b)| WeeklyHours { weekday, window: window(*a, *b) });
    Hours { weekly: Weekday::ALL.iter().flat_map(|day| on(*day)).collect(), ..Hours::default() }
}

/// What changes in a year: the date, the kind, the minutes of hours, and the instant.
fn in_year(zone: &str, hours: &Hours, year: i32) -> Vec<(String, ClockChangeKind, i64, String)> {
    let date = |text: &str| parse_date(&format!("{year}-{text}")).expect("a date");
    let found = of(parse_zone(zone).expect("a zone"), hours, date("01-01"), date("12-31"));
    let shown = |one: &ClockChange| (one.on().to_string(), one.kind, one.minutes, one.at.to_rfc3339());
    found.iter().map(shown).collect()
}

fn expected(list: &[(&str, ClockChangeKind, i64, &str)]) -> Vec<(String, ClockChangeKind, i64, String)> {
    let owned = |(on, kind, minutes, at): &(&str, ClockChangeKind, i64, &str)| {
        ((*on).to_owned(), *kind, *minutes, parse_instant(at).expect("an instant").to_rfc3339())
    };
    list.iter().map(owned).collect()
}

use ClockChangeKind::{Loses, Repeats};

#[test]
fn a_day_that_is_open_throughout_loses_and_repeats_as_much_as_the_clock_moves() {
    let always = daily(&[(0, 1440)]);
    let new_york =
        [("2026-03-08", Loses, 60, "2026-03-08T07:00:00Z"), ("2026-11-01", Repeats, 60, "2026-11-01T06:00:00Z")];
    assert_eq!(in_year("America/New_York", &always, 2026), expected(&new_york));
    // Half an hour, and in the south.
    let lord_howe =
        [("2026-04-05", Repeats, 30, "2026-04-04T15:00:00Z"), ("2026-10-04", Loses, 30, "2026-10-03T15:30:00Z")];
    assert_eq!(in_year("Australia/Lord_Howe", &always, 2026), expected(&lord_howe));
    // At midnight: the repeated hour is the last of the day before.
    let sao_paulo =
        [("2018-02-17", Repeats, 60, "2018-02-18T02:00:00Z"), ("2018-11-04", Loses, 60, "2018-11-04T03:00:00Z")];
    assert_eq!(in_year("America/Sao_Paulo", &always, 2018), expected(&sao_paulo));
    assert_eq!(in_year("America/Sao_Paulo", &always, 2026), vec![], "abolished in 2019");
    let cairo =
        [("2026-04-24", Loses, 60, "2026-04-23T22:00:00Z"), ("2026-10-29", Repeats, 60, "2026-10-29T21:00:00Z")];
    assert_eq!(in_year("Africa/Cairo", &always, 2026), expected(&cairo));
    for zone in ["Asia/Kathmandu", "UTC"] {
        assert_eq!(in_year(zone, &always, 2026), vec![], "{zone}");
    }
}

#[test]
fn a_day_that_never_was_loses_all_of_its_hours() {
    let hours = daily(&[(540, 720), (780, 1020)]);
    let found = in_year("Pacific/Apia", &hours, 2011);
    let skipped = expected(&[("2011-12-30", Loses, 420, "2011-12-30T10:00:00Z")]);
    assert_eq!(found, skipped, "and no hours lie in the other changes of that year");
    let date = |text| parse_date(text).expect("a date");
    let all = of(parse_zone("Pacific/Apia").expect("a zone"), &hours, date("2011-12-30"), date("2011-12-30"));
    let words = "On Friday, 30 December 2011 the clock goes forward from 00:00 to 24:00: 420 minutes of the hours from \
                 09:00 to 12:00 and the hours from 13:00 to 17:00 do not exist.";
    assert_eq!(all[0].in_words(), words);
}

#[test]
fn hours_that_the_change_does_not_touch_are_not_told_of() {
    assert_eq!(in_year("America/New_York", &daily(&[(180, 1440), (0, 60)]), 2026), vec![]);
    let touching = in_year("America/New_York", &daily(&[(60, 150), (120, 165), (600, 700)]), 2026);
    assert_eq!((touching[0].1, touching[0].2), (Loses, 45), "02:00 to 02:45, once though two windows share it");
    assert_eq!((touching[1].1, touching[1].2), (Repeats, 60), "01:00 to 02:00");
}

#[test]
fn an_exception_counts_instead_of_the_week_and_a_night_counts_for_the_date_it_begins_on() {
    let date = |text| parse_date(text).expect("a date");
    let mut hours = daily(&[(0, 1440)]);
    hours.exceptions = BTreeMap::from([(date("2026-03-08"), vec![])]);
    let changes = in_year("America/New_York", &hours, 2026);
    assert_eq!(changes.len(), 1, "closed on the day of the first: {changes:?}");
    hours.weekly.clear();
    hours.exceptions = BTreeMap::from([(date("2026-03-07"), vec![window(1320, 1440 + 150)])]);
    let found = of(parse_zone("America/New_York").expect("a zone"), &hours, date("2026-03-08"), date("2026-03-08"));
    let words = "On Sunday, 8 March 2026 the clock goes forward from 02:00 to 03:00: 30 minutes of the hours from 22:00 to \
                 02:30 of the next day that begin on Saturday do not exist.";
    assert_eq!(found.iter().map(ClockChange::in_words).collect::<Vec<_>>(), [words]);
}

#[test]
fn the_sentence_of_an_hour_that_comes_twice_says_that_both_are_open() {
    let in_words = |zone: &str, on: &str| {
        let on = parse_date(on).expect("a date");
        let found = of(parse_zone(zone).expect("a zone"), &daily(&[(0, 1440)]), on, on);
        found.iter().map(ClockChange::in_words).collect::<Vec<_>>()
    };
    let cairo = "On Thursday, 29 October 2026 the clock goes back from 24:00 to 23:00: 60 minutes of the hours from 00:00 to \
                 24:00 come twice, and are open both times.";
    assert_eq!(in_words("Africa/Cairo", "2026-10-29"), [cairo]);
    assert_eq!(in_words("Africa/Cairo", "2026-10-30"), Vec::<String>::new());
}
