//! What was answered under a key, so that a retry finds it.

use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::convert::{instant, millis};
use super::{Scope, StoreError, Write};
use crate::domain::ids::MemberId;
use crate::domain::time::Instant;
use entity::idempotency_keys::{Column, Entity, Model};

/// What was answered under a key.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// The body's.
    pub fingerprint: Uuid,
    /// The id of the result.
    pub result: Uuid,
    pub at: Instant,
}

impl Scope<'_> {
    /// What the member's operation answered under this key.
    pub async fn answered(&self, member: MemberId, operation: &str, key: &str) -> Result<Option<Answered>, StoreError> {
        let select = self
            .select::<Entity>()
            .filter(Column::MemberId.eq(member.0))
            .filter(Column::Operation.eq(operation))
            .filter(Column::IdempotencyKey.eq(key));
        let row = self.one(select).await?;
        row.map(|row| {
            Ok(Answered { fingerprint: row.fingerprint, result: row.result_id, at: instant(row.created_at)? })
        })
        .transpose()
    }
}

impl Write {
    /// Keeps what was answered, written with the other new rows.
    pub fn keep_answer(
        &mut self,
        member: MemberId,
        operation: &str,
        key: &str,
        fingerprint: Uuid,
        result: Uuid,
        now: Instant,
    ) {
        let scope = self.scope();
        let row = scope.insertion::<Entity, _>(Model {
            practice_id: scope.practice().0,
            member_id: member.0,
            operation: operation.to_owned(),
            idempotency_key: key.to_owned(),
            fingerprint,
            result_id: result,
            created_at: millis(now),
        });
        self.add(row);
    }
}
