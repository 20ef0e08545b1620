//! The slow re-check: what a lost wake-up costs at most.

use std::time::Duration;

use super::Bus;
use crate::metrics::Metrics;
use crate::store::Store;

/// How often the followed practices' logs are looked at, wake-up or not: a lost one delays its event by this at most.
pub const RECHECK: Duration = Duration::from_secs(5);

/// Looks again and again; never ends. One statement covers many practices, and where nobody follows anything there is
/// none.
pub async fn recheck(store: Store, bus: Bus, metrics: Metrics) {
    loop {
        tokio::time::sleep(RECHECK).await;
        match store.last_events(&bus.listened_to()).await {
            Ok(last_events) => {
                for (practice, last_event) in last_events {
                    if bus.wake_here(practice, last_event) {
                        metrics.wake_ups_missed.inc();
                        bus.doubt_carrier();
                    }
                }
            }
            Err(error) => tracing::warn!(cause = %error, "the logs could not be checked for missed wake-ups"),
        }
    }
}
