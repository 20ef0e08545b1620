//! The list of tables, held against what the migrations make, and a guard that no API reaches.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};

use super::*;

async fn migrated() -> (tempfile::TempDir, DatabaseConnection) {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, database) = sqlite::open(&folder.path().join("test.db")).await.expect("it opens");
    (folder, database)
}

async fn query(database: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    database.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.expect("it reads")
}

fn text(row: &QueryResult, column: &str) -> String {
    row.try_get("", column).expect("a text")
}

#[tokio::test]
async fn a_copy_knows_every_table_and_column_that_the_migrations_make() {
    let (_folder, database) = migrated().await;
    let made = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'seaql_migrations'";
    let made: BTreeSet<_> = query(&database, made).await.iter().map(|row| text(row, "name")).collect();
    let known: BTreeSet<_> = scope::tables().iter().map(|table| table.name.to_owned()).collect();
    assert_eq!(known, made, "name each table in `scoped!` in src/store/scope.rs");
    for table in scope::tables() {
        let rows = query(&database, &format!("SELECT name, pk FROM pragma_table_info('{}')", table.name)).await;
        let made: BTreeSet<_> = rows.iter().map(|row| text(row, "name")).collect();
        let known: BTreeSet<_> = table.columns.iter().map(|column| column.name.to_owned()).collect();
        assert_eq!(known, made, "the columns of {}", table.name);
        let in_key = rows.iter().filter(|row| row.try_get::<i64>("", "pk").expect("a number") > 0);
        let key: BTreeSet<_> = in_key.map(|row| text(row, "name")).collect();
        let known: BTreeSet<_> = table.key.iter().map(|place| table.columns[*place].name.to_owned()).collect();
        assert_eq!(known, key, "the key of {}: without it rows are skipped or read twice", table.name);
    }
}

#[tokio::test]
async fn a_copy_writes_parents_before_children() {
    let (_folder, database) = migrated().await;
    let mut written = BTreeSet::new();
    for table in scope::tables() {
        let parents = format!("SELECT DISTINCT \"table\" AS parent FROM pragma_foreign_key_list('{}')", table.name);
        for parent in query(&database, &parents).await {
            let parent = text(&parent, "parent");
            assert!(written.contains(&parent), "{} refers to {parent}, which comes later", table.name);
        }
        written.insert(table.name.to_owned());
    }
}

/// What of the catalog lets a row be named, or refer to another, without its practice.
async fn unbound(database: &DatabaseConnection) -> Vec<String> {
    let made = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                AND name NOT IN ('seaql_migrations', 'practices')";
    let mut unbound = Vec::new();
    for table in query(database, made).await.iter().map(|row| text(row, "name")) {
        let first = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1");
        if query(database, &first).await.first().map(|row| text(row, "name")).as_deref() != Some("practice_id") {
            unbound.push(format!("the key of {table}"));
        }
        // A key to `practices` itself is bound by what it refers to.
        let keys = format!(
            "SELECT \"table\" AS parent, MAX(\"from\" = 'practice_id' \
             AND coalesce(\"to\", 'practice_id') = iif(\"table\" = 'practices', 'id', 'practice_id')) AS bound \
             FROM pragma_foreign_key_list('{table}') GROUP BY id, \"table\""
        );
        for key in query(database, &keys).await {
            if key.try_get::<i64>("", "bound").expect("a number") != 1 {
                unbound.push(format!("{table} to {}", text(&key, "parent")));
            }
        }
    }
    unbound
}

#[tokio::test]
async fn every_key_and_every_reference_names_the_practice_first() {
    let (_folder, database) = migrated().await;
    assert_eq!(unbound(&database).await, Vec::<String>::new(), "lead these keys with practice_id");
    let loose = "CREATE TABLE loose (id TEXT PRIMARY KEY, practice_id TEXT, client_id TEXT REFERENCES clients (id))";
    database.execute_unprepared(loose).await.expect("a table");
    assert_eq!(unbound(&database).await, ["the key of loose", "loose to clients"], "the check sees what is not bound");
}

/// On SQLite; of PostgreSQL the tests of copying say it.
#[tokio::test]
async fn the_database_itself_refuses_to_change_the_log_of_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, database) = sqlite::open(&folder.path().join("test.db")).await.expect("it opens");
    let run = async |sql: &str| database.execute_unprepared(sql).await;
    run("PRAGMA foreign_keys = OFF").await.expect("it is set");
    let look = "INSERT INTO client_reads (practice_id, id, member_id, client_id, kind, read_at) \
                VALUES (x'01', x'02', x'03', x'04', 'PROFILE', 1)";
    run(look).await.expect("a look is kept");
    let other = look.replace("INSERT", "INSERT OR REPLACE").replace(", 1)", ", 5)");
    run(&other).await.expect("the first look stays");
    run("DELETE FROM client_reads WHERE read_at = 5").await.expect("there is none");
    for sql in ["UPDATE client_reads SET read_at = 0", "DELETE FROM client_reads WHERE read_at = 1"] {
        let refused = run(sql).await.expect_err("it is append-only").to_string();
        assert!(refused.contains("client_reads_append_only"), "{sql}: {refused}");
    }
}
