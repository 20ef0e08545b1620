//! A member leaves: from that moment they cannot sign in, hold no role, and are not booked.

use super::error::require_admin;
use super::members::{self, Open};
use super::settings_change::Draft;
use super::update_member_roles::last_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::EventKind;
use crate::domain::ids::MemberId;
use crate::domain::members::keeps_an_admin;
use crate::domain::viewer::{Role, Viewer};
use crate::store::{MemberRow, Pairs};

/// Somebody who left, with what is open of theirs.
pub struct Left {
    pub changed: Changed,
    pub open: Open,
}

impl Desk {
    /// Takes every role from a member and ends their streams. Deactivating twice changes nothing.
    pub async fn deactivate_member(&self, viewer: &Viewer, member: MemberId, change: &Change) -> Result<Left, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfMember(member)).await?;
                let found = members::named(&draft.scope(), member).await?;
                let mut open = Open::default();
                if found.active {
                    leave(&mut draft, &found, &mut open).await?;
                }
                self.note_open(viewer, &open.requests, &open.appointments);
                Ok(Left { changed: self.finish(draft).await?, open })
            })
        })
        .await
    }
}

async fn leave(draft: &mut Draft, member: &MemberRow, open: &mut Open) -> Result<(), Refusal> {
    let (scope, decision, now) = (draft.scope(), draft.decision(), draft.now);
    let roles = &member.roles;
    if roles.is_admin {
        keeps_an_admin(scope.has_other_admin(member.id).await?)?;
    }
    scope.set_member_active(member.id, false).await.map_err(last_admin)?;
    if let Some(clinician) = roles.clinician_id {
        scope.set_clinician_active(clinician, false, decision).await?;
        open.add(&scope, Some(clinician), None, now).await?;
    }
    if let Some(client) = roles.client_id {
        scope.set_client_active(client, false, decision).await?;
        open.add(&scope, None, Some(client), now).await?;
    }
    let words: Vec<_> = roles.roles().into_iter().map(Role::as_str).collect();
    let mut event = members::event(EventKind::MemberDeactivated, draft.actor(), member.id)
        .change("active", Some(true.to_string()), Some(false.to_string()))
        .change("roles", Some(words.join(" ")), Some(String::new()));
    (event.clinician_id, event.client_id) = (roles.clinician_id, roles.client_id);
    draft.tell(event);
    Ok(())
}
