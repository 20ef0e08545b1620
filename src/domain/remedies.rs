//! What would open the gates: the change behind each closed gate, and the smallest set of changes after which all are open.
//!
//! The set is found with the gates' own judge: a change is supposed, everything is judged again, until nothing is closed.
//! Each change opens one gate that stays closed without it, so none can be left out; and it opens no more than it must:
//! where an audience is to be chosen, it is the one that lets nobody else in.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Timelike};
use uuid::Uuid;

use super::gates::{Finding, Gate, Verdict};
use super::hours::{Modality, Weekday, WeeklyHours, Window};
use super::ids::{ClinicianId, RequestId, ServiceId};
use super::rollout::Moment;
use super::rules::RuleOverrides;
use super::settings::{
    Access, Audience, Care, ClientStanding, Clinician, Confirmation, Control, Decision, PracticeSettings, Service,
};
use super::time::{self, Instant, Minutes};
use super::viewer::Role;

/// One change, made by one mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    TurnPracticeOn,
    /// Now, instead of at the start that was set.
    StartPractice,
    ResumePractice,
    /// For this audience; none keeps the one that was chosen before.
    OptIn(Option<Audience>),
    /// Now, instead of at the start that was set.
    StartClinician,
    ResumeClinician,
    LiftLock,
    /// A service that somebody has to think of.
    CreateService,
    /// Besides those that are offered already; none is the one that was just created.
    OfferService(Option<ServiceId>),
    /// Besides the windows that are there; none is one that somebody has to choose.
    OpenHours(Option<WeeklyHours>),
    /// Besides the windows of a date that is an exception to the week.
    OpenDate(NaiveDate, Window),
    /// Care that begins later never begins: its end is its first day.
    CallOffCare(NaiveDate),
    StartCare,
    UnblockInPractice,
    AllowClient,
    Answer(RequestId),
}

/// A change, and the gate that it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    pub gate: Gate,
    pub remedy: Remedy,
}

/// What the gates are judged by, as it is or as it would be.
#[derive(Clone, Debug)]
pub struct Case {
    pub settings: Arc<PracticeSettings>,
    pub clinician_id: ClinicianId,
    pub service_id: Option<ServiceId>,
    pub start: Option<Instant>,
    pub standing: Option<ClientStanding>,
    /// The first days of the care between the two that has not begun, in order.
    pub care_to_come: Vec<NaiveDate>,
    /// How many requests between the two wait for an answer.
    pub pending: u64,
    /// Those requests, oldest first, where there are too many.
    pub waiting: Vec<RequestId>,
    pub moment: Moment,
}

const ADMIN: &[Role] = &[Role::Admin];
const EITHER: &[Role] = &[Role::Admin, Role::Clinician];

/// Admins, and clinicians for themselves where the practice leaves it to them.
pub(super) fn by_control(control: Control) -> &'static [Role] {
    if control == Control::AdminOnly { ADMIN } else { EITHER }
}

impl Remedy {
    /// The mutation that makes it.
    pub fn mutation(&self) -> &'static str {
        match self {
            Self::TurnPracticeOn | Self::StartPractice => "setPracticeSelfScheduling",
            Self::ResumePractice | Self::ResumeClinician => "pauseNewRequests",
            Self::OptIn(_) | Self::StartClinician => "setClinicianSelfScheduling",
            Self::LiftLock => "lockClinicianSelfScheduling",
            Self::CreateService => "createService",
            Self::OfferService(_) => "setOfferedServices",
            Self::OpenHours(_) => "setWeeklyHours",
            Self::OpenDate(..) => "setDateException",
            Self::CallOffCare(_) => "endCare",
            Self::StartCare => "startCare",
            Self::UnblockInPractice | Self::AllowClient => "setClientAccess",
            Self::Answer(_) => "confirmAppointmentRequest",
        }
    }

    /// Who may make it under the practice's policy.
    pub fn done_by(&self, settings: &PracticeSettings) -> &'static [Role] {
        match self {
            Self::OptIn(_) | Self::StartClinician => by_control(settings.clinician_opt_in),
            Self::AllowClient => by_control(settings.client_access_control),
            Self::ResumeClinician
            | Self::OfferService(_)
            | Self::OpenHours(_)
            | Self::OpenDate(..)
            | Self::Answer(_) => EITHER,
            _ => ADMIN,
        }
    }

    /// It in one sentence.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::TurnPracticeOn => "Turn the practice switch on.",
            Self::StartPractice => "Start the practice switch now, instead of waiting for the start that was set.",
            Self::ResumePractice => "Lift the practice's pause of new requests.",
            Self::StartClinician => "Start the opt-in now, instead of waiting for the start that was set.",
            Self::ResumeClinician => "Lift the pause of new requests to the clinician.",
            Self::OptIn(Some(_)) => "Opt in for selected clients: that lets nobody in who is not allowed one by one.",
            Self::OptIn(None) => "Opt in, for the audience that was chosen before.",
            Self::LiftLock => "Lift the admin's hold.",
            Self::CreateService => "Create a service.",
            Self::OfferService(Some(_)) => "Offer the service besides those that are offered now.",
            Self::OfferService(None) => "Offer the service that was created.",
            Self::OpenHours(Some(_)) => {
                "Open this time every week for this service, besides the hours that are open now."
            }
            Self::OpenHours(None) => "Open hours in which the service may be booked, besides those that are open now.",
            Self::OpenDate(..) => {
                "Open this time of the date for this service, besides the hours that are open on it now."
            }
            Self::CallOffCare(_) => "Call off the care that begins later, since care cannot overlap.",
            Self::StartCare => "Start the client's care today.",
            Self::UnblockInPractice => "Lift the client's block in the practice.",
            Self::AllowClient => "Allow the client for this clinician.",
            Self::Answer(_) => "Answer this request of the client's: confirm it, or decline it just as well.",
        }
    }
}

/// The fewest changes after which `judge` finds every gate open, in an order in which they can be made. Where nothing helps
/// but another time, or somebody's coming back: what was found there.
pub fn smallest(mut case: Case, judge: impl Fn(&Case) -> Vec<Verdict>) -> Result<Vec<Needed>, Finding> {
    let (mut needed, mut tried) = (Vec::new(), Vec::new());
    while let Some(closed) = judge(&case).into_iter().find(|verdict| !verdict.is_open()) {
        let finding = closed.finding;
        let remedies = if tried.contains(&finding) { Vec::new() } else { case.remedies(finding) };
        if remedies.is_empty() {
            return Err(finding);
        }
        tried.push(finding);
        for remedy in remedies {
            case.suppose(&remedy);
            needed.push(Needed { gate: closed.gate(), remedy });
        }
    }
    Ok(needed)
}

impl Case {
    fn clinician(&self) -> &Clinician {
        &self.settings.clinicians[&self.clinician_id]
    }

    /// What opens a gate at which this was found; nothing where only another time or another person helps.
    fn remedies(&self, finding: Finding) -> Vec<Remedy> {
        match finding {
            Finding::SwitchOff => vec![Remedy::TurnPracticeOn],
            Finding::PracticePaused => vec![Remedy::ResumePractice],
            Finding::PracticeStartsLater(_) => vec![Remedy::StartPractice],
            Finding::ClinicianPaused => vec![Remedy::ResumeClinician],
            Finding::ClinicianStartsLater(_) => vec![Remedy::StartClinician],
            Finding::NotOptedIn => vec![Remedy::OptIn(match self.clinician().audience {
                None => Some(Audience::SelectedClients),
                Some(_) => None,
            })],
            Finding::Locked => vec![Remedy::LiftLock],
            Finding::ServiceNotOffered => vec![Remedy::OfferService(self.service_id)],
            Finding::NoServiceOffered => match self.service_to_offer() {
                Some(service) => vec![Remedy::OfferService(Some(service))],
                None => vec![Remedy::CreateService, Remedy::OfferService(None)],
            },
            Finding::NoHours | Finding::StartOutsideHours => match (self.service_id, self.start) {
                (Some(service), Some(start)) => self.opening(service, start).into_iter().collect(),
                _ => vec![Remedy::OpenHours(None)],
            },
            Finding::NotInCare => {
                let called_off = self.care_to_come.iter().map(|begins_on| Remedy::CallOffCare(*begins_on));
                called_off.chain([Remedy::StartCare]).collect()
            }
            Finding::BlockedInPractice => vec![Remedy::UnblockInPractice],
            Finding::BlockedByEntry | Finding::NotSelected => vec![Remedy::AllowClient],
            Finding::PendingLimitReached => self.requests_to_answer(),
            _ => Vec::new(),
        }
    }

    /// The service whose offer needs no other hours, if there is one; else the first by name.
    fn service_to_offer(&self) -> Option<ServiceId> {
        let hours = &self.clinician().hours;
        let needs_hours = |service: &Service| !hours.have(self.moment.today, |window| service.is_open_in(window));
        let active = self.settings.services.values().filter(|service| service.active);
        active.min_by_key(|service| (needs_hours(service), &service.name, service.id)).map(|service| service.id)
    }

    /// Opens a window for this service that holds just the meeting: on its date alone where the week does not hold on it.
    /// None where the wall clock has no such window.
    fn opening(&self, service: ServiceId, start: Instant) -> Option<Remedy> {
        let duration = self.settings.services.get(&service)?.duration;
        let zone = self.clinician().zone;
        let opens = start.with_timezone(&zone).naive_local();
        let lasts = (start + duration.span()).with_timezone(&zone).naive_local() - opens;
        let opens_minute = i32::try_from(opens.hour() * 60 + opens.minute()).ok()?;
        // Where the clock is set back meanwhile, the wall clock says too little.
        let minutes = i32::try_from(lasts.num_minutes()).ok()?.max(duration.0);
        if minutes > 1440 {
            return None;
        }
        let closes_minute = opens_minute + minutes;
        let window = Window { opens_minute, closes_minute, service_ids: [service].into(), modality: None };
        let on = opens.date();
        // A date that is over stays as it was.
        if on >= time::local_date(zone, self.moment.now) && self.clinician().hours.exceptions.contains_key(&on) {
            return Some(Remedy::OpenDate(on, window));
        }
        let weekday = Weekday::from_number(on.weekday().number_from_monday())?;
        Some(Remedy::OpenHours(Some(WeeklyHours { weekday, window })))
    }

    /// As many of the oldest as leave room for one more.
    fn requests_to_answer(&self) -> Vec<Remedy> {
        let Some(service) = self.service_id.and_then(|id| self.settings.services.get(&id)) else { return Vec::new() };
        let limit = self.settings.rules_for(self.clinician(), service).max_pending_per_client;
        let room = usize::try_from(limit).unwrap_or_default().checked_sub(1);
        let too_many = room.map_or(0, |room| self.waiting.len().saturating_sub(room));
        self.waiting.iter().take(too_many).map(|id| Remedy::Answer(*id)).collect()
    }

    /// The case as it is once the change is made.
    fn suppose(&mut self, remedy: &Remedy) {
        let decision = Decision { by: None, at: self.moment.now };
        let settings = Arc::make_mut(&mut self.settings);
        let Some(clinician) = settings.clinicians.get_mut(&self.clinician_id) else { return };
        match remedy {
            Remedy::TurnPracticeOn => settings.enabled = true,
            Remedy::StartPractice => settings.starts_at = None,
            Remedy::ResumePractice => settings.pause = None,
            Remedy::StartClinician => clinician.starts_at = None,
            Remedy::ResumeClinician => clinician.pause = None,
            Remedy::OptIn(audience) => {
                clinician.enabled = true;
                clinician.audience = audience.or(clinician.audience);
            }
            Remedy::LiftLock => clinician.lock = None,
            Remedy::CreateService => {
                settings.services.insert(TO_BE_CREATED, to_be_created());
            }
            Remedy::OfferService(service) => {
                clinician.offered.insert(service.unwrap_or(TO_BE_CREATED), decision);
            }
            Remedy::OpenHours(window) => {
                clinician.hours.weekly.push(window.clone().unwrap_or_else(some_window));
            }
            Remedy::OpenDate(on, window) => clinician.hours.exceptions.entry(*on).or_default().push(window.clone()),
            Remedy::Answer(_) => self.pending = self.pending.saturating_sub(1),
            Remedy::CallOffCare(_) | Remedy::StartCare | Remedy::UnblockInPractice | Remedy::AllowClient => {
                let Some(client) = &mut self.standing else { return };
                match remedy {
                    Remedy::CallOffCare(_) => client.care = None,
                    Remedy::StartCare => {
                        let (started_on, started) = (self.moment.today, decision);
                        client.care = Some(Care { started_on, started, ended_on: None, ended: None });
                    }
                    Remedy::UnblockInPractice => client.blocked = false,
                    _ => client.access = Some((Access::Allowed, decision)),
                }
            }
        }
    }
}

/// Stands for a service that is not there yet; no row has this id.
const TO_BE_CREATED: ServiceId = ServiceId(Uuid::nil());

fn to_be_created() -> Service {
    Service {
        id: TO_BE_CREATED,
        name: String::new(),
        duration: Minutes(50),
        modality: Modality::Either,
        confirmation: Confirmation::ClinicianConfirms,
        active: true,
        active_decision: None,
        rules: RuleOverrides::default(),
    }
}

/// Stands for a window that somebody will choose: for the gate one is like the other.
fn some_window() -> WeeklyHours {
    let (opens_minute, closes_minute) = (0, 1440);
    let window = Window { opens_minute, closes_minute, service_ids: std::collections::BTreeSet::new(), modality: None };
    WeeklyHours { weekday: Weekday::Monday, window }
}

#[cfg(test)]
#[path = "remedies_tests.rs"]
mod tests;
