//! The database: the only user of the ORM and of `entity`.
//!
//! Nothing is read or written but through a `Scope`, and a scope is of one practice: a query that is not scoped
//! cannot be written down. Every write transaction begins by taking the write lock, so that what it reads holds
//! until it commits, and a decision is made on facts.

mod address;
mod appointments;
mod audit;
mod blocked_time;
mod booking_rules;
mod care;
mod claims;
mod client_reads;
mod clients;
mod clinicians;
mod convert;
mod copy;
mod date_exceptions;
mod error;
mod events;
mod group_commit;
mod held;
mod held_among;
mod idempotency;
mod links;
mod members;
mod operator;
mod patience;
mod pauses;
mod postgres;
mod practices;
mod queues;
mod reach;
mod read_turns;
mod requests;
mod scope;
mod services;
mod settings;
mod settings_rows;
mod setup;
mod soonest;
mod sqlite;
mod standings;
mod wake_ups;
mod write;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{AccessMode, DatabaseConnection, DbBackend, IsolationLevel, TransactionOptions, TransactionTrait};

use self::patience::Patience;
use self::queues::Queues;
use self::read_turns::ReadTurns;
use crate::domain::ids::PracticeId;
use crate::domain::settings::PracticeSettings;

pub use address::{DatabaseUrl, POSTGRES_CONNECTIONS, ServerClaim};
pub use audit::{Since, Stretch};
pub use blocked_time::{BlockRow, InTheWay};
pub use care::CareRow;
pub use claims::{Claim, ClaimKind, HeldTime, Lapsed};
pub use client_reads::ClientReadRow;
pub use clients::ClientRow;
pub use copy::{CopyError, CopyProgress, Sum, copy};
pub use error::StoreError;
pub use held_among::HeldAmong;
pub use links::LinkRow;
pub use members::MemberRow;
pub use operator::{Linked, MemberFound};
pub use practices::Counters;
pub use requests::RequestFilter;
pub use scope::Scope;
pub use soonest::{HeldByAll, Looking};
pub use standings::Pairs;
pub use wake_ups::{WakeUpLine, WakeUpListener};
pub use write::Write;

/// How many practices' settings one process keeps ready. One takes about 1 KB for each clinician, and 100 bytes for each
/// date on which other hours hold.
const SETTINGS_KEPT: usize = 1_000;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    reader: DatabaseConnection,
    writer: Writer,
    wake_up_line: Option<WakeUpLine>,
    shared: Arc<Shared>,
}

/// Who writes.
#[derive(Clone)]
enum Writer {
    /// SQLite has one connection for it, in turns.
    Turns(group_commit::Writer),
    /// PostgreSQL has many, and the writes of one practice take few of them.
    Pool(DatabaseConnection, Queues),
}

struct Shared {
    statements: AtomicU64,
    patience: Patience,
    read_turns: ReadTurns,
    settings: Mutex<HashMap<PracticeId, Arc<PracticeSettings>>>,
}

impl Shared {
    fn new(read_at_once: u32) -> Arc<Self> {
        let (statements, patience, settings) = Default::default();
        Arc::new(Self { statements, patience, read_turns: ReadTurns::new(read_at_once), settings })
    }
}

impl Store {
    /// Opens the database and brings its schema up to date. On SQLite a missing file is made; on PostgreSQL a server that
    /// does not answer yet is waited for.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let (reader, writer) = sqlite::open(path).await?;
                let shared = Shared::new(sqlite::READERS);
                let writer = Writer::Turns(group_commit::Writer::new(writer));
                Ok(Self { reader, writer, wake_up_line: None, shared })
            }
            DatabaseUrl::Postgres(url) => {
                let shared = Shared::new(url.connections);
                let pool = postgres::open(url, &shared.patience).await?;
                let (reader, writer) = (pool.clone(), Writer::Pool(pool, Queues::default()));
                let wake_up_line = Some(WakeUpLine::to(url, shared.patience.clone()));
                Ok(Self { reader, writer, wake_up_line, shared })
            }
        }
    }

    /// A read-only view of one practice.
    pub fn read(&self, practice: PracticeId) -> Scope<'_> {
        Scope::new((&self.reader).into(), practice, &self.shared)
    }

    /// The practice's settings as they stand. They are kept by their revision, which every settings change moves, so
    /// that reading them again costs one statement.
    pub async fn settings(&self, practice: PracticeId) -> Result<Arc<PracticeSettings>, StoreError> {
        let revision = self.read(practice).counters().await?.revision;
        self.settings_at(practice, revision).await
    }

    /// The same where their revision has just been read: without a statement, while they are kept. They are never older
    /// than that.
    pub async fn settings_at(&self, practice: PracticeId, revision: i64) -> Result<Arc<PracticeSettings>, StoreError> {
        if let Some(kept) = self.shared.kept(practice, revision) {
            return Ok(kept);
        }
        let _turn = self.shared.read_turns.take().await?;
        let snapshot = self.snapshot().await?;
        let settings = Scope::new((&snapshot).into(), practice, &self.shared).load_settings().await?;
        self.shared.patience.answered(snapshot.rollback()).await?;
        let settings = Arc::new(settings);
        self.shared.keep(settings.clone());
        Ok(settings)
    }

    /// One transaction whose statements all see the same state.
    async fn snapshot(&self) -> Result<sea_orm::DatabaseTransaction, StoreError> {
        let mut options = TransactionOptions::default();
        // SQLite's transactions are snapshots as they are.
        if self.reader.get_database_backend() == DbBackend::Postgres {
            options.isolation_level = Some(IsolationLevel::RepeatableRead);
            options.access_mode = Some(AccessMode::ReadOnly);
        }
        self.shared.patience.answered(self.reader.begin_with_options(options)).await
    }

    /// Keeps settings that a committed change has just read.
    pub fn keep(&self, settings: Arc<PracticeSettings>) {
        self.shared.keep(settings);
    }

    /// Waits until all that has been written so far is durable, or undone: what a refusal tells of others' writes is then
    /// true for good. On PostgreSQL nothing is seen before it is.
    pub async fn settle(&self) -> Result<(), StoreError> {
        match &self.writer {
            Writer::Turns(writer) => writer.settle().await,
            Writer::Pool(..) => Ok(()),
        }
    }

    /// How the servers that share the database wake each other; none on SQLite, which one server has for itself.
    pub fn wake_up_line(&self) -> Option<WakeUpLine> {
        self.wake_up_line.clone()
    }

    /// The connections as they are used now: those that are open, and how many of them are idle.
    pub fn pool_use(&self) -> (u32, usize) {
        match &self.writer {
            Writer::Pool(pool, _) => {
                let pool = pool.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
            Writer::Turns(writer) => {
                let readers = self.reader.get_sqlite_connection_pool();
                let writer = writer.connection().get_sqlite_connection_pool();
                (readers.size() + writer.size(), readers.num_idle() + writer.num_idle())
            }
        }
    }

    /// How many statements have run. Tests hold it against the amount of data.
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// Ends every connection. SQLite then has all in its one file, which can be copied, moved or removed.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.close().await?;
        if let Writer::Turns(writer) = self.writer {
            writer.connection().clone().close().await?;
        }
        Ok(())
    }
}

impl Shared {
    fn kept(&self, practice: PracticeId, revision: i64) -> Option<Arc<PracticeSettings>> {
        let kept = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&practice).filter(|settings| settings.revision == revision).cloned()
    }

    fn keep(&self, settings: Arc<PracticeSettings>) {
        let mut kept = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SETTINGS_KEPT && !kept.contains_key(&settings.practice_id) {
            kept.clear();
        }
        kept.insert(settings.practice_id, settings);
    }
}
