//! Time that a clinician keeps free of meetings: claims of no client.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::convert::{instant, millis};
use super::{Scope, StoreError, Write};
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
        let select = self
            .blocked()
            .filter(Column::ClinicianId.eq(clinician.0))
            .filter(Column::HeldFromAt.lt(millis(range.end)))
            .filter(Column::HeldUntilAt.gt(millis(range.start)))
            .order_by_asc(Column::HeldFromAt)
            .limit(limit);
        self.all(select).await?.into_iter().map(decode).collect()
    }

    /// How many stretches of a clinician's are blocked that are not over.
    pub async fn blocks_count(&self, clinician: ClinicianId, now: Instant) -> Result<u64, StoreError> {
        let coming = self.blocked().filter(Column::ClinicianId.eq(clinician.0));
        self.tally(coming.filter(Column::HeldUntilAt.gt(millis(now)))).await
    }

    /// What would make the database refuse a stretch of a clinician's, each by start.
    pub async fn in_the_way(
        &self,
        clinician: ClinicianId,
        stretch: Interval,
        now: Instant,
    ) -> Result<InTheWay, StoreError> {
        let select = self
            .select::<Entity>()
            .filter(Column::ClinicianId.eq(clinician.0))
            .filter(Column::HeldFromAt.lt(millis(stretch.end)))
            .filter(Column::HeldUntilAt.gt(millis(stretch.start)))
            .order_by_asc(Column::HeldFromAt);
        let mut found = InTheWay::default();
        for row in self.all(select).await? {
            match (row.appointment_request_id, row.appointment_id) {
                (Some(request), _) if row.lapses_at.is_some_and(|at| at <= millis(now)) => {
                    found.lapsed.push(RequestId(request));
                }
                (Some(request), _) => found.waiting.push(RequestId(request)),
                (None, Some(appointment)) => found.appointments.push(AppointmentId(appointment)),
                (None, None) => found.blocks.push(BlockId(row.id)),
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

fn decode(row: Model) -> Result<BlockRow, StoreError> {
    Ok(BlockRow {
        id: BlockId(row.id),
        clinician_id: ClinicianId(row.clinician_id),
        stretch: Interval::new(instant(row.held_from_at)?, instant(row.held_until_at)?),
    })
}
