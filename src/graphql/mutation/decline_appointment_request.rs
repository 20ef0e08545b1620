//! The clinician, or an admin, declines a request.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::enums::DeclineReason;
use crate::graphql::error::{answer, declared, refusals};
use crate::graphql::input;
use crate::graphql::types::request::AppointmentRequest;
use crate::usecases::Refusal;

/// Which request is declined, and why.
#[derive(InputObject, Debug)]
pub struct DeclineAppointmentRequestInput {
    /// The request, a `request_…` id.
    pub id: ID,
    /// Why, as the client is told.
    pub reason: DeclineReason,
    /// Words for the client, at most 1000 characters.
    pub message_to_client: Option<String>,
}

/// What became of the declining.
#[derive(SimpleObject, Default)]
pub struct DeclineAppointmentRequestPayload {
    /// The request as it stands now, also where the answer came too late; null where the input was wrong.
    appointment_request: Option<AppointmentRequest>,
    /// Why it was refused; empty where it was not.
    errors: Vec<DeclineAppointmentRequestError>,
}

refusals! {
    DeclineAppointmentRequestPayload, DeclineAppointmentRequestError, DeclineAppointmentRequestErrorCode:
    /// An id of another kind, or a message that is too long.
    InvalidInput,
    /// It no longer waits for an answer: it was decided, withdrawn, superseded, or has expired. `appointmentRequest` shows how it stands.
    NotPending,
}

/// The mutation `declineAppointmentRequest`.
#[derive(Default)]
pub struct DeclineAppointmentRequest;

#[Object]
impl DeclineAppointmentRequest {
    /// Declines a request, with a reason: its time is free again, and the client's streams tell them at once.
    /// Declining twice changes nothing.
    async fn decline_appointment_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DeclineAppointmentRequestInput,
    ) -> Result<DeclineAppointmentRequestPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(
    ctx: &Context<'_>,
    input: DeclineAppointmentRequestInput,
) -> Result<DeclineAppointmentRequestPayload, Refusal> {
    let id = input::id("input.id", &input.id)?;
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let decided = desk.decline_request(viewer, id, input.reason.into(), input.message_to_client.as_deref()).await?;
    let mut payload = match &decided.rejection {
        Some(rejection) => declared(rejection)?,
        None => DeclineAppointmentRequestPayload::default(),
    };
    let settings = desk.settings(viewer).await?;
    payload.appointment_request = Some(AppointmentRequest { request: decided.request, settings });
    Ok(payload)
}
