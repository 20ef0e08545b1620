//! An admin links an issuer's subject to a member.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::member::{Member, MemberLink};
use crate::usecases::{NewLink, Refusal};

/// The link to be made.
#[derive(InputObject, Debug)]
pub struct LinkMemberInput {
    /// The member who signs in, a `member_…` id.
    pub member_id: ID,
    /// The issuer, as its tokens' `iss` spells it: 1 to 255 characters of ASCII. The server accepts tokens of
    /// the one that its operator chose; a subject who is not linked is told both words at their first try.
    pub issuer: String,
    /// Whom the issuer calls so, as its tokens' `sub` spells it: 1 to 255 characters of ASCII. Case matters.
    pub subject: String,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, the same key with another body is refused.
    pub idempotency_key: Option<String>,
}

/// What became of the link.
#[derive(SimpleObject, Default)]
pub struct LinkMemberPayload {
    /// The member; null where it was refused.
    member: Option<Member>,
    /// The link; null where it was refused, and for a retry after the link was taken away.
    link: Option<MemberLink>,
    /// Why it was refused; empty where it was not.
    errors: Vec<LinkMemberError>,
}

refusals! {
    LinkMemberPayload, LinkMemberError, LinkMemberErrorCode:
    /// An issuer or a subject that is not one, or an id of another kind.
    InvalidInput,
    /// The subject names a member already, of this practice or of another.
    AlreadyExists,
    /// The member is no longer active.
    Inactive,
    /// The member has 10 links.
    LimitReached,
    /// The key was used for a different link.
    IdempotencyKeyReused,
}

/// The mutation `linkMember`.
#[derive(Default)]
pub struct LinkMember;

#[Object]
impl LinkMember {
    /// Lets a member sign in by an issuer, such as the practice's OpenID Connect server: its tokens with this subject are
    /// theirs from now on, with the roles that the member holds here. One subject names one member of one practice.
    async fn link_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: LinkMemberInput,
    ) -> Result<LinkMemberPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: LinkMemberInput) -> Result<LinkMemberPayload, Refusal> {
    let member_id = input::id("input.memberId", &input.member_id)?;
    let new =
        NewLink { member_id, issuer: input.issuer, subject: input.subject, idempotency_key: input.idempotency_key };
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let id = desk.link_member(viewer, new).await?;
    let links = desk.links_of(viewer, &[member_id]).await?;
    let member = desk.members(viewer, &[member_id]).await?.pop();
    Ok(LinkMemberPayload {
        member: member.map(Member),
        link: links.into_iter().find(|link| link.id == id).map(MemberLink),
        errors: vec![],
    })
}
