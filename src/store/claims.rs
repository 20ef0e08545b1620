//! Held time. The database itself refuses two claims that overlap, of one clinician or of one client.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use uuid::Uuid;

use super::convert::{corrupt, instant, millis};
use super::{Scope, StoreError, Write};
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, RequestId};
use crate::domain::slots::Held;
use crate::domain::time::{Instant, Interval};
use entity::claims;

/// What holds the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    /// A pending request, until `lapses_at`.
    Request { id: RequestId, lapses_at: Instant },
    /// An appointment.
    Appointment(AppointmentId),
}

/// A stretch to hold.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub kind: ClaimKind,
    pub clinician_id: ClinicianId,
    pub client_id: ClientId,
    /// The meeting, which binds the client.
    pub meeting: Interval,
    /// The meeting with its buffers, which binds the clinician.
    pub held: Interval,
}

/// What holds time in a range.
#[derive(Clone, Default)]
pub struct HeldTime {
    /// Of the clinician, buffers included.
    pub of_clinician: Vec<Held>,
    /// The client's meetings, with whichever clinician.
    pub of_client: Vec<Interval>,
    /// Overdue requests that were not swept yet: they hold nothing, but their claims still stand.
    pub lapsed: Vec<Lapsed>,
}

/// An overdue request whose claim stands in the range: the stretch of the clinician's time, or of the client's.
#[derive(Clone, Copy, Debug)]
pub struct Lapsed {
    pub id: RequestId,
    pub of_clinician: Option<Interval>,
    pub of_client: Option<Interval>,
}

impl Lapsed {
    /// True where the database would refuse the claim until this one is gone.
    pub fn is_in_the_way_of(&self, claim: &Claim) -> bool {
        self.of_clinician.is_some_and(|held| held.overlaps(&claim.held))
            || self.of_client.is_some_and(|meeting| meeting.overlaps(&claim.meeting))
    }
}

impl Write {
    /// Holds the time, written with the other new rows: that fails with `ClinicianTimeTaken` or `ClientTimeTaken` where it
    /// is not free.
    pub fn add_claim(&mut self, claim: &Claim) {
        let (kind, lapses_at, request, appointment) = match claim.kind {
            ClaimKind::Request { id, lapses_at } => ("REQUEST", Some(millis(lapses_at)), Some(id.0), None),
            ClaimKind::Appointment(id) => ("APPOINTMENT", None, None, Some(id.0)),
        };
        let scope = self.scope();
        let row = scope.insertion::<claims::Entity, _>(claims::Model {
            practice_id: scope.practice().0,
            id: Uuid::now_v7(),
            kind: kind.to_owned(),
            clinician_id: claim.clinician_id.0,
            client_id: Some(claim.client_id.0),
            starts_at: millis(claim.meeting.start),
            ends_at: millis(claim.meeting.end),
            held_from_at: millis(claim.held.start),
            held_until_at: millis(claim.held.end),
            lapses_at,
            appointment_request_id: request,
            appointment_id: appointment,
        });
        self.add(row);
    }
}

impl Scope<'_> {
    /// Turns a request's claim into its appointment's; the time stays held without a moment between.
    pub async fn pass_claim_on(&self, request: RequestId, appointment: AppointmentId) -> Result<(), StoreError> {
        let change = claims::ActiveModel {
            kind: Set("APPOINTMENT".to_owned()),
            lapses_at: Set(None),
            appointment_request_id: Set(None),
            appointment_id: Set(Some(appointment.0)),
            ..Default::default()
        };
        let of_request = claims::Column::AppointmentRequestId.eq(request.0);
        match self.run_update(self.update::<claims::Entity>().filter(of_request).set(change)).await? {
            1 => Ok(()),
            _ => Err(corrupt("a pending request without its claim", &request.to_string())),
        }
    }

    /// Passes what a request holds from its clinician to another, without a moment between: `held` is the meeting with the
    /// other's buffers.
    pub async fn move_claim(
        &self,
        request: RequestId,
        clinician: ClinicianId,
        held: Interval,
    ) -> Result<(), StoreError> {
        let change = claims::ActiveModel {
            clinician_id: Set(clinician.0),
            held_from_at: Set(millis(held.start)),
            held_until_at: Set(millis(held.end)),
            ..Default::default()
        };
        let of_request = claims::Column::AppointmentRequestId.eq(request.0);
        match self.run_update(self.update::<claims::Entity>().filter(of_request).set(change)).await? {
            1 => Ok(()),
            _ => Err(corrupt("a pending request without its claim", &request.to_string())),
        }
    }

    /// Frees what a request held.
    pub async fn release_claim(&self, request: RequestId) -> Result<(), StoreError> {
        let of_request = claims::Column::AppointmentRequestId.eq(request.0);
        self.run_delete(self.delete::<claims::Entity>().filter(of_request)).await.map(|_| ())
    }

    /// What holds the clinician's time in `range`, and the client's, where one is asked for: one statement for both.
    pub async fn held(
        &self,
        clinician: ClinicianId,
        client: Option<ClientId>,
        range: Interval,
        now: Instant,
    ) -> Result<HeldTime, StoreError> {
        let of_clinician = Condition::all()
            .add(claims::Column::ClinicianId.eq(clinician.0))
            .add(claims::Column::HeldFromAt.lt(millis(range.end)))
            .add(claims::Column::HeldUntilAt.gt(millis(range.start)));
        let of_client = client.map(|client| {
            Condition::all()
                .add(claims::Column::ClientId.eq(client.0))
                .add(claims::Column::StartsAt.lt(millis(range.end)))
                .add(claims::Column::EndsAt.gt(millis(range.start)))
        });
        let either = of_client.into_iter().fold(Condition::any().add(of_clinician), Condition::add);
        let mut found = HeldTime::default();
        for row in self.all(self.select::<claims::Entity>().filter(either)).await? {
            let meeting = Interval::new(instant(row.starts_at)?, instant(row.ends_at)?);
            let held = Interval::new(instant(row.held_from_at)?, instant(row.held_until_at)?);
            let is_clinicians = row.clinician_id == clinician.0;
            let is_clients = client.is_some_and(|client| row.client_id == Some(client.0));
            if row.lapses_at.is_some_and(|at| at <= millis(now)) {
                let (of_clinician, of_client) = (is_clinicians.then_some(held), is_clients.then_some(meeting));
                let id = row.appointment_request_id.map(RequestId);
                found.lapsed.extend(id.map(|id| Lapsed { id, of_clinician, of_client }));
                continue;
            }
            if is_clinicians {
                let meeting_starts_at = (row.kind != "BLOCKED_TIME").then_some(meeting.start);
                found.of_clinician.push(Held { stretch: held, meeting_starts_at });
            }
            if is_clients {
                found.of_client.push(meeting);
            }
        }
        Ok(found)
    }

    /// Every overdue request of the practice, at most `limit`.
    pub async fn lapsed(&self, now: Instant, limit: u64) -> Result<Vec<RequestId>, StoreError> {
        use sea_orm::QuerySelect;
        let select = self.select::<claims::Entity>().filter(claims::Column::LapsesAt.lte(millis(now))).limit(limit);
        let rows = self.all(select).await?;
        Ok(rows.into_iter().filter_map(|row| row.appointment_request_id).map(RequestId).collect())
    }
}
