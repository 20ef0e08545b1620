//! Staff look through a client's eyes: whatever the client would read, read in the same way, by a viewer who is that
//! client and nothing else. So the two cannot disagree.

use std::sync::Arc;

use super::{ClientRow, Denied, Desk, Refusal};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::rejection::Rejection;
use crate::domain::settings::PracticeSettings;
use crate::domain::viewer::Viewer;

/// A client's eyes, lent to a member of staff.
pub struct ClientsEyes {
    pub client: ClientRow,
    pub settings: Arc<PracticeSettings>,
    viewer: Viewer,
    /// The one clinician who may be looked at: what is between the client and a colleague is theirs.
    only: Option<ClinicianId>,
}

impl Desk {
    /// Lends a client's eyes to an admin, or to a clinician in whose care the client is or was, for what concerns
    /// themselves. None where the viewer may see no such client.
    pub async fn see_as_client(&self, viewer: &Viewer, id: ClientId) -> Result<Option<ClientsEyes>, Refusal> {
        let only = match (viewer.is_admin, viewer.clinician_id) {
            (true, _) => None,
            (false, Some(own)) => Some(own),
            (false, None) => return Err(Denied::Forbidden("Only staff can see as a client.").into()),
        };
        let found = self.store.read(viewer.practice_id).clients(viewer.reach_as_staff(), &[id]).await?;
        let Some(client) = found.into_iter().next() else { return Ok(None) };
        if !client.active {
            let message = "This person is no longer a client of the practice, and sees nothing. Choose another client.";
            return Err(Rejection::invalid("clientId", message).into());
        }
        self.note_reads(viewer, ClientReadKind::SeenAsClient, [id]);
        let settings = self.store.settings(viewer.practice_id).await?;
        let viewer = Viewer {
            practice_id: viewer.practice_id,
            member_id: client.member_id,
            link_id: None,
            is_admin: false,
            clinician_id: None,
            client_id: Some(id),
        };
        Ok(Some(ClientsEyes { client, settings, viewer, only }))
    }
}

impl ClientsEyes {
    /// The client as a viewer.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// The same for what concerns a clinician, if that may be looked at.
    pub fn on(&self, clinician: ClinicianId) -> Result<&Viewer, Denied> {
        if self.may_look_at(clinician) {
            Ok(&self.viewer)
        } else {
            Err(Denied::Forbidden("A clinician sees as a client what concerns themselves only."))
        }
    }

    /// The clinicians who may be looked at, of those whom the client reads of, by name.
    pub fn clinicians(&self) -> Vec<ClinicianId> {
        let all = self.settings.clinicians_by_name().into_iter();
        all.filter(|one| one.active && self.may_look_at(one.id)).map(|one| one.id).collect()
    }

    fn may_look_at(&self, clinician: ClinicianId) -> bool {
        self.only.is_none_or(|only| only == clinician)
    }
}
