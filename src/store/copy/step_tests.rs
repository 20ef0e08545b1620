//! The step that brought starts and pauses, on a practice that was there before.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

const BEFORE: &str = "
INSERT INTO practices VALUES (x'01', 'Riverbend', 'America/New_York', 0, 0, 0);
INSERT INTO members (practice_id, id, display_name, email, is_admin, active, created_at)
    VALUES (x'01', x'02', 'Dana', 'dana@practice.test', TRUE, TRUE, 0);
INSERT INTO clinicians (practice_id, id, member_id, time_zone, active, created_at)
    VALUES (x'01', x'03', x'02', 'America/New_York', TRUE, 0);
INSERT INTO practice_settings VALUES (x'01', TRUE, x'02', 7, 'ADMIN_ONLY', 'CLINICIAN_OR_ADMIN');
INSERT INTO clinician_settings VALUES (x'01', x'03', TRUE, 'ALL_MY_CLIENTS', x'02', 7, 'leave', x'02', 8, x'02', 9, x'02', 10);
";

/// Both rows as text, column by column.
async fn rows(database: &DatabaseConnection, columns: [&str; 2]) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, columns) in ["practice_settings", "clinician_settings"].into_iter().zip(columns) {
        let sql = format!("SELECT concat_ws(' ', {columns}) AS shown FROM {table}");
        let found = database.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await;
        rows.push(found.expect("it reads").expect("a row").try_get("", "shown").expect("a text"));
    }
    rows
}

const OLD: [&str; 2] = [
    "hex(practice_id), enabled, hex(enabled_decided_by), enabled_decided_at, clinician_opt_in, client_access_control",
    "hex(clinician_id), enabled, audience, enabled_decided_at, lock_reason, lock_decided_at, offered_decided_at, hours_decided_at",
];

#[tokio::test]
async fn what_was_set_before_stays_and_what_waits_or_is_paused_is_off_for_an_older_version() {
    let database = Database::connect("sqlite::memory:").await.expect("a database");
    Migrator::up(&database, Some(11)).await.expect("the steps before");
    database.execute_unprepared(BEFORE).await.expect("a practice");
    let before = rows(&database, OLD).await;
    Migrator::up(&database, None).await.expect("the step");
    assert_eq!(rows(&database, OLD).await, before, "nothing moves");
    Migrator::down(&database, Some(1)).await.expect("back");
    assert_eq!(rows(&database, OLD).await, before, "nor on the way back");
    Migrator::up(&database, None).await.expect("the step again");
    for (wrong, guard) in [
        ("UPDATE practice_settings SET enabled = FALSE, starts_at = 1", "ck_practice_settings_start"),
        ("UPDATE clinician_settings SET enabled = FALSE, starts_at = 1", "ck_clinician_settings_start"),
        ("UPDATE practice_settings SET paused_by = x'02'", "ck_practice_settings_pause"),
        ("UPDATE clinician_settings SET paused_by = x'02'", "ck_clinician_settings_pause"),
        ("UPDATE practice_settings SET paused_at = 1, paused_by = x'99'", "FOREIGN KEY"),
        ("UPDATE clinician_settings SET paused_at = 1, paused_by = x'99'", "FOREIGN KEY"),
    ] {
        let told = database.execute_unprepared(wrong).await.expect_err(wrong).to_string();
        assert!(told.contains(guard), "{wrong}: {told}");
    }
    database.execute_unprepared("UPDATE practice_settings SET starts_at = 1").await.expect("a start");
    database
        .execute_unprepared("UPDATE clinician_settings SET paused_at = 1, paused_by = x'02'")
        .await
        .expect("a pause");
    Migrator::down(&database, Some(1)).await.expect("back");
    assert_eq!(rows(&database, ["enabled", "enabled"]).await, ["0", "0"]);
}
