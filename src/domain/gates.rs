//! The gates: who may book whom. All are closed at first, all must be open, and a "no" wins over a "yes".
//!
//! `judge` is the only place that decides access. Slot lists, the booking write, the explanation and the impact
//! call it, so they cannot disagree.

use chrono::NaiveDate;

use super::rollout::{Moment, Start};
use super::settings::{Access, Audience, ClientFacts, ClientStanding, Clinician, Decision, PracticeSettings, Service};
use super::slots::NotOffered;
use super::spelled;
use super::time::Instant;

spelled! {
    /// What must be open before a client may book, in the order in which it is judged.
    pub enum Gate {
        PracticeSwitch = "PRACTICE_SWITCH",
        ClinicianOptIn = "CLINICIAN_OPT_IN",
        ClinicianLock = "CLINICIAN_LOCK",
        ServiceOffered = "SERVICE_OFFERED",
        HoursOpen = "HOURS_OPEN",
        CareRelationship = "CARE_RELATIONSHIP",
        ClientAccessPractice = "CLIENT_ACCESS_PRACTICE",
        ClientAccessClinician = "CLIENT_ACCESS_CLINICIAN",
        BookingRules = "BOOKING_RULES",
        SlotFree = "SLOT_FREE",
    }
}

/// What was found at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    SwitchOn,
    SwitchOff,
    PracticePaused,
    PracticeStartsLater(Start),
    OptedIn,
    NotOptedIn,
    ClinicianPaused,
    ClinicianStartsLater(Start),
    ClinicianInactive,
    NotLocked,
    Locked,
    ServiceOffered,
    ServiceNotOffered,
    NoServiceOffered,
    ServiceArchived,
    HoursOpen,
    NoHours,
    StartOutsideHours,
    StartOffSlotInterval,
    InCare,
    NotInCare,
    NotBlockedInPractice,
    BlockedInPractice,
    ClientInactive,
    OpenToAllClients,
    AllowedByEntry,
    BlockedByEntry,
    NotSelected,
    RulesMet,
    PendingLimitReached,
    InsideMinimumNotice,
    BeyondBookingHorizon,
    DayFull,
    WeekFull,
    SlotFree,
    SlotTaken,
    ClientAlreadyBooked,
}

impl Finding {
    /// The gate it was found at, and whether that gate is open.
    pub fn gate(self) -> (Gate, bool) {
        match self {
            Self::SwitchOn => (Gate::PracticeSwitch, true),
            Self::SwitchOff | Self::PracticePaused | Self::PracticeStartsLater(_) => (Gate::PracticeSwitch, false),
            Self::OptedIn => (Gate::ClinicianOptIn, true),
            Self::NotOptedIn | Self::ClinicianPaused | Self::ClinicianStartsLater(_) | Self::ClinicianInactive => {
                (Gate::ClinicianOptIn, false)
            }
            Self::NotLocked => (Gate::ClinicianLock, true),
            Self::Locked => (Gate::ClinicianLock, false),
            Self::ServiceOffered => (Gate::ServiceOffered, true),
            Self::ServiceNotOffered | Self::NoServiceOffered | Self::ServiceArchived => (Gate::ServiceOffered, false),
            Self::HoursOpen => (Gate::HoursOpen, true),
            Self::NoHours | Self::StartOutsideHours | Self::StartOffSlotInterval => (Gate::HoursOpen, false),
            Self::InCare => (Gate::CareRelationship, true),
            Self::NotInCare => (Gate::CareRelationship, false),
            Self::NotBlockedInPractice => (Gate::ClientAccessPractice, true),
            Self::BlockedInPractice | Self::ClientInactive => (Gate::ClientAccessPractice, false),
            Self::OpenToAllClients | Self::AllowedByEntry => (Gate::ClientAccessClinician, true),
            Self::BlockedByEntry | Self::NotSelected => (Gate::ClientAccessClinician, false),
            Self::RulesMet => (Gate::BookingRules, true),
            Self::PendingLimitReached
            | Self::InsideMinimumNotice
            | Self::BeyondBookingHorizon
            | Self::DayFull
            | Self::WeekFull => (Gate::BookingRules, false),
            Self::SlotFree => (Gate::SlotFree, true),
            Self::SlotTaken | Self::ClientAlreadyBooked => (Gate::SlotFree, false),
        }
    }
}

/// One gate's verdict: what was found, and who decided so last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub finding: Finding,
    pub decision: Option<Decision>,
}

impl Verdict {
    fn new(finding: Finding, decision: Option<Decision>) -> Self {
        Self { finding, decision }
    }

    /// Which gate this is about.
    pub fn gate(&self) -> Gate {
        self.finding.gate().0
    }

    /// Whether it lets a booking pass.
    pub fn is_open(&self) -> bool {
        self.finding.gate().1
    }
}

/// True where every gate is open.
pub fn all_open(verdicts: &[Verdict]) -> bool {
    verdicts.iter().all(Verdict::is_open)
}

/// Judges the gates that do not depend on a time. Without a client those about the client are left out; without a
/// service the two about services and hours ask for any that would do.
pub fn judge(
    settings: &PracticeSettings,
    clinician: &Clinician,
    client: Option<&ClientStanding>,
    service: Option<&Service>,
    moment: Moment,
) -> Vec<Verdict> {
    let Moment { now, today } = moment;
    let mut verdicts = Vec::with_capacity(Gate::ALL.len());
    verdicts.push(practice_switch(settings, now));
    verdicts.push(clinician_opt_in(clinician, now));
    verdicts.push(clinician_lock(clinician));
    verdicts.push(service_offered(settings, clinician, service));
    verdicts.push(hours_open(settings, clinician, service, today));
    if let Some(client) = client {
        verdicts.push(care_relationship(client, today));
        verdicts.push(client_access_practice(client));
        verdicts.push(client_access_clinician(clinician, client));
    }
    verdicts
}

/// What is off is off, whether it is paused besides or not; a pause outlasts a start.
pub(super) fn practice_switch(settings: &PracticeSettings, now: Instant) -> Verdict {
    let (finding, decision) = match (settings.enabled, settings.pause, settings.start_ahead(now)) {
        (false, ..) => (Finding::SwitchOff, settings.enabled_decision),
        (true, Some(pause), _) => (Finding::PracticePaused, Some(pause)),
        (true, None, Some(start)) => (Finding::PracticeStartsLater(start), settings.enabled_decision),
        (true, None, None) => (Finding::SwitchOn, settings.enabled_decision),
    };
    Verdict::new(finding, decision)
}

pub(super) fn clinician_opt_in(clinician: &Clinician, now: Instant) -> Verdict {
    if !clinician.active {
        return Verdict::new(Finding::ClinicianInactive, clinician.active_decision);
    }
    let (finding, decision) = match (clinician.enabled, clinician.pause, clinician.start_ahead(now)) {
        (false, ..) => (Finding::NotOptedIn, clinician.enabled_decision),
        (true, Some(pause), _) => (Finding::ClinicianPaused, Some(pause)),
        (true, None, Some(start)) => (Finding::ClinicianStartsLater(start), clinician.enabled_decision),
        (true, None, None) => (Finding::OptedIn, clinician.enabled_decision),
    };
    Verdict::new(finding, decision)
}

/// Whether a clinician reads as opted in to whoever is neither them nor an admin: a hold, a pause and a start to come read
/// like no opt-in.
pub fn is_opted_in_to_others(clinician: &Clinician, now: Instant) -> bool {
    clinician_opt_in(clinician, now).finding == Finding::OptedIn && clinician_lock(clinician).is_open()
}

pub(super) fn clinician_lock(clinician: &Clinician) -> Verdict {
    let finding = if clinician.lock.is_some() { Finding::Locked } else { Finding::NotLocked };
    Verdict::new(finding, clinician.lock_decision)
}

pub(super) fn service_offered(
    settings: &PracticeSettings,
    clinician: &Clinician,
    service: Option<&Service>,
) -> Verdict {
    let Some(service) = service else {
        let first = settings.offered_services(clinician).next();
        return match first.and_then(|service| clinician.offered.get(&service.id)) {
            Some(decision) => Verdict::new(Finding::ServiceOffered, Some(*decision)),
            None => Verdict::new(Finding::NoServiceOffered, clinician.offered_decision),
        };
    };
    match (service.active, clinician.offered.get(&service.id)) {
        (false, _) => Verdict::new(Finding::ServiceArchived, service.active_decision),
        (true, Some(decision)) => Verdict::new(Finding::ServiceOffered, Some(*decision)),
        (true, None) => Verdict::new(Finding::ServiceNotOffered, clinician.offered_decision),
    }
}

/// With no service in question, hours count where they serve one that is offered, or where none is offered yet.
pub(super) fn hours_open(
    settings: &PracticeSettings,
    clinician: &Clinician,
    service: Option<&Service>,
    today: NaiveDate,
) -> Verdict {
    let serve = |service: &Service| clinician.hours.have(today, |window| service.is_open_in(window));
    let open = match service {
        Some(service) => serve(service),
        None => {
            let mut offered = settings.offered_services(clinician).peekable();
            match offered.peek() {
                None => clinician.hours.have(today, |_| true),
                Some(_) => offered.any(serve),
            }
        }
    };
    Verdict::new(if open { Finding::HoursOpen } else { Finding::NoHours }, clinician.hours_decision)
}

/// Whether the gates about a client are open at this clinician: as `judge` finds them, for many clients.
pub fn is_open_to(clinician: &Clinician, client: &ClientFacts, today: NaiveDate) -> bool {
    let found = [in_care(client, today), in_practice(client), at_clinician(clinician, client)];
    found.iter().all(|finding| finding.gate().1)
}

/// Whether the client is in care today, and has not left the practice.
pub fn is_in_care(client: &ClientFacts, today: NaiveDate) -> bool {
    client.active && in_care(client, today) == Finding::InCare
}

fn in_care(client: &ClientFacts, today: NaiveDate) -> Finding {
    if client.care.is_some_and(|care| care.covers(today)) { Finding::InCare } else { Finding::NotInCare }
}

fn in_practice(client: &ClientFacts) -> Finding {
    match (client.active, client.blocked) {
        (false, _) => Finding::ClientInactive,
        (true, true) => Finding::BlockedInPractice,
        (true, false) => Finding::NotBlockedInPractice,
    }
}

fn at_clinician(clinician: &Clinician, client: &ClientFacts) -> Finding {
    match (client.access, clinician.audience) {
        (Some(Access::Blocked), _) => Finding::BlockedByEntry,
        (Some(Access::Allowed), _) => Finding::AllowedByEntry,
        (None, Some(Audience::AllMyClients)) => Finding::OpenToAllClients,
        (None, _) => Finding::NotSelected,
    }
}

fn care_relationship(client: &ClientStanding, today: NaiveDate) -> Verdict {
    let finding = in_care(&client.facts(), today);
    let decision = client.care.map(|care| match finding {
        Finding::InCare => care.started,
        _ => care.ended.unwrap_or(care.started),
    });
    Verdict::new(finding, decision)
}

fn client_access_practice(client: &ClientStanding) -> Verdict {
    let finding = in_practice(&client.facts());
    let is_inactive = finding == Finding::ClientInactive;
    Verdict::new(finding, if is_inactive { client.active_decision } else { client.blocked_decision })
}

fn client_access_clinician(clinician: &Clinician, client: &ClientStanding) -> Verdict {
    let decision = client.access.map(|(_, decision)| decision).or(clinician.enabled_decision);
    Verdict::new(at_clinician(clinician, &client.facts()), decision)
}

/// What is known about one start besides the clinician's own time.
pub struct AskedStart {
    pub offered: Result<(), NotOffered>,
    /// The client holds another meeting that overlaps.
    pub client_is_booked: bool,
}

/// Adds the gates that depend on the client's requests and on a time.
pub fn judge_time(verdicts: &mut Vec<Verdict>, pending_limit_reached: bool, asked: Option<&AskedStart>) {
    let hours = match asked.map(|asked| asked.offered) {
        Some(Err(NotOffered::OutsideHours)) => Some(Finding::StartOutsideHours),
        Some(Err(NotOffered::OffSlotInterval)) => Some(Finding::StartOffSlotInterval),
        _ => None,
    };
    if let Some(finding) = hours {
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.finding == Finding::HoursOpen) {
            verdict.finding = finding;
        }
    }
    let rules = match asked.map(|asked| asked.offered) {
        _ if pending_limit_reached => Finding::PendingLimitReached,
        Some(Err(NotOffered::InsideMinimumNotice)) => Finding::InsideMinimumNotice,
        Some(Err(NotOffered::BeyondBookingHorizon)) => Finding::BeyondBookingHorizon,
        Some(Err(NotOffered::DayFull)) => Finding::DayFull,
        Some(Err(NotOffered::WeekFull)) => Finding::WeekFull,
        _ => Finding::RulesMet,
    };
    verdicts.push(Verdict::new(rules, None));
    if let Some(asked) = asked {
        let finding = match asked.offered {
            Err(NotOffered::Taken) => Finding::SlotTaken,
            _ if asked.client_is_booked => Finding::ClientAlreadyBooked,
            _ => Finding::SlotFree,
        };
        verdicts.push(Verdict::new(finding, None));
    }
}

/// What a client may be told: an admin's lock, a pause and a start to come of the clinician's read like no opt-in, a practice-wide block like not being selected,
/// nobody is named, and where the client is not in this clinician's care the gates behind that one, which would not help
/// them, are left out.
pub fn as_told_to_client(verdicts: &[Verdict]) -> Vec<Verdict> {
    let closed = |gate| verdicts.iter().any(|verdict| verdict.gate() == gate && !verdict.is_open());
    let (locked, blocked) = (closed(Gate::ClinicianLock), closed(Gate::ClientAccessPractice));
    let stranger = closed(Gate::CareRelationship);
    verdicts
        .iter()
        .filter(|verdict| match verdict.gate() {
            Gate::ClinicianLock | Gate::ClientAccessPractice => false,
            Gate::PracticeSwitch | Gate::CareRelationship => true,
            _ => !stranger,
        })
        .map(|verdict| match verdict.gate() {
            Gate::ClinicianOptIn if locked || !verdict.is_open() => Finding::NotOptedIn,
            Gate::ClientAccessClinician if blocked || !verdict.is_open() => Finding::NotSelected,
            Gate::ClientAccessClinician => Finding::AllowedByEntry,
            _ => verdict.finding,
        })
        .map(|finding| Verdict::new(finding, None))
        .collect()
}

#[cfg(test)]
#[path = "gates_tests.rs"]
mod tests;
