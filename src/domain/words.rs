//! Verdicts in words: one sentence for each finding, who can open the gate, and how.
//!
//! Staff read what was found; a client reads a version that tells nothing private.

use super::gates::{Finding, Gate, Verdict};
use super::remedies::by_control;
use super::settings::PracticeSettings;
use super::viewer::Role;

/// For whom a sentence is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Staff,
    Client,
}

/// One sentence that says what was found at the gate.
pub fn explanation(finding: Finding, clinician: &str, reader: Reader) -> String {
    let text = match (finding, reader) {
        (Finding::SwitchOn, _) => "The practice has online requests turned on.",
        (Finding::SwitchOff, _) => "The practice has online requests turned off.",
        (Finding::PracticePaused, Reader::Staff) => "The practice has paused new requests.",
        (Finding::PracticePaused, Reader::Client) => "The practice takes no new online requests at the moment.",
        (Finding::PracticeStartsLater(start), Reader::Staff) => {
            return format!("The practice has online requests turned on from {start}.");
        }
        (Finding::PracticeStartsLater(_), Reader::Client) => "The practice has not opened online requests yet.",
        (Finding::ClinicianPaused, Reader::Staff) => "{clinician} has paused new requests.",
        (Finding::ClinicianStartsLater(start), Reader::Staff) => {
            return format!("{clinician} takes online requests from {start}.");
        }
        (Finding::OptedIn, _) => "{clinician} takes online requests.",
        (Finding::NotOptedIn, Reader::Staff) => "{clinician} has not opted in to online requests.",
        (Finding::NotOptedIn | Finding::ClinicianPaused | Finding::ClinicianStartsLater(_), Reader::Client) => {
            "{clinician} does not take online requests at the moment."
        }
        (Finding::ClinicianInactive, _) => "{clinician} no longer sees clients at this practice.",
        (Finding::NotLocked, _) => "No admin holds {clinician} off.",
        (Finding::Locked, _) => "An admin holds {clinician} off; the clinician's own settings are kept as they are.",
        (Finding::ServiceOffered, _) => "{clinician} offers this online.",
        (Finding::ServiceNotOffered, _) => "{clinician} does not offer this service online.",
        (Finding::NoServiceOffered, _) => "{clinician} offers no service online.",
        (Finding::ServiceArchived, _) => "The practice no longer offers this service.",
        (Finding::HoursOpen, _) => "{clinician} has hours open for online requests.",
        (Finding::NoHours, _) => "{clinician} has no hours open for online requests.",
        (Finding::StartOutsideHours, _) => {
            "That time is outside the hours that {clinician} has open for online requests."
        }
        (Finding::StartOffSlotInterval, _) => "{clinician} takes no meeting that starts at exactly that time.",
        (Finding::InCare, Reader::Staff) => "The client is in {clinician}'s care.",
        (Finding::InCare, Reader::Client) => "You are in {clinician}'s care.",
        (Finding::NotInCare, Reader::Staff) => "The client is not in {clinician}'s care today.",
        (Finding::NotInCare, Reader::Client) => "Online requests go to a clinician whose client you are.",
        (Finding::NotBlockedInPractice, _) => "The client is not blocked in the practice.",
        (Finding::BlockedInPractice, _) => "The client is blocked from online requests in the whole practice.",
        (Finding::ClientInactive, _) => "The client is no longer active.",
        (Finding::OpenToAllClients, _) => "{clinician} takes online requests from all of their clients.",
        (Finding::AllowedByEntry, Reader::Staff) => "The client is allowed for {clinician}.",
        (Finding::AllowedByEntry, Reader::Client) => "Online requests to {clinician} are open to you.",
        (Finding::BlockedByEntry, _) => "The client is blocked for {clinician}.",
        (Finding::NotSelected, Reader::Staff) => {
            "{clinician} takes online requests from selected clients, and this client is not among them."
        }
        (Finding::NotSelected, Reader::Client) => "Online requests to {clinician} are not open to you at the moment.",
        (Finding::RulesMet, _) => "The booking rules allow it.",
        (Finding::PendingLimitReached, Reader::Staff) => {
            "The client has as many requests waiting for an answer as the booking rules allow."
        }
        (Finding::PendingLimitReached, Reader::Client) => {
            "You have as many requests waiting for an answer as is possible at a time."
        }
        (Finding::InsideMinimumNotice, _) => "That time is sooner than the notice that {clinician} needs.",
        (Finding::BeyondBookingHorizon, _) => "That time is further ahead than can be booked yet.",
        (Finding::DayFull, _) => "{clinician} takes no further meeting on that day.",
        (Finding::WeekFull, _) => "{clinician} takes no further meeting in that week.",
        (Finding::SlotFree, _) => "The time is free.",
        (Finding::SlotTaken, _) => "The time is taken.",
        (Finding::ClientAlreadyBooked, Reader::Staff) => "The client has something else at that time.",
        (Finding::ClientAlreadyBooked, Reader::Client) => "You have something else at that time.",
    };
    text.replace("{clinician}", clinician)
}

/// The roles that can open the gate under the practice's policy; none for an open gate, and none where only another
/// time, person or service helps. A client reads of themselves alone: the practice's policy is for its staff.
pub fn can_be_opened_by(verdict: &Verdict, settings: &PracticeSettings, reader: Reader) -> &'static [Role] {
    const ADMIN: &[Role] = &[Role::Admin];
    const EITHER: &[Role] = &[Role::Admin, Role::Clinician];
    if verdict.is_open() {
        return &[];
    }
    match (verdict.gate(), verdict.finding) {
        (_, Finding::ClinicianPaused) if reader == Reader::Staff => EITHER,
        (_, Finding::PendingLimitReached) if reader == Reader::Client => &[Role::Client],
        _ if reader == Reader::Client => &[],
        (_, Finding::ClinicianInactive | Finding::ClientInactive) => ADMIN,
        (_, Finding::PendingLimitReached) => &[Role::Clinician, Role::Admin, Role::Client],
        (_, Finding::StartOffSlotInterval | Finding::ServiceArchived) => &[],
        (Gate::PracticeSwitch | Gate::ClinicianLock | Gate::CareRelationship | Gate::ClientAccessPractice, _) => ADMIN,
        (Gate::ClinicianOptIn, _) => by_control(settings.clinician_opt_in),
        (Gate::ClientAccessClinician, _) => by_control(settings.client_access_control),
        (Gate::ServiceOffered | Gate::HoursOpen, _) => EITHER,
        (Gate::BookingRules | Gate::SlotFree, _) => &[],
    }
}

/// The mutation with which the reader opens a closed gate; none for an open one, and where none opens it.
pub fn remedy_mutation(verdict: &Verdict, reader: Reader) -> Option<&'static str> {
    if verdict.is_open() {
        return None;
    }
    match (verdict.finding, reader) {
        (Finding::PendingLimitReached, Reader::Client) => Some("withdrawAppointmentRequest"),
        (_, Reader::Client) => None,
        (Finding::ClinicianInactive, _) => Some("reactivateClinician"),
        (Finding::ClientInactive, _) => Some("reactivateClient"),
        (Finding::PendingLimitReached, _) => Some("confirmAppointmentRequest"),
        (Finding::PracticePaused | Finding::ClinicianPaused, _) => Some("pauseNewRequests"),
        (Finding::StartOffSlotInterval | Finding::ServiceArchived, _) => None,
        (finding, _) => match finding.gate().0 {
            Gate::PracticeSwitch => Some("setPracticeSelfScheduling"),
            Gate::ClinicianOptIn => Some("setClinicianSelfScheduling"),
            Gate::ClinicianLock => Some("lockClinicianSelfScheduling"),
            Gate::ServiceOffered => Some("setOfferedServices"),
            Gate::HoursOpen => Some("setWeeklyHours"),
            Gate::CareRelationship => Some("startCare"),
            Gate::ClientAccessPractice | Gate::ClientAccessClinician => Some("setClientAccess"),
            Gate::BookingRules | Gate::SlotFree => None,
        },
    }
}

/// Why no change opens the way for the client, in the words of staff.
pub fn nothing_opens(finding: Finding, clinician: &str) -> String {
    let verdict = Verdict { finding, decision: None };
    let next = remedy(&verdict, Reader::Staff).unwrap_or_default();
    format!("{} {next}", explanation(finding, clinician, Reader::Staff))
}

/// What would open a closed gate, in one sentence; none for an open one.
pub fn remedy(verdict: &Verdict, reader: Reader) -> Option<&'static str> {
    if verdict.is_open() {
        return None;
    }
    let staff = match verdict.finding {
        Finding::PracticePaused => "Call pauseNewRequests without a clinicianId, with paused: false.",
        Finding::ClinicianPaused => "Call pauseNewRequests for the clinician, with paused: false.",
        Finding::PracticeStartsLater(_) => {
            "Wait until then, or call setPracticeSelfScheduling with enabled: true and without startsAt to start at once."
        }
        Finding::ClinicianStartsLater(_) => {
            "Wait until then, or call setClinicianSelfScheduling with enabled: true and without startsAt to start at once."
        }
        Finding::ClinicianInactive => "Choose another clinician, or bring this one back with reactivateClinician.",
        Finding::ClientInactive => "Bring the client back with reactivateClient.",
        Finding::ServiceArchived => "Choose another service.",
        Finding::PendingLimitReached => "Answer one of the client's waiting requests, or let the client withdraw one.",
        Finding::StartOffSlotInterval => "Choose another time from availableSlots.",
        Finding::StartOutsideHours => {
            "Choose a time from availableSlots, or open more hours with setWeeklyHours or setDateException."
        }
        finding => match finding.gate().0 {
            Gate::PracticeSwitch => "Call setPracticeSelfScheduling with enabled: true.",
            Gate::ClinicianOptIn => "Call setClinicianSelfScheduling with enabled: true and an audience.",
            Gate::ClinicianLock => "Call lockClinicianSelfScheduling with locked: false.",
            Gate::ServiceOffered => "Call setOfferedServices with the service among serviceIds.",
            Gate::HoursOpen => {
                "Call setWeeklyHours, or setDateException for one date, with a window in which the service may be booked."
            }
            Gate::CareRelationship => "Call startCare for this client and clinician.",
            Gate::ClientAccessPractice => {
                "Call setClientAccess for the client without a clinicianId, with access: ALLOWED."
            }
            Gate::ClientAccessClinician => {
                "Call setClientAccess for the client and this clinician, with access: ALLOWED."
            }
            Gate::BookingRules | Gate::SlotFree => "Choose another time from availableSlots.",
        },
    };
    let client = match verdict.finding {
        Finding::PendingLimitReached => "Wait for an answer, or withdraw one of your requests.",
        finding => match finding.gate().0 {
            Gate::HoursOpen | Gate::BookingRules | Gate::SlotFree => "Choose another time, or contact the practice.",
            _ => "Contact the practice to arrange a meeting.",
        },
    };
    Some(if reader == Reader::Staff { staff } else { client })
}
