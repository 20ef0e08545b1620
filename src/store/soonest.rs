//! Held time of everybody who offers a service, over one range: one statement, however many they are.

use std::collections::HashMap;

use sea_orm::Value;
use uuid::Uuid;

use super::convert::{corrupt, instant, millis};
use super::held::{self, MEETING_MAX_MILLIS};
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId, ServiceId};
use crate::domain::slots::Held;
use crate::domain::time::{Instant, Interval};

/// What holds time in a range.
#[derive(Default)]
pub struct HeldByAll {
    /// Of each clinician, buffers included.
    pub of_clinicians: HashMap<ClinicianId, Vec<Held>>,
    /// The client's meetings, with whichever clinician.
    pub of_client: Vec<Interval>,
}

impl HeldByAll {
    /// From one record of the text that the database puts together: whose it is, when its meeting starts, and its stretch.
    fn add(&mut self, record: &str) -> Result<(), StoreError> {
        let mut fields = record.split(' ');
        let mut next = || fields.next().ok_or_else(|| corrupt("held time", record));
        let (clinician, starts_at, from, until) = (next()?, next()?, next()?, next()?);
        let at = |text: &str| instant(text.parse().map_err(|_| corrupt("an instant", text))?);
        let stretch = Interval::new(at(from)?, at(until)?);
        if clinician.is_empty() {
            self.of_client.push(stretch);
            return Ok(());
        }
        let clinician = Uuid::try_parse(clinician).map_err(|_| corrupt("an id", clinician))?;
        // Blocked time is no meeting.
        let meeting_starts_at = if starts_at.is_empty() { None } else { Some(at(starts_at)?) };
        self.of_clinicians.entry(ClinicianId(clinician)).or_default().push(Held { stretch, meeting_starts_at });
        Ok(())
    }
}

/// Whose time is looked for.
#[derive(Clone, Copy)]
pub struct Looking {
    pub service: ServiceId,
    /// Only of those who have or had this client in their care,
    pub client: Option<ClientId>,
    /// and of this one besides.
    pub own: Option<ClinicianId>,
}

const HELD: &str = "h.held_from_at AS since, h.held_until_at AS until";
const NOT_LAPSED: &str = "(h.lapses_at IS NULL OR h.lapses_at > $5)";

impl Scope<'_> {
    /// What holds the time of the clinicians who offer the service, and the client's, where one looks.
    pub async fn held_by_all(&self, looking: Looking, range: Interval, now: Instant) -> Result<HeldByAll, StoreError> {
        let Looking { service, client, own } = looking;
        let (from, until) = (millis(range.start), millis(range.end));
        let mut values: Vec<Value> =
            vec![from.into(), until.into(), (from - MEETING_MAX_MILLIS).into(), millis(now).into(), service.0.into()];
        let mut theirs = "h.clinician_id IN (SELECT o.clinician_id FROM offered_services o \
             WHERE o.practice_id = $1 AND o.service_id = $6)"
            .to_owned();
        let mut of_client = String::new();
        if let Some(client) = client {
            theirs += " AND (h.clinician_id = $8 OR h.clinician_id IN (SELECT r.clinician_id FROM \
                 care_relationships r WHERE r.practice_id = $1 AND r.client_id = $7))";
            of_client = format!(
                " UNION ALL SELECT NULL, NULL, h.starts_at, h.ends_at FROM claims h WHERE h.practice_id = $1 \
                 AND {} AND {NOT_LAPSED}",
                held::of_client("$7", "$2", "$3")
            );
            values.extend([client.0.into(), own.map_or(Uuid::nil(), |own| own.0).into()]);
        }
        let meetings = held::meetings_of_many("$4", "$2", "$3");
        let (blocks, are_held) = self.blocks_of_many("$2", "$3");
        let held = format!(
            "SELECT h.clinician_id, h.starts_at, {HELD} FROM claims h WHERE h.practice_id = $1 AND {theirs} \
             AND {meetings} AND {NOT_LAPSED} UNION ALL SELECT h.clinician_id, NULL, {HELD} FROM {blocks} \
             WHERE h.practice_id = $1 AND {theirs} AND {are_held}{of_client}"
        );
        let fields = [&self.id_text("h.clinician_id"), "h.starts_at", "h.since", "h.until"];
        let fields = fields.map(|field| format!("COALESCE(CAST({field} AS TEXT), '')")).join(" || ' ' || ");
        let sql = format!("SELECT string_agg({fields}, ',') AS held FROM ({held}) h");
        let rows = self.query(&sql, values).await?;
        let text: Option<String> = rows.first().map(|row| row.try_get("", "held")).transpose()?.flatten();
        let mut found = HeldByAll::default();
        for record in text.as_deref().unwrap_or_default().split_terminator(',') {
            found.add(record)?;
        }
        Ok(found)
    }

    /// How many requests of a client wait for each clinician's answer; those of whom none does are left out.
    pub async fn waiting_of(&self, client: ClientId, now: Instant) -> Result<HashMap<ClinicianId, u64>, StoreError> {
        let sql = format!(
            "SELECT r.clinician_id, COUNT(*) FROM appointment_requests r WHERE r.practice_id = $1 AND r.client_id = $2 \
             AND {} GROUP BY r.clinician_id",
            super::requests::waiting("r", "$3")
        );
        let rows = self.query(&sql, vec![client.0.into(), millis(now).into()]).await?;
        let counted = |row: &sea_orm::QueryResult| {
            Ok((ClinicianId(row.try_get_by_index(0)?), row.try_get_by_index::<i64>(1)?.unsigned_abs()))
        };
        rows.iter().map(counted).collect()
    }
}
