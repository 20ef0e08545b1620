//! Blocked time has no longest length, so whoever looks for what holds a range has to find it by its end.

use sea_orm_migration::prelude::*;

use crate::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // Without this a step that fails half-way stays half-done on SQLite.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run_on_both(manager, INDEX).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run_on_both(manager, "DROP INDEX ix_claims_blocked_time").await
    }
}

const INDEX: &str = "
CREATE INDEX ix_claims_blocked_time ON claims (practice_id, held_until_at, held_from_at) WHERE kind = 'BLOCKED_TIME'
";
