//! What time it is: the only place that reads the wall clock.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::domain::time::Instant;

/// The system's clock, or one that stands still until it is told to move.
#[derive(Clone)]
pub struct Clock(Option<Arc<watch::Sender<Instant>>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `at`.
    pub fn held(at: Instant) -> Self {
        Self(Some(Arc::new(watch::Sender::new(at))))
    }

    /// Moves a held clock; the system's stays as it is.
    pub fn set(&self, at: Instant) {
        if let Some(held) = &self.0 {
            held.send_replace(at);
        }
    }

    /// The present instant, in whole milliseconds: the precision that the store keeps, so that what is answered at once
    /// and what is read later are the same.
    pub fn now(&self) -> Instant {
        let now = self.0.as_ref().map_or_else(Utc::now, |held| *held.borrow());
        DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
    }

    /// Waits until the clock shows `at`.
    pub async fn until(&self, at: Instant) {
        match &self.0 {
            None => loop {
                // Slept in steps: the wall clock may be set while we sleep.
                let left = (at - Utc::now()).to_std().unwrap_or_default();
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(std::time::Duration::from_secs(60))).await;
            },
            Some(held) => {
                let _ = held.subscribe().wait_for(|now| *now >= at).await;
            }
        }
    }
}

/// Measures how long something takes: monotonic, and never held.
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// What has passed since.
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}
