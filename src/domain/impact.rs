//! What a settings change does to who can book: the same judgement before and after, compared.

use std::collections::{BTreeSet, HashSet};

use super::gates;
use super::hours::{self, DATES_AFTER, DATES_BEFORE, Modality, Window};
use super::ids::{ClientId, ClinicianId, RequestId, ServiceId};
use super::requests::{Appointment, AppointmentRequest};
use super::rollout::Moment;
use super::settings::{Clinician, PracticeSettings, Service};
use super::spelled;
use super::standings::{Pair, Standings};
use super::time::{self, Instant, Interval};

spelled! {
    /// What somebody who makes the change would want to know.
    pub enum WarningCode {
        NobodyCanBook = "NOBODY_CAN_BOOK",
        PracticeSwitchOff = "PRACTICE_SWITCH_OFF",
        ClinicianLocked = "CLINICIAN_LOCKED",
        ClinicianWithoutServices = "CLINICIAN_WITHOUT_SERVICES",
        ClinicianWithoutHours = "CLINICIAN_WITHOUT_HOURS",
        ClinicianWithoutClients = "CLINICIAN_WITHOUT_CLIENTS",
        NoticeBeyondHorizon = "NOTICE_BEYOND_HORIZON",
        StartsLater = "STARTS_LATER",
        NewRequestsPaused = "NEW_REQUESTS_PAUSED",
    }
}

/// A warning, and the clinician it is about where it is about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub code: WarningCode,
    pub clinician_id: Option<ClinicianId>,
    pub message: String,
}

/// Everything a change does.
#[derive(Clone, Debug, Default)]
pub struct Impact {
    /// When before and after were compared: now, or the start that the change schedules.
    pub judged_at: Instant,
    /// Pairs that can book after and could not before, in order.
    pub gaining: Vec<Pair>,
    /// Pairs that could book before and cannot after, in order.
    pub losing: Vec<Pair>,
    /// Pending requests of pairs that lose access, and those for times that the change closes: they stay decidable.
    pub pending_affected: Vec<RequestId>,
    /// Booked meetings to come that lie outside the clinician's hours, on dates whose hours change: they stay booked.
    pub outside_hours: Vec<Appointment>,
    pub warnings: Vec<Warning>,
}

impl Impact {
    /// The clinicians of these pairs, each once.
    pub fn clinicians(pairs: &[Pair]) -> Vec<ClinicianId> {
        pairs.iter().map(|(clinician, _)| *clinician).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// How many different clients these pairs have.
    pub fn client_count(pairs: &[Pair]) -> usize {
        pairs.iter().map(|(_, client)| *client).collect::<HashSet<ClientId>>().len()
    }
}

/// Settings and standings at one moment.
pub struct Picture<'a> {
    pub settings: &'a PracticeSettings,
    pub standings: &'a Standings,
}

/// Who gains and who loses, before all else is looked up.
pub struct Moved {
    gaining: Vec<Pair>,
    losing: Vec<Pair>,
    open_after: Vec<Pair>,
    moment: Moment,
}

impl Moved {
    /// Compares two pictures, as they are judged at one moment.
    pub fn between(before: &Picture, after: &Picture, moment: Moment) -> Self {
        let open = |picture: &Picture| picture.standings.open_pairs(picture.settings, moment);
        let (open_before, open_after) = (open(before), open(after));
        Self {
            gaining: without(&open_after, &open_before),
            losing: without(&open_before, &open_after),
            open_after,
            moment,
        }
    }

    /// The clinicians whom somebody can no longer book.
    pub fn clinicians_losing(&self) -> Vec<ClinicianId> {
        Impact::clinicians(&self.losing)
    }

    /// All that a change does. `pending` are requests that wait for an answer from `clinicians_losing` and from those
    /// whose hours change, `booked` the meetings to come of the latter, `touched` the clinicians whom the change can concern.
    pub fn impact(
        self,
        before: &PracticeSettings,
        after: &PracticeSettings,
        touched: &BTreeSet<ClinicianId>,
        pending: &[AppointmentRequest],
        booked: &[Appointment],
    ) -> Impact {
        let is_left_outside = |meeting: &Meeting| is_left_outside(before, after, meeting);
        let is_affected = |request: &&AppointmentRequest| {
            self.losing.binary_search(&(request.clinician_id, request.client_id)).is_ok()
                || is_left_outside(&Meeting::from(*request))
        };
        let ready = Impact::clinicians(&self.open_after).into_iter().collect();
        Impact {
            judged_at: self.moment.now,
            pending_affected: pending.iter().filter(is_affected).map(|request| request.id).collect(),
            gaining: self.gaining,
            losing: self.losing,
            outside_hours: booked.iter().filter(|meeting| is_left_outside(&Meeting::from(*meeting))).cloned().collect(),
            warnings: [warnings(after, &ready, touched, self.moment), closed_by_rules(before, after)].concat(),
        }
    }
}

/// Those of the one that are not among the other; both are in order.
fn without(these: &[Pair], those: &[Pair]) -> Vec<Pair> {
    these.iter().filter(|pair| those.binary_search(pair).is_err()).copied().collect()
}

/// Clinicians some of whose services cannot be booked at any time since the change: the notice reaches past the horizon.
fn closed_by_rules(before: &PracticeSettings, after: &PracticeSettings) -> Vec<Warning> {
    let is_closed = |settings: &PracticeSettings, clinician: ClinicianId| {
        settings.clinicians.get(&clinician).is_some_and(|clinician| {
            let opted_in = clinician.active && clinician.enabled;
            let never = |service: &Service| settings.rules_for(clinician, service).notice_is_beyond_horizon();
            opted_in && settings.offered_services(clinician).any(never)
        })
    };
    let code = WarningCode::NoticeBeyondHorizon;
    let warning = |clinician: &Clinician| Warning {
        code,
        clinician_id: Some(clinician.id),
        message: in_words(code, &clinician.display_name),
    };
    let newly = |clinician: &&Clinician| is_closed(after, clinician.id) && !is_closed(before, clinician.id);
    after.clinicians.values().filter(newly).map(warning).collect()
}

/// The clinicians whose hours differ between two settings.
pub fn clinicians_with_other_hours(before: &PracticeSettings, after: &PracticeSettings) -> Vec<ClinicianId> {
    let differs = |clinician: &&Clinician| {
        before
            .clinicians
            .get(&clinician.id)
            .is_some_and(|old| old.hours != clinician.hours || old.zone != clinician.zone)
    };
    after.clinicians.values().filter(differs).map(|clinician| clinician.id).collect()
}

/// What is held against the hours: a booked meeting, or one that is asked for.
struct Meeting {
    clinician_id: ClinicianId,
    service_id: ServiceId,
    modality: Modality,
    held: Interval,
}

impl From<&Appointment> for Meeting {
    fn from(one: &Appointment) -> Self {
        let held = Interval::new(one.starts_at, one.ends_at);
        Self { clinician_id: one.clinician_id, service_id: one.service_id, modality: one.modality, held }
    }
}

impl From<&AppointmentRequest> for Meeting {
    fn from(one: &AppointmentRequest) -> Self {
        let held = Interval::new(one.starts_at, one.ends_at);
        Self { clinician_id: one.clinician_id, service_id: one.service_id, modality: one.modality, held }
    }
}

/// True where a meeting lies outside the hours after a change that touches the hours of its date.
fn is_left_outside(before: &PracticeSettings, after: &PracticeSettings, meeting: &Meeting) -> bool {
    let of = meeting.clinician_id;
    let (Some(old), Some(new)) = (before.clinicians.get(&of), after.clinicians.get(&of)) else { return false };
    let first = time::local_date(new.zone, meeting.held.start) - DATES_BEFORE;
    let last = time::local_date(new.zone, meeting.held.end) + DATES_AFTER;
    let mut dates = first.iter_days().take_while(|date| *date <= last);
    let is_touched = old.zone != new.zone || dates.any(|date| !old.hours.on(date).eq(new.hours.on(date)));
    let is_usable = |window: &Window| window.is_open_for(meeting.service_id, meeting.modality);
    let is_inside = || {
        let open = time::merge(hours::expand(new.zone, &new.hours, is_usable, first, last));
        open.iter().any(|stretch| stretch.contains(&meeting.held))
    };
    is_touched && !is_inside()
}

/// `ready` are the clinicians whom somebody can book.
fn warnings(
    settings: &PracticeSettings,
    ready: &BTreeSet<ClinicianId>,
    touched: &BTreeSet<ClinicianId>,
    moment: Moment,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let opted_in = settings.clinicians.values().filter(|clinician| clinician.active && clinician.enabled);
    if settings.enabled && opted_in.clone().next().is_none() {
        warnings.push(Warning {
            code: WarningCode::NobodyCanBook,
            clinician_id: None,
            message: "Nobody can book yet: no clinician has opted in.".to_owned(),
        });
    }
    for clinician in opted_in.filter(|clinician| touched.contains(&clinician.id)) {
        for code in warnings_about(settings, clinician, ready.contains(&clinician.id), moment) {
            let message = in_words(code, &clinician.display_name);
            warnings.push(Warning { code, clinician_id: Some(clinician.id), message });
        }
    }
    warnings
}

fn warnings_about(
    settings: &PracticeSettings,
    clinician: &Clinician,
    has_client: bool,
    moment: Moment,
) -> Vec<WarningCode> {
    let Moment { now, today } = moment;
    let has_hours = |service: &Service| clinician.hours.have(today, |window| service.is_open_in(window));
    let mut codes = Vec::new();
    if !settings.enabled {
        codes.push(WarningCode::PracticeSwitchOff);
    }
    if clinician.lock.is_some() {
        codes.push(WarningCode::ClinicianLocked);
    }
    if settings.offered_services(clinician).next().is_none() {
        codes.push(WarningCode::ClinicianWithoutServices);
    }
    if !clinician.hours.have(today, |_| true) || !settings.offered_services(clinician).all(has_hours) {
        codes.push(WarningCode::ClinicianWithoutHours);
    }
    // Whom a pause or a start to come keeps from booking is told of by `rollout::warnings`.
    let is_on = gates::practice_switch(settings, now).is_open() && gates::clinician_opt_in(clinician, now).is_open();
    if codes.is_empty() && is_on && !has_client {
        codes.push(WarningCode::ClinicianWithoutClients);
    }
    codes
}

fn in_words(code: WarningCode, clinician: &str) -> String {
    match code {
        WarningCode::NobodyCanBook | WarningCode::StartsLater | WarningCode::NewRequestsPaused => {
            "Nobody can book yet.".to_owned()
        }
        WarningCode::PracticeSwitchOff => {
            format!("{clinician} has opted in, but the practice switch is off, so nobody can book.")
        }
        WarningCode::ClinicianLocked => format!("{clinician} has opted in, but an admin holds them off."),
        WarningCode::ClinicianWithoutServices => format!("{clinician} has opted in, but offers no service."),
        WarningCode::ClinicianWithoutHours => {
            format!("{clinician} has opted in, but has no hours open for every service they offer.")
        }
        WarningCode::NoticeBeyondHorizon => {
            format!(
                "A service of {clinician} can be booked at no time: its minimum notice reaches past its booking horizon."
            )
        }
        WarningCode::ClinicianWithoutClients => {
            format!("{clinician} is ready, but no client may book: allow clients with setClientAccess, or start care.")
        }
    }
}
