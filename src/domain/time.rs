//! Instants, stretches of time, and what a zone's wall clock means.
//!
//! An instant is open for local hours when the wall clock, at that instant, shows a time inside them. From this
//! one definition the rest follows. In America/New_York on 2026-03-08 the clock jumps from 02:00 to 03:00: hours
//! 01:30–03:30 last one hour, hours 02:15–02:45 do not exist, and hours from 14:00 are where they always are. On
//! 2026-11-01 the clock shows 01:00–02:00 twice: hours 01:00–02:00 last two hours, hours 01:30–01:45 come twice.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};
pub use chrono_tz::Tz;

/// The release of the tz database that zones are read from, such as 2025b: it is part of the program, so that every server
/// of one version knows the same laws, whatever is installed on its machine.
pub const TZ_DATABASE: &str = chrono_tz::IANA_TZDB_VERSION;

/// A moment, the same everywhere.
pub type Instant = DateTime<Utc>;

/// Half-open `[start, end)`: what ends at 15:00 does not touch what starts at 15:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    pub start: Instant,
    pub end: Instant,
}

impl Interval {
    /// The stretch from `start` until `end`.
    pub fn new(start: Instant, end: Instant) -> Self {
        Self { start, end }
    }

    /// True where both hold at least one common instant.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// True where every instant of `other` lies in this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// True where it holds no instant.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// Sorts and joins stretches that overlap or touch.
pub fn merge(mut stretches: Vec<Interval>) -> Vec<Interval> {
    stretches.retain(|stretch| !stretch.is_empty());
    stretches.sort_unstable();
    let mut merged: Vec<Interval> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match merged.last_mut() {
            Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
            _ => merged.push(stretch),
        }
    }
    merged
}

/// Minutes of elapsed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minutes(pub i32);

impl Minutes {
    /// As a span that can be added to an instant.
    pub fn span(self) -> Duration {
        Duration::minutes(i64::from(self.0))
    }
}

/// A wall-clock time, in minutes since local midnight: 0 to 1440, which is 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime(i32);

impl LocalTime {
    /// Midnight at a day's end.
    pub const END_OF_DAY: Self = Self(1440);

    /// From minutes since midnight; none outside 0 to 1440.
    pub fn from_minute(minute: i32) -> Option<Self> {
        (0..=1440).contains(&minute).then_some(Self(minute))
    }

    /// Minutes since midnight.
    pub fn minute(self) -> i32 {
        self.0
    }

    /// Reads `09:30`; 24:00 is a time, 24:01 and 9:30 are not.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{}” is not a time of day. Write HH:MM, from 00:00 to 24:00.", shown(text));
        let digits = text.as_bytes();
        if digits.len() != 5 || digits[2] != b':' || !(0..5).all(|i| i == 2 || digits[i].is_ascii_digit()) {
            return Err(wrong());
        }
        let pair = |i: usize| i32::from(digits[i] - b'0') * 10 + i32::from(digits[i + 1] - b'0');
        let (hours, minutes) = (pair(0), pair(3));
        if minutes > 59 {
            return Err(wrong());
        }
        Self::from_minute(hours * 60 + minutes).ok_or_else(wrong)
    }
}

impl std::fmt::Display for LocalTime {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Reads an IANA zone name, `America/New_York`. Abbreviations (`EST`) and bare offsets (`Etc/GMT+5`) are names of the
/// database too, and refused: they do not say when the clock changes. `UTC` is taken, since there it never does.
pub fn parse_zone(text: &str) -> Result<Tz, String> {
    let says_when = text == "UTC" || (text.contains('/') && !text.starts_with("Etc/GMT"));
    text.parse().ok().filter(|_| says_when).ok_or_else(|| {
        format!("“{}” is not a time zone. Use an IANA name such as America/New_York or Europe/London.", shown(text))
    })
}

/// Reads a date, `2026-03-08`.
pub fn parse_date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        // One spelling: the library also reads blanks and signs.
        .filter(|date| date.to_string() == text && (1970..=9999).contains(&date.year()))
        .ok_or_else(|| format!("“{}” is not a date. Write YYYY-MM-DD, a day that exists.", shown(text)))
}

/// Reads an RFC 3339 instant with its offset, cut to milliseconds; one without an offset is refused, since it would name
/// no instant.
pub fn parse_instant(text: &str) -> Result<Instant, String> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .and_then(|instant| DateTime::from_timestamp_millis(instant.timestamp_millis()))
        .filter(|instant| (1970..=9998).contains(&instant.year()))
        .ok_or_else(|| {
            format!(
                "“{}” is not an instant. Write RFC 3339 with an offset, such as 2027-01-05T15:00:00-05:00 or …Z.",
                shown(text)
            )
        })
}

/// What an error may repeat of a caller's text: its first 40 characters.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The date that the zone's wall clock shows at an instant.
pub fn local_date(zone: Tz, at: Instant) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The wall clock with its offset, `2027-01-05T15:00:00-05:00`.
pub fn local_text(zone: Tz, at: Instant) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
}

/// A zone's offsets over a range: stretches in each of which the offset from UTC stays the same.
pub struct ZoneSegments {
    segments: Vec<(Interval, Duration)>,
}

/// Zones change at most a few times a year, and never twice within this many days.
const STEP_DAYS: i64 = 6;

impl ZoneSegments {
    /// Covers every date from `first` to `last`, with two days to spare on either side.
    pub fn over(zone: Tz, first: NaiveDate, last: NaiveDate) -> Self {
        let start = midnight(first).and_utc() - Duration::days(2);
        let end = midnight(last).and_utc() + Duration::days(4);
        let mut segments = Vec::new();
        let (mut from, mut at) = (start, start);
        while at < end {
            let next = (at + Duration::days(STEP_DAYS)).min(end);
            if offset(zone, at) != offset(zone, next) {
                let change = first_with_new_offset(zone, at, next);
                segments.push((Interval::new(from, change), offset(zone, from)));
                from = change;
            }
            at = next;
        }
        segments.push((Interval::new(from, end), offset(zone, from)));
        Self { segments }
    }

    /// The day that the wall clock shows at an instant, both counted from 1970-01-01, the instant in milliseconds; none
    /// outside the range.
    pub fn day(&self, at: i64) -> Option<i64> {
        let covers = |(segment, _): &&(Interval, Duration)| {
            segment.start.timestamp_millis() <= at && at < segment.end.timestamp_millis()
        };
        let (_, offset) = self.segments.iter().find(covers)?;
        Some((at + offset.num_milliseconds()).div_euclid(Duration::days(1).num_milliseconds()))
    }

    /// The moments at which the offset changes, each with the offset before and after.
    pub fn changes(&self) -> impl Iterator<Item = (Instant, Duration, Duration)> {
        self.segments.windows(2).map(|pair| (pair[1].0.start, pair[0].1, pair[1].1))
    }

    /// The instants at which the wall clock shows a time in `[from, until)`, as ordered stretches.
    pub fn instants(&self, from: NaiveDateTime, until: NaiveDateTime, out: &mut Vec<Interval>) {
        for (segment, offset) in &self.segments {
            let start = (from.and_utc() - *offset).max(segment.start);
            let end = (until.and_utc() - *offset).min(segment.end);
            if start < end {
                out.push(Interval::new(start, end));
            }
        }
    }
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(chrono::NaiveTime::MIN)
}

/// The local date and minute as a wall-clock reading; minutes past 1440 are on the next day.
pub fn wall_clock(date: NaiveDate, minute: i32) -> NaiveDateTime {
    midnight(date) + Duration::minutes(i64::from(minute))
}

fn offset(zone: Tz, at: Instant) -> Duration {
    Duration::seconds(i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()))
}

/// Bisects to the second, given that the offset changes once between the two.
fn first_with_new_offset(zone: Tz, old: Instant, new: Instant) -> Instant {
    let before = offset(zone, old);
    let (mut low, mut high) = (old.timestamp(), new.timestamp());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let at = DateTime::from_timestamp(middle, 0).expect("between two instants lies an instant");
        if offset(zone, at) == before { low = middle } else { high = middle }
    }
    DateTime::from_timestamp(high, 0).expect("between two instants lies an instant")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        parse_instant(text).expect("a written instant")
    }

    fn check(zone: &str, date: &str, opens: &str, closes: &str, expected: &[(&str, &str)]) {
        let (zone, date) = (parse_zone(zone).expect("a zone"), parse_date(date).expect("a date"));
        let minute = |text| LocalTime::parse(text).expect("a time").minute();
        let mut found = Vec::new();
        ZoneSegments::over(zone, date, date).instants(
            wall_clock(date, minute(opens)),
            wall_clock(date, minute(closes)),
            &mut found,
        );
        let expected: Vec<_> = expected.iter().map(|(a, b)| Interval::new(at(a), at(b))).collect();
        assert_eq!(merge(found), expected, "{zone} {date} {opens}-{closes}");
    }

    #[test]
    fn in_a_spring_gap_the_missing_part_does_not_exist_and_later_hours_do_not_move() {
        let day = "2026-03-08";
        let zone = "America/New_York";
        check(zone, day, "01:30", "03:30", &[("2026-03-08T01:30:00-05:00", "2026-03-08T03:30:00-04:00")]);
        check(zone, day, "02:15", "02:45", &[]);
        check(zone, day, "02:30", "04:00", &[("2026-03-08T03:00:00-04:00", "2026-03-08T04:00:00-04:00")]);
        check(zone, day, "14:00", "18:00", &[("2026-03-08T14:00:00-04:00", "2026-03-08T18:00:00-04:00")]);
    }

    #[test]
    fn in_an_autumn_overlap_both_passes_are_real() {
        let day = "2026-11-01";
        let zone = "America/New_York";
        check(zone, day, "01:00", "02:00", &[("2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00")]);
        check(
            zone,
            day,
            "01:30",
            "01:45",
            &[
                ("2026-11-01T01:30:00-04:00", "2026-11-01T01:45:00-04:00"),
                ("2026-11-01T01:30:00-05:00", "2026-11-01T01:45:00-05:00"),
            ],
        );
    }

    #[test]
    fn the_day_that_is_counted_is_the_day_that_the_wall_clock_shows() {
        for (zone, first) in [("America/New_York", "2026-11-01"), ("Pacific/Apia", "2011-12-30"), ("UTC", "2027-01-05")]
        {
            let (zone, first) = (parse_zone(zone).expect("a zone"), parse_date(first).expect("a date"));
            let segments = ZoneSegments::over(zone, first, first);
            for quarter in -96..192 {
                let at = midnight(first).and_utc() + Duration::minutes(15 * quarter);
                let shown = local_date(zone, at).signed_duration_since(NaiveDate::default()).num_days();
                assert_eq!(segments.day(at.timestamp_millis()), Some(shown), "{zone} {at}");
            }
            assert_eq!(segments.day(0), None, "outside the range");
        }
    }

    #[test]
    fn a_half_hour_shift_and_a_day_that_never_was_follow_from_the_same_definition() {
        // Lord Howe goes back half an hour, from 02:00 (+11:00) to 01:30 (+10:30).
        check(
            "Australia/Lord_Howe",
            "2026-04-05",
            "01:00",
            "03:00",
            &[("2026-04-05T01:00:00+11:00", "2026-04-05T03:00:00+10:30")],
        );
        check("Pacific/Apia", "2011-12-30", "00:00", "24:00", &[]);
    }

    #[test]
    fn a_time_of_day_has_one_spelling_and_ends_at_24_00() {
        assert_eq!(LocalTime::parse("24:00"), Ok(LocalTime::END_OF_DAY));
        assert_eq!(LocalTime::parse("09:30").map(LocalTime::minute), Ok(570));
        for wrong in ["24:01", "9:30", "09:60", "0930", "", "०९:३०", "-1:30"] {
            assert!(LocalTime::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_instant_without_an_offset_and_a_date_that_is_none_are_refused() {
        assert!(parse_instant("2027-01-05T15:00:00").is_err());
        assert!(parse_instant("2027-02-30T15:00:00Z").is_err());
        assert!(parse_date("2027-02-29").is_err());
        for wrong in ["27-02-09", "2027- 1-05", "+2027-1-05", "2027-1- 05", "2027-1-5"] {
            assert!(parse_date(wrong).is_err(), "{wrong}");
        }
        for wrong in ["New York", "EST", "EST5EDT", "GMT+0", "Etc/GMT+5", "-05:00", ""] {
            assert!(parse_zone(wrong).is_err(), "{wrong}");
        }
        assert!(parse_zone("UTC").is_ok());
    }

    #[test]
    fn stretches_that_touch_are_joined_and_empty_ones_dropped() {
        let hour = |h: i64| at("2027-01-05T00:00:00Z") + Duration::hours(h);
        let joined = merge(vec![
            Interval::new(hour(3), hour(4)),
            Interval::new(hour(1), hour(2)),
            Interval::new(hour(2), hour(3)),
        ]);
        assert_eq!(joined, vec![Interval::new(hour(1), hour(4))]);
        assert_eq!(merge(vec![Interval::new(hour(1), hour(1))]), vec![]);
    }
}
