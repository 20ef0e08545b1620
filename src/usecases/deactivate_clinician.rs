//! A clinician leaves: from that moment nobody can book them. What waits and what is booked is listed for handing over.

use super::error::require_admin;
use super::members::Open;
use super::{Change, Desk, Left, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

impl Desk {
    /// Takes the clinician's role from a member; other roles of theirs stay. Doing it twice changes nothing, and lists
    /// what is still open.
    pub async fn deactivate_clinician(
        &self,
        viewer: &Viewer,
        id: ClinicianId,
        change: &Change,
    ) -> Result<Left, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![id])).await?;
                let mut open = Open::default();
                if draft.clinician(id)?.active {
                    draft.scope().set_clinician_active(id, false, draft.decision()).await?;
                    let event = Event::new(EventKind::ClinicianDeactivated, Some(draft.actor())).clinician(id);
                    draft.tell(event.change("active", Some(true.to_string()), Some(false.to_string())));
                }
                open.add(&draft.scope(), Some(id), None, draft.now).await?;
                self.note_open(viewer, &open.requests, &open.appointments);
                Ok(Left { changed: self.finish(draft).await?, open })
            })
        })
        .await
    }
}
