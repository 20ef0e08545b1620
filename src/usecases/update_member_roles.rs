//! An admin makes a member an admin, or takes that role from them. The other two roles are a clinician's and a client's
//! own rows: they come and go with those.

use super::error::require_admin;
use super::rights::require_still;
use super::{Desk, Refusal, members};
use crate::domain::events::EventKind;
use crate::domain::ids::MemberId;
use crate::domain::members::keeps_an_admin;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::viewer::Viewer;
use crate::store::StoreError;

impl Desk {
    /// Gives or takes the role; where the member has it so already, nothing is done.
    pub async fn update_member_roles(&self, viewer: &Viewer, member: MemberId, admin: bool) -> Result<(), Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let found = members::named(&write.scope(), member).await?;
                if !found.active {
                    let message = "This member has left. Let them come back with reactivateMember first.";
                    return Err(Rejection::of_field(Code::Inactive, "input.memberId", message).into());
                }
                let before = found.roles.is_admin;
                if before == admin {
                    write.roll_back().await?;
                    return Ok(());
                }
                if !admin {
                    keeps_an_admin(write.scope().has_other_admin(member).await?)?;
                }
                write.scope().set_admin(member, admin).await.map_err(last_admin)?;
                let event = members::event(EventKind::MemberRolesUpdated, viewer.member_id, member);
                write.append(
                    &event.change("admin", Some(before.to_string()), Some(admin.to_string())),
                    self.clock.now(),
                );
                Ok(self.commit(viewer.practice_id, write).await?)
            })
        })
        .await
    }
}

/// Asked under the write lock, so that the database's guard has nothing left to refuse but what other hands did: even then
/// the caller hears the truth.
pub(super) fn last_admin(error: StoreError) -> Refusal {
    match error {
        StoreError::LastAdmin => keeps_an_admin(false).err().map_or_else(|| error.into(), Refusal::from),
        other => other.into(),
    }
}
