//! An admin puts a client into a clinician's care: one of the gates, so with its impact.

use super::error::require_admin;
use super::idempotency::Idempotency;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{CareId, ClientId, ClinicianId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::settings::Care;
use crate::domain::time;
use crate::domain::viewer::{Reach, Viewer};
use crate::store::{CareRow, Pairs};

/// Whose care begins, and when.
#[derive(Clone, Debug)]
pub struct StartOfCare {
    pub clinician_id: ClinicianId,
    pub client_id: ClientId,
    /// `2027-01-05` in the practice's zone; today, where none is given.
    pub starts_on: Option<String>,
    pub idempotency_key: Option<String>,
}

impl Desk {
    /// Starts care, or finds that the same key did.
    pub async fn start_care(&self, viewer: &Viewer, start: StartOfCare, change: &Change) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        let starts_on = start.starts_on.as_deref().map(time::parse_date).transpose();
        let starts_on = starts_on.map_err(|message| Rejection::invalid("input.startsOn", message))?;
        let (clinician, client) = (start.clinician_id.to_string(), start.client_id.to_string());
        let body = [clinician.as_str(), &client, start.starts_on.as_deref().unwrap_or("")];
        let key = start.idempotency_key.as_deref();
        let key = key.map(|key| Idempotency::new(viewer.member_id, "startCare", key, &body)).transpose()?;

        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft_of_retry(viewer, change, Pairs::OfClients(vec![start.client_id])).await?;
                if !draft.clinician(start.clinician_id)?.active {
                    let message = "This clinician no longer sees clients. Choose another.";
                    return Err(Rejection::of_field(Code::Inactive, "input.clinicianId", message).into());
                }
                let scope = draft.scope();
                let found = scope.clients(viewer.reach(), &[start.client_id]).await?;
                if !found.first().ok_or_else(|| Denied::not_found_at("client", "input.clientId"))?.active {
                    let message = "This person is no longer a client of the practice.";
                    return Err(Rejection::of_field(Code::Inactive, "input.clientId", message).into());
                }
                let known = match &key {
                    Some(key) => key.first_answer(&scope).await?,
                    None => None,
                };
                if known.is_none() {
                    draft.check_revision(change);
                    let scope = draft.scope();
                    let all = scope.care_of(Reach::of_clinician(start.clinician_id), &[start.client_id]).await?;
                    let starts_on = starts_on.unwrap_or(draft.today);
                    if let Some(row) = all.iter().find(|row| !row.care.is_over(starts_on)) {
                        return Err(overlap(&row.care).into());
                    }
                    let care = Care { started_on: starts_on, started: draft.decision(), ended_on: None, ended: None };
                    let row = CareRow {
                        id: CareId::generate(),
                        clinician_id: start.clinician_id,
                        client_id: start.client_id,
                        care,
                    };
                    scope.insert_care(&row).await?;
                    if let Some(key) = &key {
                        key.keep(&mut draft.write, row.id.0, draft.now);
                    }
                    let event = Event::new(EventKind::CareStarted, Some(draft.actor())).clinician(start.clinician_id);
                    let after = Some(care.started_on.to_string());
                    draft.tell(event.client(start.client_id).change("startedOn", None, after));
                }
                self.finish(draft).await
            })
        })
        .await
    }
}

/// Care has no end when it starts, so whatever is not over by then overlaps it.
fn overlap(other: &Care) -> Rejection {
    let message = match other.ended_on {
        Some(end) => {
            format!("This client is in this clinician's care until {end}. Start it on that day or a later one.")
        }
        None => {
            format!("This client is in this clinician's care from {} on. End that first: endCare.", other.started_on)
        }
    };
    Rejection::of_field(Code::AlreadyExists, "input.clientId", message)
}
