//! An admin moves the practice switch, which opens nothing by itself.

use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::logged;
use crate::domain::rollout::Opening;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

impl Desk {
    /// Turns self-scheduling on or off for the whole practice: at once, or on from a start to come.
    pub async fn set_practice_self_scheduling(
        &self,
        viewer: &Viewer,
        set: Opening,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::All).await?;
                let before = draft.before.opening();
                let after = set.checked(before, "The practice switch", draft.now)?;
                draft.scope().set_switch(after, draft.decision()).await?;
                let event = Event::new(EventKind::PracticeSelfSchedulingSet, Some(draft.actor()));
                draft.tell(logged::opened(event, before, after));
                self.finish(draft).await
            })
        })
        .await
    }
}
