//! The query root.

use async_graphql::{Context, ID, Object, Result};

use super::context::{self, Asking};
use super::enums::Modality;
use super::error::top_level;
use super::input::{self, TypedId};
use super::scalars::DateTime;
use super::types::Settings;
use super::types::access::SelfSchedulingAccess;
use super::types::appointment::Appointment;
use super::types::client::Client;
use super::types::client_view::ClientView;
use super::types::clinician::Clinician;
use super::types::node::Node;
use super::types::practice::Practice;
use super::types::request::AppointmentRequest;
use super::types::service::Service;
use super::types::viewer::Viewer;
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, PracticeId, RequestId, ServiceId};
use crate::domain::rejection::Rejection;
use crate::usecases::AccessQuestion;

/// Where every reading begins.
pub struct Query;

async fn settings(ctx: &Context<'_>) -> Result<Settings> {
    context::settings(ctx).await.map_err(top_level)
}

fn id<T: TypedId>(id: &ID) -> Result<T> {
    input::id("id", id).map_err(|wrong| top_level(wrong.into()))
}

/// Where every reading begins. What is out of the viewer's scope reads null, word for word like what does not exist. An id
/// of another kind than asked for is BAD_USER_INPUT.
#[Object]
impl Query {
    /// The signed-in member.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(Viewer(ctx.viewer().map_err(|denied| top_level(denied.into()))?.clone()))
    }

    /// Anything that has an id, by that id; null where there is none in the viewer's scope.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Any id that an answer held.")] id: ID,
    ) -> Option<Result<Node>> {
        self::node(ctx, &id).await.transpose()
    }

    /// The viewer's own practice. There is no way to name another.
    async fn practice(&self, ctx: &Context<'_>) -> Result<Practice> {
        Ok(Practice(settings(ctx).await?))
    }

    /// A clinician of the practice, by id.
    async fn clinician(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A `clinician_…` id.")] id: ID,
    ) -> Option<Result<Clinician>> {
        let found = async { Ok(Clinician::of(settings(ctx).await?, self::id::<ClinicianId>(&id)?)) };
        found.await.transpose()
    }

    /// A client whom the viewer may see, by id.
    async fn client(
        &self, ctx: &Context<'_>, #[graphql(desc = "A `client_…` id.")] id: ID
    ) -> Option<Result<Client>> {
        let found = async { Client::load(ctx, settings(ctx).await?, self::id::<ClientId>(&id)?).await };
        found.await.transpose()
    }

    /// A service of the practice, by id, archived or not.
    async fn service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A `service_…` id.")] id: ID,
    ) -> Option<Result<Service>> {
        let found = async {
            let id = self::id::<ServiceId>(&id)?;
            Ok(settings(ctx).await?.services.get(&id).cloned().map(Service))
        };
        found.await.transpose()
    }

    /// A request that the viewer may see, by id.
    async fn appointment_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A `request_…` id.")] id: ID,
    ) -> Option<Result<AppointmentRequest>> {
        let found = async { AppointmentRequest::load(ctx, settings(ctx).await?, self::id::<RequestId>(&id)?).await };
        found.await.transpose()
    }

    /// An appointment that the viewer may see, by id.
    async fn appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An `appointment_…` id.")] id: ID,
    ) -> Option<Result<Appointment>> {
        let found = async { Appointment::load(ctx, settings(ctx).await?, self::id::<AppointmentId>(&id)?).await };
        found.await.transpose()
    }

    /// Whether a client can book a clinician, and why: every gate with its verdict. A client asks for themselves, a clinician
    /// about their own clients with themselves, an admin about all. The same judgement answers slot lists and bookings: asked
    /// with a service, a start and a modality, `allowed` is true exactly when `requestAppointment` would be accepted then.
    async fn self_scheduling_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clinician who would be booked; NOT_FOUND where there is none.")] clinician_id: ID,
        #[graphql(
            desc = "The client who would book. A client may leave it out; where staff do, the gates about a client \
                          are not asked."
        )]
        client_id: Option<ID>,
        #[graphql(
            desc = "The service that would be booked; without it any service will do, and BOOKING_RULES is not asked."
        )]
        service_id: Option<ID>,
        #[graphql(desc = "The start that would be booked; needs `serviceId`. Without it SLOT_FREE is not asked.")]
        starts_at: Option<DateTime>,
        #[graphql(
            desc = "How they would meet, one of the service's ways; needs `serviceId`. Without it, any way in which the start \
                          is offered."
        )]
        modality: Option<Modality>,
    ) -> Result<SelfSchedulingAccess> {
        let found = async {
            let asked = AccessQuestion {
                clinician_id: input::id("clinicianId", &clinician_id)?,
                client_id: client_id.as_ref().map(|id| input::id("clientId", id)).transpose()?,
                service_id: service_id.as_ref().map(|id| input::id("serviceId", id)).transpose()?,
                starts_at: starts_at.as_ref().map(|at| input::instant("startsAt", at)).transpose()?,
                modality: modality.map(Into::into),
            };
            ctx.desk().explain_access(ctx.viewer()?, asked).await
        };
        Ok(found.await.map_err(top_level)?.into())
    }

    /// The practice through a client's eyes: the clinicians, services and slots that this client sees, read as the client reads
    /// them. For admins, and for a clinician in whose care the client is or was, about themselves alone; null where the
    /// viewer may see no such client, BAD_USER_INPUT for one who has left. It changes nothing, and it is logged who looked.
    async fn seen_by_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The client; a `client_…` id.")] client_id: ID,
    ) -> Option<Result<ClientView>> {
        let found = async {
            let id = input::id("clientId", &client_id)?;
            ctx.desk().see_as_client(ctx.viewer()?, id).await
        };
        Some(found.await.map_err(top_level).transpose()?.map(ClientView))
    }
}

/// Finds a node by the kind that its id names.
async fn node(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let settings = settings(ctx).await?;
    let kind = id.split('_').next().unwrap_or_default();
    Ok(match kind {
        PracticeId::PREFIX => {
            let own = self::id::<PracticeId>(id)? == settings.practice_id;
            own.then(|| Practice(settings).into())
        }
        ClinicianId::PREFIX => Clinician::of(settings, self::id(id)?).map(Node::from),
        ClientId::PREFIX => Client::load(ctx, settings, self::id(id)?).await?.map(Node::from),
        ServiceId::PREFIX => settings.services.get(&self::id(id)?).cloned().map(|service| Service(service).into()),
        RequestId::PREFIX => AppointmentRequest::load(ctx, settings, self::id(id)?).await?.map(Node::from),
        AppointmentId::PREFIX => Appointment::load(ctx, settings, self::id(id)?).await?.map(Node::from),
        _ => {
            let message = "This is not an id of frontdesk. Give one that an answer held, unchanged.";
            return Err(top_level(Rejection::invalid("id", message).into()));
        }
    })
}
