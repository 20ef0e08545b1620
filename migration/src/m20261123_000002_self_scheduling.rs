//! Who may be booked by whom, and when: one row a gate's decision, with who decided it and when.

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
        let tables = [
            "booking_rules",
            "client_access",
            "weekly_hours_services",
            "weekly_hours",
            "offered_services",
            "clinician_settings",
            "practice_settings",
        ];
        ddl::drop_tables(manager, &tables).await
    }
}

const TABLES: &str = "
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

-- The lock stands beside the clinician's own values and never overwrites them; it holds while it has a reason. Each
-- decision keeps who took it and when, also when it was to close, so that every refusal can be explained.
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

CREATE TABLE offered_services (
    practice_id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    service_id UUID NOT NULL,
    decided_by UUID,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, clinician_id, service_id),
    CONSTRAINT fk_offered_services_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_offered_services_service
        FOREIGN KEY (practice_id, service_id) REFERENCES services (practice_id, id),
    CONSTRAINT fk_offered_services_decided_by
        FOREIGN KEY (practice_id, decided_by) REFERENCES members (practice_id, id)
);

-- Wall clock in the clinician's zone. A window belongs to the weekday it starts on (1 Monday to 7 Sunday);
-- 1440 is 24:00, and more is the next day's clock.
CREATE TABLE weekly_hours (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    opens_minute INTEGER NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute INTEGER NOT NULL CHECK (closes_minute BETWEEN 1 AND 2880),
    modality TEXT CHECK (modality IN ('IN_PERSON', 'TELEHEALTH', 'EITHER')),
    PRIMARY KEY (practice_id, id),
    CONSTRAINT ck_weekly_hours_order CHECK (closes_minute > opens_minute AND closes_minute - opens_minute <= 1440),
    CONSTRAINT fk_weekly_hours_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id)
);
CREATE INDEX ix_weekly_hours_by_clinician ON weekly_hours (practice_id, clinician_id);

-- A window with no row here is open for every service that its clinician offers.
CREATE TABLE weekly_hours_services (
    practice_id UUID NOT NULL,
    weekly_hours_id UUID NOT NULL,
    service_id UUID NOT NULL,
    PRIMARY KEY (practice_id, weekly_hours_id, service_id),
    CONSTRAINT fk_weekly_hours_services_hours
        FOREIGN KEY (practice_id, weekly_hours_id) REFERENCES weekly_hours (practice_id, id),
    CONSTRAINT fk_weekly_hours_services_service
        FOREIGN KEY (practice_id, service_id) REFERENCES services (practice_id, id)
);

CREATE TABLE client_access (
    practice_id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    client_id UUID NOT NULL,
    access TEXT NOT NULL CHECK (access IN ('ALLOWED', 'BLOCKED')),
    decided_by UUID,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, clinician_id, client_id),
    CONSTRAINT fk_client_access_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_client_access_client FOREIGN KEY (practice_id, client_id) REFERENCES clients (practice_id, id),
    CONSTRAINT fk_client_access_decided_by
        FOREIGN KEY (practice_id, decided_by) REFERENCES members (practice_id, id)
);
CREATE INDEX ix_client_access_by_client ON client_access (practice_id, client_id);

-- The practice's row names neither a clinician nor a service. A null takes the value from the row above it:
-- service, then clinician, then practice. Caps are limits only where they are set.
CREATE TABLE booking_rules (
    practice_id UUID NOT NULL REFERENCES practices (id),
    id UUID NOT NULL,
    clinician_id UUID,
    service_id UUID,
    slot_interval_minutes INTEGER CHECK (slot_interval_minutes BETWEEN 5 AND 1440),
    buffer_before_minutes INTEGER CHECK (buffer_before_minutes BETWEEN 0 AND 720),
    buffer_after_minutes INTEGER CHECK (buffer_after_minutes BETWEEN 0 AND 720),
    minimum_notice_minutes INTEGER CHECK (minimum_notice_minutes BETWEEN 0 AND 525600),
    booking_horizon_days INTEGER CHECK (booking_horizon_days BETWEEN 1 AND 730),
    max_per_day INTEGER CHECK (max_per_day BETWEEN 1 AND 1000),
    max_per_week INTEGER CHECK (max_per_week BETWEEN 1 AND 7000),
    max_pending_per_client INTEGER CHECK (max_pending_per_client BETWEEN 1 AND 1000),
    response_deadline_hours INTEGER CHECK (response_deadline_hours BETWEEN 1 AND 8760),
    cancellation_notice_hours INTEGER CHECK (cancellation_notice_hours BETWEEN 0 AND 8760),
    PRIMARY KEY (practice_id, id),
    CONSTRAINT ck_booking_rules_scope CHECK (clinician_id IS NULL OR service_id IS NULL),
    CONSTRAINT fk_booking_rules_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_booking_rules_service FOREIGN KEY (practice_id, service_id) REFERENCES services (practice_id, id)
);
CREATE UNIQUE INDEX uq_booking_rules_practice ON booking_rules (practice_id)
    WHERE clinician_id IS NULL AND service_id IS NULL;
CREATE UNIQUE INDEX uq_booking_rules_clinician ON booking_rules (practice_id, clinician_id)
    WHERE clinician_id IS NOT NULL;
CREATE UNIQUE INDEX uq_booking_rules_service ON booking_rules (practice_id, service_id) WHERE service_id IS NOT NULL;
";
