//! The audit trail.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::Settings;
use super::appointment::Appointment;
use super::client::Client;
use super::clinician::Clinician;
use super::member::Member;
use super::request::AppointmentRequest;
use super::service::Service;
use crate::domain::audit::{self, Entry, EntryChange, EntryId, Names};
use crate::graphql::context::Asking;
use crate::graphql::enums::AuditKind;
use crate::graphql::input;
use crate::graphql::page::{self, AuditEntryConnection};
use crate::graphql::scalars::DateTime;
use crate::usecases::Refusal;

/// Which entries of the audit trail to list. Everything that is said must hold; what is left out does not narrow the list.
#[derive(InputObject, Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only what this member did: a `member_…` id. What the system or the operator did is nobody's.
    pub member_id: Option<ID>,
    /// Only what is about this client: a `client_…` id.
    pub client_id: Option<ID>,
    /// Only what is about this clinician: a `clinician_…` id.
    pub clinician_id: Option<ID>,
    /// Only what is of one of these kinds. An empty list matches nothing.
    pub kinds: Option<Vec<AuditKind>>,
    /// Only what happened at or after this instant.
    pub from: Option<DateTime>,
    /// Only what happened before this instant, which is after `from`.
    pub to: Option<DateTime>,
}

impl AuditFilter {
    fn read(self) -> Result<audit::AuditFilter, Refusal> {
        Ok(audit::AuditFilter {
            kinds: self.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            actor: self.member_id.map(|id| input::id("filter.memberId", &id)).transpose()?,
            clinician: self.clinician_id.map(|id| input::id("filter.clinicianId", &id)).transpose()?,
            client: self.client_id.map(|id| input::id("filter.clientId", &id)).transpose()?,
            from: self.from.map(|at| input::instant("filter.from", &at)).transpose()?,
            to: self.to.map(|at| input::instant("filter.to", &at)).transpose()?,
        })
    }
}

/// One entry of the audit trail.
pub struct AuditEntry {
    pub entry: Entry,
    pub settings: Settings,
}

impl AuditEntry {
    async fn its_member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        Member::load(ctx, self.entry.member_id()).await
    }

    async fn its_client(&self, ctx: &Context<'_>) -> Result<Option<Client>> {
        let Some(id) = self.entry.client_id else { return Ok(None) };
        Client::load(ctx, self.settings.clone(), id).await
    }
}

/// One entry of the audit trail: who did what, for whom, what it was before and after, and why. Written in the transaction
/// of the change that it tells of, and never changed or removed.
#[Object]
impl AuditEntry {
    /// `entry_` and 48 hexadecimal digits.
    async fn id(&self) -> ID {
        EntryId { practice_id: self.settings.practice_id, seq: self.entry.seq }.to_string().into()
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        self.entry.occurred_at.into()
    }

    /// Who did it; null for the system, such as a request that expired, and for the operator.
    async fn actor(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.entry.actor).await.transpose()
    }

    /// What happened.
    async fn kind(&self) -> AuditKind {
        self.entry.kind.into()
    }

    /// The same in one sentence, in English, with the names of today.
    async fn summary(&self, ctx: &Context<'_>) -> Result<String> {
        let clinician = self.entry.clinician_id.and_then(|id| self.settings.clinicians.get(&id));
        let service = self.entry.service_id().and_then(|id| self.settings.services.get(&id));
        let names = Names {
            member: self.its_member(ctx).await?.map(|member| member.0.display_name),
            clinician: clinician.map(|clinician| clinician.display_name.clone()),
            client: self.its_client(ctx).await?.map(|client| client.row.display_name),
            service: service.map(|service| service.name.clone()),
        };
        Ok(audit::sentence(&self.entry, &names))
    }

    /// The member whom it is about, where it is about one: whose roles or sign-in changed.
    async fn member(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        self.its_member(ctx).await.transpose()
    }

    /// The clinician whom it is about, where it is about one.
    async fn clinician(&self) -> Option<Clinician> {
        Clinician::of(self.settings.clone(), self.entry.clinician_id?)
    }

    /// The client whom it is about, where it is about one.
    async fn client(&self, ctx: &Context<'_>) -> Option<Result<Client>> {
        self.its_client(ctx).await.transpose()
    }

    /// The service that it is about, where it is about one.
    async fn service(&self) -> Option<Service> {
        self.settings.services.get(&self.entry.service_id()?).cloned().map(Service)
    }

    /// The request that it is about, as that stands now, where it is about one.
    async fn appointment_request(&self, ctx: &Context<'_>) -> Option<Result<AppointmentRequest>> {
        AppointmentRequest::load(ctx, self.settings.clone(), self.entry.request_id?).await.transpose()
    }

    /// The appointment that it is about, as that stands now, where it is about one.
    async fn appointment(&self, ctx: &Context<'_>) -> Option<Result<Appointment>> {
        Appointment::load(ctx, self.settings.clone(), self.entry.appointment_id?).await.transpose()
    }

    /// The fields that changed, by name. Empty where something was set as it stood.
    async fn changes(&self) -> Vec<AuditChange> {
        self.entry.changes.iter().cloned().map(AuditChange::from).collect()
    }

    /// Why, in the words of whoever did it, at most 500 characters, or the word of `DeclineReason` where a request was
    /// declined; null where nobody was asked for a reason, and for holds lifted before reasons were kept.
    async fn reason(&self) -> Option<&str> {
        self.entry.reason.as_deref().or_else(|| self.entry.after("decisionReason"))
    }
}

/// A field before and after.
#[derive(SimpleObject, Clone, Debug)]
pub struct AuditChange {
    /// The field, as the API names it.
    field: String,
    /// What it was, as text: a word, a number, `true` or `false`, ids, dates. Null where there was nothing, or where an older
    /// version did not write it down.
    before: Option<String>,
    /// What it was from then on; null where it was taken away.
    after: Option<String>,
}

impl From<EntryChange> for AuditChange {
    fn from(change: EntryChange) -> Self {
        Self { field: change.field, before: change.before, after: change.after }
    }
}

/// A page of the audit trail, newest first.
pub async fn page(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<String>,
    filter: Option<AuditFilter>,
) -> Result<AuditEntryConnection, Refusal> {
    let wanted = page::size("first", first)?;
    let viewer = ctx.viewer()?;
    let place = |text: &str| {
        let id = EntryId::parse(text).filter(|id| id.practice_id == viewer.practice_id);
        id.map(|id| id.seq).ok_or_else(|| page::wrong_cursor("after"))
    };
    let before = after.as_deref().map(place).transpose()?;
    let filter = filter.unwrap_or_default().read()?;
    let found = ctx.desk().audit_page(viewer, &filter, before, wanted as u64 + 1).await?;
    // Read after the entries: whom they name is there by then.
    let settings = ctx.desk().settings(viewer).await?;
    let edge = |entry: Entry| {
        let id = EntryId { practice_id: viewer.practice_id, seq: entry.seq };
        (id.to_string(), AuditEntry { entry, settings: settings.clone() })
    };
    let rows = found.entries.into_iter().map(edge).collect();
    Ok(page::from_rows(rows, wanted, before.is_some(), found.total).into())
}
