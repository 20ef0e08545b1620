//! What bears on several clinicians' time at once: one statement each, however many they are.

use std::collections::HashMap;

use sea_orm::Value;

use super::convert::{instant, millis};
use super::held::{self, MEETING_MAX_MILLIS};
use super::scope::placeholders;
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::slots::Held;
use crate::domain::time::{Instant, Interval};

/// A claim that still holds what it claims.
const NOT_LAPSED: &str = "(h.lapses_at IS NULL OR h.lapses_at > $4)";

impl Scope<'_> {
    /// What holds each of these clinicians' time in a range.
    pub async fn held_of_clinicians(
        &self,
        clinicians: &[ClinicianId],
        range: Interval,
        now: Instant,
    ) -> Result<HashMap<ClinicianId, Vec<Held>>, StoreError> {
        let meetings = held::meetings_of_many("$5", "$2", "$3");
        let (blocks, are_held) = self.blocks_of_many("$2", "$3");
        let of_these = format!(
            "WHERE h.practice_id = $1 AND h.clinician_id IN ({}) AND {NOT_LAPSED}",
            placeholders(6, clinicians.len())
        );
        let columns = "SELECT h.clinician_id, h.kind, h.starts_at, h.held_from_at, h.held_until_at";
        let sql = format!(
            "{columns} FROM claims h {of_these} AND {meetings} UNION ALL {columns} FROM {blocks} {of_these} AND {are_held}"
        );
        let mut held: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.query(&sql, bound(clinicians, range, now)).await? {
            let kind: String = row.try_get("", "kind")?;
            let [starts_at, from, until] =
                ["starts_at", "held_from_at", "held_until_at"].map(|column| row.try_get::<i64>("", column));
            let stretch = Interval::new(instant(from?)?, instant(until?)?);
            let starts_at = instant(starts_at?)?;
            let meeting_starts_at = (kind != "BLOCKED_TIME").then_some(starts_at);
            let clinician = ClinicianId(row.try_get("", "clinician_id")?);
            held.entry(clinician).or_default().push(Held { stretch, meeting_starts_at });
        }
        Ok(held)
    }

    /// The meetings in a range, with whomever, of each client who is or was in the care of one of these clinicians.
    pub async fn meetings_of_clients_of(
        &self,
        clinicians: &[ClinicianId],
        range: Interval,
        now: Instant,
    ) -> Result<HashMap<ClientId, Vec<Interval>>, StoreError> {
        let sql = format!(
            "SELECT h.client_id, h.starts_at, h.ends_at FROM claims h WHERE h.practice_id = $1 \
             AND h.client_id IN (SELECT c.client_id FROM care_relationships c WHERE c.practice_id = $1 \
             AND c.clinician_id IN ({})) AND {} AND {NOT_LAPSED}",
            placeholders(6, clinicians.len()),
            held::meetings_of_clients("$5", "$2", "$3")
        );
        let mut meetings: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.query(&sql, bound(clinicians, range, now)).await? {
            let meeting = Interval::new(instant(row.try_get("", "starts_at")?)?, instant(row.try_get("", "ends_at")?)?);
            meetings.entry(ClientId(row.try_get("", "client_id")?)).or_default().push(meeting);
        }
        Ok(meetings)
    }
}

fn bound(clinicians: &[ClinicianId], range: Interval, now: Instant) -> Vec<Value> {
    let [from, until, now] = [range.start, range.end, now].map(millis);
    let times = [from, until, now, from - MEETING_MAX_MILLIS].map(Value::from);
    times.into_iter().chain(clinicians.iter().map(|id| id.0.into())).collect()
}
