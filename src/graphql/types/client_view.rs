//! What a client sees, shown to staff.

use async_graphql::{Context, ID, Object, Result};

use super::access::SelfSchedulingAccess;
use super::client::Client;
use super::clinician::Clinician;
use super::practice;
use super::service::Service;
use super::slot::SlotList;
use crate::domain::viewer::Whose;
use crate::graphql::context::Asking;
use crate::graphql::enums::Modality;
use crate::graphql::error::top_level;
use crate::graphql::guard::Of;
use crate::graphql::input;
use crate::graphql::page::{self, ClinicianViewConnection, Window};
use crate::graphql::scalars::{DateTime, TimeZone};
use crate::usecases::{AccessQuestion, ClientsEyes, Refusal, SlotQuery};

/// What a client sees.
pub struct ClientView(pub ClientsEyes);

/// What a client sees when they open their portal: each field answers what the same field answers to the client themselves,
/// with the rights of a client and no other, whatever else that person is. Nothing can be changed through it. An admin sees
/// all of it; a clinician what concerns themselves, since what is between the client and a colleague is theirs.
#[Object(guard = Of("ClientView", Whose::client(self.0.client.id)))]
impl ClientView {
    /// Whose view it is.
    async fn client(&self) -> Client {
        Client { row: self.0.client.clone(), settings: self.0.settings.clone() }
    }

    /// The services, as `Practice.services` lists them to the client.
    async fn services(&self) -> Vec<Service> {
        practice::services(&self.0.settings, false)
    }

    /// The clinicians, as `Practice.clinicians` lists them to the client, by name. To a clinician: themselves alone.
    async fn clinicians(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the start of the list, 1 to 100; 50 where neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
        #[graphql(desc = "True lists only those whom this client can book, false only those whom they cannot.")]
        bookable: Option<bool>,
    ) -> Result<ClinicianViewConnection> {
        let found = async {
            let bookables = ctx.desk().bookable_clinicians(self.0.viewer(), &self.0.settings).await?;
            let is_bookable = |id| bookables.get(&id).copied().unwrap_or(false);
            let mut ids = self.0.clinicians();
            ids.retain(|id| bookable.is_none_or(|wanted| wanted == is_bookable(*id)));
            let node = |id| ClinicianView {
                clinician: Clinician { settings: self.0.settings.clone(), id },
                bookable: is_bookable(id),
            };
            let window = Window { first, after, last: None, before: None };
            Ok::<_, Refusal>(page::from_list(ids, &window, ToString::to_string, node)?)
        };
        Ok(found.await.map_err(top_level)?.into())
    }

    /// The starts that this client can book, as `Clinician.availableSlots` lists them to the client, with the closed gates in
    /// the client's words.
    async fn available_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clinician; NOT_FOUND where there is none. For a clinician: themselves.")]
        clinician_id: ID,
        #[graphql(desc = "The service to be booked; one that does not exist is NOT_FOUND.")] service_id: ID,
        #[graphql(desc = "Starts at or after this instant.")] from: DateTime,
        #[graphql(desc = "Starts before this instant, which is after `from` and at most 62 days later.")] to: DateTime,
        #[graphql(desc = "The zone in which `localStart` is told; the clinician's where none is given.")]
        time_zone: Option<TimeZone>,
    ) -> Result<SlotList> {
        let found = async {
            let query = SlotQuery {
                clinician_id: input::id("clinicianId", &clinician_id)?,
                service_id: input::id("serviceId", &service_id)?,
                from: input::instant("from", &from)?,
                to: input::instant("to", &to)?,
                zone: time_zone.as_ref().map(|zone| input::zone("timeZone", zone)).transpose()?,
            };
            ctx.desk().find_slots(self.0.on(query.clinician_id)?, &self.0.settings, query).await
        };
        Ok(SlotList(found.await.map_err(top_level)?))
    }

    /// What `selfSchedulingAccess` answers to the client: the gates in words that tell nothing private.
    async fn self_scheduling_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clinician; NOT_FOUND where there is none. For a clinician: themselves.")]
        clinician_id: ID,
        #[graphql(desc = "The service that would be booked; without it any service will do.")] service_id: Option<ID>,
        #[graphql(desc = "The start that would be booked; needs `serviceId`.")] starts_at: Option<DateTime>,
        #[graphql(desc = "How they would meet; needs `serviceId`. Any way where none is given.")] modality: Option<
            Modality,
        >,
    ) -> Result<SelfSchedulingAccess> {
        let found = async {
            let asked = AccessQuestion {
                clinician_id: input::id("clinicianId", &clinician_id)?,
                client_id: None,
                service_id: service_id.as_ref().map(|id| input::id("serviceId", id)).transpose()?,
                starts_at: starts_at.as_ref().map(|at| input::instant("startsAt", at)).transpose()?,
                modality: modality.map(Into::into),
            };
            ctx.desk().explain_access(self.0.on(asked.clinician_id)?, asked).await
        };
        Ok(found.await.map_err(top_level)?.into())
    }
}

/// A clinician in a client's view.
pub struct ClinicianView {
    pub clinician: Clinician,
    pub bookable: bool,
}

/// A clinician as a client sees them.
#[Object]
impl ClinicianView {
    /// Who it is. What its own fields answer is the viewer's, not the client's.
    async fn clinician(&self) -> &Clinician {
        &self.clinician
    }

    /// Whether every gate that does not depend on a time is open to this client.
    async fn bookable(&self) -> bool {
        self.bookable
    }

    /// The services that the clinician offers, by name, as the client reads them.
    async fn offered_services(&self) -> Vec<Service> {
        super::self_scheduling::offered_services(&self.clinician.settings, self.clinician.id)
    }
}
