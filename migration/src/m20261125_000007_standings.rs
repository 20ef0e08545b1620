//! Indexes that answer by themselves whose client somebody is on which days, and who is shut out: what every settings
//! change is compared by, a hundred thousand pairs at a time.

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
        ddl::run_on_both(manager, INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run_on_both(manager, "DROP INDEX ix_care_days; DROP INDEX ix_clients_shut;").await
    }
}

const INDEXES: &str = "
CREATE INDEX ix_care_days ON care_relationships (practice_id, clinician_id, client_id, started_on, ended_on);
CREATE INDEX ix_clients_shut ON clients (practice_id, id, active, blocked) WHERE blocked OR NOT active;
";
