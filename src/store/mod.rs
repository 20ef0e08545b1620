//! The database: the only user of the ORM and of `entity`.
//!
//! Nothing is read or written but through a `Scope`, and a scope is of one practice: a query that is not scoped
//! cannot be written down. Every write transaction begins by taking the write lock, so that what it reads holds
//! until it commits, and a decision is made on facts.

mod appointments;
mod care;
mod claims;
mod clients;
mod clinicians;
mod connect;
mod convert;
mod error;
mod events;
mod idempotency;
mod operator;
mod practices;
mod requests;
mod scope;
mod services;
mod settings;
mod settings_rows;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use crate::domain::ids::PracticeId;
use crate::domain::settings::PracticeSettings;

pub use care::CareRow;
pub use care::Pairs;
pub use claims::{Claim, ClaimKind};
pub use clients::ClientRow;
pub use clinicians::MemberRow;
pub use connect::DatabaseUrl;
pub use error::StoreError;
pub use events::EventFilter;
pub use operator::MemberFound;
pub use requests::RequestFilter;
pub use scope::Scope;

/// How many practices' settings one process keeps ready. One takes about 1 KB for each clinician.
const SETTINGS_KEPT: usize = 1_000;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    statements: AtomicU64,
    settings: Mutex<HashMap<PracticeId, Arc<PracticeSettings>>>,
}

impl Store {
    /// A read-only view of one practice.
    pub fn read(&self, practice: PracticeId) -> Scope<'_> {
        Scope::new((&self.reader).into(), practice, &self.shared.statements)
    }

    /// Begins a write: takes the write lock first, then reads where the practice's counters stand.
    pub async fn write(&self, practice: PracticeId) -> Result<Write, StoreError> {
        let mut write = self.begin(practice).await?;
        let counters = write.scope().counters().await?;
        (write.last_event, write.revision) = (counters.last_event, counters.revision);
        Ok(write)
    }

    async fn begin(&self, practice: PracticeId) -> Result<Write, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writer.begin_with_options(options).await?;
        Ok(Write { transaction, practice, shared: self.shared.clone(), last_event: 0, appended: 0, revision: 0 })
    }

    /// The practice's settings as they stand. They are kept by their revision, which every settings change moves, so
    /// that reading them again costs one statement.
    pub async fn settings(&self, practice: PracticeId) -> Result<Arc<PracticeSettings>, StoreError> {
        let revision = self.read(practice).counters().await?.revision;
        if let Some(kept) = self.shared.kept(practice, revision) {
            return Ok(kept);
        }
        // One transaction, so that all statements see the same revision.
        let snapshot = self.reader.begin().await?;
        let settings = Scope::new((&snapshot).into(), practice, &self.shared.statements).load_settings().await?;
        snapshot.rollback().await?;
        let settings = Arc::new(settings);
        self.shared.keep(settings.clone());
        Ok(settings)
    }

    /// Keeps settings that a committed change has just read.
    pub fn keep(&self, settings: Arc<PracticeSettings>) {
        self.shared.keep(settings);
    }

    /// How many statements have run. Tests hold it against the amount of data.
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// Ends every connection, so that the file can be moved or removed.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.close().await?;
        self.writer.close().await?;
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

/// A write transaction of one practice, which holds the write lock. Dropped without a commit, it changes nothing.
pub struct Write {
    transaction: DatabaseTransaction,
    practice: PracticeId,
    shared: Arc<Shared>,
    last_event: i64,
    appended: i64,
    revision: i64,
}

impl Write {
    /// The practice, seen from inside the transaction.
    pub fn scope(&self) -> Scope<'_> {
        Scope::new((&self.transaction).into(), self.practice, &self.shared.statements)
    }

    /// The settings' revision as of now in this transaction.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The settings as they stood when the transaction began.
    pub async fn settings(&self) -> Result<Arc<PracticeSettings>, StoreError> {
        match self.shared.kept(self.practice, self.revision) {
            Some(kept) => Ok(kept),
            None => Ok(Arc::new(self.scope().load_settings().await?)),
        }
    }

    /// Moves the settings' revision on; call it after the first and before the last change of them.
    pub async fn move_revision(&mut self) -> Result<(), StoreError> {
        self.revision += 1;
        self.scope().set_revision(self.revision).await
    }

    /// Appends to the practice's log, at the next number.
    pub async fn append(
        &mut self,
        event: &crate::domain::events::Event,
        now: crate::domain::time::Instant,
    ) -> Result<(), StoreError> {
        self.appended += 1;
        self.scope().insert_event(self.last_event + self.appended, event, now).await
    }

    /// Makes it all hold at once. Answers the number of the log's last event, where any was appended.
    pub async fn commit(self) -> Result<Option<i64>, StoreError> {
        let last = self.last_event + self.appended;
        if self.appended > 0 {
            self.scope().set_last_event(last).await?;
        }
        self.transaction.commit().await?;
        Ok((self.appended > 0).then_some(last))
    }

    /// Takes it all back.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }
}
