//! What can go wrong in the database, told apart by what the caller can do about it.

use sea_orm::{DbErr, SqlErr};

/// A failed statement. `Display` is for the log: it may hold library text and must not reach a caller.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused two overlapping claims of one clinician.
    #[error("another claim holds the clinician's time")]
    ClinicianTimeTaken,
    /// The database refused two overlapping claims of one client.
    #[error("another claim holds the client's time")]
    ClientTimeTaken,
    /// A unique key is taken.
    #[error("a unique key is taken: {0}")]
    Duplicate(String),
    /// A row holds what no rule allows: the database was changed by other hands.
    #[error("the database holds an impossible value: {0}")]
    Corrupt(String),
    /// The practice that a scope names does not exist.
    #[error("there is no such practice")]
    NoPractice,
    /// The address of the database is not one.
    #[error("{0}")]
    Address(String),
    /// The task that committed was ended before it said how.
    #[error("a commit was interrupted: {0}")]
    Interrupted(String),
    /// Anything else.
    #[error(transparent)]
    Database(DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
            return Self::Duplicate(message);
        }
        // The guards are triggers on SQLite and exclusion constraints on PostgreSQL: both arrive as plain errors whose
        // text holds the guard's name.
        let text = error.to_string();
        if text.contains("claims_clinician_overlap") {
            Self::ClinicianTimeTaken
        } else if text.contains("claims_client_overlap") {
            Self::ClientTimeTaken
        } else {
            Self::Database(error)
        }
    }
}
