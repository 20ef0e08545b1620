//! The log as an audit trail: entries newest first, by whom, about whom, of which kind, and when.
//!
//! Each statement follows one index from its end and stops at its limit, however long the log is: a person's own, or
//! one arm for each kind. What else is asked is held against the entries found there.

use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use super::convert::{corrupt, instant, millis, word};
use super::scope::placeholders;
use super::{Scope, Store, StoreError};
use crate::domain::audit::{AuditFilter, Entry, EntryChange};
use crate::domain::events::EventKind;
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, MemberId, PracticeId, RequestId};
use crate::domain::settings::PracticeSettings;
use crate::domain::time::Instant;

/// How far apart the clocks of two servers may be, in milliseconds: so much more of the log is looked through at the ends
/// of a range of time.
const CLOCKS_APART_MILLIS: i64 = 5 * 60 * 1000;

const COLUMNS: &str = "seq, kind, occurred_at, actor_member_id, clinician_id, client_id, appointment_request_id, \
                       appointment_id, details";

/// A stretch of the log: the numbers after `after` up to and with `until`.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub after: i64,
    pub until: i64,
}

impl Stretch {
    /// The whole log.
    pub const ALL: Self = Self { after: 0, until: i64::MAX };
}

/// The settings that hold now, and what has changed since an instant, newest first; both as of one moment.
pub struct Since {
    pub settings: PracticeSettings,
    /// The last number of the log at that instant; none where the log had not begun.
    pub until: Option<i64>,
    pub entries: Vec<Entry>,
}

impl Store {
    /// The settings as they are, with at most `most` entries since the instant that tell of changes of them.
    pub async fn settings_since(&self, practice: PracticeId, at: Instant, most: u64) -> Result<Since, StoreError> {
        let _turn = self.shared.read_turns.take().await?;
        let snapshot = self.snapshot().await?;
        let scope = Scope::new((&snapshot).into(), practice, &self.shared);
        let settings = scope.load_settings().await?;
        let until = scope.last_until(at).await?;
        let since = Stretch { after: until.unwrap_or(0), until: i64::MAX };
        let of_settings = AuditFilter { kinds: Some(EventKind::OF_SETTINGS.to_vec()), ..AuditFilter::default() };
        let entries = scope.audit(&of_settings, since, most).await?;
        self.shared.patience.answered(snapshot.rollback()).await?;
        Ok(Since { settings, until, entries })
    }
}

impl Scope<'_> {
    /// The entries in a stretch that the filter admits, newest first, at most `limit`.
    pub async fn audit(&self, filter: &AuditFilter, stretch: Stretch, limit: u64) -> Result<Vec<Entry>, StoreError> {
        let Some(stretch) = self.narrowed(filter, stretch).await? else { return Ok(Vec::new()) };
        let (entries, values) = self.entries(COLUMNS, filter, stretch, limit);
        let sql = format!(
            "SELECT e.*, r.reason FROM ({entries}) e LEFT JOIN event_reasons r ON r.practice_id = $1 AND r.seq = e.seq \
             ORDER BY e.seq DESC LIMIT {limit}"
        );
        self.query(&sql, values).await?.iter().map(decode).collect()
    }

    /// How many entries the filter admits; counted up to `most`.
    pub async fn audit_count(&self, filter: &AuditFilter, most: u64) -> Result<i64, StoreError> {
        let Some(stretch) = self.narrowed(filter, Stretch::ALL).await? else { return Ok(0) };
        let (entries, values) = self.entries("seq", filter, stretch, most);
        let sql = format!("SELECT COUNT(*) AS count FROM (SELECT seq FROM ({entries}) e LIMIT {most}) counted");
        let rows = self.query(&sql, values).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get("", "count")?))
    }

    /// The last number of the log at an instant; none where the log had not begun.
    pub async fn last_until(&self, at: Instant) -> Result<Option<i64>, StoreError> {
        self.last_before(millis(at) + 1).await
    }

    /// A filter's range of time as a stretch of the log; none where nothing lies in it. The stretch is a little longer
    /// than the range.
    async fn narrowed(&self, filter: &AuditFilter, mut stretch: Stretch) -> Result<Option<Stretch>, StoreError> {
        if filter.kinds.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        if let Some(from) = filter.from {
            let sql = "SELECT seq FROM events WHERE practice_id = $1 AND occurred_at >= $2 \
                       ORDER BY occurred_at, seq LIMIT 1";
            match self.seq(sql, millis(from) - CLOCKS_APART_MILLIS).await? {
                Some(first) => stretch.after = stretch.after.max(first - 1),
                None => return Ok(None),
            }
        }
        if let Some(to) = filter.to {
            match self.last_before(millis(to) + CLOCKS_APART_MILLIS).await? {
                Some(last) => stretch.until = stretch.until.min(last),
                None => return Ok(None),
            }
        }
        Ok((stretch.after < stretch.until).then_some(stretch))
    }

    async fn last_before(&self, millis: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT seq FROM events WHERE practice_id = $1 AND occurred_at < $2 \
                   ORDER BY occurred_at DESC, seq DESC LIMIT 1";
        self.seq(sql, millis).await
    }

    async fn seq(&self, sql: &str, millis: i64) -> Result<Option<i64>, StoreError> {
        let rows = self.query(sql, vec![millis.into()]).await?;
        rows.first().map(|row| Ok(row.try_get("", "seq")?)).transpose()
    }
}

impl Scope<'_> {
    /// The statement for a filter's entries, with what it binds from `$2` on. It may be of several arms: its order has to
    /// be asked for again.
    fn entries(&self, columns: &str, filter: &AuditFilter, stretch: Stretch, limit: u64) -> (String, Vec<Value>) {
        // Of several persons the one of whom least is told, as a rule.
        let persons = [
            ("client_id", "ix_events_by_client", filter.client.map(|id| id.0)),
            ("actor_member_id", "ix_events_by_actor", filter.actor.map(|id| id.0)),
            ("clinician_id", "ix_events_by_clinician", filter.clinician.map(|id| id.0)),
        ];
        let of_a_person = persons.iter().find(|(_, _, id)| id.is_some()).map(|(_, index, _)| *index);
        let index = match (of_a_person, &filter.kinds) {
            (Some(index), _) => self.following(index),
            (None, Some(_)) => self.following("ix_events_by_kind"),
            (None, None) => String::new(),
        };
        let mut values: Vec<Value> = vec![stretch.after.into(), stretch.until.into()];
        let mut sql = format!("SELECT {columns} FROM events{index} WHERE practice_id = $1 AND seq > $2 AND seq <= $3");
        let mut hold = |condition: &str, value: Value| {
            values.push(value);
            sql.push_str(&format!(" AND {condition} ${}", values.len() + 1));
        };
        for (column, _, id) in persons {
            if let Some(id) = id {
                hold(&format!("{column} ="), id.into());
            }
        }
        // A sum is in no index: the range of time has been looked up, and its order is not the one asked for.
        if let Some(from) = filter.from {
            hold("occurred_at + 0 >=", millis(from).into());
        }
        if let Some(to) = filter.to {
            hold("occurred_at + 0 <", millis(to).into());
        }
        let end = format!("ORDER BY seq DESC LIMIT {limit}");
        let first_kind = values.len() + 2;
        let Some(kinds) = &filter.kinds else { return (format!("{sql} {end}"), values) };
        values.extend(kinds.iter().map(|kind| Value::from(kind.as_str())));
        let sql = if of_a_person.is_some() {
            format!("{sql} AND kind IN ({}) {end}", placeholders(first_kind, kinds.len()))
        } else {
            let arm = |place: usize| format!("SELECT * FROM ({sql} AND kind = ${place} {end}) arm_{place}");
            (first_kind..first_kind + kinds.len()).map(arm).collect::<Vec<_>>().join(" UNION ALL ")
        };
        (sql, values)
    }
}

fn decode(row: &QueryResult) -> Result<Entry, StoreError> {
    let kind: String = row.try_get("", "kind")?;
    let id = |column: &str| row.try_get::<Option<Uuid>>("", column);
    Ok(Entry {
        seq: row.try_get("", "seq")?,
        kind: word(EventKind::from_text(&kind), "a kind of event", &kind)?,
        occurred_at: instant(row.try_get("", "occurred_at")?)?,
        actor: id("actor_member_id")?.map(MemberId),
        clinician_id: id("clinician_id")?.map(ClinicianId),
        client_id: id("client_id")?.map(ClientId),
        request_id: id("appointment_request_id")?.map(RequestId),
        appointment_id: id("appointment_id")?.map(AppointmentId),
        changes: changes(&row.try_get::<String>("", "details")?)?,
        reason: row.try_get("", "reason")?,
    })
}

fn changes(details: &str) -> Result<Vec<EntryChange>, StoreError> {
    let Ok(Json::Object(fields)) = serde_json::from_str(details) else { return Err(corrupt("an event", details)) };
    let text = |value: Option<&Json>| value.and_then(Json::as_str).map(str::to_owned);
    let change = |(field, change): (String, Json)| EntryChange {
        before: text(change.get("before")),
        after: text(change.get("after")),
        field,
    };
    Ok(fields.into_iter().map(change).collect())
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
