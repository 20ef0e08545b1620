//! Every setting of a server, checked once at the start.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::auth::secret::Secret;
use crate::store::DatabaseUrl;

/// The database where none is named.
pub const DEFAULT_DATABASE_URL: &str = "sqlite://frontdesk.db";
/// The address where none is named: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// The longest body of a request, in bytes: the largest document of ours with a thousand ids has 60 KB.
pub const BODY_MAX_BYTES: usize = 256 * 1024;
/// How often overdue requests are swept. Readers do not wait for it.
pub const SWEEP_INTERVAL: std::time::Duration = std::time::Duration::from_secs(15);

/// How a server runs.
#[derive(Clone)]
pub struct Config {
    pub database_url: DatabaseUrl,
    pub listen: SocketAddr,
    pub secret: Secret,
    /// Serve the console at `/`.
    pub console: bool,
}

/// The signing secret: the one given, else the one kept beside the database.
pub fn secret(given: Option<&str>, database: &DatabaseUrl) -> Result<Secret, String> {
    match given {
        Some(text) => Secret::given(text),
        None => Secret::kept_in(&secret_path(database)),
    }
}

/// Where the secret of a database is kept: `frontdesk.db.secret` beside `frontdesk.db`.
pub fn secret_path(database: &DatabaseUrl) -> PathBuf {
    let mut path = database.path().as_os_str().to_owned();
    path.push(".secret");
    path.into()
}
