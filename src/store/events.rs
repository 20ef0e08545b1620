//! The practice's log: written in the transaction of the change it tells of, read by push.

use sea_orm::{ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef};

use super::convert::{instant, millis, word};
use super::requests::decode as decode_request;
use super::{Scope, StoreError};
use crate::domain::events::{Event, EventFilter, EventKind, LoggedEvent};
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, MemberId, RequestId};
use crate::domain::requests::AppointmentRequest;
use crate::domain::time::Instant;
use entity::events::{Column, Entity, Model};
use entity::{appointment_requests, event_reasons};

impl Scope<'_> {
    /// The reason that goes with the event of this number.
    pub(super) fn reason_row(&self, seq: i64, reason: &str) -> event_reasons::Model {
        event_reasons::Model { practice_id: self.practice().0, seq, reason: reason.to_owned() }
    }

    pub(super) fn event_row(&self, seq: i64, event: &Event, now: Instant) -> Model {
        let changes = event.changes.iter().map(|change| {
            (change.field.to_owned(), serde_json::json!({ "before": change.before, "after": change.after }))
        });
        Model {
            practice_id: self.practice().0,
            seq,
            kind: event.kind.as_str().to_owned(),
            occurred_at: millis(now),
            actor_member_id: event.actor.map(|id| id.0),
            clinician_id: event.clinician_id.map(|id| id.0),
            client_id: event.client_id.map(|id| id.0),
            appointment_request_id: event.request_id.map(|id| id.0),
            appointment_id: event.appointment_id.map(|id| id.0),
            details: serde_json::Value::Object(changes.collect()).to_string(),
        }
    }

    /// The facts numbered after `after` that the filter admits, in order, at most `limit`; each with the request that it
    /// tells of, as that stands now.
    pub async fn events(
        &self,
        filter: &EventFilter,
        after: i64,
        limit: u64,
    ) -> Result<Vec<(LoggedEvent, Option<AppointmentRequest>)>, StoreError> {
        let mut select = self.select::<Entity>().filter(Column::Seq.gt(after)).order_by_asc(Column::Seq).limit(limit);
        if let Some(kinds) = filter.kinds {
            select = select.filter(Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())));
        }
        if !filter.is_about_anybody() {
            let about = [
                filter.clinician.map(|clinician| Column::ClinicianId.eq(clinician.0)),
                filter.client.map(|client| Column::ClientId.eq(client.0)),
            ];
            select = select.filter(about.into_iter().flatten().fold(Condition::any(), Condition::add));
        }
        let select = select.join(JoinType::LeftJoin, its_request()).select_also(appointment_requests::Entity);
        let rows = self.both(select).await?.into_iter();
        rows.map(|(event, request)| Ok((decode(event)?, request.map(decode_request).transpose()?))).collect()
    }

    /// When the fact with this number happened; none where there is no such number.
    pub async fn event_time(&self, seq: i64) -> Result<Option<Instant>, StoreError> {
        let row = self.one(self.select::<Entity>().filter(Column::Seq.eq(seq))).await?;
        row.map(|row| instant(row.occurred_at)).transpose()
    }
}

/// From an event to its request, within one practice.
fn its_request() -> RelationDef {
    Entity::belongs_to(appointment_requests::Entity)
        .from((Column::PracticeId, Column::AppointmentRequestId))
        .to((appointment_requests::Column::PracticeId, appointment_requests::Column::Id))
        .into()
}

fn decode(row: Model) -> Result<LoggedEvent, StoreError> {
    Ok(LoggedEvent {
        seq: row.seq,
        kind: word(EventKind::from_text(&row.kind), "a kind of event", &row.kind)?,
        occurred_at: instant(row.occurred_at)?,
        actor: row.actor_member_id.map(MemberId),
        clinician_id: row.clinician_id.map(ClinicianId),
        client_id: row.client_id.map(ClientId),
        request_id: row.appointment_request_id.map(RequestId),
        appointment_id: row.appointment_id.map(AppointmentId),
    })
}
