//! The last admin of a practice stays: without one nobody could give the role to anyone.

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
        ddl::run_by_store(manager, SQLITE_GUARDS, POSTGRES_GUARDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run_by_store(manager, SQLITE_DOWN, POSTGRES_DOWN).await
    }
}

const SQLITE_GUARDS: &str = "
CREATE TRIGGER members_last_admin_update BEFORE UPDATE OF practice_id, id, is_admin, active ON members
WHEN OLD.is_admin AND OLD.active AND NOT (NEW.is_admin AND NEW.active AND NEW.practice_id = OLD.practice_id)
BEGIN
    SELECT RAISE(ABORT, 'members_last_admin') WHERE NOT EXISTS (
        SELECT 1 FROM members
        WHERE practice_id = OLD.practice_id AND id <> OLD.id AND is_admin AND active);
END;
CREATE TRIGGER members_last_admin_delete BEFORE DELETE ON members
WHEN OLD.is_admin AND OLD.active
BEGIN
    SELECT RAISE(ABORT, 'members_last_admin') WHERE NOT EXISTS (
        SELECT 1 FROM members
        WHERE practice_id = OLD.practice_id AND id <> OLD.id AND is_admin AND active);
END;
";

// The practice's row is taken first: of two who go at once, the second then looks after the first has gone.
const POSTGRES_GUARDS: &str = "
CREATE FUNCTION members_last_admin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.is_admin AND NEW.active AND NEW.practice_id = OLD.practice_id THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM practices WHERE id = OLD.practice_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM members
        WHERE practice_id = OLD.practice_id AND id <> OLD.id AND is_admin AND active)
    THEN
        RAISE EXCEPTION 'members_last_admin';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER members_last_admin BEFORE UPDATE OF practice_id, id, is_admin, active OR DELETE ON members
    FOR EACH ROW WHEN (OLD.is_admin AND OLD.active) EXECUTE FUNCTION members_last_admin();
";

const SQLITE_DOWN: &str = "DROP TRIGGER members_last_admin_delete; DROP TRIGGER members_last_admin_update;";

const POSTGRES_DOWN: &str = "DROP TRIGGER members_last_admin ON members; DROP FUNCTION members_last_admin();";
