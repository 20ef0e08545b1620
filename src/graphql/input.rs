//! Text from the caller to values of the domain, refused by the name of its field.

use std::hash::Hash;

use async_graphql::{ID, InputObject};
use chrono::NaiveDate;

use super::scalars::{DateTime, LocalDate, TimeZone};
use crate::domain::ids::{self, WrongId};
use crate::domain::many::Many;
use crate::domain::rejection::Rejection;
use crate::domain::rollout::{self, Opening};
use crate::domain::time::{self, Instant, Tz};
use crate::usecases::Change;

/// An id's type, by which its text is read.
pub trait TypedId: Sized {
    /// Reads the text form.
    fn read(text: &str) -> Result<Self, WrongId>;
}

macro_rules! typed {
    ($($name:ident),+) => {
        $(impl TypedId for ids::$name {
            fn read(text: &str) -> Result<Self, WrongId> {
                Self::parse(text)
            }
        })+
    };
}
typed!(AppointmentId, BlockId, ClientId, ClinicianId, LinkId, MemberId, PracticeId, RequestId, ServiceId);

/// An id of the kind that the field takes.
pub fn id<T: TypedId>(path: &str, text: &ID) -> Result<T, Rejection> {
    T::read(text).map_err(|wrong| Rejection::invalid(path, wrong.to_string()))
}

/// Several ids; a wrong one is named by its place.
pub fn ids<T: TypedId>(path: &str, texts: &[ID]) -> Result<Vec<T>, Rejection> {
    texts.iter().enumerate().map(|(index, text)| id(&format!("{path}.{index}"), text)).collect()
}

/// Several ids of a change, each of which counts once.
pub fn many<T: TypedId + Copy + Eq + Hash>(path: &'static str, what: &str, texts: &[ID]) -> Result<Many<T>, Rejection> {
    Many::named(path, what, ids(path, texts)?)
}

/// An instant.
pub fn instant(path: &str, text: &DateTime) -> Result<Instant, Rejection> {
    time::parse_instant(&text.0).map_err(|message| Rejection::invalid(path, message))
}

/// A date.
pub fn date(path: &str, text: &LocalDate) -> Result<NaiveDate, Rejection> {
    time::parse_date(&text.0).map_err(|message| Rejection::invalid(path, message))
}

/// A time zone.
pub fn zone(path: &str, text: &TimeZone) -> Result<Tz, Rejection> {
    time::parse_zone(&text.0).map_err(|message| Rejection::invalid(path, message))
}

/// Where a switch is to stand, and from when on.
pub fn opening(enabled: bool, starts_at: Option<&DateTime>) -> Result<Opening, Rejection> {
    rollout::opening(enabled, starts_at.map(|text| instant("input.startsAt", text)).transpose()?)
}

/// How a settings change is to be made: the two fields that every settings input has.
pub fn change(dry_run: bool, expected_revision: Option<String>) -> Change {
    Change { dry_run, expected_revision }
}

/// Which requests to list. Fields that are left out do not narrow the list.
#[derive(InputObject, Clone, Debug, Default)]
pub struct AppointmentRequestFilter {
    /// Only requests in one of these statuses, as they stand now: a pending request past its `respondBy` counts as
    /// EXPIRED. An empty list matches nothing.
    pub status: Option<Vec<super::enums::AppointmentRequestStatus>>,
}
