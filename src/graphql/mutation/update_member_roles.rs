//! An admin makes a member an admin, or takes that role from them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::member::Member;
use crate::usecases::Refusal;

/// Which role to give or to take.
#[derive(InputObject, Debug)]
pub struct UpdateMemberRolesInput {
    /// The member.
    pub member_id: ID,
    /// True makes them an admin, false takes that role from them.
    pub admin: bool,
}

/// What became of the roles.
#[derive(SimpleObject, Default)]
pub struct UpdateMemberRolesPayload {
    /// The member; null where it was refused.
    member: Option<Member>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UpdateMemberRolesError>,
}

refusals! {
    UpdateMemberRolesPayload, UpdateMemberRolesError, UpdateMemberRolesErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The member is the practice's last admin: make somebody else one first.
    LastAdmin,
    /// The member has left: let them come back with `reactivateMember` first.
    Inactive,
}

/// The mutation `updateMemberRoles`.
#[derive(Default)]
pub struct UpdateMemberRoles;

#[Object]
impl UpdateMemberRoles {
    /// Makes a member an admin, or takes that role from them; doing it twice changes nothing. Whoever loses it cannot act as
    /// an admin from that moment, and their streams end. A practice keeps one active admin at least. The other roles come
    /// and go with `addClinician`, `deactivateClinician`, `addClient` and `deactivateClient`.
    async fn update_member_roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdateMemberRolesInput,
    ) -> Result<UpdateMemberRolesPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UpdateMemberRolesInput) -> Result<UpdateMemberRolesPayload, Refusal> {
    let member = input::id("input.memberId", &input.member_id)?;
    ctx.desk().update_member_roles(ctx.viewer()?, member, input.admin).await?;
    Ok(UpdateMemberRolesPayload { member: Member::anew(ctx, member).await?, errors: vec![] })
}
