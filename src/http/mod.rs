//! The door: routes, who is at it, and how it closes.

mod answer;
mod bearer;
mod body;
mod console;
mod events;
mod gate;
mod graphql;
mod headers;
mod health;
mod listen;
mod media;
mod metrics;
mod network;
mod operation;
mod panics;
mod parameters;
mod rates;
mod request_id;
mod seats;
mod websocket;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::auth::check::Checker;
use crate::clock::Clock;
use crate::config::{Network, Origin};
use crate::domain::ids::MemberId;
use crate::graphql::Api;
use crate::limits::{Limit, Limits};
use crate::usecases::Desk;

pub use body::ReadingRoom;
pub use health::Readiness;
pub use operation::Openings;
pub use rates::Rates;
pub use seats::Seats;
pub use websocket::message::{ClientMessage, read as read_message};

/// Where queries and mutations are sent.
pub const GRAPHQL_PATH: &str = "/graphql";
/// Where sockets are opened.
pub const WEBSOCKET_PATH: &str = "/graphql/ws";
const HEALTH_PATH: &str = "/healthz";
const READY_PATH: &str = "/readyz";
const METRICS_PATH: &str = "/metrics";

/// What the handlers share.
#[derive(Clone)]
pub struct Server {
    pub api: Api,
    pub checker: Checker,
    pub clock: Clock,
    pub desk: Desk,
    pub limits: Arc<Limits>,
    /// How many sockets each member has open.
    pub seats: Seats<MemberId>,
    /// Whose turn it is to open a stream.
    pub openings: Openings,
    /// How often members and addresses ask.
    pub rates: Rates,
    /// Room for what is being read.
    pub reading: ReadingRoom,
    /// What the database last answered.
    pub readiness: Readiness,
    /// Whose pages may call the API besides our own.
    pub allowed_origins: Arc<[Origin]>,
    /// Who is believed about where a request comes from.
    pub trusted_proxies: Arc<[Network]>,
    /// Becomes true when the server stops; every socket listens to it.
    pub stopping: Arc<watch::Sender<bool>>,
}

/// Serves until `stop` resolves: then no new connection is taken, and running requests finish within `stop_seconds`.
pub async fn serve(
    listener: TcpListener,
    server: Server,
    console: bool,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let (stopping, limits, trusted) = (server.stopping.clone(), server.limits.clone(), server.trusted_proxies.clone());
    let (router, patience) = (router(server, console), limits.span(Limit::StopSeconds));
    let told = async {
        stop.await;
        stopping.send_replace(true);
    };
    let served = async {
        tokio::join!(told, listen::take(listener, router, limits, &trusted, &stopping));
        // Each connection and each socket listens here until it is closed.
        stopping.closed().await;
    };
    let deadline = async {
        // It cannot fail: we hold the sender.
        let _ = stopping.subscribe().wait_for(|stopping| *stopping).await;
        tokio::time::sleep(patience).await;
    };
    tokio::select! {
        () = served => {}
        () = deadline => tracing::warn!("requests that did not end in {} seconds (stop_seconds) were cut", patience.as_secs()),
    }
}

fn router(server: Server, console: bool) -> Router {
    let router = Router::new()
        .route(GRAPHQL_PATH, any(graphql::answer))
        .route(WEBSOCKET_PATH, any(websocket::open))
        .route(HEALTH_PATH, get(health::is_alive))
        .route(READY_PATH, get(health::is_ready))
        .route(METRICS_PATH, get(metrics::page));
    let router = if console { router.merge(console::router()) } else { router };
    let router = router.layer(middleware::from_fn_with_state(server.clone(), gate::pass));
    let router = match &*server.allowed_origins {
        [] => router,
        allowed => router.layer(headers::allow(allowed)),
    };
    let router = router
        .layer(panics::caught())
        .layer(middleware::from_fn(headers::add))
        .layer(middleware::from_fn(request_id::give));
    router.with_state(server)
}
