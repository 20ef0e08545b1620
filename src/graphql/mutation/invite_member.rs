//! An admin invites another.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::types::member::Member;
use crate::usecases::{NewMember, Refusal};

/// The person to be invited.
#[derive(InputObject, Debug)]
pub struct InviteMemberInput {
    /// Their name, 1 to 200 characters on one line.
    pub display_name: String,
    /// The address they sign in with. No member of the practice may have it.
    pub email: String,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, the same key with another body is refused.
    pub idempotency_key: Option<String>,
}

/// What became of the invitation.
#[derive(SimpleObject, Default)]
pub struct InviteMemberPayload {
    /// The member, who is an admin; null where it was refused.
    member: Option<Member>,
    /// Why it was refused; empty where it was not.
    errors: Vec<InviteMemberError>,
}

refusals! {
    InviteMemberPayload, InviteMemberError, InviteMemberErrorCode:
    /// A name or an address that is not one.
    InvalidInput,
    /// A member with this address is in the practice: give them the role with `updateMemberRoles`.
    AlreadyExists,
    /// The key was used for a different person.
    IdempotencyKeyReused,
}

/// The mutation `inviteMember`.
#[derive(Default)]
pub struct InviteMember;

#[Object]
impl InviteMember {
    /// Adds a person who signs in as an admin. Clinicians are added with `addClinician`, clients with `addClient`. frontdesk
    /// sends them nothing: tell them how to sign in.
    async fn invite_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: InviteMemberInput,
    ) -> Result<InviteMemberPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: InviteMemberInput) -> Result<InviteMemberPayload, Refusal> {
    let key = input.idempotency_key;
    let new = NewMember { display_name: input.display_name, email: input.email, idempotency_key: key };
    let id = ctx.desk().invite_member(ctx.viewer()?, new).await?;
    Ok(InviteMemberPayload { member: Member::anew(ctx, id).await?, errors: vec![] })
}
