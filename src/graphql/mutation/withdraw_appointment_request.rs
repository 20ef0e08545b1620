//! The client takes a request back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, declared, refusals};
use crate::graphql::input;
use crate::graphql::types::request::AppointmentRequest;
use crate::usecases::Refusal;

/// Which request is withdrawn.
#[derive(InputObject, Debug)]
pub struct WithdrawAppointmentRequestInput {
    /// The request, a `request_…` id.
    pub id: ID,
}

/// What became of the withdrawal.
#[derive(SimpleObject, Default)]
pub struct WithdrawAppointmentRequestPayload {
    /// The request as it stands now, also where the answer came too late; null where the input was wrong.
    appointment_request: Option<AppointmentRequest>,
    /// Why it was refused; empty where it was not.
    errors: Vec<WithdrawAppointmentRequestError>,
}

refusals! {
    WithdrawAppointmentRequestPayload, WithdrawAppointmentRequestError, WithdrawAppointmentRequestErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// It no longer waits for an answer: it was decided, withdrawn, superseded, or has expired. `appointmentRequest` shows how it stands.
    NotPending,
}

/// The mutation `withdrawAppointmentRequest`.
#[derive(Default)]
pub struct WithdrawAppointmentRequest;

#[Object]
impl WithdrawAppointmentRequest {
    /// Takes a request back: its time is free again, and the clinician's streams tell them at once. Withdrawing twice
    /// changes nothing.
    async fn withdraw_appointment_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: WithdrawAppointmentRequestInput,
    ) -> Result<WithdrawAppointmentRequestPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(
    ctx: &Context<'_>,
    input: WithdrawAppointmentRequestInput,
) -> Result<WithdrawAppointmentRequestPayload, Refusal> {
    let id = input::id("input.id", &input.id)?;
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let decided = desk.withdraw_request(viewer, id).await?;
    let mut payload = match &decided.rejection {
        Some(rejection) => declared(rejection)?,
        None => WithdrawAppointmentRequestPayload::default(),
    };
    let settings = desk.settings(viewer).await?;
    payload.appointment_request = Some(AppointmentRequest { request: decided.request, settings });
    Ok(payload)
}
