//! Who there is: practices, members, clinicians, clients, services, care.

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
        ddl::run_on_both(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["care_relationships", "services", "clients", "clinicians", "members", "practices"];
        ddl::drop_tables(manager, &tables).await
    }
}

const TABLES: &str = "
-- last_event numbers the practice's log, settings_revision moves with every settings change: both are
-- counters on this row, so that whoever holds the row hands out numbers in order and without holes.
CREATE TABLE practices (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    time_zone TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_event BIGINT NOT NULL CHECK (last_event >= 0),
    settings_revision BIGINT NOT NULL CHECK (settings_revision >= 0)
);

-- A person. Without an email they cannot sign in; a clinician's and a client's role follow from a row there.
CREATE TABLE members (
    practice_id UUID NOT NULL REFERENCES practices (id),
    id UUID NOT NULL,
    email TEXT,
    display_name TEXT NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
    is_admin BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_members_email UNIQUE (practice_id, email)
);
CREATE INDEX ix_members_by_email ON members (email);

CREATE TABLE clinicians (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    credentials TEXT,
    time_zone TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    active_decided_by UUID,
    active_decided_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_clinicians_member UNIQUE (practice_id, member_id),
    CONSTRAINT fk_clinicians_member FOREIGN KEY (practice_id, member_id) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clinicians_active_decided_by
        FOREIGN KEY (practice_id, active_decided_by) REFERENCES members (practice_id, id)
);

CREATE TABLE clients (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    active BOOLEAN NOT NULL,
    active_decided_by UUID,
    active_decided_at BIGINT,
    created_at BIGINT NOT NULL,
    blocked BOOLEAN NOT NULL,
    blocked_decided_by UUID,
    blocked_decided_at BIGINT,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_clients_member UNIQUE (practice_id, member_id),
    CONSTRAINT fk_clients_member FOREIGN KEY (practice_id, member_id) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clients_blocked_decided_by
        FOREIGN KEY (practice_id, blocked_decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_clients_active_decided_by
        FOREIGN KEY (practice_id, active_decided_by) REFERENCES members (practice_id, id)
);

CREATE TABLE services (
    practice_id UUID NOT NULL REFERENCES practices (id),
    id UUID NOT NULL,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    duration_minutes INTEGER NOT NULL CHECK (duration_minutes BETWEEN 5 AND 1440),
    modality TEXT NOT NULL CHECK (modality IN ('IN_PERSON', 'TELEHEALTH', 'EITHER')),
    confirmation TEXT NOT NULL CHECK (confirmation IN ('CLINICIAN_CONFIRMS', 'AUTOMATIC')),
    active BOOLEAN NOT NULL,
    active_decided_by UUID,
    active_decided_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT fk_services_active_decided_by
        FOREIGN KEY (practice_id, active_decided_by) REFERENCES members (practice_id, id)
);
CREATE UNIQUE INDEX uq_services_active_name ON services (practice_id, name) WHERE active;

-- In care on every day d with started_on <= d < ended_on.
CREATE TABLE care_relationships (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    client_id UUID NOT NULL,
    started_on TEXT NOT NULL,
    started_by UUID,
    started_at BIGINT NOT NULL,
    ended_on TEXT,
    ended_by UUID,
    ended_at BIGINT,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT ck_care_end CHECK ((ended_on IS NULL) = (ended_at IS NULL) AND (ended_on IS NULL OR ended_on >= started_on)),
    CONSTRAINT fk_care_clinician FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_care_client FOREIGN KEY (practice_id, client_id) REFERENCES clients (practice_id, id),
    CONSTRAINT fk_care_started_by FOREIGN KEY (practice_id, started_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_care_ended_by FOREIGN KEY (practice_id, ended_by) REFERENCES members (practice_id, id)
);
CREATE UNIQUE INDEX uq_care_open ON care_relationships (practice_id, clinician_id, client_id) WHERE ended_on IS NULL;
CREATE INDEX ix_care_by_client ON care_relationships (practice_id, client_id);
";
