//! Starts that are scheduled, and pauses that keep every setting: beside the two switches that they hold.

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
        ddl::run_on_both(manager, &[KEPT, TABLES, MOVED].concat()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run_on_both(manager, &[SHUT, KEPT, TABLES_BEFORE, MOVED].concat()).await
    }
}

// What waits, or is paused, must not open because an older version knows of neither.
const SHUT: &str = "
UPDATE practice_settings SET enabled = FALSE, starts_at = NULL WHERE starts_at IS NOT NULL OR paused_at IS NOT NULL;
UPDATE clinician_settings SET enabled = FALSE, starts_at = NULL WHERE starts_at IS NOT NULL OR paused_at IS NOT NULL;
";

// SQLite adds no constraint to a table that is there: it is made anew, and nothing refers to these two.
const KEPT: &str = "
ALTER TABLE practice_settings RENAME TO practice_settings_before;
ALTER TABLE clinician_settings RENAME TO clinician_settings_before;
";

const MOVED: &str = "
INSERT INTO practice_settings (practice_id, enabled, enabled_decided_by, enabled_decided_at, clinician_opt_in,
        client_access_control)
    SELECT practice_id, enabled, enabled_decided_by, enabled_decided_at, clinician_opt_in, client_access_control
    FROM practice_settings_before;
INSERT INTO clinician_settings (practice_id, clinician_id, enabled, audience, enabled_decided_by, enabled_decided_at,
        lock_reason, lock_decided_by, lock_decided_at, offered_decided_by, offered_decided_at, hours_decided_by,
        hours_decided_at)
    SELECT practice_id, clinician_id, enabled, audience, enabled_decided_by, enabled_decided_at, lock_reason,
        lock_decided_by, lock_decided_at, offered_decided_by, offered_decided_at, hours_decided_by, hours_decided_at
    FROM clinician_settings_before;
DROP TABLE practice_settings_before;
DROP TABLE clinician_settings_before;
";

const TABLES: &str = "
-- A start that has passed stays as it was set; what is off has none. A pause holds while it has an instant, and leaves
-- everything else as it is.
CREATE TABLE practice_settings (
    practice_id UUID NOT NULL PRIMARY KEY REFERENCES practices (id),
    enabled BOOLEAN NOT NULL,
    enabled_decided_by UUID,
    enabled_decided_at BIGINT,
    clinician_opt_in TEXT NOT NULL CHECK (clinician_opt_in IN ('CLINICIAN_OR_ADMIN', 'ADMIN_ONLY')),
    client_access_control TEXT NOT NULL CHECK (client_access_control IN ('CLINICIAN_OR_ADMIN', 'ADMIN_ONLY')),
    starts_at BIGINT,
    paused_by UUID,
    paused_at BIGINT,
    CONSTRAINT ck_practice_settings_start CHECK (starts_at IS NULL OR enabled),
    CONSTRAINT ck_practice_settings_pause CHECK (paused_by IS NULL OR paused_at IS NOT NULL),
    CONSTRAINT fk_practice_settings_paused_by
        FOREIGN KEY (practice_id, paused_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_practice_settings_enabled_decided_by
        FOREIGN KEY (practice_id, enabled_decided_by) REFERENCES members (practice_id, id)
);
CREATE TABLE clinician_settings (
    practice_id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    enabled BOOLEAN NOT NULL,
    audience TEXT CHECK (audience IN ('ALL_MY_CLIENTS', 'SELECTED_CLIENTS')),
    enabled_decided_by UUID,
    enabled_decided_at BIGINT,
    lock_reason TEXT CHECK (length(lock_reason) BETWEEN 1 AND 500),
    lock_decided_by UUID,
    lock_decided_at BIGINT,
    offered_decided_by UUID,
    offered_decided_at BIGINT,
    hours_decided_by UUID,
    hours_decided_at BIGINT,
    starts_at BIGINT,
    paused_by UUID,
    paused_at BIGINT,
    PRIMARY KEY (practice_id, clinician_id),
    CONSTRAINT ck_clinician_settings_start CHECK (starts_at IS NULL OR enabled),
    CONSTRAINT ck_clinician_settings_pause CHECK (paused_by IS NULL OR paused_at IS NOT NULL),
    CONSTRAINT fk_clinician_settings_paused_by
        FOREIGN KEY (practice_id, paused_by) REFERENCES members (practice_id, id),
    CONSTRAINT ck_clinician_settings_audience CHECK (NOT enabled OR audience IS NOT NULL),
    CONSTRAINT ck_clinician_settings_lock CHECK (lock_reason IS NULL OR lock_decided_at IS NOT NULL),
    CONSTRAINT fk_clinician_settings_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_clinician_settings_enabled_decided_by
        FOREIGN KEY (practice_id, enabled_decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clinician_settings_lock_decided_by
        FOREIGN KEY (practice_id, lock_decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clinician_settings_offered_decided_by
        FOREIGN KEY (practice_id, offered_decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clinician_settings_hours_decided_by
        FOREIGN KEY (practice_id, hours_decided_by) REFERENCES members (practice_id, id)
);
";

const TABLES_BEFORE: &str = "
CREATE TABLE practice_settings (
    practice_id UUID NOT NULL PRIMARY KEY REFERENCES practices (id),
    enabled BOOLEAN NOT NULL,
    enabled_decided_by UUID,
    enabled_decided_at BIGINT,
    clinician_opt_in TEXT NOT NULL CHECK (clinician_opt_in IN ('CLINICIAN_OR_ADMIN', 'ADMIN_ONLY')),
    client_access_control TEXT NOT NULL CHECK (client_access_control IN ('CLINICIAN_OR_ADMIN', 'ADMIN_ONLY')),
    CONSTRAINT fk_practice_settings_enabled_decided_by
        FOREIGN KEY (practice_id, enabled_decided_by) REFERENCES members (practice_id, id)
);
CREATE TABLE clinician_settings (
    practice_id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    enabled BOOLEAN NOT NULL,
    audience TEXT CHECK (audience IN ('ALL_MY_CLIENTS', 'SELECTED_CLIENTS')),
    enabled_decided_by UUID,
    enabled_decided_at BIGINT,
    lock_reason TEXT CHECK (length(lock_reason) BETWEEN 1 AND 500),
    lock_decided_by UUID,
    lock_decided_at BIGINT,
    offered_decided_by UUID,
    offered_decided_at BIGINT,
    hours_decided_by UUID,
    hours_decided_at BIGINT,
    PRIMARY KEY (practice_id, clinician_id),
    CONSTRAINT ck_clinician_settings_audience CHECK (NOT enabled OR audience IS NOT NULL),
    CONSTRAINT ck_clinician_settings_lock CHECK (lock_reason IS NULL OR lock_decided_at IS NOT NULL),
    CONSTRAINT fk_clinician_settings_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_clinician_settings_enabled_decided_by
        FOREIGN KEY (practice_id, enabled_decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clinician_settings_lock_decided_by
        FOREIGN KEY (practice_id, lock_decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clinician_settings_offered_decided_by
        FOREIGN KEY (practice_id, offered_decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clinician_settings_hours_decided_by
        FOREIGN KEY (practice_id, hours_decided_by) REFERENCES members (practice_id, id)
);
";
