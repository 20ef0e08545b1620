//! Each practice's append-only log: what push, the audit trail and notifications read.

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
        ddl::run_on_both(manager, TABLES).await?;
        ddl::run_by_store(manager, SQLITE_GUARDS, POSTGRES_GUARDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop_tables(manager, &["events"]).await
    }
}

// details is a JSON object of ids and changed fields, before and after; never a name or a note. The ids have no
// foreign keys: the log outlives what it tells of, and is written on every change.
const TABLES: &str = "
CREATE TABLE events (
    practice_id UUID NOT NULL REFERENCES practices (id),
    seq BIGINT NOT NULL CHECK (seq >= 1),
    kind TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    actor_member_id UUID,
    clinician_id UUID,
    client_id UUID,
    appointment_request_id UUID,
    appointment_id UUID,
    details TEXT NOT NULL,
    PRIMARY KEY (practice_id, seq)
);
";

const SQLITE_GUARDS: &str = "
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events_append_only'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events_append_only'); END;
";

const POSTGRES_GUARDS: &str = "
CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'events_append_only'; END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_append_only();
";
