//! The sweeper: requests past their deadline expire, and both sides are told. Readers do not wait for it: past its
//! deadline a request reads as expired anyway.

use super::decide_request::save_decided;
use super::{Desk, Refusal};
use crate::domain::ids::{PracticeId, RequestId};
use crate::domain::requests::{Decision, Outcome};
use crate::domain::time::Instant;
use crate::domain::viewer::Reach;
use crate::store::Write;

/// The most requests in one transaction, so that nobody else waits long.
const BATCH: u64 = 100;

impl Desk {
    /// Expires what is overdue in every practice. Answers how many there were. A practice in which that fails keeps it
    /// from no other.
    pub async fn expire_overdue_requests(&self) -> Result<usize, Refusal> {
        let mut expired = 0;
        for practice in self.store.practices_with_lapsed(self.clock.now()).await? {
            match self.expire_overdue_requests_of(practice).await {
                Ok(count) => expired += count,
                Err(refusal) => tracing::error!(cause = ?refusal, "a practice's overdue requests could not be swept"),
            }
        }
        Ok(expired)
    }

    async fn expire_overdue_requests_of(&self, practice: PracticeId) -> Result<usize, Refusal> {
        let mut expired = 0;
        loop {
            let now = self.clock.now();
            let mut write = self.store.write(practice).await?;
            let overdue = write.scope().lapsed(now, BATCH).await?;
            if overdue.is_empty() {
                return Ok(expired);
            }
            expired += overdue.len();
            expire(&mut write, &overdue, now).await?;
            self.commit(practice, write).await?;
        }
    }
}

/// Expires these requests in a transaction that holds the write lock.
pub(super) async fn expire(write: &mut Write, overdue: &[RequestId], now: Instant) -> Result<(), Refusal> {
    if overdue.is_empty() {
        return Ok(());
    }
    for request in write.scope().requests(Reach::Practice, overdue).await? {
        if let Outcome::Changed(next) = request.decide(Decision::Expire, None, now)? {
            save_decided(write, &next, now).await?;
        }
    }
    Ok(())
}
