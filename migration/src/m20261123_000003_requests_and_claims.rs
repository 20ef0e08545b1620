//! What is asked for and what is held: requests, appointments, claims, and the keys that make a retry harmless.

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
        let tables = ["idempotency_keys", "claims", "appointment_requests", "appointments"];
        ddl::drop_tables(manager, &tables).await
    }
}

const TABLES: &str = "
-- time_zone and local_start keep what was agreed in words, for the day a zone's law changes.
CREATE TABLE appointments (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    client_id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    service_id UUID NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('BOOKED', 'CANCELLED', 'FULFILLED', 'NO_SHOW')),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    local_start TEXT NOT NULL,
    modality TEXT NOT NULL CHECK (modality IN ('IN_PERSON', 'TELEHEALTH')),
    booked_at BIGINT NOT NULL,
    booked_by UUID,
    version INTEGER NOT NULL CHECK (version >= 1),
    PRIMARY KEY (practice_id, id),
    CONSTRAINT ck_appointments_order CHECK (ends_at > starts_at),
    CONSTRAINT fk_appointments_client FOREIGN KEY (practice_id, client_id) REFERENCES clients (practice_id, id),
    CONSTRAINT fk_appointments_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_appointments_service FOREIGN KEY (practice_id, service_id) REFERENCES services (practice_id, id),
    CONSTRAINT fk_appointments_booked_by FOREIGN KEY (practice_id, booked_by) REFERENCES members (practice_id, id)
);
CREATE INDEX ix_appointments_by_clinician ON appointments (practice_id, clinician_id, starts_at);
CREATE INDEX ix_appointments_by_client ON appointments (practice_id, client_id, starts_at);

CREATE TABLE appointment_requests (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    client_id UUID NOT NULL,
    clinician_id UUID NOT NULL,
    service_id UUID NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('PENDING', 'CONFIRMED', 'DECLINED', 'WITHDRAWN', 'EXPIRED', 'SUPERSEDED')),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    local_start TEXT NOT NULL,
    modality TEXT NOT NULL CHECK (modality IN ('IN_PERSON', 'TELEHEALTH')),
    note_to_clinician TEXT CHECK (length(note_to_clinician) <= 1000),
    message_to_client TEXT CHECK (length(message_to_client) <= 1000),
    decline_reason TEXT CHECK (decline_reason IN
        ('TIME_NOT_POSSIBLE', 'OTHER_SERVICE_NEEDED', 'NOT_TAKING_REQUESTS', 'CONTACT_PRACTICE', 'OTHER')),
    requested_at BIGINT NOT NULL,
    requested_by UUID NOT NULL,
    respond_by_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by UUID,
    appointment_id UUID,
    reschedules_appointment_id UUID,
    version INTEGER NOT NULL CHECK (version >= 1),
    PRIMARY KEY (practice_id, id),
    CONSTRAINT ck_appointment_requests_order CHECK (ends_at > starts_at),
    CONSTRAINT ck_appointment_requests_decided CHECK ((status = 'PENDING') = (decided_at IS NULL)),
    CONSTRAINT ck_appointment_requests_confirmed CHECK ((status = 'CONFIRMED') = (appointment_id IS NOT NULL)),
    CONSTRAINT ck_appointment_requests_declined CHECK (decline_reason IS NULL OR status = 'DECLINED'),
    CONSTRAINT fk_appointment_requests_client
        FOREIGN KEY (practice_id, client_id) REFERENCES clients (practice_id, id),
    CONSTRAINT fk_appointment_requests_clinician
        FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_appointment_requests_service
        FOREIGN KEY (practice_id, service_id) REFERENCES services (practice_id, id),
    CONSTRAINT fk_appointment_requests_requested_by
        FOREIGN KEY (practice_id, requested_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_appointment_requests_decided_by
        FOREIGN KEY (practice_id, decided_by) REFERENCES members (practice_id, id),
    CONSTRAINT fk_appointment_requests_appointment
        FOREIGN KEY (practice_id, appointment_id) REFERENCES appointments (practice_id, id),
    CONSTRAINT fk_appointment_requests_reschedules
        FOREIGN KEY (practice_id, reschedules_appointment_id) REFERENCES appointments (practice_id, id)
);
CREATE INDEX ix_appointment_requests_by_clinician ON appointment_requests (practice_id, clinician_id, status, id);
CREATE INDEX ix_appointment_requests_by_client ON appointment_requests (practice_id, client_id, status, id);
CREATE INDEX ix_appointment_requests_by_status ON appointment_requests (practice_id, status, id);
CREATE UNIQUE INDEX uq_appointment_requests_appointment ON appointment_requests (practice_id, appointment_id);

-- Held time: [held_from_at, held_until_at) binds the clinician and has the buffers in it as they were when it
-- was claimed; [starts_at, ends_at) binds the client. lapses_at is a pending request's respond_by_at: from then
-- on the claim counts for nothing, and the next writer in its way deletes it.
CREATE TABLE claims (
    practice_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('REQUEST', 'APPOINTMENT', 'BLOCKED_TIME')),
    clinician_id UUID NOT NULL,
    client_id UUID,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    held_from_at BIGINT NOT NULL,
    held_until_at BIGINT NOT NULL,
    lapses_at BIGINT,
    appointment_request_id UUID,
    appointment_id UUID,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT ck_claims_order
        CHECK (held_from_at <= starts_at AND starts_at < ends_at AND ends_at <= held_until_at),
    CONSTRAINT ck_claims_kind CHECK (
        (kind = 'REQUEST') = (appointment_request_id IS NOT NULL)
        AND (kind = 'REQUEST') = (lapses_at IS NOT NULL)
        AND (kind = 'APPOINTMENT') = (appointment_id IS NOT NULL)
        AND (kind = 'BLOCKED_TIME') = (client_id IS NULL)),
    CONSTRAINT fk_claims_clinician FOREIGN KEY (practice_id, clinician_id) REFERENCES clinicians (practice_id, id),
    CONSTRAINT fk_claims_client FOREIGN KEY (practice_id, client_id) REFERENCES clients (practice_id, id),
    CONSTRAINT fk_claims_request
        FOREIGN KEY (practice_id, appointment_request_id) REFERENCES appointment_requests (practice_id, id),
    CONSTRAINT fk_claims_appointment FOREIGN KEY (practice_id, appointment_id) REFERENCES appointments (practice_id, id)
);
CREATE INDEX ix_claims_by_clinician ON claims (practice_id, clinician_id, held_from_at, held_until_at);
CREATE INDEX ix_claims_by_client ON claims (practice_id, client_id, starts_at, ends_at);
CREATE UNIQUE INDEX uq_claims_request ON claims (practice_id, appointment_request_id);
CREATE UNIQUE INDEX uq_claims_appointment ON claims (practice_id, appointment_id);
CREATE INDEX ix_claims_lapsing ON claims (lapses_at) WHERE lapses_at IS NOT NULL;

-- fingerprint is a digest of the body: another body under the same key is refused, and no body is kept.
CREATE TABLE idempotency_keys (
    practice_id UUID NOT NULL,
    member_id UUID NOT NULL,
    operation TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint UUID NOT NULL,
    result_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (practice_id, member_id, operation, idempotency_key),
    CONSTRAINT fk_idempotency_keys_member FOREIGN KEY (practice_id, member_id) REFERENCES members (practice_id, id)
);
";

// Claims of one clinician never overlap, so ordered by start they are ordered by end too: of all that start
// before the new one ends, the last has the latest end. One index step decides, however long the history.
const SQLITE_GUARDS: &str = "
CREATE TRIGGER claims_no_overlap_insert BEFORE INSERT ON claims
BEGIN
    SELECT RAISE(ABORT, 'claims_clinician_overlap') WHERE NEW.held_from_at < (
        SELECT held_until_at FROM claims
        WHERE practice_id = NEW.practice_id AND clinician_id = NEW.clinician_id
            AND held_from_at < NEW.held_until_at AND id <> NEW.id
        ORDER BY held_from_at DESC LIMIT 1);
    SELECT RAISE(ABORT, 'claims_client_overlap') WHERE NEW.client_id IS NOT NULL AND NEW.starts_at < (
        SELECT ends_at FROM claims
        WHERE practice_id = NEW.practice_id AND client_id = NEW.client_id
            AND starts_at < NEW.ends_at AND id <> NEW.id
        ORDER BY starts_at DESC LIMIT 1);
END;
CREATE TRIGGER claims_no_overlap_update
BEFORE UPDATE OF practice_id, id, clinician_id, client_id, starts_at, ends_at, held_from_at, held_until_at ON claims
BEGIN
    SELECT RAISE(ABORT, 'claims_clinician_overlap') WHERE NEW.held_from_at < (
        SELECT held_until_at FROM claims
        WHERE practice_id = NEW.practice_id AND clinician_id = NEW.clinician_id
            AND held_from_at < NEW.held_until_at AND id <> OLD.id
        ORDER BY held_from_at DESC LIMIT 1);
    SELECT RAISE(ABORT, 'claims_client_overlap') WHERE NEW.client_id IS NOT NULL AND NEW.starts_at < (
        SELECT ends_at FROM claims
        WHERE practice_id = NEW.practice_id AND client_id = NEW.client_id
            AND starts_at < NEW.ends_at AND id <> OLD.id
        ORDER BY starts_at DESC LIMIT 1);
END;
";

const POSTGRES_GUARDS: &str = "
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE claims ADD CONSTRAINT claims_clinician_overlap EXCLUDE USING gist
    (practice_id WITH =, clinician_id WITH =, int8range(held_from_at, held_until_at) WITH &&);
ALTER TABLE claims ADD CONSTRAINT claims_client_overlap EXCLUDE USING gist
    (practice_id WITH =, client_id WITH =, int8range(starts_at, ends_at) WITH &&) WHERE (client_id IS NOT NULL);
";
