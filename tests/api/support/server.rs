//! A server of our own, in this process, at a free port.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use frontdesk::app;
use frontdesk::auth::issuer::Issuer;
use frontdesk::auth::secret::Secret;
use frontdesk::clock::Clock;
use frontdesk::config::{BusUrl, Config, Door, PUSH_RETENTION};
use frontdesk::limits::{Limit, Limits, SetLimit};
use frontdesk::store::DatabaseUrl;
use frontdesk::usecases::Desk;

/// A door with these limits. Otherwise a reader who does not read is followed for longer here than in earnest, one
/// document does more, and nobody is told to wait by a clock that stands still.
pub fn door(limits: &[(Limit, u64)]) -> Door {
    let own = [
        (Limit::WriteSeconds, 120),
        (Limit::OperationRootFields, 500),
        (Limit::OperationAliases, 500),
        (Limit::OperationCost, 1_000_000),
        (Limit::MemberBurst, 1_000_000),
        (Limit::AddressBurst, 1_000_000),
    ];
    let limits = own.iter().chain(limits).map(|(limit, value)| SetLimit { limit: *limit, value: *value });
    Door { console: true, limits: limits.fold(Limits::default(), Limits::with), ..Door::default() }
}

/// Served until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    pub desk: Desk,
    stop: Option<oneshot::Sender<()>>,
}

impl Server {
    /// Serves the database, with the store's own wake-ups.
    pub async fn start(database_url: &DatabaseUrl, secret: &Secret, clock: &Clock) -> Self {
        Self::start_with(database_url, secret, clock, (None, None), door(&[])).await
    }

    /// The same with wake-ups over this bus, with this issuer, and behind this door.
    pub async fn start_with(
        database_url: &DatabaseUrl,
        secret: &Secret,
        clock: &Clock,
        (bus, issuer): (Option<BusUrl>, Option<Issuer>),
        door: Door,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = Config {
            database_url: database_url.clone(),
            listen: address,
            secret: secret.clone(),
            issuer,
            bus,
            push_retention: PUSH_RETENTION,
            door,
        };
        let parts = app::open_server(&config, clock.clone()).await.expect("a database");
        let desk = parts.desk.clone();
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            app::serve(&config, parts, listener, stop).await;
        });
        Self { address, desk, stop: Some(stop) }
    }

    /// One number of `/metrics`.
    pub fn metric(&self, name: &str) -> u64 {
        let page = self.desk.render_metrics().expect("a page");
        let line = page.lines().find(|line| line.starts_with(&format!("{name} "))).expect("it is counted");
        line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    }
}

impl Server {
    /// Tells it to stop, as a signal would.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
