//! The log as an audit trail: reasons beside it, an index for each question that is asked of it, and the last doors
//! through which an entry could be changed are closed.

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
        ddl::run_by_store(manager, SQLITE_DOWN, POSTGRES_DOWN).await?;
        ddl::drop_tables(manager, &["event_reasons"]).await
    }
}

// What somebody wrote to say why stands beside the log, not in it: the log has ids and changed fields only. The holds
// that stand now bring their reasons along; those of holds that were lifted before were kept nowhere.
const TABLES: &str = "
CREATE TABLE event_reasons (
    practice_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    PRIMARY KEY (practice_id, seq),
    CONSTRAINT fk_event_reasons_event FOREIGN KEY (practice_id, seq) REFERENCES events (practice_id, seq)
);
INSERT INTO event_reasons (practice_id, seq, reason)
    SELECT s.practice_id, MAX(e.seq), MAX(s.lock_reason)
    FROM clinician_settings s
    JOIN events e ON e.practice_id = s.practice_id AND e.clinician_id = s.clinician_id
        AND e.kind = 'CLINICIAN_LOCKED' AND e.occurred_at = s.lock_decided_at
    WHERE s.lock_reason IS NOT NULL
    GROUP BY s.practice_id, s.clinician_id;
CREATE INDEX ix_events_by_kind ON events (practice_id, kind, seq);
CREATE INDEX ix_events_by_time ON events (practice_id, occurred_at, seq);
CREATE INDEX ix_events_by_actor ON events (practice_id, actor_member_id, seq) WHERE actor_member_id IS NOT NULL;
CREATE INDEX ix_events_by_clinician ON events (practice_id, clinician_id, seq) WHERE clinician_id IS NOT NULL;
CREATE INDEX ix_events_by_client ON events (practice_id, client_id, seq) WHERE client_id IS NOT NULL;
";

// INSERT OR REPLACE removes the old row, and SQLite asks no trigger about it.
const SQLITE_GUARDS: &str = "
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE practice_id = NEW.practice_id AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'events_append_only'); END;
CREATE TRIGGER event_reasons_are_never_changed BEFORE UPDATE ON event_reasons
BEGIN SELECT RAISE(ABORT, 'events_append_only'); END;
CREATE TRIGGER event_reasons_are_never_deleted BEFORE DELETE ON event_reasons
BEGIN SELECT RAISE(ABORT, 'events_append_only'); END;
CREATE TRIGGER event_reasons_are_never_replaced BEFORE INSERT ON event_reasons
WHEN EXISTS (SELECT 1 FROM event_reasons WHERE practice_id = NEW.practice_id AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'events_append_only'); END;
";

const POSTGRES_GUARDS: &str = "
CREATE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_append_only();
CREATE TRIGGER event_reasons_append_only BEFORE UPDATE OR DELETE ON event_reasons
    FOR EACH ROW EXECUTE FUNCTION events_append_only();
CREATE TRIGGER event_reasons_are_never_truncated BEFORE TRUNCATE ON event_reasons
    FOR EACH STATEMENT EXECUTE FUNCTION events_append_only();
";

const SQLITE_DOWN: &str = "
DROP TRIGGER event_reasons_are_never_replaced;
DROP TRIGGER event_reasons_are_never_deleted;
DROP TRIGGER event_reasons_are_never_changed;
DROP TRIGGER events_are_never_replaced;
DROP INDEX ix_events_by_client;
DROP INDEX ix_events_by_clinician;
DROP INDEX ix_events_by_actor;
DROP INDEX ix_events_by_time;
DROP INDEX ix_events_by_kind;
";

const POSTGRES_DOWN: &str = "
DROP TRIGGER event_reasons_are_never_truncated ON event_reasons;
DROP TRIGGER event_reasons_append_only ON event_reasons;
DROP TRIGGER events_are_never_truncated ON events;
DROP INDEX ix_events_by_client;
DROP INDEX ix_events_by_clinician;
DROP INDEX ix_events_by_actor;
DROP INDEX ix_events_by_time;
DROP INDEX ix_events_by_kind;
";
