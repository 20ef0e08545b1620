//! Held time. The database itself refuses two claims that overlap, of one clinician or of one client.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use uuid::Uuid;

use super::convert::{corrupt, instant, millis};
use super::{Scope, StoreError};
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

/// Claims that still count: all but pending requests past their deadline.
fn alive(now: Instant) -> Condition {
    Condition::any().add(claims::Column::LapsesAt.is_null()).add(claims::Column::LapsesAt.gt(millis(now)))
}

impl Scope<'_> {
    /// Holds the time, or fails with `ClinicianTimeTaken` or `ClientTimeTaken`.
    pub async fn insert_claim(&self, claim: &Claim) -> Result<(), StoreError> {
        let (kind, lapses_at, request, appointment) = match claim.kind {
            ClaimKind::Request { id, lapses_at } => ("REQUEST", Some(millis(lapses_at)), Some(id.0), None),
            ClaimKind::Appointment(id) => ("APPOINTMENT", None, None, Some(id.0)),
        };
        self.insert::<claims::Entity, _>(claims::Model {
            practice_id: self.practice().0,
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
        })
        .await
    }

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

    /// Frees what a request held.
    pub async fn release_claim(&self, request: RequestId) -> Result<(), StoreError> {
        let of_request = claims::Column::AppointmentRequestId.eq(request.0);
        self.run_delete(self.delete::<claims::Entity>().filter(of_request)).await.map(|_| ())
    }

    /// What holds a clinician's time in `range`.
    pub async fn held(&self, clinician: ClinicianId, range: Interval, now: Instant) -> Result<Vec<Held>, StoreError> {
        let select = self
            .select::<claims::Entity>()
            .filter(claims::Column::ClinicianId.eq(clinician.0))
            .filter(claims::Column::HeldFromAt.lt(millis(range.end)))
            .filter(claims::Column::HeldUntilAt.gt(millis(range.start)))
            .filter(alive(now));
        self.all(select).await?.into_iter().map(held).collect()
    }

    /// The client's meetings in `range`, with whichever clinician.
    pub async fn client_meetings(
        &self,
        client: ClientId,
        range: Interval,
        now: Instant,
    ) -> Result<Vec<Interval>, StoreError> {
        let select = self
            .select::<claims::Entity>()
            .filter(claims::Column::ClientId.eq(client.0))
            .filter(claims::Column::StartsAt.lt(millis(range.end)))
            .filter(claims::Column::EndsAt.gt(millis(range.start)))
            .filter(alive(now));
        let rows = self.all(select).await?;
        rows.into_iter().map(|row| Ok(Interval::new(instant(row.starts_at)?, instant(row.ends_at)?))).collect()
    }

    /// The overdue requests whose claims stand in the way of a meeting, the clinician's or the client's.
    pub async fn lapsed_in_the_way(&self, claim: &Claim, now: Instant) -> Result<Vec<RequestId>, StoreError> {
        let of_clinician = Condition::all()
            .add(claims::Column::ClinicianId.eq(claim.clinician_id.0))
            .add(claims::Column::HeldFromAt.lt(millis(claim.held.end)))
            .add(claims::Column::HeldUntilAt.gt(millis(claim.held.start)));
        let of_client = Condition::all()
            .add(claims::Column::ClientId.eq(claim.client_id.0))
            .add(claims::Column::StartsAt.lt(millis(claim.meeting.end)))
            .add(claims::Column::EndsAt.gt(millis(claim.meeting.start)));
        let select = self
            .select::<claims::Entity>()
            .filter(Condition::any().add(of_clinician).add(of_client))
            .filter(claims::Column::LapsesAt.lte(millis(now)));
        let rows = self.all(select).await?;
        Ok(rows.into_iter().filter_map(|row| row.appointment_request_id).map(RequestId).collect())
    }

    /// Every overdue request of the practice, at most `limit`.
    pub async fn lapsed(&self, now: Instant, limit: u64) -> Result<Vec<RequestId>, StoreError> {
        use sea_orm::QuerySelect;
        let select = self.select::<claims::Entity>().filter(claims::Column::LapsesAt.lte(millis(now))).limit(limit);
        let rows = self.all(select).await?;
        Ok(rows.into_iter().filter_map(|row| row.appointment_request_id).map(RequestId).collect())
    }
}

fn held(row: claims::Model) -> Result<Held, StoreError> {
    let meeting = row.kind != "BLOCKED_TIME";
    Ok(Held {
        stretch: Interval::new(instant(row.held_from_at)?, instant(row.held_until_at)?),
        meeting_starts_at: if meeting { Some(instant(row.starts_at)?) } else { None },
    })
}
