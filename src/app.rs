//! Puts the parts together: the one place that chooses them.

use std::future::Future;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::auth::check::Checker;
use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::config::{CLOSE_TIMEOUT, Config, PUSH_RETENTION, READS_SAVE_INTERVAL, SWEEP_INTERVAL};
use crate::graphql::Api;
use crate::http::{self, Openings, Rates, Readiness, ReadingRoom, Seats, Server};
use crate::push::{Bus, Carrier};
use crate::store::{DatabaseUrl, ServerClaim, Store, StoreError};
use crate::usecases::Desk;

/// Opens the database, making and migrating it where needed, and puts a desk before it that wakes no other server: for
/// commands that do one thing and end.
pub async fn open_desk(database: &DatabaseUrl, clock: Clock) -> Result<Desk, StoreError> {
    Ok(Desk::new(Store::open(database).await?, Bus::default(), clock, PUSH_RETENTION))
}

/// A server's parts, before it listens.
pub struct Parts {
    pub desk: Desk,
    /// Wakes the other servers; none where there are no others.
    carrier: Option<Carrier>,
    checker: Checker,
    /// Held while it serves.
    claim: ServerClaim,
}

/// Claims the database and opens it as `open_desk` does, with what wakes the other servers that share it.
pub async fn open_server(config: &Config, clock: Clock) -> Result<Parts, StoreError> {
    let checker = Checker::new(Tokens::new(config.secret.clone()), config.issuer.clone(), &clock);
    checker.begin().await.map_err(StoreError::Address)?;
    let claim = config.database_url.claim_for_server()?;
    let store = Store::open(&config.database_url).await?;
    let carrier = match (&config.bus, store.wake_up_line()) {
        (Some(bus), _) => Some(connect(&bus.0).await.map_err(StoreError::Address)?),
        (None, Some(line)) => Some(Carrier::Postgres(line)),
        (None, None) => None,
    };
    let bus = if carrier.is_some() { Bus::across_servers() } else { Bus::default() };
    Ok(Parts { desk: Desk::new(store, bus, clock, config.push_retention), carrier, checker, claim })
}

#[cfg(feature = "nats")]
async fn connect(url: &str) -> Result<Carrier, String> {
    Ok(Carrier::Nats(crate::push::Nats::connect(url).await?))
}

#[cfg(not(feature = "nats"))]
async fn connect(_url: &str) -> Result<Carrier, String> {
    Err("This build of frontdesk has no NATS. Build it with: cargo build --release --features nats".to_owned())
}

/// Serves until `stop` resolves, then lets running requests finish, and closes the database.
pub async fn serve(
    config: &Config,
    parts: Parts,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let Parts { desk, carrier, checker, claim } = parts;
    let closing = desk.clone();
    let sweeper = tokio::spawn(sweep(desk.clone()));
    let push = tokio::spawn(desk.clone().keep_pushing(carrier));
    let reads = tokio::spawn(save_reads(desk.clone()));
    let keys = tokio::spawn(checker.clone().keep_fresh());
    let server = Server {
        api: Api::new(desk.clone()),
        checker,
        clock: desk.clock().clone(),
        rates: Rates::new(&config.door.limits, desk.clock().clone()),
        reading: ReadingRoom::new(&config.door.limits),
        readiness: Readiness::default(),
        limits: config.door.limits.clone().into(),
        allowed_origins: config.door.allowed_origins.clone().into(),
        trusted_proxies: config.door.trusted_proxies.clone().into(),
        seats: Seats::default(),
        openings: Openings::default(),
        stopping: watch::Sender::new(false).into(),
        desk,
    };
    http::serve(listener, server, config.door.console, stop).await;
    sweeper.abort();
    push.abort();
    reads.abort();
    keys.abort();
    if tokio::time::timeout(CLOSE_TIMEOUT, closing.close()).await.is_err() {
        tracing::warn!("the database is still in use while the program ends");
    }
    drop(claim);
}

/// Expires overdue requests, again and again. One that fails is tried again the next time.
async fn sweep(desk: Desk) {
    loop {
        if let Err(refusal) = desk.expire_overdue_requests().await {
            tracing::error!(cause = ?refusal, "overdue requests could not be swept");
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}

/// Saves who looked at which client's data, again and again. What cannot be saved is kept for the next time.
async fn save_reads(desk: Desk) {
    loop {
        tokio::time::sleep(READS_SAVE_INTERVAL).await;
        if let Err(error) = desk.save_reads().await {
            tracing::error!(cause = %error, "reads could not be logged yet");
        }
    }
}
