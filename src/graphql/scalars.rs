//! The API's scalars. Each takes any string and keeps it: what it means is parsed where the field's name is known, so
//! that a wrong value is refused by the name of its field.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat};

use crate::domain::events;
use crate::domain::time::{self, Instant, Tz};

macro_rules! text_scalars {
    ($($(#[$meta:meta])* $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub String);

        $(#[$meta])*
        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    )+};
}

text_scalars! {
    /// An instant in RFC 3339 with an offset, such as `2027-01-05T15:00:00-05:00` or `2027-01-05T20:00:00Z`; one without
    /// an offset is refused, since it would name no instant. Years 1970 to 9998. Stored in whole milliseconds and
    /// answered in UTC.
    DateTime;
    /// A calendar date, such as `2026-03-08`, in the zone that the field's description names. Years 1970 to 9999; a day
    /// that does not exist is refused.
    LocalDate;
    /// A wall-clock time of day, `HH:MM` from `00:00` to `24:00`, in the zone that the field's description names. `24:00`
    /// is the end of the day and only meaningful as an end.
    LocalTime;
    /// A time zone by its IANA name, such as `America/New_York`. Abbreviations and bare offsets are refused, since they
    /// do not say when the clock changes.
    TimeZone;
    /// An opaque place in a practice's event log. Give back one that this practice's streams or `Practice.latestCursor`
    /// answered, unchanged; any other is refused.
    Cursor;
}

impl From<Instant> for DateTime {
    fn from(at: Instant) -> Self {
        Self(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<NaiveDate> for LocalDate {
    fn from(date: NaiveDate) -> Self {
        Self(date.to_string())
    }
}

impl From<time::LocalTime> for LocalTime {
    fn from(time: time::LocalTime) -> Self {
        Self(time.to_string())
    }
}

impl From<Tz> for TimeZone {
    fn from(zone: Tz) -> Self {
        Self(zone.name().to_owned())
    }
}

impl From<events::Cursor> for Cursor {
    fn from(cursor: events::Cursor) -> Self {
        Self(cursor.to_string())
    }
}
