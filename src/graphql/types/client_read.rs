//! Who looked at what of which client.

use async_graphql::{Context, ID, InputObject, Object, Result};
use uuid::Uuid;

use super::Settings;
use super::client::Client;
use super::member::Member;
use crate::domain::client_reads;
use crate::domain::rejection::Rejection;
use crate::domain::time::Instant;
use crate::graphql::context::Asking;
use crate::graphql::enums::ClientReadKind;
use crate::graphql::input;
use crate::graphql::page::{self, ClientReadConnection};
use crate::graphql::scalars::DateTime;
use crate::usecases::{ClientReadRow, Refusal};

/// Which looks to list. Fields that are left out do not narrow the list.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ClientReadFilter {
    /// Only looks of this member.
    member_id: Option<ID>,
    /// Only looks at what is this client's.
    client_id: Option<ID>,
    /// Only at this instant or later.
    from: Option<DateTime>,
    /// Only before this instant.
    to: Option<DateTime>,
}

impl ClientReadFilter {
    fn read(&self) -> Result<client_reads::ClientReadFilter, Rejection> {
        let at = |path: &str, at: &Option<DateTime>| at.as_ref().map(|at| input::instant(path, at)).transpose();
        Ok(client_reads::ClientReadFilter {
            member: self.member_id.as_ref().map(|id| input::id("filter.memberId", id)).transpose()?,
            client: self.client_id.as_ref().map(|id| input::id("filter.clientId", id)).transpose()?,
            from: at("filter.from", &self.from)?,
            to: at("filter.to", &self.to)?,
        })
    }
}

/// A look at what is a client's, by somebody else.
pub struct ClientRead {
    row: ClientReadRow,
    settings: Settings,
}

/// A look at what is a client's, by a member who is not that client. Looks of one member at the same within one minute are
/// one. What the client looks at themselves is not logged.
#[Object]
impl ClientRead {
    /// Who looked.
    async fn member(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, Some(self.row.read.member_id)).await.transpose()
    }

    /// Whose it is. To read the name here is a look at the client's profile, and is logged like any other.
    async fn client(&self, ctx: &Context<'_>) -> Option<Result<Client>> {
        Client::load(ctx, self.settings.clone(), self.row.read.client_id).await.transpose()
    }

    /// What was looked at.
    async fn kind(&self) -> ClientReadKind {
        self.row.read.kind.into()
    }

    /// When; the first time of its minute.
    async fn read_at(&self) -> DateTime {
        self.row.read.read_at.into()
    }
}

/// A page of looks, newest first.
pub async fn page(
    ctx: &Context<'_>,
    settings: Settings,
    first: Option<i32>,
    after: Option<String>,
    filter: Option<ClientReadFilter>,
) -> Result<ClientReadConnection, Refusal> {
    let wanted = page::size("first", first)?;
    let after = after.as_deref().map(place).transpose()?;
    let filter = filter.unwrap_or_default().read()?;
    let found = ctx.desk().client_reads_page(ctx.viewer()?, &filter, after, wanted as u64 + 1).await?;
    let edge = |row: ClientReadRow| {
        let cursor = format!("{}.{}", row.read.read_at.timestamp_millis(), row.id.simple());
        (cursor, ClientRead { row, settings: settings.clone() })
    };
    let rows = found.reads.into_iter().map(edge).collect();
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    Ok(page::from_rows(rows, wanted, after.is_some(), total).into())
}

fn place(cursor: &str) -> Result<(Instant, Uuid), Rejection> {
    let parts = cursor.split_once('.').and_then(|(millis, id)| {
        Some((Instant::from_timestamp_millis(millis.parse().ok()?)?, Uuid::try_parse(id).ok()?))
    });
    parts.ok_or_else(|| page::wrong_cursor("after"))
}
