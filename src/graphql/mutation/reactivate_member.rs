//! A member who left comes back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::member::Member;
use crate::usecases::Refusal;

/// Who comes back.
#[derive(InputObject, Debug)]
pub struct ReactivateMemberInput {
    /// The member.
    pub member_id: ID,
}

/// What became of it.
#[derive(SimpleObject, Default)]
pub struct ReactivateMemberPayload {
    /// The member; null where it was refused.
    member: Option<Member>,
    /// Why it was refused; empty where it was not.
    errors: Vec<ReactivateMemberError>,
}

refusals! {
    ReactivateMemberPayload, ReactivateMemberError, ReactivateMemberErrorCode:
    /// An id of another kind.
    InvalidInput,
}

/// The mutation `reactivateMember`.
#[derive(Default)]
pub struct ReactivateMember;

#[Object]
impl ReactivateMember {
    /// Lets a member who left sign in again. They hold no role until one is given to them: with `updateMemberRoles`,
    /// `reactivateClinician` or `reactivateClient`. Doing it twice changes nothing.
    async fn reactivate_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReactivateMemberInput,
    ) -> Result<ReactivateMemberPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: ReactivateMemberInput) -> Result<ReactivateMemberPayload, Refusal> {
    let member = input::id("input.memberId", &input.member_id)?;
    ctx.desk().reactivate_member(ctx.viewer()?, member).await?;
    Ok(ReactivateMemberPayload { member: Member::anew(ctx, member).await?, errors: vec![] })
}
