//! An admin hands a pending request to another clinician: one transaction, in which its time passes from the one to the
//! other without a moment between.

use super::error::require_admin;
use super::expire_requests::expire;
use super::rights::require_still;
use super::{Decided, Denied, Desk, Refusal};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::events::Event;
use crate::domain::ids::{ClinicianId, RequestId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::requests::AppointmentRequest;
use crate::domain::settings::{Clinician, PracticeSettings};
use crate::domain::slots;
use crate::domain::time::{self, Instant, Interval};
use crate::domain::viewer::Viewer;
use crate::store::{Claim, ClaimKind, StoreError, Write};

impl Desk {
    /// Hands it over, if the other clinician can take it. Handing it to whoever has it changes nothing.
    pub async fn reassign_request(&self, viewer: &Viewer, id: RequestId, to: ClinicianId) -> Result<Decided, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let found = write.scope().requests(viewer.reach(), &[id]).await?.into_iter().next();
                let request = found.ok_or_else(|| Denied::not_found_at("request", "input.id"))?;
                self.note_reads(viewer, ClientReadKind::Requests, [request.client_id]);
                let (settings, now) = (write.settings().await?, self.clock.now());
                let clinician = settings.clinicians.get(&to);
                let clinician = clinician.ok_or_else(|| Denied::not_found_at("clinician", "input.clinicianId"))?;
                let next = match request.reassign(to, clinician.zone, now) {
                    Ok(next) if request.clinician_id != to => next,
                    // How it stands may be told only once it is durable.
                    unchanged => {
                        write.roll_back().await?;
                        return Ok(Decided { request, rejection: unchanged.err() });
                    }
                };
                can_take(&write, &settings, clinician, &request, now).await?;
                hand_over(&mut write, &settings, clinician, &next, now).await?;
                for event in Event::of_reassigned(&next, request.clinician_id, viewer.member_id) {
                    write.append(&event, now);
                }
                self.commit(viewer.practice_id, write).await?;
                Ok(Decided { request: next, rejection: None })
            })
        })
        .await
    }
}

/// Staff may act outside hours and notice; but the clinician has to be there, to offer the service, and to have the client
/// in their care.
async fn can_take(
    write: &Write,
    settings: &PracticeSettings,
    clinician: &Clinician,
    request: &AppointmentRequest,
    now: Instant,
) -> Result<(), Refusal> {
    let name = &clinician.display_name;
    let no = |code, message: String| Err(Rejection::of_field(code, "input.clinicianId", message).into());
    if !clinician.active {
        return no(Code::Inactive, format!("{name} no longer sees clients. Choose another clinician."));
    }
    if !clinician.offered.contains_key(&request.service_id) {
        return no(Code::ServiceNotOffered, format!("{name} does not offer this service. Choose another clinician."));
    }
    let today = time::local_date(settings.zone, now);
    let standing = write.scope().standing(clinician.id, request.client_id, today, now).await?;
    let in_care = standing.and_then(|(standing, _)| standing.care).is_some_and(|care| care.covers(today));
    if !in_care {
        return no(Code::NotInCare, format!("This client is not in the care of {name}. Start care first."));
    }
    Ok(())
}

/// Saves the request with its claim at the other clinician. Overdue requests in the way expire here and now.
async fn hand_over(
    write: &mut Write,
    settings: &PracticeSettings,
    clinician: &Clinician,
    next: &AppointmentRequest,
    now: Instant,
) -> Result<(), Refusal> {
    let meeting = Interval::new(next.starts_at, next.ends_at);
    let service = settings.services.get(&next.service_id).ok_or(Denied::NotFound("service"))?;
    let held = slots::claimed(&settings.rules_for(clinician, service), meeting);
    let kind = ClaimKind::Request { id: next.id, lapses_at: next.respond_by };
    let claim = Claim { kind, clinician_id: clinician.id, client_id: next.client_id, meeting, held };
    let there = write.scope().held(clinician.id, None, held, now).await?;
    if !there.of_clinician.is_empty() {
        return Err(taken(clinician).into());
    }
    let in_the_way = there.lapsed.iter().filter(|lapsed| lapsed.is_in_the_way_of(&claim));
    let in_the_way: Vec<_> = in_the_way.map(|lapsed| lapsed.id).collect();
    expire(write, &in_the_way, now).await?;
    write.scope().update_request(next).await?;
    write.scope().move_claim(next.id, clinician.id, held).await.map_err(|error| match error {
        StoreError::ClinicianTimeTaken => taken(clinician).into(),
        other => Refusal::from(other),
    })
}

fn taken(clinician: &Clinician) -> Rejection {
    let message = format!("Something holds that time of {} already. Choose another clinician.", clinician.display_name);
    Rejection::of_field(Code::SlotTaken, "input.clinicianId", message)
}
