//! Who is asking.

use async_graphql::{Context, Object, Result};

use super::client::Client;
use super::clinician::Clinician;
use super::member::Member;
use super::practice::Practice;
use crate::domain::viewer::Viewer as SignedIn;
use crate::graphql::context;
use crate::graphql::enums::Role;
use crate::graphql::error::{denial, top_level};

/// The signed-in member.
pub struct Viewer(pub SignedIn);

/// The signed-in member: their roles as they are now, not as they were when the token was made.
#[Object]
impl Viewer {
    /// The member's own person.
    async fn member(&self, ctx: &Context<'_>) -> Result<Member> {
        let member = Member::load(ctx, Some(self.0.member_id)).await?;
        member.ok_or_else(|| denial(&crate::usecases::Denied::NotFound("member")))
    }

    /// The roles the member holds, each once; none for a member whose clinician or client is no longer active.
    async fn roles(&self) -> Vec<Role> {
        self.0.roles().into_iter().map(Role::from).collect()
    }

    /// The member's practice.
    async fn practice(&self, ctx: &Context<'_>) -> Result<Practice> {
        Ok(Practice(context::settings(ctx).await.map_err(top_level)?))
    }

    /// The member as a clinician; null where they are none.
    async fn clinician(&self, ctx: &Context<'_>) -> Result<Option<Clinician>> {
        let Some(id) = self.0.clinician_id else { return Ok(None) };
        Ok(Clinician::of(context::settings(ctx).await.map_err(top_level)?, id))
    }

    /// The member as a client; null where they are none.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>> {
        let Some(id) = self.0.client_id else { return Ok(None) };
        let settings = context::settings(ctx).await.map_err(top_level)?;
        Client::load(ctx, settings, id).await
    }
}
