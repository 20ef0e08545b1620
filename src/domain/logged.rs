//! How settings are spelled in the log, and read back from it: ids, numbers and words, never a name.

use std::collections::BTreeSet;

use super::hours::{Modality, Weekday, WeeklyHours};
use super::ids::ServiceId;
use super::settings::Access;

/// What stands for no entry at a clinician.
const BY_AUDIENCE: &str = "BY_AUDIENCE";

/// A client's entry.
pub fn access(entry: Option<Access>) -> String {
    entry.map_or(BY_AUDIENCE, Access::as_str).to_owned()
}

/// Services, by their ids.
pub fn services(ids: &BTreeSet<ServiceId>) -> String {
    joined(ids, " ")
}

/// Services from their ids.
pub fn parse_services(text: &str) -> Option<BTreeSet<ServiceId>> {
    text.split_ascii_whitespace().map(|id| ServiceId::parse(id).ok()).collect()
}

/// A week's windows: day, minutes, way of meeting, and the services each is kept to, `0` for none in particular.
pub fn hours(windows: &[WeeklyHours]) -> String {
    let one = |window: &WeeklyHours| {
        let modality = window.modality.map_or("ANY", Modality::as_str);
        let services = match window.service_ids.is_empty() {
            true => "0".to_owned(),
            false => joined(&window.service_ids, "+"),
        };
        format!("{} {}-{} {modality} {services}", window.weekday.as_str(), window.opens_minute, window.closes_minute)
    };
    windows.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A week's windows from their text. None where it does not say to which services a window was kept: older versions
/// wrote how many there were.
pub fn parse_hours(text: &str) -> Option<Vec<WeeklyHours>> {
    text.split(", ").filter(|window| !window.is_empty()).map(parse_window).collect()
}

fn parse_window(text: &str) -> Option<WeeklyHours> {
    let mut words = text.split(' ');
    let weekday = Weekday::from_text(words.next()?)?;
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
    Some(WeeklyHours { weekday, opens_minute, closes_minute, service_ids, modality })
}

fn joined(ids: &BTreeSet<ServiceId>, by: &str) -> String {
    ids.iter().map(ServiceId::to_string).collect::<Vec<_>>().join(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_back_as_they_were_written_and_what_an_older_version_left_out_is_not_guessed() {
        let window = |service_ids, modality| WeeklyHours {
            weekday: Weekday::Friday,
            opens_minute: 1320,
            closes_minute: 1560,
            service_ids,
            modality,
        };
        let two = [ServiceId::generate(), ServiceId::generate()].into_iter().collect();
        let week = vec![window(two, Some(Modality::Telehealth)), window(BTreeSet::new(), None)];
        assert_eq!(parse_hours(&hours(&week)), Some(week));
        assert_eq!(parse_hours(""), Some(vec![]));
        assert_eq!(parse_hours("FRIDAY 1320-1560 ANY 0"), Some(vec![window(BTreeSet::new(), None)]));
        assert_eq!(parse_hours("FRIDAY 1320-1560 ANY 2"), None);
    }
}
