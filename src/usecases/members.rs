//! What the use cases about members share: finding one, and what one who leaves leaves open.

use super::{Denied, Desk, Refusal};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClientId, ClinicianId, MemberId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::requests::{Appointment, AppointmentRequest, RequestStatus};
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::store::{MemberRow, RequestFilter, Scope};

/// The most of each list that is answered for handing over.
const OPEN_MAX: u64 = 500;

/// What waits for somebody, and what is booked with them: for handing over when they leave.
#[derive(Clone, Default)]
pub struct Open {
    /// Newest first, at most 500.
    pub requests: Vec<AppointmentRequest>,
    /// By start, at most 500.
    pub appointments: Vec<Appointment>,
}

impl Open {
    /// Adds what is open of a clinician, or of a client.
    pub(super) async fn add(
        &mut self,
        scope: &Scope<'_>,
        clinician: Option<ClinicianId>,
        client: Option<ClientId>,
        now: Instant,
    ) -> Result<(), Refusal> {
        let filter = RequestFilter { clinician, client, statuses: Some(vec![RequestStatus::Pending]) };
        self.requests.extend(scope.requests_page(&filter, None, OPEN_MAX, now).await?);
        self.appointments.extend(scope.coming(clinician, client, now, OPEN_MAX).await?);
        Ok(())
    }
}

impl Desk {
    /// Notes that the viewer was shown these requests and appointments.
    pub(super) fn note_open(&self, viewer: &Viewer, requests: &[AppointmentRequest], appointments: &[Appointment]) {
        self.note_reads(viewer, ClientReadKind::Requests, requests.iter().map(|request| request.client_id));
        self.note_reads(viewer, ClientReadKind::Appointments, appointments.iter().map(|meeting| meeting.client_id));
    }
}

/// The member that an input names.
pub(super) async fn named(scope: &Scope<'_>, member: MemberId) -> Result<MemberRow, Refusal> {
    let found = scope.members(&[member]).await?.into_iter().next();
    Ok(found.ok_or_else(|| Denied::not_found_at("member", "input.memberId"))?)
}

/// The member who has an address, unless they have left: they come back first.
pub(super) fn active(found: Option<(MemberId, bool)>) -> Result<Option<MemberId>, Rejection> {
    match found {
        Some((_, false)) => {
            let message = "The member with this address has left. Let them come back with reactivateMember first.";
            Err(Rejection::of_field(Code::Inactive, "input.email", message))
        }
        found => Ok(found.map(|(member, _)| member)),
    }
}

/// A fact about a member.
pub(super) fn event(kind: EventKind, actor: MemberId, about: MemberId) -> Event {
    Event::new(kind, Some(actor)).change("memberId", None, Some(about.to_string()))
}
