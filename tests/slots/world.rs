//! Random worlds: a clinician's hours in some zone, what holds their time, the rules, what is asked for, and when.
//!
//! A date's windows come from `World::windows_on` alone, which the oracle asks, and go to the domain in `World::hours`:
//! whatever else makes a date's hours is added at these two, and to `World`'s fields.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Duration, NaiveDate};
use proptest::prelude::*;

use frontdesk::domain::hours::{Hours, Modality, Weekday, WeeklyHours, Window};
use frontdesk::domain::ids::ServiceId;
use frontdesk::domain::rules::BookingRules;
use frontdesk::domain::slots::{Held, Wanted};
use frontdesk::domain::time::{Instant, Interval, Minutes, Tz, local_date, parse_date, parse_zone};

/// Places in time where a list of slots can go wrong: a zone, and a date on or beside which its clock changes. The calm
/// ones come first, since a failing world is made smaller towards them.
const PLACES: &[(&str, &str)] = &[
    ("UTC", "2026-06-01"),
    ("Asia/Kathmandu", "2026-03-08"),
    // From 02:00 to 03:00, and back.
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    // From 01:00 to 02:00, and back.
    ("Europe/London", "2026-03-29"),
    ("Europe/London", "2026-10-25"),
    // Half an hour, from 02:00.
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Australia/Lord_Howe", "2026-04-05"),
    // A day that begins at 01:00, and one whose last hour comes twice.
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-17"),
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Cairo", "2026-10-29"),
    // Forward and back around Ramadan within weeks.
    ("Africa/Cairo", "2014-06-26"),
    ("Africa/Cairo", "2014-08-01"),
    // A quarter of an hour, for good.
    ("Asia/Kathmandu", "1986-01-01"),
    // A day that never was, and its summer times.
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Apia", "2012-04-01"),
    ("Pacific/Apia", "2020-09-27"),
    // At 00:01: on the way back the clock has shown the next date for a minute.
    ("America/St_Johns", "2010-11-07"),
    ("America/St_Johns", "2011-03-13"),
    // Two hours, and three from 00:01.
    ("Antarctica/Troll", "2026-03-29"),
    ("Antarctica/Casey", "2020-10-04"),
    // At 22:00 and 23:00 of the day before.
    ("America/Nuuk", "2026-03-28"),
    ("America/Nuuk", "2026-10-24"),
];

/// One opening of a day.
#[derive(Clone, Debug)]
pub struct TestWindow {
    /// Minutes since the date's midnight; past 1440 it is the next day's clock.
    pub opens: i32,
    pub closes: i32,
    /// Kept to the service that is asked for (true) or to another (false); none means every service.
    pub only_wanted: Option<bool>,
    pub modality: Option<Modality>,
}

/// What holds time: so long after the one before it, for so long, in milliseconds.
#[derive(Clone, Debug)]
pub struct TestClaim {
    gap: i64,
    length: i64,
    /// A meeting that starts so long after the claim's start; none is blocked time.
    meeting_after: Option<i64>,
}

/// How `now` lies to what is asked for, so that notice and horizon matter often.
#[derive(Clone, Debug)]
pub enum Now {
    /// The notice ends so many milliseconds after the range's start.
    NoticeEndsIn(i64),
    /// The horizon's last day is so many days after the range's first, at this hour of UTC.
    HorizonEndsIn(i64, i64),
}

/// One random world.
#[derive(Clone, Debug)]
pub struct World {
    pub zone: Tz,
    date: NaiveDate,
    /// On which weekday each comes, 1 to 7; 0 is every day.
    weekly: Vec<(u32, TestWindow)>,
    /// So many days after the date these hold instead; none closes the day.
    exceptions: BTreeMap<i64, Vec<TestWindow>>,
    claims: Vec<TestClaim>,
    pub rules: BookingRules,
    pub duration: i32,
    modality: Modality,
    now: Now,
    /// Milliseconds from the date's midnight in UTC, and to the range's end.
    range: (i64, i64),
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl World {
    /// Any of them.
    pub fn any() -> impl Strategy<Value = Self> {
        let place = prop_oneof![
            9 => prop::sample::select(PLACES).prop_map(|(zone, date)| (zone, parse_date(date).expect("a date"))),
            1 => (prop::sample::select(PLACES), 0i64..20_000).prop_map(|((zone, _), day)| (zone, a_day(day))),
        ];
        let windows = prop::collection::vec((prop_oneof![2 => Just(0u32), 3 => 1u32..=7], window()), 0..10);
        let exceptions = prop::collection::btree_map(-3..4i64, exception(), 0..3);
        let claims = prop_oneof![1 => prop::collection::vec(claim(), 0..4), 3 => prop::collection::vec(claim(), 8..24)];
        let asked = (
            prop_oneof![9 => prop::sample::select(&[10, 50, 5, 45, 90][..]), 1 => prop::sample::select(&[240, 1440][..])],
            modality(),
        );
        let range = (-36 * 60..36 * 60i64, jitter(), 1..72 * 60i64, jitter());
        (place, (windows, exceptions), claims, rules(), asked, now(), range).prop_map(
            |((zone, date), (weekly, exceptions), claims, rules, (duration, modality), now, range)| {
                let from = range.0 * MINUTE + range.1;
                let range = (from, from + range.2 * MINUTE + range.3);
                let zone = parse_zone(zone).expect("a zone");
                Self { zone, date, weekly, exceptions, claims, rules, duration, modality, now, range }
            },
        )
    }

    /// One with these windows of every day and nothing else: starts every five minutes, in these minutes of UTC since the
    /// date's midnight.
    pub fn with_days(zone: &str, date: &str, windows: &[(i32, i32)], minutes: (i64, i64)) -> Self {
        let open = |(opens, closes): &(i32, i32)| TestWindow {
            opens: *opens,
            closes: *closes,
            only_wanted: None,
            modality: None,
        };
        let rules = BookingRules { slot_interval: Minutes(5), minimum_notice: Minutes(0), ..BookingRules::DEFAULT };
        Self {
            zone: parse_zone(zone).expect("a zone"),
            date: parse_date(date).expect("a date"),
            weekly: windows.iter().map(|window| (0, open(window))).collect(),
            exceptions: BTreeMap::new(),
            claims: vec![],
            rules,
            duration: 5,
            modality: Modality::InPerson,
            now: Now::NoticeEndsIn(-DAY),
            range: (minutes.0 * MINUTE, minutes.1 * MINUTE),
        }
    }

    /// The same, where nothing holds time.
    pub fn without_claims(&self) -> Self {
        Self { claims: vec![], ..self.clone() }
    }

    /// The windows that belong to a date and are open for what is asked for.
    pub fn windows_on(&self, date: NaiveDate) -> impl Iterator<Item = &TestWindow> {
        let weekday = date.weekday().number_from_monday();
        let exception = self.exceptions.get(&(date - self.date).num_days());
        let usual = self.weekly.iter().filter(move |(on, _)| exception.is_none() && [0, weekday].contains(on));
        exception.into_iter().flatten().chain(usual.map(|(_, window)| window)).filter(|window| {
            window.only_wanted != Some(false)
                && (window.modality.is_none()
                    || window.modality == Some(Modality::Either)
                    || window.modality == Some(self.modality))
        })
    }

    /// The same hours as the domain takes them, where this service is asked for.
    pub fn hours(&self, wanted: ServiceId) -> Hours {
        let other = ServiceId::generate();
        let told = |window: &TestWindow| Window {
            opens_minute: window.opens,
            closes_minute: window.closes,
            service_ids: window
                .only_wanted
                .map(|is_wanted| if is_wanted { wanted } else { other })
                .into_iter()
                .collect(),
            modality: window.modality,
        };
        let on = |weekday: u32, window: &TestWindow| WeeklyHours {
            weekday: Weekday::from_number(weekday).expect("a weekday"),
            window: told(window),
        };
        let exceptions = self
            .exceptions
            .iter()
            .map(|(day, windows)| (self.date + Duration::days(*day), windows.iter().map(told).collect()));
        let weekly = self.weekly.iter().flat_map(|(weekday, window)| {
            let days = if *weekday == 0 { 1..=7 } else { *weekday..=*weekday };
            days.map(move |weekday| on(weekday, window))
        });
        Hours { weekly: weekly.collect(), exceptions: exceptions.collect() }
    }

    /// What is asked to be bookable.
    pub fn wanted(&self) -> Wanted {
        Wanted { service_id: ServiceId::generate(), duration: Minutes(self.duration), modality: self.modality }
    }

    /// The range of starts that is asked for.
    pub fn range(&self) -> Interval {
        let midnight = self.date.and_time(chrono::NaiveTime::MIN).and_utc();
        let at = |millis| midnight + Duration::milliseconds(millis);
        Interval::new(at(self.range.0), at(self.range.1))
    }

    /// When it is asked.
    pub fn now(&self) -> Instant {
        match self.now {
            Now::NoticeEndsIn(millis) => {
                self.range().start + Duration::milliseconds(millis) - self.rules.minimum_notice.span()
            }
            Now::HorizonEndsIn(days, hour) => {
                let last = local_date(self.zone, self.range().start) + Duration::days(days);
                let today = last - Duration::days(i64::from(self.rules.booking_horizon_days));
                today.and_time(chrono::NaiveTime::MIN).and_utc() + Duration::hours(hour)
            }
        }
    }

    /// All that holds the clinician's time: no two overlap, as the database sees to. They begin three days
    /// before the date, mostly at whole five minutes, so that they touch meetings.
    pub fn held(&self) -> Vec<Held> {
        let mut at = self.date.and_time(chrono::NaiveTime::MIN).and_utc() - Duration::days(3);
        let claims = self.claims.iter().map(|claim| {
            let start = at + Duration::milliseconds(claim.gap);
            at = start + Duration::milliseconds(claim.length);
            let meeting_starts_at = claim.meeting_after.map(|millis| start + Duration::milliseconds(millis));
            Held { stretch: Interval::new(start, at), meeting_starts_at }
        });
        claims.collect()
    }
}

/// A day since 1970.
fn a_day(day: i64) -> NaiveDate {
    NaiveDate::default() + Duration::days(day)
}

/// Mostly nothing; sometimes a part of a minute.
fn jitter() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 1 => 0..MINUTE]
}

fn modality() -> impl Strategy<Value = Modality> {
    prop::sample::select(&[Modality::InPerson, Modality::Telehealth][..])
}

fn window() -> impl Strategy<Value = TestWindow> {
    let hours = prop_oneof![
        // Whole quarters meet each other and the clock's changes more often than just any minute.
        3 => (0..96i32, 1..=96i32).prop_map(|(opens, length)| (opens * 15, (opens + length) * 15)),
        1 => (0..1440i32, 1..=1440i32).prop_map(|(opens, length)| (opens, opens + length)),
        1 => (0..96i32).prop_map(|opens| (opens * 15, 1440)),
        1 => (0..12i32, 1..24i32).prop_map(|(opens, length)| (opens * 15, (opens + length) * 15)),
    ];
    let only_wanted = prop_oneof![4 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    let modality = prop_oneof![3 => Just(None), 1 => Just(Some(Modality::Either)), 1 => modality().prop_map(Some)];
    (hours, only_wanted, modality).prop_map(|((opens, closes), only_wanted, modality)| TestWindow {
        opens,
        closes,
        only_wanted,
        modality,
    })
}

/// A date's own windows, or none.
fn exception() -> impl Strategy<Value = Vec<TestWindow>> {
    prop_oneof![1 => Just(Vec::new()), 4 => prop::collection::vec(window(), 1..4)]
}

fn claim() -> impl Strategy<Value = TestClaim> {
    let fives = |range: std::ops::Range<i64>| range.prop_map(|count| count * 5);
    let gap = prop_oneof![3 => fives(0..24 * 12), 1 => Just(0), 2 => fives(0..50)];
    let length = prop_oneof![3 => Just(50), 3 => fives(1..36), 1 => fives(1..360)];
    let odd = || prop_oneof![15 => Just(0), 1 => 1..5 * MINUTE];
    let meeting_after = prop::option::of(fives(0..12));
    (gap, odd(), length, odd(), meeting_after).prop_map(|(gap, later, length, longer, meeting_after)| {
        let length = length * MINUTE + longer;
        let meeting_after = meeting_after.map(|minutes| (minutes * MINUTE).min(length - 1));
        TestClaim { gap: gap * MINUTE + later, length, meeting_after }
    })
}

fn now() -> impl Strategy<Value = Now> {
    prop_oneof![
        5 => (-6 * DAY..0).prop_map(Now::NoticeEndsIn),
        1 => (0..72 * 60i64, jitter()).prop_map(|(minutes, more)| Now::NoticeEndsIn(minutes * MINUTE + more)),
        1 => (0..4i64, 0..24i64).prop_map(|(days, hour)| Now::HorizonEndsIn(days, hour)),
    ]
}

fn rules() -> impl Strategy<Value = BookingRules> {
    let minutes = |choice: &'static [i32]| prop::sample::select(choice).prop_map(Minutes);
    let interval = minutes(&[30, 5, 15, 15, 20, 20, 50, 60, 45, 480, 1440]);
    let buffer = || minutes(&[0, 0, 0, 5, 5, 10, 10, 15, 60, 720]);
    let notice = minutes(&[0, 60, 24 * 60, 7 * 24 * 60]);
    let cap = || prop_oneof![3 => Just(None), 1 => (1..4i32).prop_map(Some)];
    (interval, buffer(), buffer(), notice, prop::sample::select(&[60, 30, 14, 2][..]), cap(), cap()).prop_map(
        |(
            slot_interval,
            buffer_before,
            buffer_after,
            minimum_notice,
            booking_horizon_days,
            max_per_day,
            max_per_week,
        )| {
            BookingRules {
                slot_interval,
                buffer_before,
                buffer_after,
                minimum_notice,
                booking_horizon_days,
                max_per_day,
                max_per_week,
                ..BookingRules::DEFAULT
            }
        },
    )
}

/// The places' zones and dates, for those who ask about nothing else.
pub fn zones() -> BTreeSet<&'static str> {
    PLACES.iter().map(|(zone, _)| *zone).collect()
}
