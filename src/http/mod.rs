//! The door: routes, who is at it, and how it closes.

mod answer;
mod bearer;
mod console;
mod events;
mod graphql;
mod health;
mod media;
mod metrics;
mod parameters;
mod request_id;
mod websocket;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::config::STOP_TIMEOUT;
use crate::graphql::Api;
use crate::limits::Limits;
use crate::usecases::Desk;

pub use websocket::Seats;

/// Where queries and mutations are sent.
pub const GRAPHQL_PATH: &str = "/graphql";
/// Where sockets are opened.
pub const WEBSOCKET_PATH: &str = "/graphql/ws";

/// What the handlers share.
#[derive(Clone)]
pub struct Server {
    pub api: Api,
    pub tokens: Tokens,
    pub clock: Clock,
    pub desk: Desk,
    pub limits: Arc<Limits>,
    /// How many sockets each member has open.
    pub seats: Seats,
    /// Becomes true when the server stops; every socket listens to it.
    pub stopping: Arc<watch::Sender<bool>>,
}

/// Serves until `stop` resolves: then no new connection is taken, and running requests finish within `STOP_TIMEOUT`.
pub async fn serve(
    listener: TcpListener,
    server: Server,
    console: bool,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let stopping = server.stopping.clone();
    let router = router(server, console);
    let told = {
        let stopping = stopping.clone();
        async move {
            stop.await;
            stopping.send_replace(true);
        }
    };
    let served = async {
        let served = axum::serve(listener, router).with_graceful_shutdown(told).await;
        stopping.send_replace(true);
        // Sockets outlive the requests that opened them: each listens here until it is closed.
        stopping.closed().await;
        served
    };
    let deadline = async {
        // It cannot fail: we hold the sender.
        let _ = stopping.subscribe().wait_for(|stopping| *stopping).await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    tokio::select! {
        served = served => served,
        () = deadline => {
            tracing::warn!("requests that did not end in {} seconds were cut", STOP_TIMEOUT.as_secs());
            Ok(())
        }
    }
}

fn router(server: Server, console: bool) -> Router {
    let router = Router::new()
        .route(GRAPHQL_PATH, any(graphql::answer))
        .route(WEBSOCKET_PATH, any(websocket::open))
        .route("/healthz", get(health::is_alive))
        .route("/readyz", get(health::is_ready))
        .route("/metrics", get(metrics::page));
    let router = if console { router.route("/", get(console::page)) } else { router };
    router.layer(middleware::from_fn(request_id::give)).with_state(server)
}
