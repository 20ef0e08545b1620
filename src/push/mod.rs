//! Push: wake-ups between writers and readers, and the reader that follows the log for one subscriber.
//!
//! Push never depends on a message arriving. A wake-up says only "practice P has events up to N"; a woken reader reads
//! the log, and a reader that nobody wakes looks for itself after a while.

mod bus;
mod feed;

pub use bus::Bus;
pub use feed::{Feed, FeedEnd, FeedItem, FeedRequest, RECHECK, ResetReason};
