//! Dates on which a clinician's hours are others than their week's, or none.

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
        let tables = ["date_exception_services", "date_exception_windows", "date_exceptions"];
        ddl::drop_tables(manager, &tables).await
    }
}

const TABLES: &str = "
-- The date is in the clinician's zone. One with no window is closed.
CREATE TABLE date_exceptions (
    practice_id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    excepted_on TEXT NOT NULL CHECK (excepted_on LIKE '____-__-__'),
    PRIMARY KEY (practice_id, clinician_id, excepted_on),
    CONSTRAINT fk_date_exceptions_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id)
);

-- Wall clock in the clinician's zone, as in weekly_hours: 1440 is 24:00, and more is the next day's clock.
CREATE TABLE date_exception_windows (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    excepted_on TEXT NOT NULL,
    opens_minute INTEGER NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute INTEGER NOT NULL CHECK (closes_minute BETWEEN 1 AND 2880),
    modality TEXT CHECK (modality IN ('IN_PERSON', 'TELEHEALTH', 'EITHER')),
    PRIMARY KEY (practice_id, id),
    CONSTRAINT ck_date_exception_windows_order
        CHECK (closes_minute > opens_minute AND closes_minute - opens_minute <= 1440),
    CONSTRAINT fk_date_exception_windows_exception FOREIGN KEY (practice_id, clinician_id, excepted_on)
        REFERENCES date_exceptions (practice_id, clinician_id, excepted_on)
);
CREATE INDEX ix_date_exception_windows_by_date
    ON date_exception_windows (practice_id, clinician_id, excepted_on);

-- A window with no row here is open for every service that its clinician offers.
CREATE TABLE date_exception_services (
    practice_id UUID NOT NULL,
    date_exception_window_id UUID NOT NULL,
    service_id UUID NOT NULL,
    PRIMARY KEY (practice_id, date_exception_window_id, service_id),
    CONSTRAINT fk_date_exception_services_window FOREIGN KEY (practice_id, date_exception_window_id)
        REFERENCES date_exception_windows (practice_id, id),
    CONSTRAINT fk_date_exception_services_service
        FOREIGN KEY (practice_id, service_id) REFERENCES services (practice_id, id)
);
";
