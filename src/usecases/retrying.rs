//! A write that the database gave up for another's sake is made again.

use std::pin::Pin;

use super::error::FaultKind;
use super::{Desk, Refusal};

/// How often a write is tried in all. Writes of one practice queue for its row, so a conflict is rare and a third one
/// in a row means something else.
const ATTEMPTS: u32 = 3;

/// One try. Boxed: the compiler cannot prove of an async closure's future that it crosses threads.
type Attempt<'w, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'w>>;

impl Desk {
    /// Runs a write, from its first read on, again where the database gave its transaction up: a serialization failure, a
    /// deadlock, a connection that ended. Nothing of it was kept, and the facts are read anew.
    ///
    /// A refusal is answered once what it was judged by is durable: it tells of others' writes, which may not be yet.
    pub(super) async fn retrying<'w, T>(&self, write: impl Fn() -> Attempt<'w, T>) -> Result<T, Refusal> {
        for attempt in 1..=ATTEMPTS {
            match write().await {
                Err(Refusal::Fault(fault)) if fault.kind() == FaultKind::GivenUp && attempt < ATTEMPTS => {
                    tracing::warn!(attempt, cause = %fault.0, "a write was given up by the database; trying it again");
                }
                Err(refusal) => {
                    self.store.settle().await?;
                    return Err(refusal);
                }
                answer => return answer,
            }
        }
        unreachable!("the last attempt is answered")
    }
}
