//! How settings are spelled in the log, and read back from it: ids, numbers and words, never a name.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::events::Event;
use super::hours::{Modality, Weekday, WeeklyHours, Window};
use super::ids::ServiceId;
use super::rollout::Opening;
use super::settings::Access;
use super::time::{self, Instant};

/// What stands for no entry at a clinician.
const BY_AUDIENCE: &str = "BY_AUDIENCE";

const BETWEEN_WINDOWS: &str = ", ";
const BETWEEN_DATES: &str = "; ";
/// What stands for a date without a window.
const CLOSED: &str = "closed";

/// A client's entry.
pub fn access(entry: Option<Access>) -> String {
    entry.map_or(BY_AUDIENCE, Access::as_str).to_owned()
}

/// An instant.
fn instant(at: Instant) -> String {
    at.to_rfc3339()
}

/// Where a switch stood and stands, with the start that each has.
pub fn opened(event: Event, before: Opening, after: Opening) -> Event {
    let event = event.change("enabled", Some(before.enabled.to_string()), Some(after.enabled.to_string()));
    event.change("startsAt", before.starts_at.map(instant), after.starts_at.map(instant))
}

/// Services, by their ids.
pub fn services(ids: &BTreeSet<ServiceId>) -> String {
    joined(ids, " ")
}

/// Services from their ids.
pub fn parse_services(text: &str) -> Option<BTreeSet<ServiceId>> {
    text.split_ascii_whitespace().map(|id| ServiceId::parse(id).ok()).collect()
}

/// A week's windows: the day and the window, each.
pub fn hours(weekly: &[WeeklyHours]) -> String {
    let one = |hours: &WeeklyHours| format!("{} {}", hours.weekday.as_str(), window(&hours.window));
    weekly.iter().map(one).collect::<Vec<_>>().join(BETWEEN_WINDOWS)
}

/// A week's windows from their text. None where it does not say to which services a window was kept: older versions
/// wrote how many there were.
pub fn parse_hours(text: &str) -> Option<Vec<WeeklyHours>> {
    let one = |text: &str| {
        let (weekday, window) = text.split_once(' ')?;
        Some(WeeklyHours { weekday: Weekday::from_text(weekday)?, window: parse_window(window)? })
    };
    text.split(BETWEEN_WINDOWS).filter(|window| !window.is_empty()).map(one).collect()
}

/// The windows of one date: the date, and each of them, or that it is closed.
pub fn date(on: NaiveDate, windows: &[Window]) -> String {
    let windows: Vec<_> = windows.iter().map(window).collect();
    let windows = if windows.is_empty() { CLOSED.to_owned() } else { windows.join(BETWEEN_WINDOWS) };
    format!("{on} {windows}")
}

/// Which date it is.
pub fn parse_on(text: &str) -> Option<NaiveDate> {
    time::parse_date(text.split(' ').next()?).ok()
}

/// One date and its windows from their text.
pub fn parse_date(text: &str) -> Option<(NaiveDate, Vec<Window>)> {
    let (on, windows) = (parse_on(text)?, text.split_once(' ')?.1);
    let windows = match windows {
        CLOSED => Vec::new(),
        windows => windows.split(BETWEEN_WINDOWS).map(parse_window).collect::<Option<_>>()?,
    };
    Some((on, windows))
}

/// Several dates with their windows; none where there are none.
pub fn dates<'a>(dates: impl Iterator<Item = (&'a NaiveDate, &'a Vec<Window>)>) -> Option<String> {
    let all: Vec<_> = dates.map(|(on, windows)| date(*on, windows)).collect();
    (!all.is_empty()).then(|| all.join(BETWEEN_DATES))
}

/// Several dates from their text.
pub fn parse_dates(text: &str) -> Option<BTreeMap<NaiveDate, Vec<Window>>> {
    text.split(BETWEEN_DATES).map(parse_date).collect()
}

/// A window: minutes, way of meeting, and the services it is kept to, `0` for none in particular.
fn window(window: &Window) -> String {
    let modality = window.modality.map_or("ANY", Modality::as_str);
    let services = match window.service_ids.is_empty() {
        true => "0".to_owned(),
        false => joined(&window.service_ids, "+"),
    };
    format!("{}-{} {modality} {services}", window.opens_minute, window.closes_minute)
}

fn parse_window(text: &str) -> Option<Window> {
    let mut words = text.split(' ');
    let (opens, closes) = words.next()?.split_once('-')?;
    let modality = match words.next()? {
        "ANY" => None,
        word => Some(Modality::from_text(word)?),
    };
    let service_ids = match words.next()? {
        "0" => BTreeSet::new(),
        ids => ids.split('+').map(|id| ServiceId::parse(id).ok()).collect::<Option<_>>()?,
    };
    let (opens_minute, closes_minute) = (opens.parse().ok()?, closes.parse().ok()?);
    Some(Window { opens_minute, closes_minute, service_ids, modality })
}

fn joined(ids: &BTreeSet<ServiceId>, by: &str) -> String {
    ids.iter().map(ServiceId::to_string).collect::<Vec<_>>().join(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_back_as_they_were_written_and_what_an_older_version_left_out_is_not_guessed() {
        let window = |service_ids, modality| Window { opens_minute: 1320, closes_minute: 1560, service_ids, modality };
        let friday = |window| WeeklyHours { weekday: Weekday::Friday, window };
        let two = [ServiceId::generate(), ServiceId::generate()].into_iter().collect();
        let windows = vec![window(two, Some(Modality::Telehealth)), window(BTreeSet::new(), None)];
        let week: Vec<_> = windows.iter().cloned().map(friday).collect();
        assert_eq!(parse_hours(&hours(&week)), Some(week));
        assert_eq!(parse_hours(""), Some(vec![]));
        assert_eq!(parse_hours("FRIDAY 1320-1560 ANY 0"), Some(vec![friday(window(BTreeSet::new(), None))]));
        assert_eq!(parse_hours("FRIDAY 1320-1560 ANY 2"), None);
        let day = |text| time::parse_date(text).expect("a date");
        let both = BTreeMap::from([(day("2027-01-05"), windows), (day("2027-01-06"), vec![])]);
        let text = dates(both.iter()).expect("two dates");
        assert!(text.ends_with("; 2027-01-06 closed"), "{text}");
        assert_eq!(parse_dates(&text), Some(both));
        assert_eq!(dates(BTreeMap::new().iter()), None);
        let older = "2027-01-05 1320-1560 ANY 2";
        assert_eq!((parse_date(older), parse_on(older)), (None, Some(day("2027-01-05"))));
    }
}
