//! A member.

use async_graphql::{Context, ID, Object, Result};

use crate::domain::ids::MemberId;
use crate::graphql::context::Asking;
use crate::graphql::error::denial;
use crate::graphql::loaders::LinksOf;
use crate::graphql::scalars::DateTime;
use crate::usecases::{LinkRow, MemberRow};

/// A person of the practice who can sign in; holds one or more roles.
pub struct Member(pub MemberRow);

impl Member {
    /// The member with an id, where the viewer may see them.
    pub async fn load(ctx: &Context<'_>, id: Option<MemberId>) -> Result<Option<Self>> {
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

    /// The issuer's subjects that sign in as this member, oldest first, at most 10. For admins.
    async fn links(&self, ctx: &Context<'_>) -> Option<Result<Vec<MemberLink>>> {
        let found = async {
            let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
            let links = loaders.one(LinksOf(self.0.id)).await?.unwrap_or_default();
            Ok(links.into_iter().map(MemberLink).collect())
        };
        Some(found.await)
    }
}

/// A subject of an issuer that signs in as a member.
pub struct MemberLink(pub LinkRow);

/// A subject of an issuer that signs in as a member: its tokens are the member's.
#[Object]
impl MemberLink {
    /// `link_` and 32 hexadecimal digits.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The issuer, as its tokens' `iss` spells it, 1 to 255 characters.
    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Whom it calls so, as its tokens' `sub` spells it, 1 to 255 characters.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// When the link was made.
    async fn linked_at(&self) -> DateTime {
        self.0.linked_at.into()
    }

    /// The admin who made it; null where the operator did.
    async fn linked_by(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.0.linked_by).await.transpose()
    }
}
