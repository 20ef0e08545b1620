//! A clinician.

use async_graphql::{Context, ID, Object, Result};

use super::Settings;
use super::appointment::Appointment;
use super::blocked_time::BlockedTime;
use super::member::Member;
use super::self_scheduling::ClinicianSelfScheduling;
use super::slot::SlotList;
use super::{client, request};
use crate::domain::ids::ClinicianId;
use crate::domain::settings;
use crate::domain::viewer::Whose;
use crate::graphql::context::Asking;
use crate::graphql::error::top_level;
use crate::graphql::guard::Of;
use crate::graphql::input::{self, AppointmentRequestFilter};
use crate::graphql::page::{AppointmentRequestConnection, ClientConnection};
use crate::graphql::scalars::{DateTime, TimeZone};
use crate::usecases::{Refusal, RequestFilter, SlotQuery};

/// A clinician.
pub struct Clinician {
    pub settings: Settings,
    pub id: ClinicianId,
}

impl Clinician {
    /// The clinician with an id, if the practice has one.
    pub fn of(settings: Settings, id: ClinicianId) -> Option<Self> {
        settings.clinicians.contains_key(&id).then_some(Self { settings, id })
    }

    fn row(&self) -> &settings::Clinician {
        &self.settings.clinicians[&self.id]
    }
}

/// A member who sees clients. Every member may see who the clinicians are; their clients, requests and appointments are
/// for themselves and the admins.
#[Object(guard = Of("Clinician", Whose::clinician(self.id)))]
impl Clinician {
    /// `clinician_` and 32 hexadecimal digits.
    pub async fn id(&self) -> ID {
        self.id.to_string().into()
    }

    /// The clinician's person.
    async fn member(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, Some(self.row().member_id)).await.transpose()
    }

    /// The clinician's name, 1 to 200 characters.
    async fn display_name(&self) -> &str {
        &self.row().display_name
    }

    /// Titles and licences as shown beside the name, at most 200 characters; null where there are none.
    async fn credentials(&self) -> Option<&str> {
        self.row().credentials.as_deref()
    }

    /// The zone of the clinician's wall clock, in which their hours are.
    async fn time_zone(&self) -> TimeZone {
        self.row().zone.into()
    }

    /// False once they have left: they can no longer be booked.
    async fn active(&self) -> bool {
        self.row().active
    }

    /// The clinician's settings for self-scheduling.
    async fn self_scheduling(&self) -> ClinicianSelfScheduling {
        ClinicianSelfScheduling { settings: self.settings.clone(), id: self.id }
    }

    /// The starts that can be booked, in order, at most 6000: `SlotList.hasMore` says where there are more. A client sees their own; staff see what a client with access
    /// would see. Computed from the same judgement as the booking itself: what is listed can be booked at that instant.
    async fn available_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The service to be booked; one that does not exist is NOT_FOUND.")] service_id: ID,
        #[graphql(desc = "Starts at or after this instant.")] from: DateTime,
        #[graphql(desc = "Starts before this instant, which is after `from` and at most 62 days later.")] to: DateTime,
        #[graphql(
            desc = "The zone in which `localStart` is told; the clinician's where none is given. Which starts are \
                          offered does not depend on it."
        )]
        time_zone: Option<TimeZone>,
    ) -> Result<SlotList> {
        let found = async {
            let query = SlotQuery {
                clinician_id: self.id,
                service_id: input::id("serviceId", &service_id)?,
                from: input::instant("from", &from)?,
                to: input::instant("to", &to)?,
                zone: time_zone.as_ref().map(|zone| input::zone("timeZone", zone)).transpose()?,
            };
            ctx.desk().find_slots(ctx.viewer()?, &self.settings, query).await
        };
        Ok(SlotList(found.await.map_err(top_level)?))
    }

    /// The time in a range that is blocked, by start. A range that holds more than 1000 stretches is BAD_USER_INPUT.
    async fn blocked_time(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range's start.")] from: DateTime,
        #[graphql(desc = "The range's end, after `from` and at most 366 days later.")] to: DateTime,
    ) -> Option<Result<Vec<BlockedTime>>> {
        let found = async {
            let (from, to) = (input::instant("from", &from)?, input::instant("to", &to)?);
            let blocks = ctx.desk().blocked_time(ctx.viewer()?, self.id, from, to).await?;
            Ok::<_, Refusal>(blocks.into_iter().map(BlockedTime::from).collect())
        };
        Some(found.await.map_err(top_level))
    }

    /// The clients who are or were in this clinician's care, by name.
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
    ) -> Option<Result<ClientConnection>> {
        Some(client::page(ctx, self.settings.clone(), Some(self.id), first, after, None).await.map_err(top_level))
    }

    /// This clinician's requests, newest first.
    async fn appointment_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(desc = "Which to list; all where nothing is given.")] filter: Option<AppointmentRequestFilter>,
    ) -> Option<Result<AppointmentRequestConnection>> {
        let own = RequestFilter { clinician: Some(self.id), ..RequestFilter::default() };
        let filter = request::filter(own, filter);
        Some(request::page(ctx, self.settings.clone(), filter, first, after).await.map_err(top_level))
    }

    /// This clinician's appointments that overlap a range, by start. A range that holds more than 2000 is BAD_USER_INPUT.
    async fn appointments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range's start.")] from: DateTime,
        #[graphql(desc = "The range's end, after `from` and at most 366 days later.")] to: DateTime,
    ) -> Option<Result<Vec<Appointment>>> {
        let found = async {
            let (from, to) = (input::instant("from", &from)?, input::instant("to", &to)?);
            let meetings = ctx.desk().appointments_in(ctx.viewer()?, Some(self.id), None, from, to).await?;
            let shown = |appointment| Appointment { appointment, settings: self.settings.clone() };
            Ok::<_, Refusal>(meetings.into_iter().map(shown).collect())
        };
        Some(found.await.map_err(top_level))
    }
}
