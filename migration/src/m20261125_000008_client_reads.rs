//! Who looked at what of which client: append-only, apart from the log of changes.

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
        ddl::drop_tables(manager, &["client_reads"]).await?;
        ddl::run_by_store(manager, "", "DROP FUNCTION client_reads_append_only();").await
    }
}

const TABLES: &str = "
CREATE TABLE client_reads (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    client_id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('PROFILE', 'REQUESTS', 'APPOINTMENTS', 'ACCESS', 'SEEN_AS_CLIENT')),
    read_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT fk_client_reads_member FOREIGN KEY (practice_id, member_id) REFERENCES members (practice_id, id),
    CONSTRAINT fk_client_reads_client FOREIGN KEY (practice_id, client_id) REFERENCES clients (practice_id, id)
);
CREATE INDEX ix_client_reads ON client_reads (practice_id, read_at, id);
CREATE INDEX ix_client_reads_by_client ON client_reads (practice_id, client_id, read_at, id);
CREATE INDEX ix_client_reads_by_member ON client_reads (practice_id, member_id, read_at, id);
";

const SQLITE_GUARDS: &str = "
CREATE TRIGGER client_reads_are_never_changed BEFORE UPDATE ON client_reads
BEGIN SELECT RAISE(ABORT, 'client_reads_append_only'); END;
CREATE TRIGGER client_reads_are_never_deleted BEFORE DELETE ON client_reads
BEGIN SELECT RAISE(ABORT, 'client_reads_append_only'); END;
-- INSERT OR REPLACE deletes without asking the guard above.
CREATE TRIGGER client_reads_are_never_replaced BEFORE INSERT ON client_reads
WHEN EXISTS (SELECT 1 FROM client_reads WHERE practice_id = NEW.practice_id AND id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
";

const POSTGRES_GUARDS: &str = "
CREATE FUNCTION client_reads_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'client_reads_append_only'; END $$;
CREATE TRIGGER client_reads_append_only BEFORE UPDATE OR DELETE ON client_reads
    FOR EACH ROW EXECUTE FUNCTION client_reads_append_only();
CREATE TRIGGER client_reads_are_never_emptied BEFORE TRUNCATE ON client_reads
    EXECUTE FUNCTION client_reads_append_only();
";
