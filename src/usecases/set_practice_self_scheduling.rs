//! An admin moves the practice switch, which opens nothing by itself.

use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

impl Desk {
    /// Turns self-scheduling on or off for the whole practice.
    pub async fn set_practice_self_scheduling(
        &self,
        viewer: &Viewer,
        enabled: bool,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::All).await?;
                draft.scope().set_switch(enabled, draft.decision()).await?;
                let (before, after) = (draft.before.enabled.to_string(), enabled.to_string());
                let event = Event::new(EventKind::PracticeSelfSchedulingSet, Some(draft.actor()));
                draft.tell(event.change("enabled", Some(before), Some(after)));
                self.finish(draft).await
            })
        })
        .await
    }
}
