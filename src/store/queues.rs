//! PostgreSQL's writers, practice by practice. All but one writer of a practice wait for its row; waiting in the database,
//! each would keep a connection from everybody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StoreError;
use crate::domain::ids::PracticeId;

/// How many writes of one practice are in the database at once: one that works, and one that is ready when it is done.
const AT_ONCE: usize = 2;

/// How long a write waits for its place. A longer queue is an overload, told as one.
const PLACE_TIMEOUT: Duration = Duration::from_secs(10);

/// Who writes now, and who waits, of each practice; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Queues(Arc<Mutex<HashMap<PracticeId, Arc<Semaphore>>>>);

/// One write's place in the database. Dropped, the next has it.
pub(super) struct Place {
    // Dropped first, so that the last one out finds nobody waiting.
    _permit: OwnedSemaphorePermit,
    _leaving: Leaving,
}

struct Leaving {
    queues: Queues,
    practice: PracticeId,
}

impl Queues {
    /// Waits for a place, first come, first served.
    pub async fn place(&self, practice: PracticeId) -> Result<Place, StoreError> {
        let queue = self.lock().entry(practice).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone();
        let leaving = Leaving { queues: self.clone(), practice };
        match tokio::time::timeout(PLACE_TIMEOUT, queue.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit, _leaving: leaving }),
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PracticeId, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut queues = self.queues.lock();
        // Whoever waits, and whoever is in the database, has a share of it.
        if queues.get(&self.practice).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            queues.remove(&self.practice);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_practice_has_two_places_and_an_idle_one_is_forgotten() {
        let (queues, one, two) = (Queues::default(), PracticeId::generate(), PracticeId::generate());
        let first = queues.place(one).await.expect("a place");
        let second = queues.place(one).await.expect("a place");
        assert!(queues.place(one).now_or_never().is_none(), "a third waits");
        drop(queues.place(two).now_or_never().expect("another practice does not wait").expect("a place"));
        drop(first);
        let third = queues.place(one).now_or_never().expect("the next has the place").expect("a place");
        drop((second, third));
        assert!(queues.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_without_end_is_told_as_an_overload() {
        let (queues, practice) = (Queues::default(), PracticeId::generate());
        let _held = (queues.place(practice).await.expect("a place"), queues.place(practice).await.expect("a place"));
        assert!(matches!(queues.place(practice).await, Err(StoreError::Busy(_))));
    }
}
