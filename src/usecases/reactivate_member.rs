//! A member who left comes back. They can sign in again, and hold no role until one is given to them.

use super::error::require_admin;
use super::rights::require_still;
use super::{Desk, Refusal, members};
use crate::domain::events::EventKind;
use crate::domain::ids::MemberId;
use crate::domain::viewer::Viewer;

impl Desk {
    /// Lets them sign in again; a member who never left stays as they are.
    pub async fn reactivate_member(&self, viewer: &Viewer, member: MemberId) -> Result<(), Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                if members::named(&write.scope(), member).await?.active {
                    write.roll_back().await?;
                    return Ok(());
                }
                write.scope().set_member_active(member, true).await?;
                let event = members::event(EventKind::MemberReactivated, viewer.member_id, member);
                let event = event.change("active", Some(false.to_string()), Some(true.to_string()));
                write.append(&event, self.clock.now());
                Ok(self.commit(viewer.practice_id, write).await?)
            })
        })
        .await
    }
}
