//! An admin takes a service away from now on. What was booked of it stays booked.

use super::error::require_admin;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ServiceId;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

impl Desk {
    /// Archives the service; one that is archived already stays so.
    pub async fn archive_service(
        &self,
        viewer: &Viewer,
        service: ServiceId,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::All).await?;
                let was_active = draft
                    .before
                    .services
                    .get(&service)
                    .ok_or_else(|| Denied::not_found_at("service", "input.id"))?
                    .active;
                if was_active {
                    draft.scope().archive_service(service, draft.decision()).await?;
                    let event = Event::new(EventKind::ServiceArchived, Some(draft.actor()));
                    let event = event.change("serviceId", Some(service.to_string()), None);
                    draft.tell(event.change("active", Some(true.to_string()), Some(false.to_string())));
                }
                self.finish(draft).await
            })
        })
        .await
    }
}
