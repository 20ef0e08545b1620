//! What is still missing before a client sees a slot.
//!
//! A step is done where the gate that it opens is: the gates judge, nothing here does. Nothing is missing exactly when a
//! client sees a slot, so the last steps are judged by the slots themselves.

use super::gates::{self, Verdict};
use super::remedies::by_control;
use super::rollout::{Moment, Start};
use super::settings::{Clinician, PracticeSettings};
use super::spelled;
use super::viewer::Role;

spelled! {
    /// One step from "nothing is open" to "a client sees a slot".
    pub enum Step {
        PracticeSwitchOn = "PRACTICE_SWITCH_ON",
        PracticeStarted = "PRACTICE_STARTED",
        PracticeNotPaused = "PRACTICE_NOT_PAUSED",
        ServiceExists = "SERVICE_EXISTS",
        ClinicianActive = "CLINICIAN_ACTIVE",
        ClinicianOptedIn = "CLINICIAN_OPTED_IN",
        ClinicianStarted = "CLINICIAN_STARTED",
        ClinicianNotPaused = "CLINICIAN_NOT_PAUSED",
        NotLocked = "NOT_LOCKED",
        ServicesOffered = "SERVICES_OFFERED",
        HoursOpened = "HOURS_OPENED",
        ClientInCare = "CLIENT_IN_CARE",
        ClientAllowed = "CLIENT_ALLOWED",
        TimeOffered = "TIME_OFFERED",
        TimeFree = "TIME_FREE",
    }
}

impl Step {
    /// The step in words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::PracticeSwitchOn => {
                "Turn the practice switch on: setPracticeSelfScheduling. It opens nothing by itself."
            }
            Self::PracticeStarted => "Have the practice switch started: setPracticeSelfScheduling without startsAt.",
            Self::PracticeNotPaused => {
                "Lift the practice's pause of new requests: pauseNewRequests with paused: false."
            }
            Self::ServiceExists => "Have at least one service: createService.",
            Self::ClinicianActive => "Have a clinician: addClinician, or reactivateClinician for one who comes back.",
            Self::ClinicianOptedIn => "Opt in, and choose which clients: setClinicianSelfScheduling.",
            Self::ClinicianStarted => "Have the opt-in started: setClinicianSelfScheduling without startsAt.",
            Self::ClinicianNotPaused => {
                "Lift the clinician's pause of new requests: pauseNewRequests with the clinicianId and paused: false."
            }
            Self::NotLocked => "Have no admin's hold: lockClinicianSelfScheduling with locked: false.",
            Self::ServicesOffered => "Choose the services to offer: setOfferedServices.",
            Self::HoursOpened => {
                "Open weekly hours, or hours of single dates, for a service that is offered: setWeeklyHours, setDateException."
            }
            Self::ClientInCare => "Have a client in the clinician's care: startCare, after addClient for a new one.",
            Self::ClientAllowed => {
                "Allow a client who is in care: setClientAccess, or an audience of all with setClinicianSelfScheduling."
            }
            Self::TimeOffered => {
                "Open hours that are long enough for a service, between the notice and the booking horizon: setWeeklyHours, \
                 setDateException."
            }
            Self::TimeFree => {
                "Open more hours: setWeeklyHours, setDateException. Every start until the booking horizon is taken or \
                 blocked, or every client has as many requests waiting as the booking rules allow."
            }
        }
    }

    /// The mutation that does it.
    pub fn mutation(self) -> &'static str {
        match self {
            Self::PracticeSwitchOn | Self::PracticeStarted => "setPracticeSelfScheduling",
            Self::PracticeNotPaused | Self::ClinicianNotPaused => "pauseNewRequests",
            Self::ServiceExists => "createService",
            Self::ClinicianActive => "addClinician",
            Self::ClinicianOptedIn | Self::ClinicianStarted => "setClinicianSelfScheduling",
            Self::NotLocked => "lockClinicianSelfScheduling",
            Self::ServicesOffered => "setOfferedServices",
            Self::HoursOpened | Self::TimeOffered | Self::TimeFree => "setWeeklyHours",
            Self::ClientInCare => "startCare",
            Self::ClientAllowed => "setClientAccess",
        }
    }

    /// The step without which nothing can be told of this one.
    fn hangs_on(self) -> Option<Self> {
        match self {
            Self::ClientAllowed => Some(Self::ClientInCare),
            Self::TimeOffered => Some(Self::HoursOpened),
            Self::TimeFree => Some(Self::TimeOffered),
            _ => None,
        }
    }

    fn done_by(self, settings: &PracticeSettings) -> &'static [Role] {
        const ADMIN: &[Role] = &[Role::Admin];
        const EITHER: &[Role] = &[Role::Admin, Role::Clinician];
        match self {
            Self::ClinicianOptedIn | Self::ClinicianStarted => by_control(settings.clinician_opt_in),
            Self::ClientAllowed => by_control(settings.client_access_control),
            Self::ClinicianNotPaused
            | Self::ServicesOffered
            | Self::HoursOpened
            | Self::TimeOffered
            | Self::TimeFree => EITHER,
            _ => ADMIN,
        }
    }
}

/// A step, whether it is done, and who can do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChecklistItem {
    pub step: Step,
    pub done: bool,
    pub can_be_done_by: &'static [Role],
    /// When it is done by itself: the start that was set for later.
    pub opens: Option<Start>,
}

impl ChecklistItem {
    /// The step in words, with when it is done by itself where that is known.
    pub fn sentence(&self) -> String {
        match self.opens {
            Some(start) => format!(
                "It opens at {start}. To open it at once: {} with enabled: true and without startsAt.",
                self.step.mutation()
            ),
            None => self.step.sentence().to_owned(),
        }
    }
}

/// What is so of a clinician's clients and time, beside the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// A client is in their care today.
    pub client_in_care: bool,
    /// Such a client passes every gate that is about a client.
    pub client_allowed: bool,
    /// A start is offered until the horizon, whoever holds it.
    pub time_offered: bool,
    /// Such a start is free: for one of the clients who are allowed or, where there are none, for whoever might be.
    pub time_free: bool,
}

/// The steps in order, of one clinician; of a practice without one, all of a clinician's are missing.
pub fn of(
    settings: &PracticeSettings,
    clinician: Option<&Clinician>,
    outlook: Outlook,
    moment: Moment,
) -> Vec<ChecklistItem> {
    let Moment { now, today } = moment;
    let open = |gate: &dyn Fn(&Clinician) -> Verdict| clinician.is_some_and(|clinician| gate(clinician).is_open());
    let starts = (settings.start_ahead(now), clinician.and_then(|clinician| clinician.start_ahead(now)));
    // The two switches are open where all their three steps are done: on, started, and not paused.
    let is_done = |step: Step| match step {
        Step::PracticeSwitchOn => settings.enabled,
        Step::PracticeStarted => starts.0.is_none(),
        Step::PracticeNotPaused => settings.pause.is_none(),
        Step::ServiceExists => settings.services.values().any(|service| service.active),
        Step::ClinicianActive => clinician.is_some_and(|clinician| clinician.active),
        Step::ClinicianOptedIn => clinician.is_some_and(|clinician| clinician.active && clinician.enabled),
        Step::ClinicianStarted => starts.1.is_none(),
        Step::ClinicianNotPaused => clinician.is_none_or(|clinician| clinician.pause.is_none()),
        // Where there is nobody, nobody is held off.
        Step::NotLocked => clinician.is_none() || open(&gates::clinician_lock),
        Step::ServicesOffered => open(&|clinician| gates::service_offered(settings, clinician, None)),
        Step::HoursOpened => open(&|clinician| gates::hours_open(settings, clinician, None, today)),
        Step::ClientInCare => outlook.client_in_care,
        Step::ClientAllowed => outlook.client_allowed,
        Step::TimeOffered => outlook.time_offered,
        Step::TimeFree => outlook.time_free,
    };
    let opens = |step: Step| match step {
        Step::PracticeStarted => starts.0,
        Step::ClinicianStarted => starts.1,
        _ => None,
    };
    let item = |step: Step| ChecklistItem {
        step,
        done: is_done(step),
        can_be_done_by: step.done_by(settings),
        opens: opens(step),
    };
    Step::ALL.iter().copied().map(item).collect()
}

/// The steps that are missing, but for those that cannot be told yet: whether a time is free says nothing where no hours are
/// open. Where a step is not done, one is missing.
pub fn missing(items: &[ChecklistItem]) -> Vec<ChecklistItem> {
    let is_open = |step: Step| items.iter().any(|item| item.step == step && !item.done);
    let can_be_told = |item: &&ChecklistItem| !item.step.hangs_on().is_some_and(is_open);
    items.iter().filter(|item| !item.done).filter(can_be_told).copied().collect()
}

/// How many steps are not done.
pub fn count_open(items: &[ChecklistItem]) -> usize {
    items.iter().filter(|item| !item.done).count()
}

/// True where nothing is missing but what is the practice's: no clinician is nearer than that.
pub fn is_ready(items: &[ChecklistItem]) -> bool {
    let of_practice = [Step::PracticeSwitchOn, Step::PracticeStarted, Step::PracticeNotPaused];
    items.iter().all(|item| item.done || of_practice.contains(&item.step))
}

/// How many steps a clinician's own settings leave missing: what is known without looking at clients and time.
pub fn missing_in_settings(settings: &PracticeSettings, clinician: &Clinician, moment: Moment) -> usize {
    count_open(&of(settings, Some(clinician), Outlook::WHATEVER, moment))
}

impl Outlook {
    const WHATEVER: Self = Self { client_in_care: true, client_allowed: true, time_offered: true, time_free: true };
}

/// A list about a clinician as a colleague may read it: a hold, a pause and a start to come read like no opt-in.
pub fn as_told_to_colleague(items: &[ChecklistItem]) -> Vec<ChecklistItem> {
    let is_theirs =
        |item: &ChecklistItem| matches!(item.step, Step::NotLocked | Step::ClinicianNotPaused | Step::ClinicianStarted);
    let is_shut = items.iter().any(|item| is_theirs(item) && !item.done);
    let told = items.iter().filter(|item| !is_theirs(item)).copied();
    told.map(|item| ChecklistItem { done: item.done && !(is_shut && item.step == Step::ClinicianOptedIn), ..item })
        .collect()
}
