//! An admin hands a pending request to another clinician.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, declared, refusals};
use crate::graphql::input;
use crate::graphql::types::request::AppointmentRequest;
use crate::usecases::Refusal;

/// Which request goes to whom.
#[derive(InputObject, Debug)]
pub struct ReassignAppointmentRequestInput {
    /// The request.
    pub id: ID,
    /// The clinician who takes it.
    pub clinician_id: ID,
}

/// What became of the request.
#[derive(SimpleObject, Default)]
pub struct ReassignAppointmentRequestPayload {
    /// The request as it stands now, also where it was refused since it waits no more; null where the clinician cannot
    /// take it.
    appointment_request: Option<AppointmentRequest>,
    /// Why it was refused; empty where it was not.
    errors: Vec<ReassignAppointmentRequestError>,
}

refusals! {
    ReassignAppointmentRequestPayload, ReassignAppointmentRequestError, ReassignAppointmentRequestErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The request was decided, withdrawn or has expired; the request in the payload says how it stands.
    NotPending,
    /// The clinician has left.
    Inactive,
    /// The clinician does not offer the request's service.
    ServiceNotOffered,
    /// The client is not in the clinician's care today: start care first.
    NotInCare,
    /// Something holds that time of the clinician.
    SlotTaken,
}

/// The mutation `reassignAppointmentRequest`.
#[derive(Default)]
pub struct ReassignAppointmentRequest;

#[Object]
impl ReassignAppointmentRequest {
    /// Hands a pending request to another clinician who offers its service and has the client in their care. Start, length and
    /// deadline stay; the time is held with the other clinician from the moment that the first is free of it, with the
    /// other's buffers. The client's note goes along: from then on the other clinician reads it, and the first no more. Hours,
    /// notice and caps bind clients only. All three are told. Handing it to whoever has it changes nothing.
    async fn reassign_appointment_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ReassignAppointmentRequestInput,
    ) -> Result<ReassignAppointmentRequestPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(
    ctx: &Context<'_>,
    input: ReassignAppointmentRequestInput,
) -> Result<ReassignAppointmentRequestPayload, Refusal> {
    let id = input::id("input.id", &input.id)?;
    let clinician = input::id("input.clinicianId", &input.clinician_id)?;
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let decided = desk.reassign_request(viewer, id, clinician).await?;
    let settings = desk.settings(viewer).await?;
    let mut payload = match &decided.rejection {
        Some(rejection) => declared(rejection)?,
        None => ReassignAppointmentRequestPayload::default(),
    };
    payload.appointment_request = Some(AppointmentRequest { request: decided.request, settings });
    Ok(payload)
}
