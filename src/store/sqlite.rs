//! Opens a file of SQLite, and brings its schema up to date.

use std::path::Path;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::StoreError;

/// Readers besides the one writer. Reads take microseconds, so more than the cores only wait for each other.
pub(super) const READERS: u32 = 4;

/// How long a connection waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request waits for a connection. A queue longer than this is an overload, told as one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the file, making it where it is missing, and migrates it: a reader and the writer. One process at a time: two
/// would each see the other's writes, but only late (see README, "Running it").
pub(super) async fn open(path: &Path) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    make_private(path).map_err(|error| StoreError::Address(format!("{} cannot be made: {error}.", path.display())))?;
    let writer = connect(path, false).await?;
    migrate(path, &writer).await?;
    Ok((connect(path, true).await?, writer))
}

/// Migrates under a lock on a file beside the database: the library takes none, and of two programs that start at once
/// on a new database one would fail half-way.
async fn migrate(path: &Path, writer: &DatabaseConnection) -> Result<(), StoreError> {
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let locked = tokio::task::spawn_blocking(move || {
        let file = private().open(&lock_path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    });
    let told =
        |error: String| StoreError::Address(format!("{} cannot be locked for migration: {error}.", path.display()));
    let lock = locked.await.map_err(|error| told(error.to_string()))?.map_err(|error| told(error.to_string()))?;
    Migrator::up(writer, None).await?;
    drop(lock);
    Ok(())
}

/// Makes the file where it is missing: names and notes are for its owner alone. What SQLite keeps beside it is made with
/// the same rights. A file that is there is not opened: closing it again would drop every lock that SQLite holds on it in
/// this process (POSIX locks belong to the process and the file, not to who opened it).
fn make_private(path: &Path) -> std::io::Result<()> {
    match private().create_new(true).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// How files are made that only their owner reads and writes.
pub(super) fn private() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(super) async fn connect(path: &Path, read_only: bool) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    let path = path.to_owned();
    options
        // One writer: with several, SQLite lets them poll for the lock unfairly, and the slowest waits 20 times as long.
        .max_connections(if read_only { READERS } else { 1 })
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A file in this process does not go away, and asking costs as much as a query.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .in_memory(false)
                .shared_cache(false)
                .filename(&path)
                .create_if_missing(!read_only)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: what was acknowledged survives a power cut.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
                .pragma("query_only", if read_only { "ON" } else { "OFF" })
        });
    Ok(Database::connect(options).await?)
}
