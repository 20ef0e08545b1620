//! The slow re-check: what a lost wake-up costs at most.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::Bus;
use crate::domain::ids::PracticeId;
use crate::metrics::Metrics;
use crate::store::Store;

/// How often the followed practices' logs are looked at, wake-up or not.
const INTERVAL: Duration = Duration::from_millis(4_500);
/// How long a wake-up may be under way. One that is not here by then is lost.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// A lost wake-up delays its event by this at most.
pub const RECHECK: Duration = INTERVAL.saturating_add(UNDER_WAY);

/// Looks again and again; never ends. One statement covers many practices, and where nobody follows anything there is
/// none.
pub async fn recheck(store: Store, bus: Bus, metrics: Metrics) {
    let mut due = tokio::time::interval(INTERVAL);
    // One that took long delays those after it, rather than have them come all at once.
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        match store.last_events(&bus.listened_to()).await {
            Ok(last_events) => wake_whoever_was_not(&bus, last_events, &metrics).await,
            Err(error) => tracing::warn!(cause = %error, "the logs could not be checked for missed wake-ups"),
        }
    }
}

/// Wakes those who are still behind a moment later: their wake-up was lost, and the line that should have brought it is in
/// doubt.
async fn wake_whoever_was_not(bus: &Bus, last_events: Vec<(PracticeId, i64)>, metrics: &Metrics) {
    let is_behind = |(practice, last_event): &(PracticeId, i64)| bus.is_behind(*practice, *last_event);
    let behind: Vec<_> = last_events.into_iter().filter(is_behind).collect();
    if behind.is_empty() {
        return;
    }
    tokio::time::sleep(UNDER_WAY).await;
    for (practice, last_event) in behind {
        if bus.wake_here(practice, last_event) {
            metrics.wake_ups_missed.inc();
            bus.doubt_carrier();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_a_wake_up_that_does_not_come_is_lost() {
        let (bus, metrics) = (Bus::default(), Metrics::default());
        let (late, lost) = (PracticeId::generate(), PracticeId::generate());
        let readers = [bus.listen(late), bus.listen(lost)];
        let checked = wake_whoever_was_not(&bus, vec![(late, 7)], &metrics);
        let ((), ()) = tokio::join!(checked, async { assert!(bus.wake_here(late, 7)) });
        assert_eq!(metrics.wake_ups_missed.get(), 0);
        assert!(bus.in_doubt().now_or_never().is_none(), "the line is as good as it was");

        wake_whoever_was_not(&bus, vec![(late, 7), (lost, 3)], &metrics).await;
        assert_eq!((metrics.wake_ups_missed.get(), *readers[1].borrow()), (1, 3));
        assert!(bus.in_doubt().now_or_never().is_some());
    }
}
