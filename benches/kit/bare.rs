//! The least that making a request must write, by hand: one transaction, the statements prepared, every guard of the
//! schema in force, each commit on disk before it counts.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use frontdesk::domain::ids::{ClientId, ClinicianId, MemberId};
use frontdesk::store::POSTGRES_CONNECTIONS;
use sea_orm::sqlx::postgres::{PgPool, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{self, Error};
use uuid::Uuid;

use super::office::Ask;

/// A request that was written.
pub struct Made {
    pub id: Uuid,
    /// Its event's place in the practice's log.
    pub seq: i64,
    pub respond_by: DateTime<Utc>,
}

/// The same for both, whose types differ.
macro_rules! write_rows {
    ($transaction:ident, $ask:ident, $key:ident, $note:ident) => {{
        let (practice, request, now) = ($ask.practice_id.0, Uuid::now_v7(), Utc::now());
        let (starts, ends) = ($ask.starts_at, $ask.starts_at + Duration::hours(1));
        let respond_by = now + Duration::hours(72);
        let seq: i64 = sqlx::query_scalar(NEXT_EVENT).bind(practice).fetch_one(&mut *$transaction).await?;
        sqlx::query(REQUEST)
            .bind(practice)
            .bind(request)
            .bind($ask.client_id.0)
            .bind($ask.clinician_id.0)
            .bind($ask.service_id.0)
            .bind(starts.timestamp_millis())
            .bind(ends.timestamp_millis())
            .bind(starts.to_rfc3339())
            .bind(now.timestamp_millis())
            .bind($ask.member_id.0)
            .bind(respond_by.timestamp_millis())
            .bind($note)
            .execute(&mut *$transaction)
            .await?;
        sqlx::query(CLAIM)
            .bind(practice)
            .bind(Uuid::now_v7())
            .bind($ask.clinician_id.0)
            .bind($ask.client_id.0)
            .bind(starts.timestamp_millis())
            .bind(ends.timestamp_millis())
            .bind(respond_by.timestamp_millis())
            .bind(request)
            .execute(&mut *$transaction)
            .await?;
        sqlx::query(KEY)
            .bind(practice)
            .bind($ask.member_id.0)
            .bind($key)
            .bind(Uuid::now_v7())
            .bind(request)
            .bind(now.timestamp_millis())
            .execute(&mut *$transaction)
            .await?;
        sqlx::query(EVENT)
            .bind(practice)
            .bind(seq)
            .bind(now.timestamp_millis())
            .bind($ask.member_id.0)
            .bind($ask.clinician_id.0)
            .bind($ask.client_id.0)
            .bind(request)
            .execute(&mut *$transaction)
            .await?;
        Made { id: request, seq, respond_by }
    }};
}

/// The same for both.
macro_rules! read_people {
    ($pool:ident) => {{
        let clients: Vec<(Uuid, Uuid, String)> = sqlx::query_as(CLIENTS).fetch_all($pool).await.expect("it reads");
        let clinicians: Vec<(Uuid, Uuid)> = sqlx::query_as(CLINICIANS).fetch_all($pool).await.expect("it reads");
        let clients = clients.into_iter().map(|(member, id, name)| (MemberId(member), (ClientId(id), name)));
        let clinicians = clinicians.into_iter().map(|(member, id)| (MemberId(member), ClinicianId(id)));
        (clients.collect(), clinicians.collect())
    }};
}

type People = (HashMap<MemberId, (ClientId, String)>, HashMap<MemberId, ClinicianId>);

/// Connections to the database, as many and as durable as the server's own.
pub enum Bare {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Bare {
    pub async fn open(url: &str) -> Self {
        match url.starts_with("sqlite:") {
            true => {
                let options: SqliteConnectOptions = url.parse().expect("an address");
                let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
                let options = options.foreign_keys(true);
                let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
                Self::Sqlite(pool.expect("a database"))
            }
            false => {
                let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).connect(url).await;
                Self::Postgres(pool.expect("a database"))
            }
        }
    }

    /// Writes what a request writes: itself, its claim, its event, its key.
    pub async fn insert(&self, ask: &Ask, key: String, note: &str) -> Result<Made, Error> {
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                let made = write_rows!(transaction, ask, key, note);
                transaction.commit().await?;
                Ok(made)
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                let made = write_rows!(transaction, ask, key, note);
                transaction.commit().await?;
                Ok(made)
            }
        }
    }

    /// Who is behind each member: the clients with their names, and the clinicians.
    pub async fn people(&self) -> People {
        match self {
            Self::Sqlite(pool) => read_people!(pool),
            Self::Postgres(pool) => read_people!(pool),
        }
    }
}

const CLIENTS: &str = "SELECT c.member_id, c.id, m.display_name FROM clients c
    JOIN members m ON m.practice_id = c.practice_id AND m.id = c.member_id";
const CLINICIANS: &str = "SELECT member_id, id FROM clinicians";
const NEXT_EVENT: &str = "UPDATE practices SET last_event = last_event + 1 WHERE id = $1 RETURNING last_event";
const REQUEST: &str = "INSERT INTO appointment_requests (practice_id, id, client_id, clinician_id, service_id, status,
    starts_at, ends_at, time_zone, local_start, modality, note_to_clinician, requested_at, requested_by, respond_by_at,
    version) VALUES ($1, $2, $3, $4, $5, 'PENDING', $6, $7, 'UTC', $8, 'IN_PERSON', $12, $9, $10, $11, 1)";
const CLAIM: &str = "INSERT INTO claims (practice_id, id, kind, clinician_id, client_id, starts_at, ends_at,
    held_from_at, held_until_at, lapses_at, appointment_request_id)
    VALUES ($1, $2, 'REQUEST', $3, $4, $5, $6, $5, $6, $7, $8)";
const KEY: &str = "INSERT INTO idempotency_keys (practice_id, member_id, operation, idempotency_key, fingerprint,
    result_id, created_at) VALUES ($1, $2, 'requestAppointment', $3, $4, $5, $6)";
const EVENT: &str = "INSERT INTO events (practice_id, seq, kind, occurred_at, actor_member_id, clinician_id, client_id,
    appointment_request_id, details) VALUES ($1, $2, 'APPOINTMENT_REQUESTED', $3, $4, $5, $6, $7, '{}')";
