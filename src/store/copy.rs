//! Copies a whole database into an empty one, and proves that both hold the same.
//!
//! The operator's act, and about all practices at once: it names no practice and passes by `Scope`. The target's guards
//! judge each row as they judge any other; all is one transaction there, kept only once every table's rows, read back,
//! sum up to what the source has.

mod table;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use super::patience::Patience;
use super::{DatabaseUrl, StoreError, postgres, scope, sqlite};
use migration::{Migrator, MigratorTrait};
pub use table::Sum;
pub(super) use table::Table;

/// How far a copy is.
#[derive(Clone, Copy, Debug)]
pub enum CopyProgress {
    /// So many rows of a table have been written, of so many.
    Written { table: &'static str, rows: u64, of: u64 },
    /// All is written; a table's two sides are the same.
    Checked { table: &'static str, sum: Sum },
}

/// Why a copy kept nothing.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Refused before anything was written; it says the next step.
    #[error("{0}")]
    Refused(String),
    /// A table's rows could not be read, or the target did not take them.
    #[error(
        "The rows of {table} could not be {verb}: {cause}. Nothing was kept: {to} is empty. Remove the cause and copy again."
    )]
    Table { table: &'static str, verb: &'static str, to: String, cause: StoreError },
    /// The two sides differ.
    #[error(
        "The two sides of {table} differ: {} rows with checksum {}, copied as {} rows with checksum {}. Nothing was kept: \
         {to} is empty. Look for triggers or rules in it that are not frontdesk's.",
        from.rows, from.checksum.simple(), copied.rows, copied.checksum.simple()
    )]
    Different { table: &'static str, to: String, from: Sum, copied: Sum },
    /// A database could not be opened, or the transaction was lost.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies everything. The source is read in one snapshot and left as it is; the target is migrated and must be empty.
/// A failure leaves it empty.
pub async fn copy(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CopyError> {
    if from.to_string() == to.to_string() {
        return Err(CopyError::Refused(format!(
            "{from} cannot be copied into itself. Name another database with --to."
        )));
    }
    let source = open_source(from).await?;
    let snapshot = begin_snapshot(&source).await?;
    require_this_schema(&snapshot, from).await?;
    let target = open_target(to).await?;
    let write = begin_target(&target, to).await?;
    let tables = scope::tables();
    require_empty(&write, &tables, to).await?;
    for table in &tables {
        copy_table(table, &snapshot, &write, to, tell).await?;
    }
    for table in &tables {
        check_table(table, &snapshot, &write, to, tell).await?;
    }
    write.commit().await.map_err(|error| StoreError::from(error).at_commit())?;
    snapshot.rollback().await.map_err(StoreError::from)?;
    source.close().await.map_err(StoreError::from)?;
    target.close().await.map_err(StoreError::from)?;
    Ok(())
}

/// Opens a database as it is: nothing is made, and nothing migrated.
async fn open_source(from: &DatabaseUrl) -> Result<DatabaseConnection, CopyError> {
    match from {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            Err(CopyError::Refused(format!("There is no database at {from}. Name it with --from sqlite://PATH.")))
        }
        DatabaseUrl::Sqlite(path) => sqlite::connect(path, true).await.map_err(|error| {
            CopyError::Refused(format!("{from} is not a database of frontdesk: {error}. Name another with --from."))
        }),
        DatabaseUrl::Postgres(url) => Ok(postgres::open_as_it_is(url).await?),
    }
}

async fn begin_snapshot(source: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let mut options = TransactionOptions::default();
    let is_postgres = source.get_database_backend() == DbBackend::Postgres;
    // SQLite's transactions are snapshots as they are.
    if is_postgres {
        options.isolation_level = Some(IsolationLevel::RepeatableRead);
        options.access_mode = Some(AccessMode::ReadOnly);
    }
    let snapshot = source.begin_with_options(options).await?;
    if is_postgres {
        snapshot.execute_unprepared(UNHURRIED).await?;
    }
    Ok(snapshot)
}

/// One side waits for the other, and a large table takes as long as it takes.
const UNHURRIED: &str = "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0";

/// A copy takes rows as they are, so both sides must mean the same by them.
async fn require_this_schema(snapshot: &DatabaseTransaction, from: &DatabaseUrl) -> Result<(), CopyError> {
    let refused = |why: String| Err(CopyError::Refused(format!("{from} {why}")));
    let sql = "SELECT version FROM seaql_migrations";
    let steps = match snapshot.query_all_raw(Statement::from_string(snapshot.get_database_backend(), sql)).await {
        Ok(rows) => rows,
        Err(error) => return refused(format!("is not a database of frontdesk: {error}. Name another with --from.")),
    };
    let steps = steps.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, _>>();
    let steps = steps.map_err(StoreError::from)?;
    let known: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    if steps.iter().any(|step| !known.contains(step)) {
        return refused("has a newer schema than this frontdesk. Copy with the version that serves it.".to_owned());
    }
    if known.iter().any(|step| !steps.contains(step)) {
        return refused(
            "has an older schema. First run: frontdesk migrate --database-url …, the same as --from.".into(),
        );
    }
    Ok(())
}

async fn open_target(to: &DatabaseUrl) -> Result<DatabaseConnection, StoreError> {
    match to {
        DatabaseUrl::Sqlite(path) => Ok(sqlite::open(path).await?.1),
        DatabaseUrl::Postgres(url) => postgres::open(url, &Patience::default()).await,
    }
}

/// Begins the one transaction, and keeps all other writers out until it ends.
async fn begin_target(target: &DatabaseConnection, to: &DatabaseUrl) -> Result<DatabaseTransaction, CopyError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let busy = |error| match StoreError::from(error) {
        StoreError::Busy(cause) => CopyError::Refused(format!(
            "Another program is writing to {to}: {cause}. Stop it, and copy into an empty database."
        )),
        other => other.into(),
    };
    let write = target.begin_with_options(options).await.map_err(busy)?;
    if target.get_database_backend() == DbBackend::Postgres {
        write.execute_unprepared(UNHURRIED).await.map_err(StoreError::from)?;
        // Every row belongs to a practice: where none can begin, nothing can.
        write.execute_unprepared("LOCK TABLE practices IN SHARE ROW EXCLUSIVE MODE").await.map_err(busy)?;
    }
    Ok(write)
}

async fn require_empty(write: &DatabaseTransaction, tables: &[Table], to: &DatabaseUrl) -> Result<(), CopyError> {
    for table in tables {
        if table.count(write).await? > 0 {
            let next = match to {
                DatabaseUrl::Sqlite(_) => "Name a file that does not exist yet with --to.",
                DatabaseUrl::Postgres(_) => "Make a new one (createdb NAME) and name it with --to.",
            };
            let name = table.name;
            return Err(CopyError::Refused(format!(
                "{to} is not empty: there are rows in {name}. A copy needs an empty database. {next}"
            )));
        }
    }
    Ok(())
}

async fn copy_table(
    table: &Table,
    snapshot: &DatabaseTransaction,
    write: &DatabaseTransaction,
    to: &DatabaseUrl,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CopyError> {
    let failed = |verb| move |cause| CopyError::Table { table: table.name, verb, to: to.to_string(), cause };
    let of = table.count(snapshot).await.map_err(failed("counted"))?;
    let mut written = 0;
    let mut last = None;
    loop {
        tell(CopyProgress::Written { table: table.name, rows: written, of });
        let rows = table.read(snapshot, last.as_ref()).await.map_err(failed("read"))?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = Some(end.clone());
        written += rows.len() as u64;
        table.write(write, rows).await.map_err(failed("written"))?;
    }
}

/// Reads both sides anew.
async fn check_table(
    table: &Table,
    snapshot: &DatabaseTransaction,
    write: &DatabaseTransaction,
    to: &DatabaseUrl,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CopyError> {
    let failed = |cause| CopyError::Table { table: table.name, verb: "checked", to: to.to_string(), cause };
    let from = table.sum(snapshot).await.map_err(failed)?;
    let copied = table.sum(write).await.map_err(failed)?;
    if from != copied {
        return Err(CopyError::Different { table: table.name, to: to.to_string(), from, copied });
    }
    tell(CopyProgress::Checked { table: table.name, sum: from });
    Ok(())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod step_tests;
