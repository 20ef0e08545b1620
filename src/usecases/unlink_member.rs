//! A link is taken away: whoever signed in by it no longer can.

use super::error::require_admin;
use super::idempotency::Idempotency;
use super::rights::require_still;
use super::{Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{LinkId, MemberId, PracticeId};
use crate::domain::viewer::Viewer;

/// A link to be taken away.
#[derive(Clone, Debug)]
pub struct EndOfLink {
    pub link_id: LinkId,
    pub idempotency_key: Option<String>,
}

impl Desk {
    /// Takes the link away, or finds whose it was that the same key took. Their streams end at once.
    pub async fn unlink_member(&self, viewer: &Viewer, end: EndOfLink) -> Result<MemberId, Refusal> {
        require_admin(viewer)?;
        let body = [&*end.link_id.to_string()];
        let key = end.idempotency_key.as_deref();
        let key = key.map(|key| Idempotency::new(viewer.member_id, "unlinkMember", key, &body)).transpose()?;
        self.unlink(viewer.practice_id, Some(viewer), end.link_id, key.as_ref()).await
    }

    /// The same as the operator's act.
    pub async fn unlink_member_as_operator(&self, practice: PracticeId, link: LinkId) -> Result<MemberId, Refusal> {
        self.unlink(practice, None, link, None).await
    }

    async fn unlink(
        &self,
        practice: PracticeId,
        admin: Option<&Viewer>,
        link: LinkId,
        key: Option<&Idempotency>,
    ) -> Result<MemberId, Refusal> {
        let actor = admin.map(|admin| admin.member_id);
        self.retrying(|| {
            Box::pin(async move {
                let mut write = self.store.write(practice).await?;
                if let Some(admin) = admin {
                    require_still(admin, &write).await?;
                }
                let (scope, now) = (write.scope(), self.clock.now());
                if let Some(key) = key
                    && let Some(first) = key.first_answer(&scope).await?
                {
                    write.roll_back().await?;
                    return Ok(MemberId(first));
                }
                let found = scope.link(link).await?.ok_or_else(|| Denied::not_found_at("link", "input.linkId"))?;
                scope.delete_link(link).await?;
                if let Some(key) = key {
                    key.keep(&mut write, found.member_id.0, now);
                }
                let event = Event::new(EventKind::MemberUnlinked, actor);
                let event = event.change("memberId", None, Some(found.member_id.to_string()));
                write.append(&event.change("linkId", Some(link.to_string()), None), now);
                self.commit(practice, write).await?;
                Ok(found.member_id)
            })
        })
        .await
    }
}
