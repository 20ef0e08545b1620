//! A client who left comes back: care and access are as they were, so that they may book again at once.

use super::deactivate_client::named;
use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClientId;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

impl Desk {
    /// Gives the client's role back. One who never left stays as they are.
    pub async fn reactivate_client(&self, viewer: &Viewer, id: ClientId, change: &Change) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClients(vec![id])).await?;
                let client = named(&draft.scope(), id).await?;
                if client.active {
                    return self.finish(draft).await;
                }
                if draft.scope().viewer(client.member_id.into()).await?.is_none() {
                    let message = "This client cannot sign in. Let the member come back with reactivateMember first.";
                    return Err(Rejection::of_field(Code::Inactive, "input.clientId", message).into());
                }
                draft.scope().set_client_active(id, true, draft.decision()).await?;
                let event = Event::new(EventKind::ClientReactivated, Some(draft.actor())).client(id);
                draft.tell(event.change("active", Some(false.to_string()), Some(true.to_string())));
                self.finish(draft).await
            })
        })
        .await
    }
}
