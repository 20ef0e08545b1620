//! What was answered under a key, so that a retry finds it.

use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::convert::millis;
use super::{Scope, StoreError, Write};
use crate::domain::ids::MemberId;
use crate::domain::time::Instant;
use entity::idempotency_keys::{Column, Entity, Model};

impl Scope<'_> {
    /// What the member's operation answered under this key: the body's fingerprint and the id of the result.
    pub async fn answered(
        &self,
        member: MemberId,
        operation: &str,
        key: &str,
    ) -> Result<Option<(Uuid, Uuid)>, StoreError> {
        let select = self
            .select::<Entity>()
            .filter(Column::MemberId.eq(member.0))
            .filter(Column::Operation.eq(operation))
            .filter(Column::IdempotencyKey.eq(key));
        Ok(self.one(select).await?.map(|row| (row.fingerprint, row.result_id)))
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
