//! An admin invites another: a person who signs in and runs the practice with them.

use super::error::require_admin;
use super::idempotency::Idempotency;
use super::rights::require_still;
use super::{Desk, Refusal, members};
use crate::domain::events::EventKind;
use crate::domain::ids::MemberId;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::text;
use crate::domain::viewer::{Role, Viewer};

/// A person to be invited.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub display_name: String,
    pub email: String,
    pub idempotency_key: Option<String>,
}

impl Desk {
    /// Adds the person as an admin, or finds the one that the same key made.
    pub async fn invite_member(&self, viewer: &Viewer, new: NewMember) -> Result<MemberId, Refusal> {
        require_admin(viewer)?;
        let invalid = |path| move |message| Rejection::invalid(path, message);
        let name = text::line(&new.display_name, "name", text::NAME_MAX_CHARS).map_err(invalid("input.displayName"))?;
        let email = text::email(&new.email).map_err(invalid("input.email"))?;
        let key = new.idempotency_key.as_deref();
        let body = [name.as_str(), &email];
        let key = key.map(|key| Idempotency::new(viewer.member_id, "inviteMember", key, &body)).transpose()?;
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let (scope, now) = (write.scope(), self.clock.now());
                if let Some(key) = &key
                    && let Some(first) = key.first_answer(&scope).await?
                {
                    write.roll_back().await?;
                    return Ok(MemberId(first));
                }
                if scope.member_with_email(&email).await?.is_some() {
                    let message = "A member has this address. Give them the role with updateMemberRoles; one who has \
                                   left comes back with reactivateMember first.";
                    return Err(Rejection::of_field(Code::AlreadyExists, "input.email", message).into());
                }
                let id = MemberId::generate();
                scope.insert_member(id, &name, Some(&email), true, now).await?;
                if let Some(key) = &key {
                    key.keep(&mut write, id.0, now);
                }
                let event = members::event(EventKind::MemberInvited, viewer.member_id, id);
                write.append(&event.change("roles", None, Some(Role::Admin.as_str().to_owned())), now);
                self.commit(viewer.practice_id, write).await?;
                Ok(id)
            })
        })
        .await
    }
}
