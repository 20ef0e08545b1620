//! Every setting of a server, checked once at the start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::auth::secret::Secret;
use crate::limits::Limits;
use crate::store::DatabaseUrl;

/// The database where none is named.
pub const DEFAULT_DATABASE_URL: &str = "sqlite://frontdesk.db";
/// The address where none is named: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// How often overdue requests are swept. Readers do not wait for it.
pub const SWEEP_INTERVAL: std::time::Duration = std::time::Duration::from_secs(15);

/// How long a server that is told to stop lets running requests finish. Open streams are cut: they resume elsewhere.
pub const STOP_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// How long it then waits for the database's connections to end.
pub const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
/// How long streams can be resumed from a cursor. The audit trail stays.
pub const PUSH_RETENTION: chrono::Duration = chrono::Duration::days(30);

/// What carries wake-ups between servers, where it is not the database.
#[derive(Clone, Debug)]
pub struct BusUrl(pub String);

impl BusUrl {
    /// Reads `nats://HOST:PORT`, or `tls://HOST:PORT` for NATS over TLS.
    pub fn parse(text: &str) -> Result<Self, String> {
        let host = text.strip_prefix("nats://").or_else(|| text.strip_prefix("tls://"));
        match host {
            Some(host) if !host.is_empty() => Ok(Self(text.to_owned())),
            _ => Err("Write nats://HOST:PORT. Without --bus, wake-ups go over PostgreSQL itself, and on SQLite they \
                      stay in the process."
                .to_owned()),
        }
    }
}

/// How a server runs.
#[derive(Clone)]
pub struct Config {
    pub database_url: DatabaseUrl,
    pub listen: SocketAddr,
    pub secret: Secret,
    pub bus: Option<BusUrl>,
    /// How long streams can be resumed from a cursor.
    pub push_retention: chrono::Duration,
    /// Serve the console at `/`.
    pub console: bool,
    /// What a caller may send, hold and ask for.
    pub limits: Limits,
}

/// The signing secret: the one given, else the one kept beside the database.
pub fn secret(given: Option<&str>, database: &DatabaseUrl) -> Result<Secret, String> {
    match given {
        Some(text) => Secret::given(text),
        None => match database.path() {
            Some(path) => Secret::kept_in(&secret_path(path)),
            None => Err("With PostgreSQL every server needs the same signing secret. Give it in \
                         FRONTDESK_SIGNING_SECRET; make one with: openssl rand -hex 32"
                .to_owned()),
        },
    }
}

/// Where the secret of a database's file is kept: `frontdesk.db.secret` beside `frontdesk.db`.
fn secret_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".secret");
    path.into()
}
