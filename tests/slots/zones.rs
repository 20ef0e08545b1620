//! Zone arithmetic against another language's time zones: tests/data/zones/windows.csv, which Python made. How, and how to
//! make it anew, is said in make.py beside it.
//!
//! The laws of zones change a few times a year, so the two agree only where they know the same ones. The file names its
//! release of the tz database, and a failure names both. Where the program's is another one and an expectation differs,
//! look at what tzdata's NEWS says of that zone, make the file anew with the program's release, and read the difference.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use frontdesk::domain::hours::{self, Hours, Window};
use frontdesk::domain::time::{self, Interval, Tz};

const WINDOWS: &str = include_str!("../data/zones/windows.csv");

/// One line: a window on a date in a zone, and what is open for it.
struct Expected<'a> {
    line: &'a str,
    zone: Tz,
    date: NaiveDate,
    window: Window,
    open: Vec<Interval>,
}

impl<'a> Expected<'a> {
    fn read(line: &'a str) -> Self {
        let fields: Vec<_> = line.split(',').collect();
        let [zone, date, opens, closes, open] = fields[..] else { panic!("five fields: {line}") };
        let date = time::parse_date(date).expect("a date");
        let at = |text: &str| time::parse_instant(text).expect("an instant");
        let stretch = |text: &str| {
            let (start, end) = text.split_once('/').expect("two instants");
            Interval::new(at(start), at(end))
        };
        let window = Window {
            opens_minute: opens.parse().expect("minutes"),
            closes_minute: closes.parse().expect("minutes"),
            service_ids: BTreeSet::new(),
            modality: None,
        };
        let zone = time::parse_zone(zone).expect("a zone");
        Self { line, zone, date, window, open: open.split(' ').filter(|text| !text.is_empty()).map(stretch).collect() }
    }

    /// What the domain says is open, where dates are expanded from one to another, days before and after this one.
    fn found(&self, before: u64, after: u64) -> Vec<Interval> {
        let (first, last) = (self.date - Days::new(before), self.date + Days::new(after));
        let exceptions = BTreeMap::from([(self.date, vec![self.window.clone()])]);
        let hours = Hours { weekly: Vec::new(), exceptions };
        hours::expand(self.zone, &hours, |_| true, first, last)
    }
}

fn expectations() -> impl Iterator<Item = Expected<'static>> {
    WINDOWS.lines().filter(|line| !line.starts_with('#')).map(Expected::read)
}

/// The release that the file was made with.
fn release() -> &'static str {
    WINDOWS.lines().find_map(|line| line.strip_prefix("# tz database ")).expect("the file says it")
}

#[test]
fn windows_are_open_at_the_instants_that_pythons_time_zones_say() {
    let differing: Vec<_> = expectations()
        .filter(|expected| expected.found(0, 0) != expected.open)
        .map(|expected| format!("{}\n  found {:?}", expected.line, expected.found(0, 0)))
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {} windows differ; the file knows tz database {}, the program {}:\n{}",
        differing.len(),
        expectations().count(),
        release(),
        time::TZ_DATABASE,
        differing.join("\n")
    );
}

#[test]
fn a_dates_open_time_is_the_same_whatever_dates_are_expanded_around_it() {
    for expected in expectations() {
        for (before, after) in [(0, 6), (6, 0), (3, 2)] {
            assert_eq!(expected.found(before, after), expected.open, "{} -{before} +{after}", expected.line);
        }
    }
}

#[test]
fn the_file_asks_about_gaps_overlaps_and_days_that_never_were_in_many_zones() {
    let minutes = |expected: &Expected<'_>| {
        let open: i64 = expected.open.iter().map(|open| (open.end - open.start).num_minutes()).sum();
        open - i64::from(expected.window.closes_minute - expected.window.opens_minute)
    };
    let zones: BTreeSet<_> = expectations().map(|expected| expected.zone.name()).collect();
    let lost = expectations().filter(|expected| minutes(expected) < 0).count();
    let gained = expectations().filter(|expected| minutes(expected) > 0).count();
    let never = expectations().filter(|expected| expected.open.is_empty() && expected.window.closes_minute == 1440);
    assert!(zones.len() >= 30 && lost >= 100 && gained >= 100, "{} zones, {lost} lose, {gained} gain", zones.len());
    assert_eq!(never.count(), 3, "whole days that never were: in Apia, on Kiritimati and on Kwajalein");
}
