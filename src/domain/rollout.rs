//! Staged rollout: switches that are turned on for later, and pauses that keep every setting.
//!
//! A start is judged from the clock whenever somebody asks: nothing has to happen at it, and nothing waits for it.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{Duration, NaiveDate};

use super::ids::ClinicianId;
use super::impact::{Warning, WarningCode};
use super::rejection::Rejection;
use super::settings::{Clinician, Decision, PracticeSettings};
use super::time::{self, Instant, Tz};

/// The furthest start, in days: a year and a day.
const AHEAD_MAX_DAYS: i64 = 366;

/// An instant, and the date that it falls on where the practice is: care and hours are judged by that, starts by the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub now: Instant,
    pub today: NaiveDate,
}

impl Moment {
    /// The moment in a practice's zone.
    pub fn in_zone(zone: Tz, now: Instant) -> Self {
        Self { now, today: time::local_date(zone, now) }
    }
}

/// Where a switch stands, and from when on that counts. What is off has no start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub enabled: bool,
    pub starts_at: Option<Instant>,
}

impl Opening {
    /// On, at once.
    pub const ON: Self = Self { enabled: true, starts_at: None };

    /// Off.
    pub const OFF: Self = Self { enabled: false, starts_at: None };

    /// On or off; what is off has no start.
    pub fn new(enabled: bool, starts_at: Option<Instant>) -> Self {
        Self { enabled, starts_at: starts_at.filter(|_| enabled) }
    }

    /// True where it is on, and has started.
    fn has_begun(self, now: Instant) -> bool {
        self.enabled && self.starts_at.is_none_or(|start| start <= now)
    }

    /// The start to come.
    fn ahead(self, now: Instant) -> Option<Instant> {
        self.starts_at.filter(|start| self.enabled && *start > now)
    }

    /// Takes a start that is in the future and not too far, for what is to be on and is not yet.
    pub fn checked(self, before: Self, of: &str, now: Instant) -> Result<Self, Rejection> {
        let Some(start) = self.starts_at else { return Ok(self) };
        let wrong = |message: String| Err(Rejection::invalid("input.startsAt", message));
        if start <= now {
            return wrong(
                "That instant has passed. Choose one to come, or leave startsAt out to start at once.".to_owned(),
            );
        }
        if start > now + Duration::days(AHEAD_MAX_DAYS) {
            return wrong(format!("A start is at most {AHEAD_MAX_DAYS} days ahead. Choose an earlier one."));
        }
        if before.has_begun(now) {
            return wrong(format!(
                "{of} is open already, and a start to come would close it until then. Leave startsAt out, or turn it off \
                 first."
            ));
        }
        Ok(self)
    }
}

/// A start that is asked for, refused where the switch is to be off.
pub fn opening(enabled: bool, starts_at: Option<Instant>) -> Result<Opening, Rejection> {
    if starts_at.is_some() && !enabled {
        let message = "Only what is turned on has a start. Leave startsAt out, or set enabled to true.";
        return Err(Rejection::invalid("input.startsAt", message));
    }
    Ok(Opening { enabled, starts_at })
}

/// A start to come, with the zone of whoever's clock it is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub at: Instant,
    pub zone: Tz,
}

impl fmt::Display for Start {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_whole_minute = self.at.timestamp_millis() % 60_000 == 0;
        let clock = if is_whole_minute { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S%.f" };
        let local = self.at.with_timezone(&self.zone);
        write!(out, "{} ({}, UTC{})", local.format(clock), self.zone.name(), local.format("%:z"))
    }
}

impl PracticeSettings {
    /// Where the practice switch stands.
    pub fn opening(&self) -> Opening {
        Opening { enabled: self.enabled, starts_at: self.starts_at }
    }

    /// The practice switch's start, while it is to come.
    pub fn start_ahead(&self, now: Instant) -> Option<Start> {
        self.opening().ahead(now).map(|at| Start { at, zone: self.zone })
    }
}

impl Clinician {
    /// Where the opt-in stands.
    pub fn opening(&self) -> Opening {
        Opening { enabled: self.enabled, starts_at: self.starts_at }
    }

    /// The opt-in's start, while it is to come.
    pub fn start_ahead(&self, now: Instant) -> Option<Start> {
        self.opening().ahead(now).map(|at| Start { at, zone: self.zone })
    }
}

/// The instant at which a change is compared with what was before: the start that it schedules, so that it shows whom that
/// will open; now for any other. Where somebody can ask already, what changes now counts.
pub fn judged_at(before: &PracticeSettings, after: &PracticeSettings, now: Instant) -> Instant {
    let scheduled = |was: Opening, is: Opening| is.ahead(now).filter(|_| was != is && !was.has_begun(now));
    let of_clinician = |clinician: &Clinician| {
        let was = before.clinicians.get(&clinician.id).map_or(Opening::OFF, Clinician::opening);
        scheduled(was, clinician.opening())
    };
    let of_practice = scheduled(before.opening(), after.opening());
    after.clinicians.values().filter_map(of_clinician).chain(of_practice).max().unwrap_or(now)
}

/// What keeps closed what is set to be open: starts to come, and pauses that stood before the change.
pub fn warnings(
    before: &PracticeSettings,
    after: &PracticeSettings,
    touched: &BTreeSet<ClinicianId>,
    now: Instant,
) -> Vec<Warning> {
    let stood = |was: Option<Decision>, is: Option<Decision>| was.is_some() && is.is_some();
    let mut warnings = Vec::new();
    let mut warn = |code, clinician_id, message| warnings.push(Warning { code, clinician_id, message });
    if let Some(start) = after.start_ahead(now) {
        let message = format!("The practice switch opens at {start}: nobody can book before then.");
        warn(WarningCode::StartsLater, None, message);
    }
    if after.enabled && stood(before.pause, after.pause) {
        let message = "The practice has paused new requests: nobody can book until that is lifted.";
        warn(WarningCode::NewRequestsPaused, None, message.to_owned());
    }
    let opted_in = after.clinicians.values().filter(|clinician| clinician.active && clinician.enabled);
    for clinician in opted_in.filter(|clinician| touched.contains(&clinician.id)) {
        let (id, name) = (Some(clinician.id), &clinician.display_name);
        if let Some(start) = clinician.start_ahead(now) {
            let message = format!("The opt-in of {name} opens at {start}: nobody can book them before then.");
            warn(WarningCode::StartsLater, id, message);
        }
        if before.clinicians.get(&clinician.id).is_some_and(|was| stood(was.pause, clinician.pause)) {
            let message = format!("{name} has opted in, but new requests to them are paused.");
            warn(WarningCode::NewRequestsPaused, id, message);
        }
    }
    warnings
}
