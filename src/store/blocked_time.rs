//! Time that a clinician keeps free of meetings: claims of no client.

use sea_orm::{ColumnTrait, QueryFilter, QueryResult, Select, Value};

use super::convert::{instant, millis};
use super::{Scope, StoreError, Write, held};
use crate::domain::ids::{AppointmentId, BlockId, ClinicianId, RequestId};
use crate::domain::time::{Instant, Interval};
use entity::claims::{Column, Entity, Model};

const KIND: &str = "BLOCKED_TIME";

/// A stretch of blocked time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRow {
    pub id: BlockId,
    pub clinician_id: ClinicianId,
    pub stretch: Interval,
}

/// What holds a stretch of a clinician's time, buffers included.
#[derive(Clone, Debug, Default)]
pub struct InTheWay {
    /// Those that wait for an answer.
    pub waiting: Vec<RequestId>,
    /// Those that are overdue and not swept yet.
    pub lapsed: Vec<RequestId>,
    pub appointments: Vec<AppointmentId>,
    pub blocks: Vec<BlockId>,
}

impl Write {
    /// Blocks the time, written with the other new rows: that fails with `ClinicianTimeTaken` where it is not free.
    pub fn add_blocked_time(&mut self, block: &BlockRow) {
        let (from, until) = (millis(block.stretch.start), millis(block.stretch.end));
        let scope = self.scope();
        let row = scope.insertion::<Entity, _>(Model {
            practice_id: scope.practice().0,
            id: block.id.0,
            kind: KIND.to_owned(),
            clinician_id: block.clinician_id.0,
            client_id: None,
            starts_at: from,
            ends_at: until,
            held_from_at: from,
            held_until_at: until,
            lapses_at: None,
            appointment_request_id: None,
            appointment_id: None,
        });
        self.add(row);
    }
}

impl Scope<'_> {
    fn blocked(&self) -> Select<Entity> {
        self.select::<Entity>().filter(Column::Kind.eq(KIND))
    }

    /// The blocked time with an id.
    pub async fn block(&self, id: BlockId) -> Result<Option<BlockRow>, StoreError> {
        self.one(self.blocked().filter(Column::Id.eq(id.0))).await?.map(decode).transpose()
    }

    /// A clinician's blocked time that overlaps `range`, by start; at most `limit`.
    pub async fn blocks_in(
        &self,
        clinician: ClinicianId,
        range: Interval,
        limit: u64,
    ) -> Result<Vec<BlockRow>, StoreError> {
        let sql = format!(
            "SELECT h.id, h.held_from_at, h.held_until_at FROM claims h WHERE h.practice_id = $1 AND {} \
             AND h.kind = '{KIND}' ORDER BY h.held_from_at LIMIT {limit}",
            held::of_clinician("$2", "$3", "$4")
        );
        let row = |row: &QueryResult| {
            let at = |column| instant(row.try_get("", column)?);
            let stretch = Interval::new(at("held_from_at")?, at("held_until_at")?);
            Ok(BlockRow { id: BlockId(row.try_get("", "id")?), clinician_id: clinician, stretch })
        };
        self.query(&sql, bound(clinician, range)).await?.iter().map(row).collect()
    }

    /// How many stretches of a clinician's are blocked that are not over.
    pub async fn blocks_count(&self, clinician: ClinicianId, now: Instant) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) FROM claims h WHERE h.practice_id = $1 AND {} AND h.kind = '{KIND}'",
            held::of_clinician("$2", "$3", "$4")
        );
        let coming = Interval::new(now, Instant::MAX_UTC);
        let rows = self.query(&sql, bound(clinician, coming)).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get_by_index::<i64>(0)?.unsigned_abs()))
    }

    /// What would make the database refuse a stretch of a clinician's, each by start.
    pub async fn in_the_way(
        &self,
        clinician: ClinicianId,
        stretch: Interval,
        now: Instant,
    ) -> Result<InTheWay, StoreError> {
        let sql = format!(
            "SELECT h.id, h.appointment_request_id, h.appointment_id, h.lapses_at FROM claims h \
             WHERE h.practice_id = $1 AND {} ORDER BY h.held_from_at",
            held::of_clinician("$2", "$3", "$4")
        );
        let mut found = InTheWay::default();
        for row in self.query(&sql, bound(clinician, stretch)).await? {
            let lapses_at: Option<i64> = row.try_get("", "lapses_at")?;
            match (row.try_get("", "appointment_request_id")?, row.try_get("", "appointment_id")?) {
                (Some(request), _) if lapses_at.is_some_and(|at| at <= millis(now)) => {
                    found.lapsed.push(RequestId(request));
                }
                (Some(request), _) => found.waiting.push(RequestId(request)),
                (None, Some(appointment)) => found.appointments.push(AppointmentId(appointment)),
                (None, None) => found.blocks.push(BlockId(row.try_get("", "id")?)),
            }
        }
        Ok(found)
    }

    /// Frees blocked time.
    pub async fn delete_block(&self, id: BlockId) -> Result<(), StoreError> {
        let block = self.delete::<Entity>().filter(Column::Kind.eq(KIND)).filter(Column::Id.eq(id.0));
        self.run_delete(block).await.map(|_| ())
    }
}

/// What `held::of_clinician` asks, as `$2` to `$4`.
fn bound(clinician: ClinicianId, range: Interval) -> Vec<Value> {
    vec![clinician.0.into(), millis(range.start).into(), millis(range.end).into()]
}

fn decode(row: Model) -> Result<BlockRow, StoreError> {
    Ok(BlockRow {
        id: BlockId(row.id),
        clinician_id: ClinicianId(row.clinician_id),
        stretch: Interval::new(instant(row.held_from_at)?, instant(row.held_until_at)?),
    })
}
