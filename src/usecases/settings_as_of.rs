//! The settings as they were at an instant, and whether a client could book then: why was this booking possible last month?

use std::sync::Arc;

use super::error::require_admin;
use super::{Access, AccessQuestion, Denied, Desk, Refusal};
use crate::domain::audit::AuditFilter;
use crate::domain::client_reads::ClientReadKind;
use crate::domain::events::EventKind;
use crate::domain::gates::{self, Gate};
use crate::domain::ids::{ClientId, ClinicianId, ServiceId};
use crate::domain::past::{self, Past, Unknown};
use crate::domain::rejection::Rejection;
use crate::domain::rollout::Moment;
use crate::domain::settings::PracticeSettings;
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::domain::words::Reader;
use crate::store::Stretch;

/// How many changes are taken back at most. A large practice makes some thousand in a year.
const CHANGES_MAX: u64 = 10_000;

/// How many entries of one client, and of one clinician, are looked through at most.
const ENTRIES_MAX: u64 = 10_000;

/// Settings as they were.
#[derive(Clone)]
pub struct AsOf {
    pub at: Instant,
    pub settings: Arc<PracticeSettings>,
    /// The settings as they are: people and services have the names of today.
    pub now: Arc<PracticeSettings>,
    pub unknown: Vec<Unknown>,
    /// The last number of the log then.
    until: i64,
}

/// Who would have booked whom.
#[derive(Clone, Copy, Debug)]
pub struct PastQuestion {
    pub clinician_id: ClinicianId,
    pub client_id: ClientId,
    pub service_id: Option<ServiceId>,
}

impl Desk {
    /// The settings as they were after the last change at or before the instant.
    pub async fn settings_as_of(&self, viewer: &Viewer, at: Instant) -> Result<AsOf, Refusal> {
        require_admin(viewer)?;
        if at > self.clock.now() {
            return Err(Rejection::invalid("at", "That instant is still to come. Ask for one that has passed.").into());
        }
        let since = self.store.settings_since(viewer.practice_id, at, CHANGES_MAX + 1).await?;
        let Some(until) = since.until else {
            let message = "The practice did not exist then: its log begins later. Ask for a later instant.";
            return Err(Rejection::invalid("at", message).into());
        };
        if since.entries.len() as u64 > CHANGES_MAX {
            let message = format!("More than {CHANGES_MAX} changes were made since. Ask for a later instant.");
            return Err(Rejection::invalid("at", message).into());
        }
        let now = Arc::new(since.settings.clone());
        let mut past = Past::from_now(since.settings);
        since.entries.iter().for_each(|entry| past.undo(entry));
        if !past.holds_to_find().is_empty() {
            let holds = AuditFilter { kinds: Some(vec![EventKind::ClinicianLocked]), ..AuditFilter::default() };
            let stretch = Stretch { until, ..Stretch::ALL };
            let entries = self.store.read(viewer.practice_id).audit(&holds, stretch, ENTRIES_MAX).await?;
            past.find_holds(&entries);
        }
        let unknown = past.unknown.into_iter().collect();
        Ok(AsOf { at, settings: Arc::new(past.settings), now, unknown, until })
    }

    /// The verdict of every gate then that does not depend on a time, with who had decided it by then.
    pub async fn access_as_of(&self, viewer: &Viewer, then: &AsOf, asked: PastQuestion) -> Result<Access, Refusal> {
        require_admin(viewer)?;
        let mut settings = PracticeSettings::clone(&then.settings);
        let missing = |what, path| Refusal::from(Denied::not_found_at(what, path));
        if !settings.clinicians.contains_key(&asked.clinician_id) {
            return Err(missing("clinician", "clinicianId"));
        }
        let (scope, stretch) = (self.store.read(viewer.practice_id), Stretch { until: then.until, ..Stretch::ALL });
        let of = |kinds: &[EventKind]| AuditFilter { kinds: Some(kinds.to_vec()), ..AuditFilter::default() };
        let switch = scope.audit(&of(&[EventKind::PracticeSelfSchedulingSet]), stretch, 1).await?;
        let pause = scope.audit(&of(&[EventKind::PracticePaused]), stretch, 1).await?;
        let about = AuditFilter { clinician: Some(asked.clinician_id), ..of(&EventKind::OF_SETTINGS) };
        let entries = scope.audit(&about, stretch, ENTRIES_MAX).await?;
        past::decisions(&mut settings, asked.clinician_id, (switch.first(), pause.first()), &entries);
        let about = AuditFilter { client: Some(asked.client_id), ..of(&EventKind::OF_STANDINGS) };
        let entries = scope.audit(&about, stretch, ENTRIES_MAX).await?;
        let moment = Moment::in_zone(settings.zone, then.at);
        let standing = past::standing(asked.client_id, asked.clinician_id, &entries, moment.today);
        let standing = standing.ok_or_else(|| missing("client", "clientId"))?;
        self.note_reads(viewer, ClientReadKind::Access, [asked.client_id]);
        let service =
            asked.service_id.map(|id| settings.services.get(&id).ok_or_else(|| missing("service", "serviceId")));
        let service = service.transpose()?;
        let clinician = &settings.clinicians[&asked.clinician_id];
        let verdicts = gates::judge(&settings, clinician, Some(&standing), service, moment);
        let is_judged = |gate: &Gate| verdicts.iter().any(|verdict| verdict.gate() == *gate);
        let not_asked = Gate::ALL.iter().copied().filter(|gate| !is_judged(gate)).collect();
        let PastQuestion { clinician_id, client_id, service_id } = asked;
        let asked =
            AccessQuestion { clinician_id, client_id: Some(client_id), service_id, starts_at: None, modality: None };
        let (allowed, reader, settings) = (gates::all_open(&verdicts), Reader::Staff, Arc::new(settings));
        // What is past is not opened any more.
        Ok(Access { allowed, verdicts, not_asked, opening: None, reader, settings, asked })
    }
}
