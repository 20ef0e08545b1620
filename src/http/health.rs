//! Whether the process lives, and whether it can work.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use tokio::sync::Mutex;

use super::Server;
use crate::clock::Stopwatch;

/// How long an answer of the database is good: whoever asks more often hears it again.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What the database last answered; cheap to clone.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<Option<(Stopwatch, bool)>>>);

impl Readiness {
    /// The last answer where it is good still, else that of `look`, which runs once however many ask.
    async fn or_else(&self, good_for: Duration, look: impl Future<Output = bool>) -> bool {
        let mut last = self.0.lock().await;
        match &*last {
            Some((since, is_ready)) if since.elapsed() < good_for => *is_ready,
            _ => {
                let is_ready = look.await;
                *last = Some((Stopwatch::start(), is_ready));
                is_ready
            }
        }
    }
}

/// The process answers.
pub async fn is_alive() -> &'static str {
    "ok\n"
}

/// The database answers too.
pub async fn is_ready(State(server): State<Server>) -> (StatusCode, &'static str) {
    if server.readiness.or_else(GOOD_FOR, server.desk.is_ready()).await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_database_is_asked_once_while_its_answer_is_good() {
        let (readiness, hour) = (Readiness::default(), Duration::from_secs(3_600));
        assert!(readiness.or_else(hour, async { true }).await);
        assert!(readiness.or_else(hour, async { panic!("it is asked again") }).await);
        assert!(!readiness.or_else(Duration::ZERO, async { false }).await, "asked anew when it is too old");
    }
}
