//! Whose turn it is to read. As many statements run as there are connections; the others wait here, where waiting takes a
//! few bytes. In the library's own queue each takes some 7 KiB, and ten thousand streams may begin in the same second.

use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::StoreError;

/// How long a turn is waited for: as long as a write waits for its own. Who has a turn finds a connection at once, unless
/// writers have them all.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct ReadTurns(Semaphore);

impl ReadTurns {
    pub fn new(at_once: u32) -> Self {
        Self(Semaphore::new(at_once as usize))
    }

    /// The next turn; it ends when it is dropped.
    pub async fn take(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        if let Ok(turn) = self.0.try_acquire() {
            return Ok(turn);
        }
        match tokio::time::timeout(PATIENCE, self.0.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_longer_than_the_patience_is_told_that_the_database_is_busy() {
        let turns = ReadTurns::new(1);
        let held = turns.take().await.expect("the only turn");
        assert!(matches!(turns.take().await, Err(StoreError::Busy(_))));
        drop(held);
        assert!(turns.take().await.is_ok());
    }
}
