//! What can go wrong in the database, told apart by what the caller can do about it.

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// A failed statement. `Display` is for the log: it may hold library text and must not reach a caller.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused two overlapping claims of one clinician.
    #[error("another claim holds the clinician's time")]
    ClinicianTimeTaken,
    /// The database refused two overlapping claims of one client.
    #[error("another claim holds the client's time")]
    ClientTimeTaken,
    /// The database refused to leave a practice without an admin.
    #[error("a practice's last admin stays")]
    LastAdmin,
    /// A unique key is taken.
    #[error("a unique key is taken: {0}")]
    Duplicate(String),
    /// The database gave the transaction up for another's sake, or lost the connection: nothing of it was kept, and the
    /// same again may well hold.
    #[error("the transaction was given up: {0}")]
    GivenUp(DbErr),
    /// More work than the database gets done: a wait for a connection, a lock or a statement took too long.
    #[error("the database is overloaded: {0}")]
    Busy(DbErr),
    /// A row holds what no rule allows: the database was changed by other hands.
    #[error("the database holds an impossible value: {0}")]
    Corrupt(String),
    /// The practice that a scope names does not exist.
    #[error("there is no such practice")]
    NoPractice,
    /// The address of the database is not one.
    #[error("{0}")]
    Address(String),
    /// A commit that was not answered: whether it holds is not known.
    #[error("a commit was interrupted: {0}")]
    Interrupted(String),
    /// Anything else.
    #[error(transparent)]
    Database(DbErr),
}

impl StoreError {
    /// The same error from a commit. A transaction that lost against another is gone; where a connection or the server
    /// ended, the commit may have come first.
    pub(super) fn at_commit(self) -> Self {
        match self {
            Self::GivenUp(cause) if !is_conflict(&cause) => Self::Interrupted(cause.to_string()),
            other => other,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        DbErr::Query(RuntimeErr::SqlxError(error.into())).into()
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
            return Self::Duplicate(message);
        }
        // The guards are triggers and exclusion constraints: all arrive as plain errors whose text holds the guard's name.
        let text = error.to_string();
        if text.contains("claims_clinician_overlap") {
            Self::ClinicianTimeTaken
        } else if text.contains("claims_client_overlap") {
            Self::ClientTimeTaken
        } else if text.contains("members_last_admin") {
            Self::LastAdmin
        } else if is_given_up(&error) {
            Self::GivenUp(error)
        } else if is_overload(&error) {
            Self::Busy(error)
        } else {
            Self::Database(error)
        }
    }
}

/// Serialization failures and deadlocks, and connections that ended: the server stopped, or ended them itself.
fn is_given_up(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::Io(_)) => true,
        Some(sqlx::Error::Database(_)) => {
            is_conflict(error) || matches!(sqlstate(error).as_deref(), Some("57P01" | "57P02" | "57P03" | "25P03"))
        }
        _ => false,
    }
}

fn is_conflict(error: &DbErr) -> bool {
    matches!(sqlstate(error).as_deref(), Some("40001" | "40P01"))
}

/// Waits that ended: for a lock, for a statement, for a connection (here, or of the server's own); SQLite's busy.
fn is_overload(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::PoolTimedOut) => true,
        Some(sqlx::Error::Database(_)) => {
            matches!(sqlstate(error).as_deref(), Some("55P03" | "57014" | "53300" | "5" | "261" | "517"))
        }
        _ => matches!(error, DbErr::ConnectionAcquire(_)),
    }
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The database's own code for what went wrong, where it was the database that said so.
fn sqlstate(error: &DbErr) -> Option<String> {
    let refused = driver_error(error)?.as_database_error()?;
    refused.code().map(|code| code.into_owned())
}
