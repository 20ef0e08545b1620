//! An admin takes a link away.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::member::Member;
use crate::usecases::{EndOfLink, Refusal};

/// The link to be taken away.
#[derive(InputObject, Debug)]
pub struct UnlinkMemberInput {
    /// The link, a `link_…` id from `Member.links`; one that there is not is NOT_FOUND.
    pub link_id: ID,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, the same key with another body is refused.
    pub idempotency_key: Option<String>,
}

/// What became of the link.
#[derive(SimpleObject, Default)]
pub struct UnlinkMemberPayload {
    /// The member whose link it was; null where it was refused.
    member: Option<Member>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UnlinkMemberError>,
}

refusals! {
    UnlinkMemberPayload, UnlinkMemberError, UnlinkMemberErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The key was used for a different link.
    IdempotencyKeyReused,
}

/// The mutation `unlinkMember`.
#[derive(Default)]
pub struct UnlinkMember;

#[Object]
impl UnlinkMember {
    /// Takes a link away: its subject can no longer sign in, and the streams that it opened end at once. Tokens that the
    /// server itself issued to the member stay good.
    async fn unlink_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UnlinkMemberInput,
    ) -> Result<UnlinkMemberPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UnlinkMemberInput) -> Result<UnlinkMemberPayload, Refusal> {
    let link_id = input::id("input.linkId", &input.link_id)?;
    let end = EndOfLink { link_id, idempotency_key: input.idempotency_key };
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let member_id = desk.unlink_member(viewer, end).await?;
    let member = desk.members(viewer, &[member_id]).await?.pop();
    Ok(UnlinkMemberPayload { member: member.map(Member), errors: vec![] })
}
