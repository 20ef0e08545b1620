//! A client leaves the practice: from that moment they can book nobody. What waits and what is booked is listed.

use super::error::require_admin;
use super::members::Open;
use super::{Change, Denied, Desk, Left, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClientId;
use crate::domain::viewer::{Reach, Viewer};
use crate::store::{ClientRow, Pairs, Scope};

impl Desk {
    /// Takes the client's role from a member; other roles of theirs stay. Doing it twice changes nothing, and lists what
    /// is still open.
    pub async fn deactivate_client(&self, viewer: &Viewer, id: ClientId, change: &Change) -> Result<Left, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClients(vec![id])).await?;
                let mut open = Open::default();
                if named(&draft.scope(), id).await?.active {
                    draft.scope().set_client_active(id, false, draft.decision()).await?;
                    let event = Event::new(EventKind::ClientDeactivated, Some(draft.actor())).client(id);
                    draft.tell(event.change("active", Some(true.to_string()), Some(false.to_string())));
                }
                open.add(&draft.scope(), None, Some(id), draft.now).await?;
                self.note_open(viewer, &open.requests, &open.appointments);
                Ok(Left { changed: self.finish(draft).await?, open })
            })
        })
        .await
    }
}

/// The client that an input names.
pub(super) async fn named(scope: &Scope<'_>, id: ClientId) -> Result<ClientRow, Refusal> {
    let found = scope.clients(Reach::Practice, &[id]).await?.into_iter().next();
    Ok(found.ok_or_else(|| Denied::not_found_at("client", "input.clientId"))?)
}
