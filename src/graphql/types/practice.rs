//! A practice.

use async_graphql::{Context, ID, Object, Result};

use super::Settings;
use super::audit::{self, AuditFilter};
use super::client;
use super::client_read::{self, ClientReadFilter};
use super::clinician::Clinician;
use super::member;
use super::request;
use super::self_scheduling::PracticeSelfScheduling;
use super::service::Service;
use super::snapshot::SettingsSnapshot;
use super::soonest::SoonestSlotList;
use crate::graphql::context::Asking;
use crate::graphql::enums::Modality;
use crate::graphql::error::{denial, top_level};
use crate::graphql::input::{self, AppointmentRequestFilter};
use crate::graphql::loaders::BookableOf;
use crate::graphql::page::{
    self, AppointmentRequestConnection, AuditEntryConnection, ClientConnection, ClientReadConnection,
    ClinicianConnection, MemberConnection, Window,
};
use crate::graphql::scalars::{Cursor, DateTime, TimeZone};
use crate::usecases::RequestFilter;

/// A group practice.
pub struct Practice(pub Settings);

/// A group practice: its people, its services, and its settings. A member sees their own practice and no other.
#[Object]
impl Practice {
    /// `practice_` and 32 hexadecimal digits.
    pub async fn id(&self) -> ID {
        self.0.practice_id.to_string().into()
    }

    /// The practice's name, 1 to 200 characters.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The zone in which care begins and ends; each clinician's hours are in the clinician's own.
    async fn time_zone(&self) -> TimeZone {
        self.0.zone.into()
    }

    /// The practice's settings for self-scheduling.
    async fn self_scheduling(&self) -> PracticeSelfScheduling {
        PracticeSelfScheduling(self.0.clone())
    }

    /// The services that can be booked, by name.
    async fn services(
        &self,
        #[graphql(desc = "True lists archived services too.", default = false)] include_archived: bool,
    ) -> Vec<Service> {
        services(&self.0, include_archived)
    }

    /// The clinicians, by name. Every member may see who they are.
    #[allow(clippy::too_many_arguments)]
    async fn clinicians(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the start of the list, 1 to 100; 50 where neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list, 1 to 100; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this `pageInfo.startCursor` of an earlier page.")] before: Option<String>,
        #[graphql(desc = "True lists only those who can be booked, false only those who cannot; see \
                          `ClinicianSelfScheduling.bookable`.")]
        bookable: Option<bool>,
    ) -> Result<ClinicianConnection> {
        let mut ids: Vec<_> =
            self.0.clinicians_by_name().into_iter().filter(|one| one.active).map(|one| one.id).collect();
        if let Some(wanted) = bookable {
            let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
            let found = loaders.many(ids.iter().map(|id| BookableOf(*id)).collect()).await?;
            ids.retain(|id| found.get(&BookableOf(*id)).copied().unwrap_or(false) == wanted);
        }
        let window = Window { first, after, last, before };
        let node = |id| Clinician { settings: self.0.clone(), id };
        let page = page::from_list(ids, &window, ToString::to_string, node);
        Ok(page.map_err(|wrong| top_level(wrong.into()))?.into())
    }

    /// Everybody who is or was of the practice, by name: admins, clinicians and clients, and those who have left.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(
            desc = "Only those whose name or address holds this text, whatever the case of A to Z; at most 200 \
                          characters."
        )]
        search: Option<String>,
    ) -> Option<Result<MemberConnection>> {
        Some(member::page(ctx, first, after, search).await.map_err(top_level))
    }

    /// Who looked at which client's profile, requests, appointments or access, newest first. Kept apart from the changes,
    /// for as long as the practice is, and never changed: the database refuses it. It is written a moment after the look.
    /// For admins.
    async fn client_reads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(desc = "Only looks that match.")] filter: Option<ClientReadFilter>,
    ) -> Option<Result<ClientReadConnection>> {
        Some(client_read::page(ctx, self.0.clone(), first, after, filter).await.map_err(top_level))
    }

    /// Clients by name: all of them for an admin, those who are or were in their care for a clinician.
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(
            desc = "Only those whose name or address holds this text, whatever the case of A to Z; at most 200 \
                          characters."
        )]
        search: Option<String>,
    ) -> Option<Result<ClientConnection>> {
        Some(client::page(ctx, self.0.clone(), None, first, after, search).await.map_err(top_level))
    }

    /// Requests, newest first: all of them for an admin, their own for a clinician.
    async fn appointment_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(desc = "Which to list; all where nothing is given.")] filter: Option<AppointmentRequestFilter>,
    ) -> Option<Result<AppointmentRequestConnection>> {
        let filter = request::filter(RequestFilter::default(), filter);
        Some(request::page(ctx, self.0.clone(), filter, first, after).await.map_err(top_level))
    }

    /// The soonest starts at which the service can be booked, over every clinician whom the viewer may book: a client as
    /// their own access is; staff as a client with access would. Each is one that the clinician's `availableSlots` lists.
    /// Held time is read in one statement, or in two where the first days, at most 14, do not hold enough.
    #[allow(clippy::too_many_arguments)]
    async fn soonest_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service to be booked; one that does not exist is NOT_FOUND.")] service_id: ID,
        #[graphql(desc = "Starts at or after this instant.")] from: DateTime,
        #[graphql(desc = "Starts before this instant, which is after `from` and at most 62 days later.")] to: DateTime,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(
            desc = "Only starts at which client and clinician can meet in this way; EITHER, or nothing, for any."
        )]
        modality: Option<Modality>,
        #[graphql(
            desc = "The zone in which `localStart` is told; each clinician's own where none is given. Which starts \
                          are found does not depend on it."
        )]
        time_zone: Option<TimeZone>,
    ) -> Result<SoonestSlotList> {
        let (range, zone) = ((&from, &to), time_zone.as_ref());
        let found = SoonestSlotList::load(ctx, &self.0, &service_id, range, first, modality, zone).await;
        found.map_err(top_level)
    }

    /// The audit trail, newest first: who did what, for whom, before and after, and why.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after, and so older than, this `pageInfo.endCursor` of an earlier page.")]
        after: Option<String>,
        #[graphql(desc = "Which to list; all where nothing is given.")] filter: Option<AuditFilter>,
    ) -> Option<Result<AuditEntryConnection>> {
        Some(audit::page(ctx, first, after, filter).await.map_err(top_level))
    }

    /// The settings as they were after the last change at or before an instant, rebuilt from the log: why was this booking
    /// possible last month? BAD_USER_INPUT where the instant is still to come, lies before the practice's first entry, or
    /// more than 10,000 changes of settings have been made since.
    async fn settings_as_of(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The instant, now or earlier.")] at: DateTime,
    ) -> Option<Result<SettingsSnapshot>> {
        let found = async { ctx.desk().settings_as_of(ctx.viewer()?, input::instant("at", &at)?).await };
        Some(found.await.map(SettingsSnapshot).map_err(top_level))
    }

    /// Where the practice's event log stands now. Read it before you load what you show, and subscribe with it as
    /// `after`: then nothing falls between the two.
    async fn latest_cursor(&self, ctx: &Context<'_>) -> Result<Cursor> {
        let cursor = async { ctx.desk().latest_cursor(ctx.viewer()?).await };
        Ok(cursor.await.map_err(top_level)?.into())
    }
}

/// A practice's services, by name.
pub fn services(settings: &Settings, include_archived: bool) -> Vec<Service> {
    let mut services: Vec<_> =
        settings.services.values().filter(|service| service.active || include_archived).collect();
    services.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    services.into_iter().map(|service| Service(service.clone())).collect()
}
