//! A member.

use async_graphql::{ID, Object};

use crate::domain::ids::MemberId;
use crate::graphql::context::Asking;
use crate::graphql::error::denial;
use crate::usecases::MemberRow;

/// A person of the practice who can sign in; holds one or more roles.
pub struct Member(pub MemberRow);

impl Member {
    /// The member with an id, where the viewer may see them.
    pub async fn load(ctx: &async_graphql::Context<'_>, id: Option<MemberId>) -> async_graphql::Result<Option<Self>> {
        let Some(id) = id else { return Ok(None) };
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        Ok(loaders.one(id).await?.map(Self))
    }
}

/// A person of the practice who can sign in; holds one or more roles. Staff may see every member, a client only
/// themselves.
#[Object]
impl Member {
    /// `member_` and 32 hexadecimal digits.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The person's name, 1 to 200 characters.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// The address they sign in with, in lower case, at most 254 characters; null where they cannot sign in yet.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }
}
