//! How long PostgreSQL is waited for. A server that is cut off, or stands still, ends no connection: without a bound of our
//! own, whoever had asked would wait until the kernel gives up, a quarter of an hour later.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnection, PgPoolOptions};
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{DbErr, RuntimeErr};

use super::StoreError;
use crate::clock::Stopwatch;

/// How long an answer is waited for. The server's own limit on a statement comes first, where the server is there.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(17);

/// How long a transaction that was given up is waited for: its last statement may wait for a lock for 5 seconds.
const UNDO_TIMEOUT: Duration = Duration::from_secs(7);

/// How long a connection that is tried has to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// After how long a silence a connection is tried before it is used. Trying each time would cost a round trip.
const PING_AFTER: Duration = Duration::from_secs(2);

/// How long every connection is tried before and after its use, once one did not answer.
const DOUBT: Duration = Duration::from_secs(60);
/// The same once a caller left before the answer came: their connection goes back to the pool just then, and the pool
/// would wait for it without end.
const DOUBT_OF_ABANDONED: Duration = Duration::from_secs(3);

/// What is known of a database's silence; one for all its connections.
#[derive(Clone, Default)]
pub(super) struct Patience(Arc<Mutex<Option<Doubt>>>);

struct Doubt {
    since: Stopwatch,
    lasts: Duration,
}

/// Held while an answer is waited for.
struct Waiting<'p>(Option<&'p Patience>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(patience) = self.0 {
            patience.doubt(DOUBT_OF_ABANDONED);
        }
    }
}

impl Patience {
    /// Waits for an answer, but not for ever. What was asked is then given up, and its connection with it.
    pub async fn answered<T, E: Into<StoreError>>(
        &self,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError> {
        let answer = std::pin::pin!(answer);
        // Dropped first: who leaves is noted before their connection goes back.
        let mut waiting = Waiting(Some(self));
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, answer).await;
        waiting.0 = None;
        match answered {
            Ok(answer) => answer.map_err(Into::into),
            Err(_) => {
                self.doubt(DOUBT);
                let seconds = ANSWER_TIMEOUT.as_secs();
                let cause = format!("no answer from the database within {seconds} seconds");
                Err(StoreError::GivenUp(DbErr::Conn(RuntimeErr::Internal(cause))))
            }
        }
    }

    /// Waits until something is taken back, and no longer than its connection can have waited for a lock. Where that fails
    /// or takes longer the connection is given up, and what was to be taken back with it.
    pub async fn undone<E>(&self, undoing: impl Future<Output = Result<(), E>>) {
        let undoing = std::pin::pin!(undoing);
        if tokio::time::timeout(UNDO_TIMEOUT, undoing).await.is_err() {
            // Before what is undone is dropped, and its connection goes back.
            self.doubt(DOUBT);
        }
    }

    /// Has connections tried where they may be silent, each for a bounded time: the pool's own tests wait for ever.
    pub fn watch(&self, pool: PgPoolOptions) -> PgPoolOptions {
        let (before, after) = (self.clone(), self.clone());
        pool.test_before_acquire(false)
            .before_acquire(move |connection, meta| {
                let is_due = meta.idle_for >= PING_AFTER || before.is_in_doubt();
                Box::pin(async move { if is_due { ping(connection).await } else { Ok(true) } })
            })
            .after_release(move |connection, _| {
                let is_due = after.is_in_doubt();
                Box::pin(async move { if is_due { ping(connection).await } else { Ok(true) } })
            })
    }

    /// Doubts for so long, or longer where that was so already.
    fn doubt(&self, lasts: Duration) {
        let mut doubt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = doubt.as_ref().map_or(Duration::ZERO, |doubt| doubt.lasts.saturating_sub(doubt.since.elapsed()));
        *doubt = Some(Doubt { since: Stopwatch::start(), lasts: lasts.max(left) });
    }

    fn is_in_doubt(&self) -> bool {
        let doubt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        doubt.as_ref().is_some_and(|doubt| doubt.since.elapsed() < doubt.lasts)
    }
}

/// An error has the pool drop the connection without a word.
async fn ping(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let answered = tokio::time::timeout(PING_TIMEOUT, connection.ping()).await;
    answered.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))).map(|()| true)
}
