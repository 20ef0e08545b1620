//! An admin takes a change of settings back while nothing has been built on it: what it replaced is set again, as a change
//! of its own.

use chrono::NaiveDate;

use super::error::require_admin;
use super::pause_new_requests::set_pause;
use super::set_booking_rules::{RulesOf, own_rules, told};
use super::settings_change::Draft;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::audit::{AuditFilter, Entry, EntryId};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::logged;
use crate::domain::past;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::rollout::Opening;
use crate::domain::settings::{Access, Audience, Control};
use crate::domain::time;
use crate::domain::viewer::Viewer;
use crate::store::{Pairs, Stretch};

/// How many later entries are looked through for what was built on a change.
const LATER_MAX: u64 = 10_000;

impl Desk {
    /// Takes the change of an entry back.
    pub async fn undo_settings_change(
        &self,
        viewer: &Viewer,
        id: EntryId,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        let none = || Denied::not_found_at("entry", "input.entryId");
        if id.practice_id != viewer.practice_id || id.seq < 1 {
            return Err(none().into());
        }
        // It stays as it is for ever: it can be read before the lock is taken.
        let stretch = Stretch { after: id.seq - 1, until: id.seq };
        let found = self.store.read(viewer.practice_id).audit(&AuditFilter::default(), stretch, 1).await?;
        let entry = found.into_iter().next().ok_or_else(none)?;
        let pairs = undoable(&entry)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, pairs.clone()).await?;
                require_last(&draft, &entry).await?;
                let event = undo(&draft, &entry).await?;
                draft.tell(event.change("undoes", None, Some(id.to_string())));
                self.finish(draft).await
            })
        })
        .await
    }
}

/// The pairs that taking it back can touch, where it can be taken back.
fn undoable(entry: &Entry) -> Result<Pairs, Rejection> {
    if entry.changes.iter().all(|change| change.field == "undoes" || change.before == change.after) {
        return Err(not_undoable("This entry changed nothing: there is nothing to take back."));
    }
    let of_clinician = || entry.clinician_id.map(|id| Pairs::OfClinicians(vec![id]));
    let pairs = match entry.kind {
        EventKind::PracticeSelfSchedulingSet | EventKind::PracticePaused | EventKind::PracticeResumed => {
            Some(Pairs::All)
        }
        EventKind::PracticePolicyUpdated => Some(Pairs::OfClients(vec![])),
        EventKind::ClinicianSelfSchedulingSet
        | EventKind::ClinicianLocked
        | EventKind::ClinicianUnlocked
        | EventKind::ClinicianPaused
        | EventKind::ClinicianResumed
        | EventKind::OfferedServicesSet
        | EventKind::WeeklyHoursSet
        | EventKind::DateExceptionSet
        | EventKind::DateExceptionRemoved => of_clinician(),
        EventKind::BookingRulesSet => of_clinician().or(Some(Pairs::OfClients(vec![]))),
        EventKind::ClientAccessSet => entry.client_id.map(|client| match entry.clinician_id {
            Some(clinician) => Pairs::Of(clinician, vec![client]),
            None => Pairs::OfClients(vec![client]),
        }),
        _ => None,
    };
    pairs.ok_or_else(|| {
        not_undoable(
            "This kind of change is not taken back so. Use the mutation that goes the other way: startCare or endCare, \
             reactivateClinician or deactivateClinician, and so on.",
        )
    })
}

/// Refuses where a later entry moved the same, or who it was of has left or come back since.
async fn require_last(draft: &Draft, entry: &Entry) -> Result<(), Refusal> {
    let (clinician, client) = (entry.clinician_id, entry.client_id);
    let kinds = match entry.kind {
        EventKind::ClinicianLocked | EventKind::ClinicianUnlocked => {
            vec![EventKind::ClinicianLocked, EventKind::ClinicianUnlocked]
        }
        EventKind::PracticePaused | EventKind::PracticeResumed => {
            vec![EventKind::PracticePaused, EventKind::PracticeResumed]
        }
        EventKind::ClinicianPaused | EventKind::ClinicianResumed => {
            vec![EventKind::ClinicianPaused, EventKind::ClinicianResumed]
        }
        EventKind::ClinicianSelfSchedulingSet => vec![
            EventKind::ClinicianSelfSchedulingSet,
            EventKind::ClinicianDeactivated,
            EventKind::ClinicianReactivated,
            EventKind::MemberDeactivated,
        ],
        EventKind::DateExceptionSet | EventKind::DateExceptionRemoved => {
            vec![EventKind::DateExceptionSet, EventKind::DateExceptionRemoved]
        }
        kind => vec![kind],
    };
    let later = AuditFilter { kinds: Some(kinds), clinician, client, ..AuditFilter::default() };
    let since = Stretch { after: entry.seq, until: i64::MAX };
    let later = draft.scope().audit(&later, since, LATER_MAX).await?;
    let is_same = |other: &&Entry| {
        other.clinician_id == clinician
            && (client.is_none() || other.client_id == client)
            && other.service_id() == entry.service_id()
            && date_of(other) == date_of(entry)
    };
    match later.iter().find(is_same) {
        None => Ok(()),
        Some(_) => {
            let message = "The same has been changed again since, and taking this back would undo that too. Take back the \
                           later change first, or set what you want.";
            Err(Rejection::of_field(Code::ChangedSince, "input.entryId", message).into())
        }
    }
}

/// The date whose hours it tells of, where it tells of one's.
fn date_of(entry: &Entry) -> Option<NaiveDate> {
    let is_of_date = matches!(entry.kind, EventKind::DateExceptionSet | EventKind::DateExceptionRemoved);
    let hours = entry.change("hours").filter(|_| is_of_date)?;
    hours.after.as_deref().or(hours.before.as_deref()).and_then(logged::parse_on)
}

/// Sets again what the entry replaced; answers the fact of it.
async fn undo(draft: &Draft, entry: &Entry) -> Result<Event, Refusal> {
    let event = Event { client_id: entry.client_id, ..Event::new(entry.kind, Some(draft.actor())) };
    match (entry.kind, entry.clinician_id) {
        (EventKind::PracticeSelfSchedulingSet, _) => {
            let (now, before) = (draft.before.opening(), opening_before(entry, draft.before.opening()));
            draft.scope().set_switch(before, draft.decision()).await?;
            Ok(logged::opened(event, now, before))
        }
        (EventKind::PracticePaused | EventKind::ClinicianPaused, id) => Ok(set_pause(draft, id, false).await?),
        (EventKind::PracticeResumed | EventKind::ClinicianResumed, id) => Ok(set_pause(draft, id, true).await?),
        (EventKind::PracticePolicyUpdated, _) => undo_policy(draft, entry, event).await,
        (EventKind::BookingRulesSet, _) => undo_rules(draft, entry, event).await,
        (EventKind::ClientAccessSet, _) => undo_access(draft, entry, event).await,
        (_, Some(clinician)) => undo_of_clinician(draft, entry, event.clinician(clinician), clinician).await,
        (_, None) => Err(not_undoable("This entry names no clinician.").into()),
    }
}

async fn undo_policy(draft: &Draft, entry: &Entry, event: Event) -> Result<Event, Refusal> {
    let (opt_in, access) = (draft.before.clinician_opt_in, draft.before.client_access_control);
    let before = |field, now| entry.before(field).and_then(Control::from_text).unwrap_or(now);
    let (old_opt_in, old_access) = (before("clinicianOptIn", opt_in), before("clientAccessControl", access));
    draft.scope().set_policy(old_opt_in, old_access).await?;
    let text = |control: Control| Some(control.as_str().to_owned());
    let event = event.change("clinicianOptIn", text(opt_in), text(old_opt_in));
    Ok(event.change("clientAccessControl", text(access), text(old_access)))
}

async fn undo_rules(draft: &Draft, entry: &Entry, event: Event) -> Result<Event, Refusal> {
    let (of, event) = match (entry.clinician_id, entry.service_id()) {
        (Some(id), _) => (RulesOf::Clinician(id), event.clinician(id)),
        (None, Some(id)) => (RulesOf::Service(id), event.service(id)),
        (None, None) => (RulesOf::Practice, event),
    };
    let (edits, now) = (past::rules_before(entry), own_rules(draft, of)?);
    let before = now.edited(&edits, of == RulesOf::Practice).map_err(|_| unwritten())?;
    draft.scope().set_rules(of.level(), &before).await?;
    Ok(told(event, &edits, &now, &before))
}

/// Sets the date's hours again as they were before the entry, or lets the week's hold again.
async fn undo_of_date(draft: &Draft, entry: &Entry, event: Event, id: ClinicianId) -> Result<Event, Refusal> {
    let (scope, decision, now) = (draft.scope(), draft.decision(), draft.clinician(id)?);
    let on = date_of(entry).ok_or_else(unwritten)?;
    if on < time::local_date(now.zone, draft.now) {
        return Err(not_undoable("That date is over.").into());
    }
    let text = now.hours.exceptions.get(&on).map(|windows| logged::date(on, windows));
    let Some(before) = entry.before("hours") else {
        scope.remove_date_exception(id, on, decision).await?;
        let event = Event { kind: EventKind::DateExceptionRemoved, ..event };
        return Ok(event.change("hours", text, None));
    };
    let (_, windows) = logged::parse_date(before).ok_or_else(unwritten)?;
    require_active(draft, windows.iter().flat_map(|window| &window.service_ids))?;
    scope.set_date_exception(id, on, &windows, decision).await?;
    let event = Event { kind: EventKind::DateExceptionSet, ..event };
    Ok(event.change("hours", text, Some(before.to_owned())))
}

async fn undo_access(draft: &Draft, entry: &Entry, mut event: Event) -> Result<Event, Refusal> {
    let (Some(before), Some(client)) = (entry.before("access"), entry.client_id) else {
        return Err(unwritten().into());
    };
    let access = Access::from_text(before);
    match entry.clinician_id {
        Some(clinician) => draft.scope().set_client_access(clinician, &[client], access, draft.decision()).await?,
        None => draft.scope().set_blocked(&[client], access == Some(Access::Blocked), draft.decision()).await?,
    }
    event.clinician_id = entry.clinician_id;
    Ok(event.change("access", entry.after("access").map(str::to_owned), Some(logged::access(access))))
}

async fn undo_of_clinician(draft: &Draft, entry: &Entry, event: Event, id: ClinicianId) -> Result<Event, Refusal> {
    let (scope, decision, now) = (draft.scope(), draft.decision(), draft.clinician(id)?);
    match entry.kind {
        EventKind::OfferedServicesSet => {
            let before = entry.before("serviceIds").and_then(logged::parse_services).ok_or_else(unwritten)?;
            let offered = now.offered.keys().copied().collect();
            require_active(draft, before.difference(&offered))?;
            let rows: Vec<_> =
                before.iter().map(|id| (*id, now.offered.get(id).copied().unwrap_or(decision))).collect();
            scope.set_offered(id, &rows, decision).await?;
            Ok(event.change("serviceIds", Some(logged::services(&offered)), Some(logged::services(&before))))
        }
        EventKind::WeeklyHoursSet => {
            let before = entry.before("hours").and_then(logged::parse_hours).ok_or_else(unwritten)?;
            require_active(draft, before.iter().flat_map(|hours| &hours.window.service_ids))?;
            scope.set_hours(id, &before, decision).await?;
            Ok(event.change("hours", Some(logged::hours(&now.hours.weekly)), Some(logged::hours(&before))))
        }
        EventKind::DateExceptionSet | EventKind::DateExceptionRemoved => undo_of_date(draft, entry, event, id).await,
        EventKind::ClinicianLocked => {
            scope.set_lock(&[id], None, decision).await?;
            let event = Event { kind: EventKind::ClinicianUnlocked, ..event };
            Ok(event.change("locked", Some(true.to_string()), Some(false.to_string())))
        }
        EventKind::ClinicianUnlocked => {
            let holds = vec![EventKind::ClinicianLocked];
            let holds = AuditFilter { kinds: Some(holds), clinician: Some(id), ..AuditFilter::default() };
            let last = scope.audit(&holds, Stretch { until: entry.seq, ..Stretch::ALL }, 1).await?;
            let reason = last.into_iter().next().and_then(|hold| hold.reason).ok_or_else(unwritten)?;
            scope.set_lock(&[id], Some(reason.clone()), decision).await?;
            let event = Event { kind: EventKind::ClinicianLocked, ..event }.reason(Some(reason));
            Ok(event.change("locked", Some(false.to_string()), Some(true.to_string())))
        }
        _ => undo_opt_in(draft, entry, event, id).await,
    }
}

async fn undo_opt_in(draft: &Draft, entry: &Entry, event: Event, id: ClinicianId) -> Result<Event, Refusal> {
    let now = draft.clinician(id)?;
    let before = opening_before(entry, now.opening());
    let audience = match entry.change("audience") {
        Some(change) => change.before.as_deref().and_then(Audience::from_text),
        None => now.audience,
    };
    draft.scope().set_opt_in(&[id], before, audience, draft.decision()).await?;
    if audience.is_none() {
        draft.scope().clear_audience(id).await?;
    }
    let text = |audience: Option<Audience>| audience.map(|audience| audience.as_str().to_owned());
    let event = logged::opened(event, now.opening(), before);
    Ok(event.change("audience", text(now.audience), text(audience)))
}

/// Where the switch stood before the entry, which tells of what it moved; a start that has passed meanwhile has passed.
fn opening_before(entry: &Entry, now: Opening) -> Opening {
    let enabled = entry.before("enabled").map_or(now.enabled, |text| text == "true");
    Opening::new(enabled, past::start_before(entry).unwrap_or(now.starts_at))
}

/// Refuses services that have been archived since.
fn require_active<'a>(draft: &Draft, mut services: impl Iterator<Item = &'a ServiceId>) -> Result<(), Rejection> {
    let is_gone = |id: &&ServiceId| draft.before.services.get(id).is_none_or(|service| !service.active);
    match services.find(is_gone) {
        None => Ok(()),
        Some(_) => {
            let message = "A service that stood there has been archived since. Set what you want instead.";
            Err(Rejection::of_field(Code::ChangedSince, "input.entryId", message))
        }
    }
}

fn unwritten() -> Rejection {
    not_undoable("An older version wrote this entry, and not what was there before. Set what you want instead.")
}

fn not_undoable(message: &str) -> Rejection {
    Rejection::of_field(Code::NotUndoable, "input.entryId", message)
}
