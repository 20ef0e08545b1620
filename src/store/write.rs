//! A write transaction of one practice, which begins by taking the write lock.

use std::sync::Arc;

use sea_orm::{DatabaseTransaction, TransactionTrait};

use super::group_commit::Turn;
use super::{Scope, Shared, Store, StoreError, Writer};
use crate::domain::events::Event;
use crate::domain::ids::PracticeId;
use crate::domain::settings::PracticeSettings;
use crate::domain::time::Instant;

impl Store {
    /// Begins a write: takes the write lock first, then reads where the practice's counters stand. The lock is the whole
    /// file's on SQLite, and the practice's row on PostgreSQL.
    pub async fn write(&self, practice: PracticeId) -> Result<Write, StoreError> {
        let mut write = self.begin(practice).await?;
        let counters = write.scope().lock_counters().await?;
        (write.last_event, write.revision) = (counters.last_event, counters.revision);
        Ok(write)
    }

    pub(super) async fn begin(&self, practice: PracticeId) -> Result<Write, StoreError> {
        let hold = match &self.writer {
            Writer::Turns(writer) => Hold::Turn(writer.turn().await?),
            Writer::Pool(pool) => Hold::Transaction(pool.begin().await?),
        };
        Ok(Write { hold, practice, shared: self.shared.clone(), last_event: 0, appended: 0, revision: 0 })
    }
}

/// What the write is made in.
enum Hold {
    /// A turn of SQLite's one writer.
    Turn(Turn),
    /// A transaction of its own, on PostgreSQL.
    Transaction(DatabaseTransaction),
}

/// A write transaction of one practice, which holds the write lock. Dropped without a commit, it changes nothing.
pub struct Write {
    hold: Hold,
    practice: PracticeId,
    shared: Arc<Shared>,
    last_event: i64,
    appended: i64,
    revision: i64,
}

impl Write {
    /// The practice, seen from inside the transaction.
    pub fn scope(&self) -> Scope<'_> {
        let transaction = match &self.hold {
            Hold::Turn(turn) => turn.transaction(),
            Hold::Transaction(transaction) => transaction,
        };
        Scope::new(transaction.into(), self.practice, &self.shared.statements)
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
    pub async fn append(&mut self, event: &Event, now: Instant) -> Result<(), StoreError> {
        self.appended += 1;
        self.scope().insert_event(self.last_event + self.appended, event, now).await
    }

    /// Makes it all hold at once. Answers the number of the log's last event, where any was appended.
    pub async fn commit(self) -> Result<Option<i64>, StoreError> {
        let last = self.last_event + self.appended;
        if self.appended > 0 {
            self.scope().set_last_event(last).await?;
        }
        match self.hold {
            Hold::Turn(turn) => turn.commit().await?,
            Hold::Transaction(transaction) => {
                transaction.commit().await.map_err(|error| StoreError::from(error).at_commit())?;
            }
        }
        Ok((self.appended > 0).then_some(last))
    }

    /// Takes it all back.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        match self.hold {
            Hold::Turn(turn) => turn.roll_back().await,
            Hold::Transaction(transaction) => Ok(transaction.rollback().await?),
        }
    }
}
