//! Push: wake-ups between writers and readers, and the reader that follows the log for one subscriber.
//!
//! Push never depends on a message arriving. A wake-up says only "practice P has events up to N"; a woken server reads
//! the log once for all who follow it there, and a server that nobody wakes looks for itself after a while.

mod bus;
mod carrier;
mod feed;
mod hub;
#[cfg(feature = "nats")]
mod nats;
mod recheck;
mod told;
mod topic;
mod wire;

pub use bus::Bus;
pub use carrier::{Carrier, carry};
pub use feed::{Feed, FeedEnd, FeedItem, FeedRequest, ResetReason};
pub use hub::Hub;
#[cfg(feature = "nats")]
pub use nats::Nats;
pub use recheck::{RECHECK, recheck};
pub use told::{Key, Told};
