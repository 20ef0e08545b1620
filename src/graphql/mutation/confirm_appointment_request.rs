//! The clinician, or an admin, confirms a request.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, declared, refusals};
use crate::graphql::input;
use crate::graphql::types::request::AppointmentRequest;
use crate::usecases::Refusal;

/// Which request is confirmed.
#[derive(InputObject, Debug)]
pub struct ConfirmAppointmentRequestInput {
    /// The request, a `request_…` id.
    pub id: ID,
    /// Words for the client, at most 1000 characters.
    pub message_to_client: Option<String>,
}

/// What became of the confirmation.
#[derive(SimpleObject, Default)]
pub struct ConfirmAppointmentRequestPayload {
    /// The request as it stands now, also where the answer came too late; null where the input was wrong.
    appointment_request: Option<AppointmentRequest>,
    /// Why it was refused; empty where it was not.
    errors: Vec<ConfirmAppointmentRequestError>,
}

refusals! {
    ConfirmAppointmentRequestPayload, ConfirmAppointmentRequestError, ConfirmAppointmentRequestErrorCode:
    /// An id of another kind, or a message that is too long.
    InvalidInput,
    /// It no longer waits for an answer: it was decided, withdrawn, superseded, or has expired. `appointmentRequest` shows how it stands.
    NotPending,
}

/// The mutation `confirmAppointmentRequest`.
#[derive(Default)]
pub struct ConfirmAppointmentRequest;

#[Object]
impl ConfirmAppointmentRequest {
    /// Confirms a request: its time becomes an appointment, and the client's streams tell them at once. Confirming
    /// twice changes nothing and tells nobody twice.
    async fn confirm_appointment_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ConfirmAppointmentRequestInput,
    ) -> Result<ConfirmAppointmentRequestPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(
    ctx: &Context<'_>,
    input: ConfirmAppointmentRequestInput,
) -> Result<ConfirmAppointmentRequestPayload, Refusal> {
    let id = input::id("input.id", &input.id)?;
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let decided = desk.confirm_request(viewer, id, input.message_to_client.as_deref()).await?;
    let mut payload = match &decided.rejection {
        Some(rejection) => declared(rejection)?,
        None => ConfirmAppointmentRequestPayload::default(),
    };
    let settings = desk.settings(viewer).await?;
    payload.appointment_request = Some(AppointmentRequest { request: decided.request, settings });
    Ok(payload)
}
