//! SQLite's one writer. Writes take turns, and those that wait for each other share one transaction: each is undone on
//! its own, all are made durable by one commit, and none is acknowledged before that.
//!
//! A write that is done gives its turn away and queues for another one. Whoever was waiting goes first and joins the
//! transaction; the first whose second turn comes finds nobody before them, and commits for all. So a write that nobody
//! waits for commits at once, and a crowd pays for the disk once.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::StoreError;

/// How long a write waits for its turn. A longer queue is an overload, told as one.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// What became of a shared commit, for those who waited for it.
type Outcome = Result<(), String>;

/// The one writer; cheap to clone.
#[derive(Clone)]
pub(super) struct Writer {
    connection: DatabaseConnection,
    batch: Arc<Mutex<Batch>>,
}

/// The open transaction, and who has done their part in it. Where it is open and nobody's turn, each of them queues for
/// a turn, so that it is committed.
#[derive(Default)]
struct Batch {
    transaction: Option<DatabaseTransaction>,
    done: Vec<oneshot::Sender<Outcome>>,
}

/// One write's turn. Dropped, the write is undone.
pub(super) struct Turn {
    /// None once the turn is over.
    batch: Option<OwnedMutexGuard<Batch>>,
    queue: Arc<Mutex<Batch>>,
    /// The transaction holds others' writes already: this one can be undone up to a savepoint only.
    is_shared: bool,
}

impl Writer {
    pub fn new(connection: DatabaseConnection) -> Self {
        Self { connection, batch: Arc::default() }
    }

    /// Waits for a turn, first come, first served, and for SQLite's write lock.
    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.batch.clone().lock_owned()).await;
        let mut batch = turn.map_err(|_| StoreError::Busy(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))?;
        let is_shared = match &batch.transaction {
            Some(transaction) => {
                transaction.execute_unprepared("SAVEPOINT one_write").await?;
                true
            }
            None => {
                batch.transaction = Some(self.begin().await?);
                false
            }
        };
        Ok(Turn { batch: Some(batch), queue: self.batch.clone(), is_shared })
    }

    /// Waits until all that has been written so far is durable, or undone.
    pub async fn settle(&self) -> Result<(), StoreError> {
        let batch = self.batch.clone().lock_owned().await;
        if batch.transaction.is_none() {
            return Ok(());
        }
        Turn { batch: Some(batch), queue: self.batch.clone(), is_shared: true }.end().await
    }

    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.connection.begin_with_options(options).await?)
    }

    /// The connection itself, for what is no write of a practice.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }
}

impl Turn {
    /// The transaction to write in.
    pub fn transaction(&self) -> &DatabaseTransaction {
        let transaction = self.batch.as_ref().and_then(|batch| batch.transaction.as_ref());
        transaction.expect("a turn that is not over has its transaction")
    }

    /// Makes the write durable, together with those of whoever waits for a turn now.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.is_shared {
            self.transaction().execute_unprepared("RELEASE one_write").await?;
        }
        self.end().await
    }

    /// Undoes the write. What it read of others' is durable when this answers, so that it may be told.
    pub async fn roll_back(mut self) -> Result<(), StoreError> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        let batch = undo(batch, self.is_shared).await?;
        if !self.is_shared {
            return Ok(());
        }
        self.batch = Some(batch);
        self.end().await
    }

    /// Gives the turn away, and waits until all of the transaction is durable.
    async fn end(mut self) -> Result<(), StoreError> {
        let (sender, mut outcome) = oneshot::channel();
        let Some(mut batch) = self.batch.take() else { return Ok(()) };
        batch.done.push(sender);
        drop(batch);
        let mut batch = tokio::select! {
            biased;
            outcome = &mut outcome => return told(outcome),
            batch = self.queue.clone().lock_owned() => batch,
        };
        match outcome.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => {
                batch.commit_all().await;
                told(outcome.await)
            }
            Ok(outcome) => told(Ok(outcome)),
            Err(oneshot::error::TryRecvError::Closed) => told(outcome.await),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut batch) = self.batch.take() else { return };
        if !self.is_shared {
            // The library takes a dropped transaction back.
            batch.transaction = None;
            return;
        }
        // Others have done their parts in it, and wait for their commit.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(undo(batch, true));
        }
    }
}

async fn undo(mut batch: OwnedMutexGuard<Batch>, is_shared: bool) -> Result<OwnedMutexGuard<Batch>, StoreError> {
    if !is_shared {
        if let Some(transaction) = batch.transaction.take() {
            transaction.rollback().await?;
        }
        return Ok(batch);
    }
    let Some(transaction) = &batch.transaction else { return Ok(batch) };
    let undone = transaction.execute_unprepared("ROLLBACK TO one_write; RELEASE one_write").await;
    if let Err(error) = undone {
        // The whole transaction is gone, as after a full disk: nobody's part of it holds.
        batch.transaction = None;
        batch.tell(&Err(error.to_string()));
        return Err(error.into());
    }
    Ok(batch)
}

impl Batch {
    async fn commit_all(&mut self) {
        let Some(transaction) = self.transaction.take() else { return };
        let outcome = transaction.commit().await.map_err(|error| error.to_string());
        self.tell(&outcome);
    }

    fn tell(&mut self, outcome: &Outcome) {
        for waiting in self.done.drain(..) {
            // One who is gone needs no answer.
            let _ = waiting.send(outcome.clone());
        }
    }
}

fn told(outcome: Result<Outcome, oneshot::error::RecvError>) -> Result<(), StoreError> {
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(cause)) => Err(StoreError::Interrupted(cause)),
        Err(gone) => Err(StoreError::Interrupted(gone.to_string())),
    }
}

#[cfg(test)]
#[path = "group_commit_tests.rs"]
mod tests;
