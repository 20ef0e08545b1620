//! Settings as they were: the log is undone from now back to an instant, change by change. What an old entry does not say
//! is named as unknown, and not guessed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::audit::Entry;
use super::events::EventKind;
use super::hours::Modality;
use super::ids::{ClientId, ClinicianId};
use super::logged;
use super::rules::{Rule, RuleEdits, RuleOverrides};
use super::settings::{
    Access, Audience, Care, ClientStanding, Clinician, Confirmation, Control, Decision, Lock, PracticeSettings,
};
use super::time::{self, Instant, Minutes};

/// The field of a pause.
pub const PAUSED: &str = "newRequestsPaused";

/// What the log cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// Which services some of a clinician's hours were kept to.
    WeeklyHours(ClinicianId),
    /// Which services hours of some of a clinician's dates were kept to.
    DateExceptions(ClinicianId),
    /// Why a clinician was held off.
    LockReason(ClinicianId),
}

/// Settings on their way back.
#[derive(Clone, Debug)]
pub struct Past {
    pub settings: PracticeSettings,
    pub unknown: BTreeSet<Unknown>,
}

impl Past {
    /// Begins at the settings that hold now.
    pub fn from_now(settings: PracticeSettings) -> Self {
        Self { settings, unknown: BTreeSet::new() }
    }

    /// Takes one change back. Call it for each that came since, the newest first.
    pub fn undo(&mut self, entry: &Entry) {
        match entry.kind {
            EventKind::PracticeSelfSchedulingSet => {
                put(&mut self.settings.enabled, switch(entry, "enabled"));
                put(&mut self.settings.starts_at, start_before(entry));
            }
            EventKind::PracticePaused | EventKind::PracticeResumed => {
                put(&mut self.settings.pause, pause_before(entry));
            }
            EventKind::PracticePolicyUpdated => {
                let control = |field| entry.before(field).and_then(Control::from_text);
                put(&mut self.settings.clinician_opt_in, control("clinicianOptIn"));
                put(&mut self.settings.client_access_control, control("clientAccessControl"));
            }
            EventKind::ServiceCreated => {
                entry.service_id().map(|id| self.settings.services.remove(&id));
            }
            EventKind::ServiceUpdated => self.undo_of_service(entry),
            EventKind::ServiceArchived => {
                if let Some(service) = entry.service_id().and_then(|id| self.settings.services.get_mut(&id)) {
                    service.active = true;
                }
            }
            EventKind::ClinicianAdded => {
                entry.clinician_id.map(|id| self.settings.clinicians.remove(&id));
            }
            EventKind::BookingRulesSet => self.undo_rules(entry),
            EventKind::ClinicianUpdated
            | EventKind::ClinicianDeactivated
            | EventKind::ClinicianReactivated
            | EventKind::MemberDeactivated
            | EventKind::ClinicianSelfSchedulingSet
            | EventKind::ClinicianLocked
            | EventKind::ClinicianUnlocked
            | EventKind::ClinicianPaused
            | EventKind::ClinicianResumed
            | EventKind::OfferedServicesSet
            | EventKind::WeeklyHoursSet => self.undo_of_clinician(entry),
            EventKind::DateExceptionSet | EventKind::DateExceptionRemoved => self.undo_of_date(entry),
            // These move nothing that is kept in the settings.
            EventKind::PracticeCreated
            | EventKind::ClientAdded
            | EventKind::ClientUpdated
            | EventKind::MemberLinked
            | EventKind::MemberUnlinked
            | EventKind::MemberInvited
            | EventKind::MemberRolesUpdated
            | EventKind::MemberReactivated
            | EventKind::ClientDeactivated
            | EventKind::ClientReactivated
            | EventKind::CareStarted
            | EventKind::CareEnded
            | EventKind::ClientAccessSet
            | EventKind::TimeBlocked
            | EventKind::TimeUnblocked
            | EventKind::AppointmentRequested
            | EventKind::AppointmentRequestConfirmed
            | EventKind::AppointmentRequestDeclined
            | EventKind::AppointmentRequestWithdrawn
            | EventKind::AppointmentRequestExpired
            | EventKind::AppointmentRequestSuperseded
            | EventKind::AppointmentRequestReassigned
            | EventKind::AppointmentRequestHandedOver => {}
        }
    }

    /// Its name stays that of today.
    fn undo_of_service(&mut self, entry: &Entry) {
        let Some(service) = entry.service_id().and_then(|id| self.settings.services.get_mut(&id)) else { return };
        let minutes = entry.before("durationMinutes").and_then(|text| text.parse().ok());
        put(&mut service.duration, minutes.map(Minutes));
        put(&mut service.modality, entry.before("modality").and_then(Modality::from_text));
        put(&mut service.confirmation, entry.before("confirmation").and_then(Confirmation::from_text));
    }

    fn undo_of_clinician(&mut self, entry: &Entry) {
        let Some(clinician) = entry.clinician_id.and_then(|id| self.settings.clinicians.get_mut(&id)) else { return };
        put(&mut clinician.zone, entry.before("timeZone").and_then(|zone| time::parse_zone(zone).ok()));
        put(&mut clinician.active, switch(entry, "active"));
        put(&mut clinician.enabled, switch(entry, "enabled"));
        put(&mut clinician.starts_at, start_before(entry));
        put(&mut clinician.pause, pause_before(entry));
        if let Some(change) = entry.change("audience") {
            clinician.audience = change.before.as_deref().and_then(Audience::from_text);
        }
        if entry.kind == EventKind::ClinicianLocked || entry.kind == EventKind::ClinicianUnlocked {
            // A hold on a hold changes its reason and who is behind it; both are told by the entry before.
            let was_locked = switch(entry, "locked").unwrap_or(entry.kind == EventKind::ClinicianLocked);
            let nobody = Decision { by: None, at: entry.occurred_at };
            clinician.lock = was_locked.then(|| Lock { reason: String::new(), decision: nobody });
        }
        if let Some(before) = entry.before("serviceIds").and_then(logged::parse_services) {
            let decision = Decision { by: None, at: entry.occurred_at };
            let kept = |id| (id, clinician.offered.get(&id).copied().unwrap_or(decision));
            clinician.offered = before.into_iter().map(kept).collect();
        }
        if let Some(before) = entry.before("hours") {
            let hours = logged::parse_hours(before);
            let unknown = Unknown::WeeklyHours(clinician.id);
            if hours.is_some() {
                self.unknown.remove(&unknown)
            } else {
                self.unknown.insert(unknown)
            };
            clinician.hours.weekly = hours.unwrap_or_default();
        }
    }

    /// A rule that the entry does not name stays; one that had no value of its own loses it.
    fn undo_rules(&mut self, entry: &Entry) {
        let edits = rules_before(entry);
        let restored = |own: &RuleOverrides| own.edited(&edits, false).unwrap_or_else(|_| own.clone());
        let settings = &mut self.settings;
        match (entry.clinician_id, entry.service_id()) {
            (Some(id), _) => {
                if let Some(clinician) = settings.clinicians.get_mut(&id) {
                    clinician.rules = restored(&clinician.rules);
                }
            }
            (None, Some(id)) => {
                if let Some(service) = settings.services.get_mut(&id) {
                    service.rules = restored(&service.rules);
                }
            }
            (None, None) => {
                settings.default_rules = settings.default_rules.with(&restored(&(&settings.default_rules).into()));
            }
        }
    }

    fn undo_of_date(&mut self, entry: &Entry) {
        let Some(clinician) = entry.clinician_id.and_then(|id| self.settings.clinicians.get_mut(&id)) else { return };
        let dates = &mut clinician.hours.exceptions;
        if let Some(on) = entry.after("hours").and_then(logged::parse_on) {
            dates.remove(&on);
        }
        let before = entry.before("hours").map(|text| logged::parse_date(text).map(|date| BTreeMap::from([date])));
        // Dates that were over for long go with the next one that is set.
        let over = entry.before("datesOver").map(logged::parse_dates);
        for known in [before, over].into_iter().flatten() {
            match known {
                Some(known) => dates.extend(known),
                None => {
                    self.unknown.insert(Unknown::DateExceptions(clinician.id));
                }
            }
        }
    }

    /// The clinicians who were held off, and of whose hold nothing more is known yet.
    pub fn holds_to_find(&self) -> Vec<ClinicianId> {
        let open = |clinician: &&Clinician| clinician.lock.as_ref().is_some_and(|lock| lock.reason.is_empty());
        self.settings.clinicians.values().filter(open).map(|clinician| clinician.id).collect()
    }

    /// Completes the holds from the entries that set them, the newest first.
    pub fn find_holds(&mut self, entries: &[Entry]) {
        for id in self.holds_to_find() {
            let set = entries.iter().find(|entry| entry.clinician_id == Some(id));
            let Some(clinician) = self.settings.clinicians.get_mut(&id) else { continue };
            if let (Some(lock), Some(entry)) = (&mut clinician.lock, set) {
                lock.decision = decision(entry);
                lock.reason = entry.reason.clone().unwrap_or_default();
            }
            if clinician.lock.as_ref().is_some_and(|lock| lock.reason.is_empty()) {
                self.unknown.insert(Unknown::LockReason(id));
            }
        }
    }
}

/// Who had decided each gate of one clinician last, from what is logged of them until then, the newest first; beside it the
/// last entries of the practice switch and of the practice's pause.
pub fn decisions(
    settings: &mut PracticeSettings,
    id: ClinicianId,
    (switch, pause): (Option<&Entry>, Option<&Entry>),
    entries: &[Entry],
) {
    settings.enabled_decision = switch.map(decision);
    settings.pause = settings.pause.and(pause.map(decision));
    let Some(clinician) = settings.clinicians.get_mut(&id) else { return };
    let last = |kinds: &[EventKind]| entries.iter().find(|entry| kinds.contains(&entry.kind)).map(decision);
    clinician.enabled_decision = entries
        .iter()
        .find(|entry| {
            entry.kind == EventKind::ClinicianSelfSchedulingSet
                || (entry.kind == EventKind::ClinicianReactivated && entry.change("enabled").is_some())
        })
        .map(decision);
    clinician.pause = clinician.pause.and(last(&[EventKind::ClinicianPaused]));
    clinician.lock_decision = last(&[EventKind::ClinicianLocked, EventKind::ClinicianUnlocked]);
    clinician.offered_decision = last(&[EventKind::OfferedServicesSet]);
    clinician.hours_decision =
        last(&[EventKind::WeeklyHoursSet, EventKind::DateExceptionSet, EventKind::DateExceptionRemoved]);
    let leaving = [EventKind::ClinicianDeactivated, EventKind::ClinicianReactivated, EventKind::MemberDeactivated];
    clinician.active_decision = last(&leaving);
    for (service, offered) in &mut clinician.offered {
        let names = |text: Option<&str>| {
            text.and_then(logged::parse_services).is_some_and(|services| services.contains(service))
        };
        let adds = |entry: &&Entry| names(entry.after("serviceIds")) && !names(entry.before("serviceIds"));
        if let Some(entry) = entries.iter().find(adds) {
            *offered = decision(entry);
        }
    }
}

/// What was on record between a client and a clinician at the end of these entries of the client's, the newest first;
/// none where the client had not been added yet. Where there were several times of care, the one of `day` counts, else
/// the last.
pub fn standing(client: ClientId, clinician: ClinicianId, entries: &[Entry], day: NaiveDate) -> Option<ClientStanding> {
    let mut standing = ClientStanding {
        client_id: client,
        active: true,
        active_decision: None,
        blocked: false,
        blocked_decision: None,
        care: None,
        access: None,
    };
    let (mut is_known, mut care): (bool, Vec<Care>) = (false, Vec::new());
    for entry in entries.iter().rev().filter(|entry| entry.client_id == Some(client)) {
        let of_clinician = entry.clinician_id == Some(clinician);
        match entry.kind {
            EventKind::ClientAdded => is_known = true,
            EventKind::ClientDeactivated | EventKind::MemberDeactivated | EventKind::ClientReactivated => {
                standing.active = entry.kind == EventKind::ClientReactivated;
                standing.active_decision = Some(decision(entry));
            }
            EventKind::ClientAccessSet if entry.clinician_id.is_none() => {
                standing.blocked = entry.after("access").map_or(standing.blocked, |word| word == "BLOCKED");
                standing.blocked_decision = Some(decision(entry));
            }
            EventKind::ClientAccessSet if of_clinician => {
                let before = standing.access.map(|(access, _)| access);
                let access = entry.after("access").map_or(before, Access::from_text);
                standing.access = access.map(|access| (access, decision(entry)));
            }
            EventKind::CareStarted if of_clinician => care.extend(begun(entry)),
            EventKind::CareEnded if of_clinician => end(&mut care, entry),
            _ => {}
        }
    }
    standing.care = care.iter().rfind(|care| care.covers(day)).or(care.last()).copied();
    is_known.then_some(standing)
}

fn begun(entry: &Entry) -> Option<Care> {
    let started_on = time::parse_date(entry.after("startedOn")?).ok()?;
    Some(Care { started_on, started: decision(entry), ended_on: None, ended: None })
}

/// The end falls to the last care that had begun by then, of those with the end that was moved.
fn end(care: &mut [Care], entry: &Entry) {
    let date = |text: Option<&str>| text.and_then(|text| time::parse_date(text).ok());
    let (before, Some(after)) = (date(entry.before("endedOn")), date(entry.after("endedOn"))) else { return };
    let moved = care.iter_mut().filter(|care| care.ended_on == before && care.started_on <= after);
    if let Some(care) = moved.max_by_key(|care| care.started_on) {
        (care.ended_on, care.ended) = (Some(after), Some(decision(entry)));
    }
}

/// The rules that an entry tells of, each with the value that it had.
pub fn rules_before(entry: &Entry) -> RuleEdits {
    let named = entry.changes.iter().filter_map(|change| Some((Rule::from_text(&change.field)?, change)));
    named.map(|(rule, change)| (rule, change.before.as_deref().and_then(|text| text.parse().ok()))).collect()
}

fn decision(entry: &Entry) -> Decision {
    Decision { by: entry.actor, at: entry.occurred_at }
}

/// The start that was set before, or that there was none, where the entry tells of one.
pub fn start_before(entry: &Entry) -> Option<Option<Instant>> {
    let change = entry.change("startsAt")?;
    Some(change.before.as_deref().and_then(|text| time::parse_instant(text).ok()))
}

/// Whether new requests were paused before, where the entry is of that. Who did so is told by the entry before.
fn pause_before(entry: &Entry) -> Option<Option<Decision>> {
    let was_paused = match entry.kind {
        EventKind::PracticePaused | EventKind::ClinicianPaused => switch(entry, PAUSED).unwrap_or(true),
        EventKind::PracticeResumed | EventKind::ClinicianResumed => switch(entry, PAUSED).unwrap_or(false),
        _ => return None,
    };
    Some(was_paused.then_some(Decision { by: None, at: entry.occurred_at }))
}

fn switch(entry: &Entry, field: &str) -> Option<bool> {
    entry.before(field).map(|text| text == "true")
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
