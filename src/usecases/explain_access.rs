//! Who may book whom, and why: each gate with its verdict, and what would open those that are closed.

use std::sync::Arc;

use super::booking_facts::{BookingFacts, only};
use super::request_appointment::way_of_meeting;
use super::{Denied, Desk, Refusal};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::gates::{self, AskedStart, Finding, Gate, Verdict};
use crate::domain::hours::Modality;
use crate::domain::ids::{ClientId, ClinicianId, ServiceId};
use crate::domain::rejection::Rejection;
use crate::domain::remedies::{self, Case, Needed};
use crate::domain::rollout::Moment;
use crate::domain::settings::{ClientStanding, PracticeSettings};
use crate::domain::time::Instant;
use crate::domain::viewer::{Reach, Viewer};
use crate::domain::words::Reader;
use crate::store::{RequestFilter, Scope};

/// What is asked; the more is named, the more gates are judged.
#[derive(Clone, Copy, Debug)]
pub struct AccessQuestion {
    pub clinician_id: ClinicianId,
    pub client_id: Option<ClientId>,
    pub service_id: Option<ServiceId>,
    pub starts_at: Option<Instant>,
    /// How they would meet; none means in any way.
    pub modality: Option<Modality>,
}

/// The answer, in the version that its reader may see.
pub struct Access {
    pub allowed: bool,
    pub verdicts: Vec<Verdict>,
    /// The gates that depend on what was not named.
    pub not_asked: Vec<Gate>,
    /// For staff: the changes that would open every gate that is closed, or why there are none.
    pub opening: Option<Result<Vec<Needed>, Finding>>,
    pub reader: Reader,
    pub settings: Arc<PracticeSettings>,
    /// What was asked, and of whom where the client did not have to say so.
    pub asked: AccessQuestion,
}

/// The question with the facts that answer it.
struct Hearing {
    settings: Arc<PracticeSettings>,
    asked: AccessQuestion,
    now: Instant,
    standing: Option<ClientStanding>,
    /// Where a service is named.
    facts: Option<(BookingFacts, Option<AskedStart>)>,
}

impl Desk {
    /// Explains. A client asks for themselves; a clinician about their own clients with themselves; an admin about all.
    pub async fn explain_access(&self, viewer: &Viewer, asked: AccessQuestion) -> Result<Access, Refusal> {
        for (is_given, field) in [(asked.starts_at.is_some(), "A time"), (asked.modality.is_some(), "A modality")] {
            if is_given && asked.service_id.is_none() {
                let message = format!("{field} can be judged only for a service. Give serviceId too.");
                return Err(Rejection::invalid("serviceId", message).into());
            }
        }
        let asked = AccessQuestion { client_id: subject(viewer, asked)?, ..asked };
        let settings = self.store.settings(viewer.practice_id).await?;
        if !settings.clinicians.contains_key(&asked.clinician_id) {
            return Err(Denied::not_found_at("clinician", "clinicianId").into());
        }
        let scope = self.store.read(viewer.practice_id);
        if let (Some(client), false) = (asked.client_id, viewer.is_admin)
            && viewer.client_id != Some(client)
            && scope.clients(viewer.reach_as_staff(), &[client]).await?.is_empty()
        {
            return Err(no_client().into());
        }
        let hearing = Hearing::load(&scope, settings, asked, self.clock.now()).await?;
        self.note_reads(viewer, ClientReadKind::Access, asked.client_id);
        let verdicts = hearing.verdicts();
        let (settings, not_asked) = (hearing.settings.clone(), not_asked(&asked, viewer));
        if !viewer.acts_for(asked.clinician_id) {
            let (verdicts, reader) = (gates::as_told_to_client(&verdicts), Reader::Client);
            let allowed = gates::all_open(&verdicts);
            return Ok(Access { allowed, verdicts, not_asked, opening: None, reader, settings, asked });
        }
        let (allowed, reader) = (gates::all_open(&verdicts), Reader::Staff);
        let opening = if allowed { Ok(Vec::new()) } else { hearing.opening(&scope, &verdicts).await? };
        Ok(Access { allowed, verdicts, not_asked, opening: Some(opening), reader, settings, asked })
    }
}

impl Hearing {
    async fn load(
        scope: &Scope<'_>,
        settings: Arc<PracticeSettings>,
        asked: AccessQuestion,
        now: Instant,
    ) -> Result<Self, Refusal> {
        let Some(service) = asked.service_id else {
            let standing = match asked.client_id {
                Some(client) => {
                    let today = Moment::in_zone(settings.zone, now).today;
                    let found = scope.standing(asked.clinician_id, client, today, now).await?;
                    Some(found.ok_or_else(no_client)?.0)
                }
                None => None,
            };
            return Ok(Self { settings, asked, now, standing, facts: None });
        };
        let (ids, range) = ((asked.clinician_id, service), only(asked.starts_at.unwrap_or(now)));
        let facts = BookingFacts::load(scope, settings.clone(), ids, asked.client_id, range, now).await?;
        let ways = facts.service().modality;
        let way = asked.modality.map(|way| way_of_meeting(ways, Some(way), "modality")).transpose()?;
        let start = asked.starts_at.map(|start| facts.ask(start, way));
        let standing = facts.standing().cloned();
        Ok(Self {
            settings,
            asked: AccessQuestion { modality: way, ..asked },
            now,
            standing,
            facts: Some((facts, start)),
        })
    }

    fn verdicts(&self) -> Vec<Verdict> {
        match &self.facts {
            Some((facts, start)) => facts.verdicts(start.as_ref()),
            None => {
                let (clinician, moment) = (&self.settings.clinicians[&self.asked.clinician_id], self.moment());
                gates::judge(&self.settings, clinician, self.standing.as_ref(), None, moment)
            }
        }
    }

    /// The changes that would open what is closed: two statements at most, to name what they are about.
    async fn opening(&self, scope: &Scope<'_>, verdicts: &[Verdict]) -> Result<Result<Vec<Needed>, Finding>, Refusal> {
        let found = |finding| verdicts.iter().any(|verdict| verdict.finding == finding);
        let mut case = Case {
            settings: self.settings.clone(),
            clinician_id: self.asked.clinician_id,
            service_id: self.asked.service_id,
            start: self.asked.starts_at,
            standing: self.standing.clone(),
            care_to_come: Vec::new(),
            pending: self.facts.as_ref().map_or(0, |(facts, _)| facts.pending()),
            waiting: Vec::new(),
            moment: self.moment(),
        };
        if let Some(client) = self.asked.client_id {
            if found(Finding::NotInCare) {
                let care = scope.care_of(Reach::of_clinician(self.asked.clinician_id), &[client]).await?;
                let to_come = care.iter().map(|row| row.care).filter(|care| !care.is_over(case.moment.today));
                case.care_to_come = to_come.map(|care| care.started_on).collect();
                case.care_to_come.sort_unstable();
            }
            if found(Finding::PendingLimitReached) {
                let waiting = RequestFilter::waiting(self.asked.clinician_id, client);
                let requests = scope.requests_page(&waiting, None, WAITING_MAX, self.now).await?;
                case.waiting = requests.iter().rev().map(|request| request.id).collect();
            }
        }
        Ok(remedies::smallest(case, |case| self.judge(case)))
    }

    /// The gates as they would be.
    fn judge(&self, case: &Case) -> Vec<Verdict> {
        let Some((facts, start)) = &self.facts else {
            let clinician = &case.settings.clinicians[&case.clinician_id];
            return gates::judge(&case.settings, clinician, case.standing.as_ref(), None, case.moment);
        };
        let facts = facts.supposing(case.settings.clone(), case.standing.clone(), case.pending);
        let start = start.as_ref().and(self.asked.starts_at).map(|start| facts.ask(start, self.asked.modality));
        facts.verdicts(start.as_ref())
    }

    fn moment(&self) -> Moment {
        Moment::in_zone(self.settings.zone, self.now)
    }
}

/// The most requests of one client that can wait at a time, by the bounds of the booking rules.
const WAITING_MAX: u64 = 1_000;

/// The gates that the question leaves out, of those that the viewer may know of.
fn not_asked(asked: &AccessQuestion, viewer: &Viewer) -> Vec<Gate> {
    let is_told_all = viewer.acts_for(asked.clinician_id);
    let needs_missing = |gate: &Gate| match gate {
        Gate::CareRelationship | Gate::ClientAccessPractice | Gate::ClientAccessClinician => asked.client_id.is_none(),
        Gate::BookingRules => asked.service_id.is_none(),
        Gate::SlotFree => asked.starts_at.is_none(),
        _ => false,
    };
    let may_know = |gate: &Gate| is_told_all || !matches!(gate, Gate::ClinicianLock | Gate::ClientAccessPractice);
    Gate::ALL.iter().copied().filter(needs_missing).filter(may_know).collect()
}

/// Whom the question is about, if the viewer may ask it.
fn subject(viewer: &Viewer, asked: AccessQuestion) -> Result<Option<ClientId>, Denied> {
    if viewer.acts_for(asked.clinician_id) {
        return Ok(asked.client_id);
    }
    match (viewer.client_id, asked.client_id) {
        (Some(own), None) => Ok(Some(own)),
        (Some(own), Some(client)) if own == client => Ok(Some(own)),
        (_, Some(_)) => Err(no_client()),
        (None, None) => Err(Denied::Forbidden("A clinician can ask about their own access only.")),
    }
}

fn no_client() -> Denied {
    Denied::not_found_at("client", "clientId")
}
