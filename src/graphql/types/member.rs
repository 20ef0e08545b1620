//! A member.

use async_graphql::{Context, ID, Object, Result};

use crate::domain::ids::MemberId;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::viewer::Whose;
use crate::graphql::context::Asking;
use crate::graphql::enums::Role;
use crate::graphql::error::denial;
use crate::graphql::guard::Of;
use crate::graphql::loaders::LinksOf;
use crate::graphql::page::{self, MemberConnection};
use crate::graphql::scalars::DateTime;
use crate::usecases::{LinkRow, MemberRow, Refusal};

/// A person of the practice who can sign in; holds one or more roles.
pub struct Member(pub MemberRow);

impl Member {
    /// The member with an id, where the viewer may see them.
    pub async fn load(ctx: &Context<'_>, id: Option<MemberId>) -> Result<Option<Self>> {
        let Some(id) = id else { return Ok(None) };
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        Ok(loaders.one(id).await?.map(Self))
    }

    /// The same, read anew: what an operation has loaded before may be older than its own change.
    pub async fn anew(ctx: &Context<'_>, id: MemberId) -> Result<Option<Self>, Refusal> {
        Ok(ctx.desk().members(ctx.viewer()?, &[id]).await?.into_iter().next().map(Self))
    }
}

/// A person of the practice who can sign in; holds one or more roles. Staff may see every member, a client only
/// themselves.
#[Object(guard = Of("Member", Whose::member(self.0.id)))]
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

    /// The issuer's subjects that sign in as this member, oldest first, at most 10.
    async fn links(&self, ctx: &Context<'_>) -> Option<Result<Vec<MemberLink>>> {
        let found = async {
            let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
            let links = loaders.one(LinksOf(self.0.id)).await?.unwrap_or_default();
            Ok(links.into_iter().map(MemberLink).collect())
        };
        Some(found.await)
    }

    /// False once they have left: they can no longer sign in.
    async fn active(&self) -> Option<bool> {
        Some(self.0.active)
    }

    /// What they may do now; empty once they have left.
    async fn roles(&self) -> Option<Vec<Role>> {
        let roles = if self.0.active { self.0.roles.roles() } else { Vec::new() };
        Some(roles.into_iter().map(Role::from).collect())
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

/// A page of members, by name.
pub async fn page(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<String>,
    search: Option<String>,
) -> Result<MemberConnection, Refusal> {
    let wanted = page::size("first", first)?;
    let after = after.as_deref().map(place).transpose()?;
    if search.as_ref().is_some_and(|search| search.chars().count() > text::NAME_MAX_CHARS) {
        return Err(Rejection::invalid("search", "Search for at most 200 characters.").into());
    }
    let limit = wanted as u64 + 1;
    let found = ctx.desk().members_page(ctx.viewer()?, search.as_deref(), after.as_ref(), limit).await?;
    let edge = |row: MemberRow| (format!("{}{}", row.id, row.display_name), Member(row));
    let rows = found.members.into_iter().map(edge).collect();
    Ok(page::from_rows(rows, wanted, after.is_some(), found.total).into())
}

/// A member's place in the list: their id's 39 characters, then their name.
fn place(cursor: &str) -> Result<(String, MemberId), Rejection> {
    let parts = cursor.split_at_checked("member_".len() + 32);
    let (id, name) = parts.ok_or_else(|| page::wrong_cursor("after"))?;
    let id = MemberId::parse(id).map_err(|_| page::wrong_cursor("after"))?;
    Ok((name.to_owned(), id))
}
