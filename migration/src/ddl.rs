//! Runs one DDL text on either store.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs statements that are written for PostgreSQL; on SQLite the type `UUID` becomes `BLOB`, the storage its
/// driver uses for identifiers. Every other type named in the steps means the same on both.
pub async fn run_on_both(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    match manager.get_database_backend() {
        DbBackend::Sqlite => connection.execute_unprepared(&sql.replace(" UUID", " BLOB")).await?,
        _ => connection.execute_unprepared(sql).await?,
    };
    Ok(())
}

/// Runs the text written for the store in use, where the two have no common words (triggers, exclusion).
pub async fn run_by_store(manager: &SchemaManager<'_>, sqlite: &str, postgres: &str) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DbBackend::Sqlite => sqlite,
        _ => postgres,
    };
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}

/// Drops tables, children first.
pub async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE {table}")).await?;
    }
    Ok(())
}
