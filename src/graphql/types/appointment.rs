//! Appointments.

use async_graphql::{Context, ID, Object, Result};

use super::Settings;
use super::client::Client;
use super::clinician::Clinician;
use super::request::AppointmentRequest;
use super::service::Service;
use crate::domain::ids::AppointmentId;
use crate::domain::requests;
use crate::domain::viewer::Whose;
use crate::graphql::context::Asking;
use crate::graphql::enums::{AppointmentStatus, Modality};
use crate::graphql::error::denial;
use crate::graphql::guard::Of;
use crate::graphql::loaders::RequestBehind;
use crate::graphql::scalars::DateTime;
use crate::usecases::Denied;

/// A booked time.
pub struct Appointment {
    pub appointment: requests::Appointment,
    pub settings: Settings,
}

impl Appointment {
    /// The appointment with an id, where the viewer may see it.
    pub async fn load(ctx: &Context<'_>, settings: Settings, id: AppointmentId) -> Result<Option<Self>> {
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        Ok(loaders.one(id).await?.map(|appointment| Self { appointment, settings }))
    }
}

/// A booked time of a client with a clinician. Seen by that client, that clinician and the admins.
#[Object(guard = Of("Appointment", Whose::between(self.appointment.clinician_id, self.appointment.client_id)))]
impl Appointment {
    /// `appointment_` and 32 hexadecimal digits.
    pub async fn id(&self) -> ID {
        self.appointment.id.to_string().into()
    }

    /// Where it stands.
    async fn status(&self) -> AppointmentStatus {
        self.appointment.status.into()
    }

    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = Client::load(ctx, self.settings.clone(), self.appointment.client_id).await?;
        client.ok_or_else(|| denial(&Denied::NotFound("client")))
    }

    /// The clinician.
    async fn clinician(&self) -> Result<Clinician> {
        let clinician = Clinician::of(self.settings.clone(), self.appointment.clinician_id);
        clinician.ok_or_else(|| denial(&Denied::NotFound("clinician")))
    }

    /// The service.
    async fn service(&self) -> Result<Service> {
        let service = self.settings.services.get(&self.appointment.service_id).cloned();
        service.map(Service).ok_or_else(|| denial(&Denied::NotFound("service")))
    }

    /// When it starts. A booked instant never moves, whatever happens to hours or zones.
    async fn starts_at(&self) -> DateTime {
        self.appointment.starts_at.into()
    }

    /// When it ends, buffers not included.
    async fn ends_at(&self) -> DateTime {
        self.appointment.ends_at.into()
    }

    /// The start on the clinician's wall clock with its offset, as it was agreed.
    async fn local_start(&self) -> &str {
        &self.appointment.local_start
    }

    /// How they meet: IN_PERSON or TELEHEALTH.
    async fn modality(&self) -> Modality {
        self.appointment.modality.into()
    }

    /// The request that made it; null where staff booked it.
    async fn request(&self, ctx: &Context<'_>) -> Option<Result<AppointmentRequest>> {
        let loaders = match ctx.loaders() {
            Ok(loaders) => loaders,
            Err(denied) => return Some(Err(denial(&denied))),
        };
        let shown = |request| AppointmentRequest { request, settings: self.settings.clone() };
        loaders.one(RequestBehind(self.appointment.id)).await.map(|found| found.map(shown)).transpose()
    }
}
