//! Puts the parts together: the one place that chooses them.

use std::future::Future;

use tokio::net::TcpListener;

use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::config::{Config, SWEEP_INTERVAL};
use crate::graphql;
use crate::http::{self, Server};
use crate::push::Bus;
use crate::store::{DatabaseUrl, Store, StoreError};
use crate::usecases::Desk;

/// Opens the database, making and migrating it where needed, and puts a desk before it.
pub async fn open_desk(database: &DatabaseUrl, clock: Clock) -> Result<Desk, StoreError> {
    Ok(Desk::new(Store::open(database).await?, Bus::default(), clock))
}

/// Serves until `stop` resolves, then lets running requests finish.
pub async fn serve(
    config: &Config,
    desk: Desk,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let sweeper = tokio::spawn(sweep(desk.clone()));
    let server = Server {
        api: graphql::api(desk.clone()),
        tokens: Tokens::new(config.secret.clone()),
        clock: desk.clock().clone(),
        desk,
    };
    let served = http::serve(listener, server, config.console, stop).await;
    sweeper.abort();
    served
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
