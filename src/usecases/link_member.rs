//! A subject of an issuer is linked to a member, who can then sign in by it.

use super::error::require_admin;
use super::idempotency::Idempotency;
use super::rights::require_still;
use super::{Denied, Desk, LinkRow, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{LinkId, MemberId, PracticeId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::text;
use crate::domain::viewer::Viewer;
use crate::store::{Scope, StoreError};

/// The most links of one member.
const LINKS_MAX: usize = 10;

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub member_id: MemberId,
    /// The issuer, as its tokens' `iss` spells it.
    pub issuer: String,
    /// Who it says is signing in, as its tokens' `sub` spells it.
    pub subject: String,
    pub idempotency_key: Option<String>,
}

impl Desk {
    /// Links a subject to a member, or finds the link that the same key made; it may have been taken away since.
    pub async fn link_member(&self, viewer: &Viewer, new: NewLink) -> Result<LinkId, Refusal> {
        require_admin(viewer)?;
        let new = checked(new)?;
        let body = [&*new.member_id.to_string(), &new.issuer, &new.subject];
        let key = new.idempotency_key.as_deref();
        let key = key.map(|key| Idempotency::new(viewer.member_id, "linkMember", key, &body)).transpose()?;
        self.link(viewer.practice_id, Some(viewer), &new, key.as_ref()).await
    }

    /// The same as the operator's act: the first admin of a practice has nobody else who could do it.
    pub async fn link_member_as_operator(&self, practice: PracticeId, new: NewLink) -> Result<LinkId, Refusal> {
        self.link(practice, None, &checked(new)?, None).await
    }

    async fn link(
        &self,
        practice: PracticeId,
        admin: Option<&Viewer>,
        new: &NewLink,
        key: Option<&Idempotency>,
    ) -> Result<LinkId, Refusal> {
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
                    return Ok(LinkId(first));
                }
                require_room(&scope, new.member_id).await?;
                let id = LinkId::generate();
                let link = LinkRow {
                    id,
                    member_id: new.member_id,
                    issuer: new.issuer.clone(),
                    subject: new.subject.clone(),
                    linked_by: actor,
                    linked_at: now,
                };
                scope.insert_link(&link).await.map_err(taken)?;
                if let Some(key) = key {
                    key.keep(&mut write, id.0, now);
                }
                // Without the subject: at some issuers it is an address.
                let event = Event::new(EventKind::MemberLinked, actor);
                let event = event.change("memberId", None, Some(new.member_id.to_string()));
                write.append(&event.change("linkId", None, Some(id.to_string())), now);
                self.commit(practice, write).await?;
                Ok(id)
            })
        })
        .await
    }
}

fn checked(new: NewLink) -> Result<NewLink, Rejection> {
    let invalid = |path| move |message| Rejection::invalid(path, message);
    let issuer = text::subject(&new.issuer, "issuer").map_err(invalid("input.issuer"))?;
    let subject = text::subject(&new.subject, "subject").map_err(invalid("input.subject"))?;
    Ok(NewLink { issuer, subject, ..new })
}

/// Passes a member who may sign in, and has not all the links that a member can have.
async fn require_room(scope: &Scope<'_>, member: MemberId) -> Result<(), Refusal> {
    if scope.members(&[member]).await?.is_empty() {
        return Err(Denied::not_found_at("member", "input.memberId").into());
    }
    if scope.viewer(member.into()).await?.is_none() {
        let message = "This member is no longer active, and cannot sign in.";
        return Err(Rejection::of_field(Code::Inactive, "input.memberId", message).into());
    }
    if scope.links_of(&[member]).await?.len() >= LINKS_MAX {
        let message = format!("This member has {LINKS_MAX} links already. Take one away first.");
        return Err(Rejection::of_field(Code::LimitReached, "input.memberId", message).into());
    }
    Ok(())
}

fn taken(error: StoreError) -> Refusal {
    match error {
        // Whose it is may be another practice's affair.
        StoreError::Duplicate(_) => Rejection::of_field(
            Code::AlreadyExists,
            "input.subject",
            "This subject names a member already. One subject names one member of one practice.",
        )
        .into(),
        other => other.into(),
    }
}
