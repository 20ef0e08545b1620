//! Where the data is: a file of SQLite, or a database of PostgreSQL.

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use sea_orm::sqlx::postgres::PgConnectOptions;

use super::StoreError;

/// The database's address.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A file, made where it is missing. One server at a time.
    Sqlite(PathBuf),
    /// A database that exists on a server. Several servers of ours may share it.
    Postgres(Box<PostgresUrl>),
}

/// A file of SQLite, taken for one server. It ends with the process, however that ends.
pub struct ServerClaim {
    _lock: Option<File>,
}

/// A PostgreSQL database, and how much of it one server of ours may take.
#[derive(Clone, Debug)]
pub struct PostgresUrl {
    pub(super) options: PgConnectOptions,
    pub(super) connections: u32,
}

/// How many connections one server of ours keeps, where nothing else is said. More than the cores of the database only
/// wait for each other; twice the cores of a small machine leaves room for waits on the network.
pub const POSTGRES_CONNECTIONS: u32 = 10;

impl DatabaseUrl {
    /// Reads `sqlite://PATH`, relative to the working directory or absolute, or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Self::parse_postgres(text);
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
        match path.filter(|path| !path.is_empty() && !path.contains(['?', '#'])) {
            Some(path) => Ok(Self::Sqlite(PathBuf::from(path))),
            // Not repeated: it may hold a password, of another product's database or misspelled.
            None => Err(StoreError::Address(
                "This is not the address of a database that frontdesk can open. Write sqlite://PATH, such as \
                 sqlite://frontdesk.db, or postgres://USER:PASSWORD@HOST/DATABASE."
                    .to_owned(),
            )),
        }
    }

    fn parse_postgres(text: &str) -> Result<Self, StoreError> {
        // What is wrong is not repeated: the address holds a password.
        let wrong = |what: &str| {
            let form = "Write postgres://USER:PASSWORD@HOST:PORT/DATABASE.";
            StoreError::Address(format!("The address of the PostgreSQL database {what}. {form}"))
        };
        let options: PgConnectOptions = text.parse().map_err(|_| wrong("cannot be read"))?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err(wrong("names no database"));
        }
        Ok(Self::Postgres(Box::new(PostgresUrl { options, connections: POSTGRES_CONNECTIONS })))
    }

    /// The same database with another number of connections; SQLite has its own.
    pub fn with_connections(mut self, connections: u32) -> Self {
        if let Self::Postgres(postgres) = &mut self {
            postgres.connections = connections;
        }
        self
    }

    /// Takes a file of SQLite for one server, until the claim is dropped: two servers would not hear of each other's
    /// writes. PostgreSQL takes any number.
    pub fn claim_for_server(&self) -> Result<ServerClaim, StoreError> {
        let Self::Sqlite(path) = self else { return Ok(ServerClaim { _lock: None }) };
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".server");
        let told = |error: String| StoreError::Address(format!("{} cannot be claimed: {error}.", path.display()));
        let lock = super::sqlite::private().open(&lock_path).map_err(|error| told(error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => Ok(ServerClaim { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Address(format!(
                "Another frontdesk serves {} already. Stop that one first, or serve another file.",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(told(error.to_string())),
        }
    }

    /// The database's file; none on PostgreSQL.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

/// The address as it may be shown: without the password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "{}", path.display()),
            Self::Postgres(postgres) => {
                let options = &postgres.options;
                let (host, port) = (options.get_host(), options.get_port());
                let database = options.get_database().unwrap_or_default();
                write!(out, "postgres://{}@{host}:{port}/{database}", options.get_username())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let url = DatabaseUrl::parse("postgres://desk:hush@db.test:5433/front").expect("an address");
        assert_eq!(url.to_string(), "postgres://desk@db.test:5433/front");
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_form_and_without_the_password() {
        for text in
            ["", "sqlite://", "mysql://a:hush@b", "Postgres://desk:hush@a/b", "frontdesk.db", "sqlite://a?mode=ro"]
        {
            let told = DatabaseUrl::parse(text).expect_err("refused").to_string();
            assert!(told.contains("sqlite://PATH") && !told.contains("hush"), "{told}");
        }
        for text in ["postgres://desk:hush@db.test", "postgres://desk:hush@db.test:x/front"] {
            let told = DatabaseUrl::parse(text).expect_err("refused").to_string();
            assert!(told.contains("postgres://USER:PASSWORD@HOST:PORT/DATABASE") && !told.contains("hush"), "{told}");
        }
    }
}
