//! What a settings change does to who can book: the same judgement before and after, compared.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::gates;
use super::hours::{self, DATES_BEFORE, Modality, Window};
use super::ids::{ClientId, ClinicianId, RequestId, ServiceId};
use super::requests::{Appointment, AppointmentRequest};
use super::settings::{ClientStanding, Clinician, PracticeSettings, Service};
use super::spelled;
use super::time::{self, Interval};

/// A client and a clinician whom they may or may not book.
pub type Pair = (ClinicianId, ClientId);

/// What is on record for the pairs that a change can touch.
pub type Standings = BTreeMap<Pair, ClientStanding>;

spelled! {
    /// What somebody who makes the change would want to know.
    pub enum WarningCode {
        NobodyCanBook = "NOBODY_CAN_BOOK",
        PracticeSwitchOff = "PRACTICE_SWITCH_OFF",
        ClinicianLocked = "CLINICIAN_LOCKED",
        ClinicianWithoutServices = "CLINICIAN_WITHOUT_SERVICES",
        ClinicianWithoutHours = "CLINICIAN_WITHOUT_HOURS",
        ClinicianWithoutClients = "CLINICIAN_WITHOUT_CLIENTS",
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
        pairs.iter().map(|(_, client)| *client).collect::<BTreeSet<_>>().len()
    }
}

/// Settings and standings at one moment.
pub struct Picture<'a> {
    pub settings: &'a PracticeSettings,
    pub standings: &'a Standings,
}

impl Picture<'_> {
    /// The pairs for which every gate is open that does not depend on a time.
    pub fn open_pairs(&self, today: NaiveDate) -> BTreeSet<Pair> {
        let open = |(clinician, _): &Pair, standing: &ClientStanding| {
            self.settings.clinicians.get(clinician).is_some_and(|clinician| {
                gates::all_open(&gates::judge(self.settings, clinician, Some(standing), None, today))
            })
        };
        self.standings.iter().filter(|(pair, standing)| open(pair, standing)).map(|(pair, _)| *pair).collect()
    }
}

/// Compares two pictures. `pending` are requests that wait for an answer, `booked` the meetings to come of clinicians
/// whose hours change.
pub fn compare(
    before: &Picture,
    after: &Picture,
    pending: &[AppointmentRequest],
    booked: &[Appointment],
    today: NaiveDate,
) -> Impact {
    let (open_before, open_after) = (before.open_pairs(today), after.open_pairs(today));
    let losing: Vec<_> = open_before.difference(&open_after).copied().collect();
    let lost: BTreeSet<_> = losing.iter().copied().collect();
    let is_closed = |meeting: &Meeting| is_left_outside(before.settings, after.settings, meeting);
    let pending_affected = pending
        .iter()
        .filter(|request| {
            lost.contains(&(request.clinician_id, request.client_id)) || is_closed(&Meeting::from(*request))
        })
        .map(|request| request.id)
        .collect();
    let touched: BTreeSet<_> = after.standings.keys().chain(before.standings.keys()).map(|(id, _)| *id).collect();
    Impact {
        gaining: open_after.difference(&open_before).copied().collect(),
        losing,
        pending_affected,
        outside_hours: booked.iter().filter(|meeting| is_closed(&Meeting::from(*meeting))).cloned().collect(),
        warnings: warnings(after.settings, &open_after, &touched, today),
    }
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
    let last = time::local_date(new.zone, meeting.held.end);
    let mut dates = first.iter_days().take_while(|date| *date <= last);
    let is_touched = old.zone != new.zone || dates.any(|date| !old.hours.on(date).eq(new.hours.on(date)));
    let is_usable = |window: &Window| window.is_open_for(meeting.service_id, meeting.modality);
    let is_inside = || {
        let open = time::merge(hours::expand(new.zone, &new.hours, is_usable, first, last));
        open.iter().any(|stretch| stretch.contains(&meeting.held))
    };
    is_touched && !is_inside()
}

fn warnings(
    settings: &PracticeSettings,
    open: &BTreeSet<Pair>,
    touched: &BTreeSet<ClinicianId>,
    today: NaiveDate,
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
        let has_client =
            open.range((clinician.id, ClientId(uuid::Uuid::nil()))..).next().is_some_and(|(id, _)| *id == clinician.id);
        for code in warnings_about(settings, clinician, has_client, today) {
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
    today: NaiveDate,
) -> Vec<WarningCode> {
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
    if codes.is_empty() && !has_client {
        codes.push(WarningCode::ClinicianWithoutClients);
    }
    codes
}

fn in_words(code: WarningCode, clinician: &str) -> String {
    match code {
        WarningCode::NobodyCanBook => "Nobody can book yet.".to_owned(),
        WarningCode::PracticeSwitchOff => {
            format!("{clinician} has opted in, but the practice switch is off, so nobody can book.")
        }
        WarningCode::ClinicianLocked => format!("{clinician} has opted in, but an admin holds them off."),
        WarningCode::ClinicianWithoutServices => format!("{clinician} has opted in, but offers no service."),
        WarningCode::ClinicianWithoutHours => {
            format!("{clinician} has opted in, but has no hours open for every service they offer.")
        }
        WarningCode::ClinicianWithoutClients => {
            format!("{clinician} is ready, but no client may book: allow clients with setClientAccess, or start care.")
        }
    }
}
