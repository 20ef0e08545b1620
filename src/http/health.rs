//! Whether the process lives, and whether it can work.

use axum::extract::State;
use axum::http::StatusCode;

use super::Server;

/// The process answers.
pub async fn is_alive() -> &'static str {
    "ok\n"
}

/// The database answers too.
pub async fn is_ready(State(server): State<Server>) -> (StatusCode, &'static str) {
    if server.desk.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}
