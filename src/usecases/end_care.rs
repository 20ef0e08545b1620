//! An admin ends a client's care with a clinician: new requests stop, what is booked stays.

use chrono::NaiveDate;

use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::time;
use crate::domain::viewer::{Reach, Viewer};
use crate::store::{CareRow, Pairs};

/// Whose care ends, and when.
#[derive(Clone, Debug)]
pub struct EndOfCare {
    pub clinician_id: ClinicianId,
    pub client_id: ClientId,
    /// The first day without care, `2027-01-05` in the practice's zone; today, where none is given.
    pub ends_on: Option<String>,
}

impl Desk {
    /// Ends the care that is not over yet; an end that was set before is moved. Where other care begins later, the end
    /// falls to the last that has begun by then, so that no two overlap.
    pub async fn end_care(&self, viewer: &Viewer, end: EndOfCare, change: &Change) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        let ends_on = end.ends_on.as_deref().map(time::parse_date).transpose();
        let ends_on = ends_on.map_err(|message| Rejection::invalid("input.endsOn", message))?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClients(vec![end.client_id])).await?;
                draft.clinician(end.clinician_id)?;
                let all = draft.scope().care_of(Reach::of_clinician(end.clinician_id), &[end.client_id]).await?;
                let ends_on = ends_on.unwrap_or(draft.today);
                let open = care_to_end(&all, ends_on, draft.today)?;
                draft.scope().end_care(open.id, ends_on, draft.decision()).await?;
                let before = open.care.ended_on.map(|end| end.to_string());
                let event = Event::new(EventKind::CareEnded, Some(draft.actor())).clinician(end.clinician_id);
                draft.tell(event.client(end.client_id).change("endedOn", before, Some(ends_on.to_string())));
                self.finish(draft).await
            })
        })
        .await
    }
}

fn care_to_end(all: &[CareRow], ends_on: NaiveDate, today: NaiveDate) -> Result<&CareRow, Rejection> {
    let open: Vec<_> = all.iter().filter(|row| !row.care.is_over(today)).collect();
    let Some(begins_on) = open.iter().map(|row| row.care.started_on).min() else {
        let message = "This client is not in this clinician's care.";
        return Err(Rejection::of_field(Code::NotInCare, "input.clientId", message));
    };
    let begun = open.into_iter().filter(|row| row.care.started_on <= ends_on);
    begun.max_by_key(|row| row.care.started_on).ok_or_else(|| {
        let message = format!("Care begins on {begins_on}. Choose that day or a later one.");
        Rejection::invalid("input.endsOn", message)
    })
}
