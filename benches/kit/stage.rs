//! Where a benchmark runs: an empty database of its own, as durable as in earnest.

use std::path::Path;
use std::sync::OnceLock;

use clap::ValueEnum;
use frontdesk::app;
use frontdesk::clock::Clock;
use frontdesk::store::DatabaseUrl;
use frontdesk::usecases::Desk;
use tempfile::TempDir;

use super::engines::{self, Postgres};

/// What the data is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    /// Those that were asked for, else all that are installed.
    pub fn chosen(asked: &[Self]) -> Vec<Self> {
        if !asked.is_empty() {
            return asked.to_vec();
        }
        let is_there = |store: &Self| *store == Self::Sqlite || engines::postgres_is_there();
        [Self::Sqlite, Self::Postgres].into_iter().filter(is_there).collect()
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A database of its own in a temporary folder.
pub struct Stage {
    pub store: Store,
    pub folder: TempDir,
    pub database_url: String,
}

impl Stage {
    pub fn new(store: Store) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database_url = match store {
            Store::Sqlite => sqlite_url(&folder.path().join("bench.db")),
            Store::Postgres => postgres().database("bench"),
        };
        Self { store, folder, database_url }
    }

    /// A desk on the database, to fill it before the server starts. To be closed then.
    pub async fn desk(&self) -> Desk {
        let url = DatabaseUrl::parse(&self.database_url).expect("an address");
        app::open_desk(&url, Clock::system()).await.expect("a database")
    }

    /// Copies the database, which nobody has open; answers the copy's address.
    pub fn copy(&self) -> String {
        match self.store {
            Store::Sqlite => {
                let copy = self.folder.path().join("copy.db");
                std::fs::copy(self.folder.path().join("bench.db"), &copy).expect("a copy");
                sqlite_url(&copy)
            }
            Store::Postgres => {
                let made = postgres().command("createdb").args(["--template=bench", "copy"]).status();
                assert!(made.expect("createdb runs").success(), "the database was not copied");
                postgres().url("copy")
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.store == Store::Postgres {
            // The next stage begins with an empty one; where this fails, that says so.
            let _ = postgres().command("dropdb").args(["--force", "--if-exists", "copy"]).status();
            let _ = postgres().command("dropdb").args(["--force", "--if-exists", "bench"]).status();
        }
    }
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

fn postgres() -> &'static Postgres {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    SHARED.get_or_init(|| Postgres::start_durable().expect("PostgreSQL 15 or newer has to be installed for this"))
}
