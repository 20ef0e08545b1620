//! Where the streams of this server meet: each followed practice's log is read once, for all who follow it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::Bus;
use super::topic::{Seat, Topic};
use crate::clock::Clock;
use crate::domain::events::EventFilter;
use crate::domain::ids::PracticeId;
use crate::domain::viewer::Viewer;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// How long the reading of a log waits before it tries again a database that failed.
const RETRY: Duration = Duration::from_millis(500);

/// The followed practices of this server; cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    store: Store,
    bus: Bus,
    clock: Clock,
    metrics: Metrics,
    retention: chrono::Duration,
    topics: Mutex<HashMap<PracticeId, Arc<Topic>>>,
}

impl Hub {
    /// Nobody follows anything yet. Cursors older than `retention` are not resumed from.
    pub fn new(store: Store, bus: Bus, clock: Clock, metrics: Metrics, retention: chrono::Duration) -> Self {
        Self(Arc::new(Inner { store, bus, clock, metrics, retention, topics: Mutex::default() }))
    }

    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(super) fn retention(&self) -> chrono::Duration {
        self.0.retention
    }

    /// A seat among the followers of the viewer's practice: from now on what the filter admits comes into its queue.
    pub(super) async fn seat(&self, viewer: &Viewer, filter: &EventFilter) -> Result<Seat, StoreError> {
        loop {
            let topic = self.topic(viewer.practice_id).await?;
            // None where the last follower left just now: the next topic is a new one.
            if let Some(seat) = Topic::seat(&topic, self, viewer, filter) {
                return Ok(seat);
            }
        }
    }

    async fn topic(&self, practice: PracticeId) -> Result<Arc<Topic>, StoreError> {
        if let Some(topic) = self.topics().get(&practice) {
            return Ok(topic.clone());
        }
        // Listen before reading where the log ends: what is written in between then wakes the topic.
        let mut wake_ups = self.0.bus.listen(practice);
        let last_event = self.0.store.read(practice).counters().await?.last_event;
        // Known now: a re-check that finds no more than this has found nothing.
        self.0.bus.wake_here(practice, last_event);
        // A number from before is further than the log: to be looked at, and corrected.
        if *wake_ups.borrow() > last_event {
            wake_ups.mark_changed();
        }
        let mut topics = self.topics();
        if let Some(topic) = topics.get(&practice) {
            return Ok(topic.clone());
        }
        let topic = Arc::new(Topic::new(practice, last_event));
        topics.insert(practice, topic.clone());
        tokio::spawn(pump(self.clone(), topic.clone(), wake_ups));
        Ok(topic)
    }

    /// Forgets a topic that nobody follows any more.
    pub(super) fn forget(&self, practice: PracticeId) {
        let mut topics = self.topics();
        if topics.get(&practice).is_some_and(|topic| topic.is_closed()) {
            topics.remove(&practice);
        }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<PracticeId, Arc<Topic>>> {
        self.0.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads one practice's log whenever it grows, and hands it to the followers, until the last of them leaves. While the
/// database fails the streams stay open, and go on where they were.
async fn pump(hub: Hub, topic: Arc<Topic>, mut wake_ups: watch::Receiver<i64>) {
    loop {
        tokio::select! {
            () = topic.closed() => return,
            woken = wake_ups.changed() => if woken.is_err() { return },
        }
        let told = *wake_ups.borrow_and_update();
        let reached = loop {
            match topic.read_to(&hub, told).await {
                Ok(reached) => break reached,
                Err(error) => {
                    tracing::error!(cause = %error, "a log could not be read for its followers; trying again")
                }
            }
            tokio::select! {
                () = topic.closed() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        };
        if reached < told {
            hub.0.bus.correct(topic.practice(), told, reached);
        }
    }
}
