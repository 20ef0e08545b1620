//! Rows to domain values and back, failing loudly on what cannot be.

use chrono::{DateTime, NaiveDate};
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::MemberId;
use crate::domain::settings::Decision;
use crate::domain::time::{self, Instant, Tz};

pub(super) fn millis(at: Instant) -> i64 {
    at.timestamp_millis()
}

pub(super) fn instant(millis: i64) -> Result<Instant, StoreError> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| corrupt("an instant", &millis.to_string()))
}

pub(super) fn maybe_instant(millis: Option<i64>) -> Result<Option<Instant>, StoreError> {
    millis.map(instant).transpose()
}

pub(super) fn date(text: &str) -> Result<NaiveDate, StoreError> {
    time::parse_date(text).map_err(|_| corrupt("a date", text))
}

pub(super) fn zone(text: &str) -> Result<Tz, StoreError> {
    time::parse_zone(text).map_err(|_| corrupt("a time zone", text))
}

/// A spelled enum's value.
pub(super) fn word<T>(found: Option<T>, what: &str, text: &str) -> Result<T, StoreError> {
    found.ok_or_else(|| corrupt(what, text))
}

pub(super) fn corrupt(what: &str, text: &str) -> StoreError {
    StoreError::Corrupt(format!("{what}: {text}"))
}

/// A decision from its two columns; none where nobody has decided yet.
pub(super) fn decision(by: Option<Uuid>, at: Option<i64>) -> Result<Option<Decision>, StoreError> {
    let decided = |at| Ok(Decision { by: by.map(MemberId), at: instant(at)? });
    at.map(decided).transpose()
}
