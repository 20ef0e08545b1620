//! A client.

use async_graphql::{Context, ID, Object, Result};

use super::Settings;
use super::appointment::Appointment;
use super::clinician::Clinician;
use super::member::Member;
use super::request;
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::viewer::Whose;
use crate::graphql::context::Asking;
use crate::graphql::error::{denial, top_level};
use crate::graphql::guard::Of;
use crate::graphql::input::{self, AppointmentRequestFilter};
use crate::graphql::loaders::CareOf;
use crate::graphql::page::{self, AppointmentRequestConnection, ClientConnection};
use crate::graphql::scalars::{DateTime, LocalDate};
use crate::usecases::{CareRow, ClientRow, Refusal, RequestFilter};

/// A client.
pub struct Client {
    pub row: ClientRow,
    pub settings: Settings,
}

impl Client {
    /// The client with an id, where the viewer may see them.
    pub async fn load(ctx: &Context<'_>, settings: Settings, id: ClientId) -> Result<Option<Self>> {
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        Ok(loaders.one(id).await?.map(|row| Self { row, settings }))
    }

    /// The same, read anew: what an operation has loaded before may be older than its own change.
    pub async fn anew(ctx: &Context<'_>, settings: Settings, id: ClientId) -> Result<Option<Self>, Refusal> {
        let found = ctx.desk().clients(ctx.viewer()?, &[id]).await?.into_iter().next();
        Ok(found.map(|row| Self { row, settings }))
    }
}

/// A member who is cared for. Seen by admins, by the clinicians in whose care they are or were, and by themselves.
#[Object(guard = Of("Client", Whose::client(self.row.id)))]
impl Client {
    /// `client_` and 32 hexadecimal digits.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// The client's person.
    async fn member(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, Some(self.row.member_id)).await.transpose()
    }

    /// The client's name, 1 to 200 characters.
    async fn display_name(&self) -> &str {
        &self.row.display_name
    }

    /// The address they sign in with; null where they cannot sign in yet.
    async fn email(&self) -> Option<&str> {
        self.row.email.as_deref()
    }

    /// False once they are no longer a client of the practice.
    async fn active(&self) -> bool {
        self.row.active
    }

    /// True while an admin blocks their self-scheduling in the whole practice.
    async fn self_scheduling_blocked(&self) -> Option<bool> {
        Some(self.row.blocked)
    }

    /// In whose care they are and were, oldest first. A clinician sees their own care only.
    async fn care(&self, ctx: &Context<'_>) -> Result<Vec<CareRelationship>> {
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        let rows = loaders.one(CareOf(self.row.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| CareRelationship { row, settings: self.settings.clone() }).collect())
    }

    /// Their requests, newest first. A clinician sees those made to them.
    async fn appointment_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(desc = "Which to list; all where nothing is given.")] filter: Option<AppointmentRequestFilter>,
    ) -> Option<Result<AppointmentRequestConnection>> {
        let own = RequestFilter { client: Some(self.row.id), ..RequestFilter::default() };
        let filter = request::filter(own, filter);
        Some(request::page(ctx, self.settings.clone(), filter, first, after).await.map_err(top_level))
    }

    /// Their appointments that overlap a range, by start, at most 2000. A clinician sees those with them.
    async fn appointments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range's start.")] from: DateTime,
        #[graphql(desc = "The range's end, after `from` and at most 366 days later.")] to: DateTime,
    ) -> Option<Result<Vec<Appointment>>> {
        let found = async {
            let (from, to) = (input::instant("from", &from)?, input::instant("to", &to)?);
            let meetings = ctx.desk().appointments_in(ctx.viewer()?, None, Some(self.row.id), from, to).await?;
            let shown = |appointment| Appointment { appointment, settings: self.settings.clone() };
            Ok::<_, Refusal>(meetings.into_iter().map(shown).collect())
        };
        Some(found.await.map_err(top_level))
    }
}

/// A client in a clinician's care.
pub struct CareRelationship {
    row: CareRow,
    settings: Settings,
}

/// A client in a clinician's care, from `startedOn` until the day before `endedOn`.
#[Object]
impl CareRelationship {
    /// The clinician; null only if they were removed from the practice.
    async fn clinician(&self) -> Option<Clinician> {
        Clinician::of(self.settings.clone(), self.row.clinician_id)
    }

    /// The first day of care, in the practice's zone.
    async fn started_on(&self) -> LocalDate {
        self.row.care.started_on.into()
    }

    /// The first day without care, in the practice's zone; null while care goes on.
    async fn ended_on(&self) -> Option<LocalDate> {
        self.row.care.ended_on.map(LocalDate::from)
    }
}

/// A page of clients, of one clinician or of all that the viewer may see.
pub async fn page(
    ctx: &Context<'_>,
    settings: Settings,
    of_clinician: Option<ClinicianId>,
    first: Option<i32>,
    after: Option<String>,
    search: Option<String>,
) -> Result<ClientConnection, Refusal> {
    let wanted = page::size("first", first)?;
    let after = after.as_deref().map(place).transpose()?;
    if search.as_ref().is_some_and(|search| search.chars().count() > text::NAME_MAX_CHARS) {
        return Err(Rejection::invalid("search", "Search for at most 200 characters.").into());
    }
    let found = ctx
        .desk()
        .clients_page(ctx.viewer()?, of_clinician, search.as_deref(), after.as_ref(), wanted as u64 + 1)
        .await?;
    let edge = |row: ClientRow| {
        let cursor = format!("{}{}", row.id, row.display_name);
        (cursor, Client { row, settings: settings.clone() })
    };
    let rows = found.clients.into_iter().map(edge).collect();
    Ok(page::from_rows(rows, wanted, after.is_some(), found.total).into())
}

/// A client's place in the list: their id's 39 characters, then their name.
fn place(cursor: &str) -> Result<(String, ClientId), Rejection> {
    let parts = cursor.split_at_checked("client_".len() + 32);
    let (id, name) = parts.ok_or_else(|| page::wrong_cursor("after"))?;
    let id = ClientId::parse(id).map_err(|_| page::wrong_cursor("after"))?;
    Ok((name.to_owned(), id))
}
