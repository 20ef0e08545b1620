//! A write transaction of one practice, which begins by taking the write lock.

use std::sync::Arc;

use sea_orm::sea_query::InsertStatement;
use sea_orm::{DatabaseTransaction, TransactionTrait};

use super::group_commit::Turn;
use super::patience::Patience;
use super::queues::Place;
use super::{Scope, Shared, Store, StoreError, Writer};
use crate::domain::events::Event;
use crate::domain::ids::PracticeId;
use crate::domain::settings::PracticeSettings;
use crate::domain::time::Instant;
use entity::{event_reasons, events};

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
        let shared = self.shared.clone();
        let hold = match &self.writer {
            Writer::Turns(writer) => Hold::Turn(writer.turn().await?),
            Writer::Pool(pool, queues) => {
                let place = queues.place(practice).await?;
                let transaction = shared.patience.answered(pool.begin()).await?;
                Hold::Transaction(Pooled { open: Some((transaction, place)), patience: shared.patience.clone() })
            }
        };
        Ok(Write {
            hold,
            practice,
            shared,
            last_event: 0,
            appended: 0,
            revision: 0,
            rows: Vec::new(),
            facts: Vec::new(),
            reasons: Vec::new(),
        })
    }
}

/// What the write is made in.
enum Hold {
    /// A turn of SQLite's one writer.
    Turn(Turn),
    /// A transaction of its own, on PostgreSQL.
    Transaction(Pooled),
}

/// A transaction in its practice's place; none once it is over. Dropped, it is taken back, and only then the place is
/// free: its connection may still wait for the practice's row.
struct Pooled {
    open: Option<(DatabaseTransaction, Place)>,
    patience: Patience,
}

impl Pooled {
    fn transaction(&self) -> &DatabaseTransaction {
        let (transaction, _) = self.open.as_ref().expect("a write that is not over has its transaction");
        transaction
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some((transaction, place)) = self.open.take() else { return };
        let patience = self.patience.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                patience.undone(transaction.rollback()).await;
                drop(place);
            });
        }
    }
}

/// A write transaction of one practice, which holds the write lock. Dropped without a commit, it changes nothing.
pub struct Write {
    hold: Hold,
    practice: PracticeId,
    shared: Arc<Shared>,
    last_event: i64,
    appended: i64,
    revision: i64,
    /// What is still to be inserted, parents before children.
    rows: Vec<InsertStatement>,
    /// What is still to be appended to the log, and why it was done.
    facts: Vec<events::Model>,
    reasons: Vec<event_reasons::Model>,
}

impl Write {
    /// The practice, seen from inside the transaction.
    pub fn scope(&self) -> Scope<'_> {
        let transaction = match &self.hold {
            Hold::Turn(turn) => turn.transaction(),
            Hold::Transaction(pooled) => pooled.transaction(),
        };
        Scope::new(transaction.into(), self.practice, &self.shared)
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

    /// Appends to the practice's log, at the next number. Written with the other new rows.
    pub fn append(&mut self, event: &Event, now: Instant) {
        self.appended += 1;
        let seq = self.last_event + self.appended;
        let fact = self.scope().event_row(seq, event, now);
        let reason = event.reason.as_ref().map(|reason| self.scope().reason_row(seq, reason));
        self.facts.push(fact);
        self.reasons.extend(reason);
    }

    /// Adds a row to those that go to the database together, when the write is committed or `flush` is called.
    pub(super) fn add(&mut self, row: InsertStatement) {
        self.rows.push(row);
    }

    /// Writes the new rows and the log's counter, in one round trip however many they are.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        let (facts, reasons) = (std::mem::take(&mut self.facts), std::mem::take(&mut self.reasons));
        let mut rows = std::mem::take(&mut self.rows);
        rows.extend(self.scope().insertions::<events::Entity, _>(facts));
        rows.extend(self.scope().insertions::<event_reasons::Entity, _>(reasons));
        if rows.is_empty() {
            return Ok(());
        }
        self.scope().insert_together(rows, self.last_event + self.appended).await
    }

    /// Makes it all hold at once. Answers the number of the log's last event, where any was appended.
    pub async fn commit(mut self) -> Result<Option<i64>, StoreError> {
        self.flush().await?;
        let last = self.last_event + self.appended;
        match self.hold {
            Hold::Turn(turn) => turn.commit().await?,
            Hold::Transaction(mut pooled) => {
                if let Some((transaction, _place)) = pooled.open.take() {
                    let committed = self.shared.patience.answered(transaction.commit()).await;
                    committed.map_err(StoreError::at_commit)?;
                }
            }
        }
        Ok((self.appended > 0).then_some(last))
    }

    /// Takes it all back.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        match self.hold {
            Hold::Turn(turn) => turn.roll_back().await,
            Hold::Transaction(mut pooled) => match pooled.open.take() {
                Some((transaction, _place)) => self.shared.patience.answered(transaction.rollback()).await,
                None => Ok(()),
            },
        }
    }
}
