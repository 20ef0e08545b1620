//! What is open on a date: the week's windows, or the exception's.

use super::*;

fn date(text: &str) -> NaiveDate {
    time::parse_date(text).expect("a date")
}

fn open_for_all(opens_minute: i32, closes_minute: i32) -> Window {
    Window { opens_minute, closes_minute, service_ids: BTreeSet::new(), modality: None }
}

fn weekly(weekday: Weekday, opens_minute: i32, closes_minute: i32) -> WeeklyHours {
    WeeklyHours { weekday, window: open_for_all(opens_minute, closes_minute) }
}

/// What is open in London from the first to the last date, in UTC; in January the two are the same.
fn in_london(hours: &Hours, first: &str, last: &str) -> Vec<(String, String)> {
    let zone = time::parse_zone("Europe/London").expect("a zone");
    let text = |at: time::Instant| at.format("%d %H:%M").to_string();
    let open = expand(zone, hours, |_| true, date(first), date(last));
    open.into_iter().map(|stretch| (text(stretch.start), text(stretch.end))).collect()
}

fn stretches(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(from, until)| ((*from).to_owned(), (*until).to_owned())).collect()
}

#[test]
fn a_window_ends_after_it_starts_and_past_midnight_only_where_said() {
    let window = |opens: &str, closes: &str, next_day: bool| {
        let time = |text| LocalTime::parse(text).expect("a time");
        Window::checked(time(opens), time(closes), next_day).map_err(|wrong| wrong.field)
    };
    assert_eq!(window("14:00", "18:00", false), Ok((840, 1080)));
    assert_eq!(window("14:00", "24:00", false), Ok((840, 1440)));
    assert_eq!(window("22:00", "02:00", true), Ok((1320, 1560)));
    assert_eq!(window("22:00", "02:00", false), Err("closesAt"));
    assert_eq!(window("14:00", "14:00", false), Err("closesAt"));
    assert_eq!(window("14:00", "14:01", true), Err("closesAt"), "longer than a day");
    assert_eq!(window("24:00", "02:00", true), Err("opensAt"));
}

#[test]
fn a_window_past_midnight_belongs_to_the_day_it_starts_on() {
    let hours = Hours { weekly: vec![weekly(Weekday::Friday, 1320, 1560)], ..Hours::default() };
    assert_eq!(in_london(&hours, "2027-01-08", "2027-01-09"), stretches(&[("08 22:00", "09 02:00")]));
}

#[test]
fn several_windows_of_a_day_stay_apart_unless_they_overlap_or_touch_and_24_00_is_an_end() {
    let windows = [(540, 720), (700, 780), (780, 800), (1200, 1440)];
    let windows = windows.map(|(opens, closes)| weekly(Weekday::Friday, opens, closes));
    let hours = Hours { weekly: windows.to_vec(), ..Hours::default() };
    let open = stretches(&[("08 09:00", "08 13:20"), ("08 20:00", "09 00:00")]);
    assert_eq!(in_london(&hours, "2027-01-04", "2027-01-10"), open);
}

#[test]
fn an_exception_replaces_the_weekdays_windows_on_its_date_alone() {
    let tuesdays = weekly(Weekday::Tuesday, 840, 1080);
    let exceptions = BTreeMap::from([
        (date("2027-01-12"), vec![]),
        (date("2027-01-19"), vec![open_for_all(540, 600), open_for_all(660, 720)]),
        (date("2027-01-20"), vec![open_for_all(0, 1440)]),
    ]);
    let hours = Hours { weekly: vec![tuesdays], exceptions };
    let open = stretches(&[
        ("05 14:00", "05 18:00"),
        ("19 09:00", "19 10:00"),
        ("19 11:00", "19 12:00"),
        ("20 00:00", "21 00:00"),
        ("26 14:00", "26 18:00"),
    ]);
    assert_eq!(in_london(&hours, "2027-01-01", "2027-01-31"), open);
}

#[test]
fn a_closed_date_does_not_cut_the_night_before_and_an_exceptions_night_runs_into_the_next_date() {
    let nights = [Weekday::Monday, Weekday::Tuesday].map(|day| weekly(day, 1320, 1560));
    let closed = BTreeMap::from([(date("2027-01-12"), vec![])]);
    let hours = Hours { weekly: nights.to_vec(), exceptions: closed };
    assert_eq!(in_london(&hours, "2027-01-11", "2027-01-13"), stretches(&[("11 22:00", "12 02:00")]));

    let late = BTreeMap::from([(date("2027-01-12"), vec![open_for_all(1380, 1620)])]);
    let hours = Hours { weekly: nights.to_vec(), exceptions: late };
    let open = stretches(&[("11 22:00", "12 02:00"), ("12 23:00", "13 03:00")]);
    assert_eq!(in_london(&hours, "2027-01-11", "2027-01-13"), open);
}

#[test]
fn a_date_that_is_over_opens_nothing_and_a_closed_one_neither() {
    let open = BTreeMap::from([(date("2027-01-12"), vec![open_for_all(540, 600)]), (date("2027-03-01"), vec![])]);
    let hours = Hours { weekly: vec![], exceptions: open };
    assert!(hours.have(date("2027-01-12"), |_| true));
    assert!(hours.have(date("2027-01-13"), |_| true), "it is still the day before somewhere");
    assert!(!hours.have(date("2027-01-15"), |_| true));
    assert!(!hours.have(date("2027-01-12"), |window| window.opens_minute == 0), "none of those asked for");
}

#[test]
fn weekdays_count_from_monday_and_back() {
    for day in Weekday::ALL {
        assert_eq!(Weekday::from_number(day.number()), Some(*day));
    }
    assert_eq!(Weekday::from_number(0), None);
    assert_eq!(Weekday::from_number(8), None);
}
