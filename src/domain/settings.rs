//! A practice's settings at one revision: everything a judgement needs that is not about one client or one time.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::hours::{Hours, Modality, Window};
use super::ids::{ClientId, ClinicianId, MemberId, PracticeId, ServiceId};
use super::rules::{self, BookingRules, RuleOverrides};
use super::spelled;
use super::time::{Instant, Minutes, Tz};

spelled! {
    /// Who may move a gate that a clinician could move for themselves.
    pub enum Control {
        ClinicianOrAdmin = "CLINICIAN_OR_ADMIN",
        AdminOnly = "ADMIN_ONLY",
    }
}

spelled! {
    /// Whom a clinician's opt-in is for.
    pub enum Audience {
        AllMyClients = "ALL_MY_CLIENTS",
        SelectedClients = "SELECTED_CLIENTS",
    }
}

spelled! {
    /// What answers a request for a service.
    pub enum Confirmation {
        ClinicianConfirms = "CLINICIAN_CONFIRMS",
        Automatic = "AUTOMATIC",
    }
}

spelled! {
    /// A client's own entry at one clinician.
    pub enum Access {
        Allowed = "ALLOWED",
        Blocked = "BLOCKED",
    }
}

/// Who decided something, and when. `by` is none where the operator or the system did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub by: Option<MemberId>,
    pub at: Instant,
}

/// The settings of one practice as they stood at `revision`.
#[derive(Clone, Debug)]
pub struct PracticeSettings {
    pub practice_id: PracticeId,
    pub name: String,
    pub zone: Tz,
    pub revision: i64,
    pub enabled: bool,
    pub enabled_decision: Option<Decision>,
    /// From when on the switch counts, where it was turned on for later; kept when that has passed.
    pub starts_at: Option<Instant>,
    /// Who paused new requests, and when; none where they are not paused.
    pub pause: Option<Decision>,
    pub clinician_opt_in: Control,
    pub client_access_control: Control,
    pub default_rules: BookingRules,
    pub services: BTreeMap<ServiceId, Service>,
    pub clinicians: BTreeMap<ClinicianId, Clinician>,
}

/// What is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub id: ServiceId,
    pub name: String,
    pub duration: Minutes,
    pub modality: Modality,
    pub confirmation: Confirmation,
    pub active: bool,
    /// Who archived it last.
    pub active_decision: Option<Decision>,
    pub rules: RuleOverrides,
}

impl Service {
    /// True where it can be booked in a window, in any of its ways of meeting.
    pub fn is_open_in(&self, window: &Window) -> bool {
        self.modality.concrete().iter().any(|concrete| window.is_open_for(self.id, *concrete))
    }
}

/// A clinician with their own self-scheduling settings.
#[derive(Clone, Debug)]
pub struct Clinician {
    pub id: ClinicianId,
    pub member_id: MemberId,
    pub display_name: String,
    pub credentials: Option<String>,
    pub zone: Tz,
    pub active: bool,
    pub active_decision: Option<Decision>,
    pub enabled: bool,
    pub audience: Option<Audience>,
    pub enabled_decision: Option<Decision>,
    /// From when on the opt-in counts, where it was made for later; kept when that has passed.
    pub starts_at: Option<Instant>,
    /// Who paused new requests to the clinician, and when; none where they are not paused.
    pub pause: Option<Decision>,
    pub lock: Option<Lock>,
    /// Who set or lifted the lock last.
    pub lock_decision: Option<Decision>,
    pub offered: BTreeMap<ServiceId, Decision>,
    /// Who changed the offered services last.
    pub offered_decision: Option<Decision>,
    pub hours: Hours,
    pub hours_decision: Option<Decision>,
    pub rules: RuleOverrides,
}

/// An admin's hold on a clinician.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub reason: String,
    pub decision: Decision,
}

/// What is on record between one client and one clinician, besides the client's own standing.
#[derive(Clone, Debug)]
pub struct ClientStanding {
    pub client_id: ClientId,
    pub active: bool,
    pub active_decision: Option<Decision>,
    /// The practice-wide entry: blocked or not, and who decided so last.
    pub blocked: bool,
    pub blocked_decision: Option<Decision>,
    pub care: Option<Care>,
    pub access: Option<(Access, Decision)>,
}

/// The days on which a client is in a clinician's care: from `started_on` until the day before `ended_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Care {
    pub started_on: NaiveDate,
    pub started: Decision,
    pub ended_on: Option<NaiveDate>,
    pub ended: Option<Decision>,
}

impl Care {
    /// The days alone.
    pub fn days(&self) -> CareDays {
        CareDays { started_on: self.started_on, ended_on: self.ended_on }
    }

    /// True on a day of care.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.days().covers(day)
    }

    /// True where no day of care is left, from this day on. Care that ended before its first day never was.
    pub fn is_over(&self, from: NaiveDate) -> bool {
        self.ended_on.is_some_and(|end| end <= from.max(self.started_on))
    }
}

/// The days of care, without who decided on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CareDays {
    pub started_on: NaiveDate,
    pub ended_on: Option<NaiveDate>,
}

impl CareDays {
    /// True on a day of care.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.started_on <= day && self.ended_on.is_none_or(|end| day < end)
    }
}

/// What decides at the gates about one client and one clinician, without who decided so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientFacts {
    pub active: bool,
    pub blocked: bool,
    pub care: Option<CareDays>,
    pub access: Option<Access>,
}

impl ClientStanding {
    /// The facts alone.
    pub fn facts(&self) -> ClientFacts {
        ClientFacts {
            active: self.active,
            blocked: self.blocked,
            care: self.care.map(|care| care.days()),
            access: self.access.map(|(access, _)| access),
        }
    }
}

impl PracticeSettings {
    /// The services that the clinician offers and that are not archived.
    pub fn offered_services<'a>(&'a self, clinician: &'a Clinician) -> impl Iterator<Item = &'a Service> {
        clinician.offered.keys().filter_map(|id| self.services.get(id)).filter(|service| service.active)
    }

    /// The rules that bind clients who book this service with this clinician.
    pub fn rules_for(&self, clinician: &Clinician, service: &Service) -> BookingRules {
        rules::binding(&self.default_rules, &clinician.rules, &service.rules)
    }

    /// Clinicians in the order people look for them: by name, then by id.
    pub fn clinicians_by_name(&self) -> Vec<&Clinician> {
        let mut clinicians: Vec<_> = self.clinicians.values().collect();
        clinicians.sort_by(|a, b| (&a.display_name, a.id).cmp(&(&b.display_name, b.id)));
        clinicians
    }
}
