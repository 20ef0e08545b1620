//! Who may book whom, and why: each gate with its verdict.

use std::sync::Arc;

use super::booking_facts::{BookingFacts, only};
use super::{Denied, Desk, Refusal};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::gates::{self, Verdict};
use crate::domain::ids::{ClientId, ClinicianId, ServiceId};
use crate::domain::rejection::Rejection;
use crate::domain::settings::PracticeSettings;
use crate::domain::time::{self, Instant};
use crate::domain::viewer::Viewer;
use crate::domain::words::Reader;

/// What is asked; the more is named, the more gates are judged.
#[derive(Clone, Copy, Debug)]
pub struct AccessQuestion {
    pub clinician_id: ClinicianId,
    pub client_id: Option<ClientId>,
    pub service_id: Option<ServiceId>,
    pub starts_at: Option<Instant>,
}

/// The answer, in the version that its reader may see.
pub struct Access {
    pub allowed: bool,
    pub verdicts: Vec<Verdict>,
    pub reader: Reader,
    pub settings: Arc<PracticeSettings>,
    pub clinician_id: ClinicianId,
}

impl Desk {
    /// Explains. A client asks for themselves; a clinician about their own clients with themselves; an admin about all.
    pub async fn explain_access(&self, viewer: &Viewer, asked: AccessQuestion) -> Result<Access, Refusal> {
        if asked.starts_at.is_some() && asked.service_id.is_none() {
            let message = "A time can be judged only for a service. Give serviceId too.";
            return Err(Rejection::invalid("serviceId", message).into());
        }
        let client = subject(viewer, asked)?;
        let settings = self.store.settings(viewer.practice_id).await?;
        let clinician = settings.clinicians.get(&asked.clinician_id);
        let clinician = clinician.ok_or_else(|| Denied::not_found_at("clinician", "clinicianId"))?;
        let (scope, now) = (self.store.read(viewer.practice_id), self.clock.now());
        if let (Some(client), false) = (client, viewer.is_admin)
            && viewer.client_id != Some(client)
            && scope.clients(viewer.reach_as_staff(), &[client]).await?.is_empty()
        {
            return Err(no_client().into());
        }
        let verdicts = match asked.service_id {
            None => {
                let today = time::local_date(settings.zone, now);
                let standing = match client {
                    Some(client) => {
                        let found = scope.standing(asked.clinician_id, client, today, now).await?;
                        Some(found.ok_or_else(no_client)?.0)
                    }
                    None => None,
                };
                gates::judge(&settings, clinician, standing.as_ref(), None, today)
            }
            Some(service) => {
                let range = only(asked.starts_at.unwrap_or(now));
                let ids = (asked.clinician_id, service);
                let facts = BookingFacts::load(&scope, settings.clone(), ids, client, range, now).await?;
                let start = asked.starts_at.map(|start| facts.ask(start, None));
                facts.verdicts(start.as_ref())
            }
        };
        self.note_reads(viewer, ClientReadKind::Access, client);
        let reader = if viewer.acts_for(asked.clinician_id) { Reader::Staff } else { Reader::Client };
        let told = if reader == Reader::Client { gates::as_told_to_client(&verdicts) } else { verdicts };
        let (allowed, clinician_id) = (gates::all_open(&told), asked.clinician_id);
        Ok(Access { allowed, verdicts: told, reader, settings, clinician_id })
    }
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
