//! One large practice, made by a handful of statements: everybody ready, and the switch off.

use chrono::Utc;
use frontdesk::domain::ids::PracticeId;
use sea_orm::sqlx::{self, PgPool, SqlitePool};

use super::office;
use super::stage::{Stage, Store};

/// How many.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub clinicians: u32,
    /// Each is in the care of one clinician.
    pub clients: u32,
}

/// Fills a database that nobody else has open; answers the practice and its admin's token.
pub async fn fill(stage: &Stage, crowd: Crowd) -> (PracticeId, String) {
    let desk = stage.desk().await;
    let (practice, admin, _) = office::begin(&desk, "UTC").await;
    desk.close().await;
    let random = match stage.store {
        Store::Sqlite => "randomblob(16)",
        Store::Postgres => "gen_random_uuid()",
    };
    let statements = STATEMENTS.map(|sql| {
        let sql = sql.replace("{uuid}", random).replace("{now}", &Utc::now().timestamp_millis().to_string());
        sql.replace("{clinicians}", &crowd.clinicians.to_string()).replace("{clients}", &crowd.clients.to_string())
    });
    match stage.store {
        Store::Sqlite => {
            let pool = SqlitePool::connect(&stage.database_url).await.expect("the database opens");
            for sql in statements {
                sqlx::query(sqlx::AssertSqlSafe(sql))
                    .bind(practice.0)
                    .execute(&pool)
                    .await
                    .expect("the rows are lawful");
            }
            pool.close().await;
        }
        Store::Postgres => {
            let pool = PgPool::connect(&stage.database_url).await.expect("the database opens");
            for sql in statements {
                sqlx::query(sqlx::AssertSqlSafe(sql))
                    .bind(practice.0)
                    .execute(&pool)
                    .await
                    .expect("the rows are lawful");
            }
            sqlx::query("ANALYZE").execute(&pool).await.expect("analyzed");
            pool.close().await;
        }
    }
    (practice, office::token(practice, admin.member_id))
}

/// Bound to the practice; in the order in which rows name each other.
const STATEMENTS: [&str; 8] = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {clinicians})
     INSERT INTO members (practice_id, id, email, display_name, is_admin, active, created_at)
     SELECT $1, {uuid}, 'clinician' || i || '@bench.test', 'Clinician ' || i, FALSE, TRUE, {now} FROM n",
    "INSERT INTO clinicians (practice_id, id, member_id, time_zone, active, created_at)
     SELECT practice_id, {uuid}, id, 'America/New_York', TRUE, {now} FROM members
     WHERE practice_id = $1 AND email LIKE 'clinician%'",
    "INSERT INTO clinician_settings (practice_id, clinician_id, enabled, audience, enabled_decided_at)
     SELECT practice_id, id, TRUE, 'ALL_MY_CLIENTS', {now} FROM clinicians WHERE practice_id = $1",
    "INSERT INTO offered_services (practice_id, clinician_id, service_id, decided_at)
     SELECT c.practice_id, c.id, s.id, {now} FROM clinicians c JOIN services s ON s.practice_id = c.practice_id
     WHERE c.practice_id = $1",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
     INSERT INTO weekly_hours (practice_id, id, clinician_id, weekday, opens_minute, closes_minute)
     SELECT c.practice_id, {uuid}, c.id, n.i, 540, 1020 FROM clinicians c CROSS JOIN n WHERE c.practice_id = $1",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {clients})
     INSERT INTO members (practice_id, id, email, display_name, is_admin, active, created_at)
     SELECT $1, {uuid}, 'client' || i || '@bench.test', 'Client ' || i, FALSE, TRUE, {now} FROM n",
    "INSERT INTO clients (practice_id, id, member_id, active, created_at, blocked)
     SELECT practice_id, {uuid}, id, TRUE, {now}, FALSE FROM members
     WHERE practice_id = $1 AND email LIKE 'client%'",
    "WITH c AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM clinicians WHERE practice_id = $1),
          k AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM clients WHERE practice_id = $1)
     INSERT INTO care_relationships (practice_id, id, clinician_id, client_id, started_on, started_at)
     SELECT $1, {uuid}, c.id, k.id, '2026-01-05', {now} FROM k JOIN c ON c.n = 1 + k.n % {clinicians}",
];
