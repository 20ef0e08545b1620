//! A client asks for a time.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::enums::Modality;
use crate::graphql::error::{answer, declared, refusals};
use crate::graphql::input;
use crate::graphql::scalars::{DateTime, TimeZone};
use crate::graphql::types::request::AppointmentRequest;
use crate::graphql::types::slot::Slot;
use crate::usecases::{self, Refusal};

/// What is asked for.
#[derive(InputObject, Debug)]
pub struct RequestAppointmentInput {
    /// The clinician to be asked.
    pub clinician_id: ID,
    /// The service to be booked.
    pub service_id: ID,
    /// The start: one that `availableSlots` lists.
    pub starts_at: DateTime,
    /// How to meet: IN_PERSON or TELEHEALTH. Needed where the service's is EITHER.
    pub modality: Option<Modality>,
    /// A note for the clinician's eyes alone, at most 1000 characters.
    pub note_to_clinician: Option<String>,
    /// The zone in which the `localStart` of `alternatives` is told; the clinician's where none is given. It is no part of
    /// what is asked for: a retry may give another.
    pub time_zone: Option<TimeZone>,
    /// A name of the caller's choice for this one request, 1 to 100 characters: a retry with the same key and body answers
    /// the first request as it stands now, the same key with another body is refused. A refused try leaves no key.
    pub idempotency_key: String,
}

/// What became of the request.
#[derive(SimpleObject, Default)]
pub struct RequestAppointmentPayload {
    /// The request; null where it was refused.
    appointment_request: Option<AppointmentRequest>,
    /// Where only the time was wrong: the next starts that can be booked, at most 5 within 14 days after the one asked for.
    alternatives: Vec<Slot>,
    /// Why it was refused; empty where it was not.
    errors: Vec<RequestAppointmentError>,
}

refusals! {
    RequestAppointmentPayload, RequestAppointmentError, RequestAppointmentErrorCode:
    /// A note that is too long, a start that is not an instant, a zone that is none, an id of another kind, or a way of meeting that the service does not have.
    InvalidInput,
    /// Somebody holds that time.
    SlotTaken,
    /// A gate is closed; `selfSchedulingAccess` says which.
    AccessClosed,
    /// The service is archived.
    ServiceArchived,
    /// The time lies outside the hours that are open for the service.
    OutsideHours,
    /// The start is none of those that are offered: it is not on the grid.
    OffSlotInterval,
    /// The start is sooner than the notice allows.
    InsideMinimumNotice,
    /// The start is further ahead than the horizon allows.
    BeyondBookingHorizon,
    /// The day or the week is full, or the client has too many requests waiting.
    LimitReached,
    /// The client has something else at that time.
    ClientAlreadyBooked,
    /// The key was used for a different request.
    IdempotencyKeyReused,
}

/// The mutation `requestAppointment`.
#[derive(Default)]
pub struct RequestAppointment;

#[Object]
impl RequestAppointment {
    /// Asks a clinician for a time. Everything that availableSlots judged is judged again; the time is then held
    /// against other clients until `respondBy`, and the clinician's streams tell them at once. Requires: client, for
    /// themselves.
    async fn request_appointment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RequestAppointmentInput,
    ) -> Result<RequestAppointmentPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: RequestAppointmentInput) -> Result<RequestAppointmentPayload, Refusal> {
    let zone = input.time_zone.as_ref().map(|zone| input::zone("input.timeZone", zone)).transpose()?;
    let ask = usecases::RequestAppointment {
        clinician_id: input::id("input.clinicianId", &input.clinician_id)?,
        service_id: input::id("input.serviceId", &input.service_id)?,
        starts_at: input::instant("input.startsAt", &input.starts_at)?,
        modality: input.modality.map(Into::into),
        note_to_clinician: input.note_to_clinician,
        idempotency_key: input.idempotency_key,
    };
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let requested = desk.request_appointment(viewer, ask).await?;
    let mut payload = match &requested.rejection {
        Some(rejection) => declared(rejection)?,
        None => RequestAppointmentPayload::default(),
    };
    let told = |slot: usecases::Slot| Slot::from(usecases::Slot { zone: zone.unwrap_or(slot.zone), ..slot });
    payload.alternatives = requested.alternatives.into_iter().map(told).collect();
    if let Some(request) = requested.request {
        payload.appointment_request = Some(AppointmentRequest { request, settings: requested.settings });
    }
    Ok(payload)
}
