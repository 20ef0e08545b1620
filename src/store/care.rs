//! Care relationships, and what is on record between clients and clinicians.

use chrono::NaiveDate;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QueryResult, Value};
use uuid::Uuid;

use super::convert::{date, decision, instant, millis, word};
use super::reach::within;
use super::requests::waiting;
use super::{HeldTime, Scope, StoreError};
use crate::domain::ids::{CareId, ClientId, ClinicianId, MemberId};
use crate::domain::settings::{Access, Care, ClientStanding, Decision};
use crate::domain::time::{Instant, Interval};
use crate::domain::viewer::Reach;
use entity::care_relationships;

/// A care relationship with its id.
#[derive(Clone, Debug)]
pub struct CareRow {
    pub id: CareId,
    pub clinician_id: ClinicianId,
    pub client_id: ClientId,
    pub care: Care,
}

const STANDING: &str = "k.id AS client_id, k.active, k.active_decided_by, k.active_decided_at, k.blocked, k.blocked_decided_by, \
    k.blocked_decided_at, c.started_on, c.started_by, c.started_at, c.ended_on, c.ended_by, c.ended_at, \
    a.access, a.decided_by AS access_decided_by, a.decided_at AS access_decided_at";

impl Scope<'_> {
    /// The standing of one client with one clinician, care or not, and how many requests wait between them; none where
    /// there is no such client.
    pub async fn standing(
        &self,
        clinician: ClinicianId,
        client: ClientId,
        today: NaiveDate,
        now: Instant,
    ) -> Result<Option<(ClientStanding, u64)>, StoreError> {
        let sql = standing_sql("");
        let rows = self.query(&sql, vec![clinician.0.into(), client.0.into(), millis(now).into()]).await?;
        standing_in(&rows, today)
    }

    /// The same, with what holds the time of either in a range: one statement, and not a second one for what is held.
    pub async fn standing_and_held(
        &self,
        (clinician, client): (ClinicianId, ClientId),
        range: Interval,
        today: NaiveDate,
        now: Instant,
    ) -> Result<Option<(ClientStanding, u64, HeldTime)>, StoreError> {
        let sql = standing_sql(&format!(", {} AS held", self.held_text("$2", Some("$3"), ("$5", "$6"))));
        let times = [now, range.start, range.end].map(|at| millis(at).into());
        let ids: [Value; 2] = [clinician.0.into(), client.0.into()];
        let rows = self.query(&sql, ids.into_iter().chain(times).collect()).await?;
        let held = HeldTime::read(rows.first(), now)?;
        Ok(standing_in(&rows, today)?.map(|(standing, waiting)| (standing, waiting, held)))
    }

    /// Begins care.
    pub async fn insert_care(&self, row: &CareRow) -> Result<(), StoreError> {
        self.insert::<care_relationships::Entity, _>(care_relationships::Model {
            practice_id: self.practice().0,
            id: row.id.0,
            clinician_id: row.clinician_id.0,
            client_id: row.client_id.0,
            started_on: row.care.started_on.to_string(),
            started_by: row.care.started.by.map(|by| by.0),
            started_at: millis(row.care.started.at),
            ended_on: None,
            ended_by: None,
            ended_at: None,
        })
        .await
    }

    /// Ends care: `ended_on` is the first day without it.
    pub async fn end_care(&self, id: CareId, ended_on: NaiveDate, decision: Decision) -> Result<(), StoreError> {
        let change = care_relationships::ActiveModel {
            ended_on: Set(Some(ended_on.to_string())),
            ended_by: Set(decision.by.map(|by| by.0)),
            ended_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        let update =
            self.update::<care_relationships::Entity>().filter(care_relationships::Column::Id.eq(id.0)).set(change);
        self.run_update(update).await.map(|_| ())
    }

    /// Every care relationship of these clients that is within reach, oldest first.
    pub async fn care_of(&self, reach: Reach, clients: &[ClientId]) -> Result<Vec<CareRow>, StoreError> {
        let select = self
            .select::<care_relationships::Entity>()
            .filter(care_relationships::Column::ClientId.is_in(clients.iter().map(|id| id.0)))
            .filter(within(reach, care_relationships::Column::ClinicianId, care_relationships::Column::ClientId))
            .order_by_asc(care_relationships::Column::Id);
        self.all(select).await?.into_iter().map(care_row).collect()
    }
}

/// Standing and waiting requests between the clinician `$2` and the client `$3` at `$4`, a row for each care relationship,
/// with more columns.
fn standing_sql(more: &str) -> String {
    format!(
        "SELECT {STANDING}, (SELECT COUNT(*) FROM appointment_requests r WHERE r.practice_id = $1 AND r.clinician_id = $2 \
         AND r.client_id = $3 AND {}) AS waiting{more} FROM clients k LEFT JOIN care_relationships c \
         ON c.practice_id = k.practice_id AND c.client_id = k.id AND c.clinician_id = $2 LEFT JOIN client_access a \
         ON a.practice_id = k.practice_id AND a.client_id = k.id AND a.clinician_id = $2 \
         WHERE k.practice_id = $1 AND k.id = $3 ORDER BY c.id",
        waiting("r", "$4")
    )
}

/// The standing that covers today, or else the last.
fn standing_in(rows: &[QueryResult], today: NaiveDate) -> Result<Option<(ClientStanding, u64)>, StoreError> {
    let Some(last) = rows.last() else { return Ok(None) };
    let waiting: i64 = last.try_get("", "waiting")?;
    let standings = rows.iter().map(decode_standing).collect::<Result<Vec<_>, _>>()?;
    let covering = standings.iter().rposition(|standing| standing.care.is_some_and(|care| care.covers(today)));
    let standing = covering.map(|index| standings[index].clone()).or_else(|| standings.into_iter().next_back());
    Ok(standing.map(|standing| (standing, waiting.unsigned_abs())))
}

fn care_row(row: care_relationships::Model) -> Result<CareRow, StoreError> {
    Ok(CareRow {
        id: CareId(row.id),
        clinician_id: ClinicianId(row.clinician_id),
        client_id: ClientId(row.client_id),
        care: Care {
            started_on: date(&row.started_on)?,
            started: Decision { by: row.started_by.map(MemberId), at: instant(row.started_at)? },
            ended_on: row.ended_on.as_deref().map(date).transpose()?,
            ended: decision(row.ended_by, row.ended_at)?,
        },
    })
}

fn decode_standing(row: &QueryResult) -> Result<ClientStanding, StoreError> {
    let started_on: Option<String> = row.try_get("", "started_on")?;
    let ended_on: Option<String> = row.try_get("", "ended_on")?;
    let started = decision(row.try_get("", "started_by")?, row.try_get("", "started_at")?)?;
    let care = match (started_on, started) {
        (Some(started_on), Some(started)) => Some(Care {
            started_on: date(&started_on)?,
            started,
            ended_on: ended_on.as_deref().map(date).transpose()?,
            ended: decision(row.try_get("", "ended_by")?, row.try_get("", "ended_at")?)?,
        }),
        _ => None,
    };
    let access: Option<String> = row.try_get("", "access")?;
    let access = access.as_deref().map(|text| word(Access::from_text(text), "an access", text)).transpose()?;
    let access_decision =
        decision(row.try_get::<Option<Uuid>>("", "access_decided_by")?, row.try_get("", "access_decided_at")?)?;
    Ok(ClientStanding {
        client_id: ClientId(row.try_get("", "client_id")?),
        active: row.try_get("", "active")?,
        active_decision: decision(row.try_get("", "active_decided_by")?, row.try_get("", "active_decided_at")?)?,
        blocked: row.try_get("", "blocked")?,
        blocked_decision: decision(row.try_get("", "blocked_decided_by")?, row.try_get("", "blocked_decided_at")?)?,
        care,
        access: access.zip(access_decision),
    })
}
