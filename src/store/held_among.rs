//! Held time of a few clinicians, and of everybody who is or was in their care: one statement, however many they are.

use std::collections::HashMap;

use sea_orm::Value;
use uuid::Uuid;

use super::convert::{instant, millis};
use super::held::{self, MEETING_MAX_MILLIS};
use super::requests::waiting;
use super::scope::placeholders;
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::slots::Held;
use crate::domain::standings::Pair;
use crate::domain::time::{Instant, Interval};

/// What holds time in a range.
#[derive(Default)]
pub struct HeldAmong {
    /// Of each clinician, buffers included.
    pub of_clinicians: HashMap<ClinicianId, Vec<Held>>,
    /// Each client's meetings, with whichever clinician.
    pub of_clients: HashMap<ClientId, Vec<Interval>>,
}

impl Scope<'_> {
    /// What holds the time of these clinicians and of their clients.
    pub async fn held_among(
        &self,
        clinicians: &[ClinicianId],
        range: Interval,
        now: Instant,
    ) -> Result<HeldAmong, StoreError> {
        let (from, until) = (millis(range.start), millis(range.end));
        let mut values: Vec<Value> =
            vec![from.into(), until.into(), (from - MEETING_MAX_MILLIS).into(), millis(now).into()];
        values.extend(clinicians.iter().map(|id| Value::from(id.0)));
        let theirs = placeholders(values.len() - clinicians.len() + 2, clinicians.len());
        let select = |what: &str, [since, until]: [&str; 2], table: &str| {
            format!(
                "SELECT '{what}' AS what, h.clinician_id, h.client_id, h.starts_at, h.{since} AS since, \
                 h.{until} AS until FROM {table} WHERE h.practice_id = $1"
            )
        };
        let (held, meeting) = (["held_from_at", "held_until_at"], ["starts_at", "ends_at"]);
        let not_lapsed = "(h.lapses_at IS NULL OR h.lapses_at > $5)";
        let (blocks, are_held) = self.blocks_of_many("$2", "$3");
        let sql = [
            format!(
                "{} AND h.clinician_id IN ({theirs}) AND {} AND {not_lapsed}",
                select("meeting", held, "claims h"),
                held::meetings_of_many("$4", "$2", "$3")
            ),
            format!("{} AND h.clinician_id IN ({theirs}) AND {are_held}", select("block", held, &blocks)),
            format!(
                "{} AND h.client_id IN (SELECT r.client_id FROM care_relationships r WHERE r.practice_id = $1 AND \
                 r.clinician_id IN ({theirs})) AND {} AND {not_lapsed}",
                select("client", meeting, "claims h"),
                held::meetings_of_clients("$4", "$2", "$3")
            ),
        ];
        let mut found = HeldAmong::default();
        for row in self.query(&sql.join(" UNION ALL "), values).await? {
            let what: String = row.try_get("", "what")?;
            let stretch = Interval::new(instant(row.try_get("", "since")?)?, instant(row.try_get("", "until")?)?);
            if what == "client" {
                let client: Uuid = row.try_get("", "client_id")?;
                found.of_clients.entry(ClientId(client)).or_default().push(stretch);
                continue;
            }
            let clinician: Uuid = row.try_get("", "clinician_id")?;
            // Blocked time is no meeting.
            let starts_at = (what == "meeting").then(|| row.try_get("", "starts_at")).transpose()?;
            let meeting_starts_at = starts_at.map(instant).transpose()?;
            found.of_clinicians.entry(ClinicianId(clinician)).or_default().push(Held { stretch, meeting_starts_at });
        }
        Ok(found)
    }

    /// How many requests of each pair wait for an answer from these clinicians; pairs of whom none does are left out.
    pub async fn waiting_among(
        &self,
        clinicians: &[ClinicianId],
        now: Instant,
    ) -> Result<HashMap<Pair, u64>, StoreError> {
        let sql = format!(
            "SELECT r.clinician_id, r.client_id, COUNT(*) FROM appointment_requests r WHERE r.practice_id = $1 AND {} \
             AND r.clinician_id IN ({}) GROUP BY r.clinician_id, r.client_id",
            waiting("r", "$2"),
            placeholders(3, clinicians.len())
        );
        let values = std::iter::once(millis(now).into()).chain(clinicians.iter().map(|id| Value::from(id.0)));
        let rows = self.query(&sql, values.collect()).await?;
        let counted = |row: &sea_orm::QueryResult| {
            let pair = (ClinicianId(row.try_get_by_index(0)?), ClientId(row.try_get_by_index(1)?));
            Ok((pair, row.try_get_by_index::<i64>(2)?.unsigned_abs()))
        };
        rows.iter().map(counted).collect()
    }
}
