//! The answers to a request: the clinician or an admin confirms or declines, the client withdraws.

use super::{Denied, Desk, Refusal};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::events::Event;
use crate::domain::ids::RequestId;
use crate::domain::rejection::Rejection;
use crate::domain::requests::{AppointmentRequest, Decision, DeclineReason, Outcome};
use crate::domain::text;
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::store::Write;

use super::error::require_acts_for;
use super::rights::require_still;

/// The request as it stands now, and why it could not be decided, where it could not.
pub struct Decided {
    pub request: AppointmentRequest,
    pub rejection: Option<Rejection>,
}

impl Desk {
    /// Confirms: the time that the request holds becomes an appointment's. Confirming twice changes nothing.
    pub async fn confirm_request(
        &self,
        viewer: &Viewer,
        id: RequestId,
        message: Option<&str>,
    ) -> Result<Decided, Refusal> {
        let message = checked(message)?;
        self.decide(viewer, id, Decision::Confirm { message }).await
    }

    /// Declines, with a reason, and frees the time.
    pub async fn decline_request(
        &self,
        viewer: &Viewer,
        id: RequestId,
        reason: DeclineReason,
        message: Option<&str>,
    ) -> Result<Decided, Refusal> {
        let message = checked(message)?;
        self.decide(viewer, id, Decision::Decline { reason, message }).await
    }

    /// The client takes their own request back, and frees the time.
    pub async fn withdraw_request(&self, viewer: &Viewer, id: RequestId) -> Result<Decided, Refusal> {
        self.decide(viewer, id, Decision::Withdraw).await
    }

    async fn decide(&self, viewer: &Viewer, id: RequestId, decision: Decision) -> Result<Decided, Refusal> {
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let found = write.scope().requests(viewer.reach(), &[id]).await?.into_iter().next();
                let request = found.ok_or_else(|| Denied::not_found_at("request", "input.id"))?;
                if decision == Decision::Withdraw {
                    if viewer.client_id != Some(request.client_id) {
                        return Err(Denied::Forbidden(
                            "Only the client who asked can withdraw a request. Decline it instead.",
                        )
                        .into());
                    }
                } else {
                    require_acts_for(viewer, request.clinician_id)?;
                }
                let now = self.clock.now();
                let rejection = match request.decide(decision.clone(), Some(viewer.member_id), now) {
                    Ok(Outcome::Changed(next)) => {
                        save_decided(&mut write, &next, now).await?;
                        self.commit(viewer.practice_id, write).await?;
                        self.note_reads(viewer, ClientReadKind::Requests, [next.client_id]);
                        return Ok(Decided { request: *next, rejection: None });
                    }
                    Ok(Outcome::AlreadySo) => None,
                    Err(rejection) => Some(rejection),
                };
                // How it stands may be told only once it is durable, and that is what the end of the turn waits for.
                write.roll_back().await?;
                self.note_reads(viewer, ClientReadKind::Requests, [request.client_id]);
                Ok(Decided { request, rejection })
            })
        })
        .await
    }
}

fn checked(message: Option<&str>) -> Result<Option<String>, Rejection> {
    let message = message.map(|text| text::paragraph(text, "message", text::NOTE_MAX_CHARS)).transpose();
    let message = message.map_err(|message| Rejection::invalid("input.messageToClient", message))?;
    Ok(message.filter(|message| !message.is_empty()))
}

/// Stores a decided request with what follows for its claim, and the event.
pub(super) async fn save_decided(write: &mut Write, next: &AppointmentRequest, now: Instant) -> Result<(), Refusal> {
    save_decided_as(write, next, &Event::of_request(next, next.decided_by), now).await
}

/// The same, told by an event that says more.
pub(super) async fn save_decided_as(
    write: &mut Write,
    next: &AppointmentRequest,
    event: &Event,
    now: Instant,
) -> Result<(), Refusal> {
    let scope = write.scope();
    match next.appointment() {
        Some(appointment) => {
            scope.insert_appointment(&appointment).await?;
            scope.update_request(next).await?;
            scope.pass_claim_on(next.id, appointment.id).await?;
        }
        None => {
            scope.update_request(next).await?;
            scope.release_claim(next.id).await?;
        }
    }
    write.append(event, now);
    Ok(())
}
