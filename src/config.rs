//! Every setting of a server, checked once at the start.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::auth::issuer::Issuer;
use crate::auth::secret::Secret;
use crate::limits::Limits;
use crate::store::DatabaseUrl;

/// The database where none is named.
pub const DEFAULT_DATABASE_URL: &str = "sqlite://frontdesk.db";
/// The address where none is named: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// How often overdue requests are swept. Readers do not wait for it.
pub const SWEEP_INTERVAL: std::time::Duration = std::time::Duration::from_secs(15);

/// How often it is saved who looked at which client's data: what a crash can lose.
pub const READS_SAVE_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// How long a server that has stopped waits for the database's connections to end.
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

/// A place on the web whose pages may call the API, as browsers say it: `https://app.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub String);

impl Origin {
    /// Reads `SCHEME://HOST` or `SCHEME://HOST:PORT`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_sign = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        match host {
            Some(host) if !host.is_empty() && host.chars().all(is_sign) => Ok(Self(text.to_ascii_lowercase())),
            _ => {
                Err("Write https://HOST or https://HOST:PORT, without a path: one origin, as a browser says it."
                    .to_owned())
            }
        }
    }
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits they have in common.
    bits: u32,
}

impl Network {
    /// Reads one address, or `ADDRESS/BITS`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "Write an address, such as 10.0.0.1, or a network, such as 10.0.0.0/8.".to_owned();
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > all { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    /// True where the address is one of these.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differs = |own: u128, other: u128, all: u32| (own ^ other).checked_shr(all - self.bits).unwrap_or(0) != 0;
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => !differs(own.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => !differs(own.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

/// How a server is reached.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// Serve the console at `/`.
    pub console: bool,
    /// What a caller may send, hold and ask for.
    pub limits: Limits,
    /// Whose pages may call the API besides the server's own.
    pub allowed_origins: Vec<Origin>,
    /// The proxies that are believed about where a request comes from.
    pub trusted_proxies: Vec<Network>,
}

/// How a server runs.
#[derive(Clone)]
pub struct Config {
    pub database_url: DatabaseUrl,
    pub listen: SocketAddr,
    pub secret: Secret,
    /// The issuer whose tokens are accepted beside our own.
    pub issuer: Option<Issuer>,
    pub bus: Option<BusUrl>,
    /// How long streams can be resumed from a cursor.
    pub push_retention: chrono::Duration,
    pub door: Door,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_one_place_without_a_path() {
        for right in ["https://app.example.org", "http://localhost:3000", "https://[::1]:8443"] {
            assert_eq!(Origin::parse(right), Ok(Origin(right.to_owned())));
        }
        for wrong in ["*", "null", "app.example.org", "https://", "https://a/", "https://a, https://b", "ftp://a"] {
            assert!(Origin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_like_it() {
        for (network, inside, outside) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("10.0.0.0/8", "::ffff:10.255.0.1", "11.0.0.1"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ] {
            let [inside, outside] = [inside, outside].map(|text| text.parse().expect("an address"));
            let network = Network::parse(network).expect("a network");
            assert!(network.contains(inside) && !network.contains(outside), "{network:?}");
        }
        for wrong in ["", "10.0.0.0/33", "::1/129", "10.0.0.0/", "localhost", "10.0.0.0/-1"] {
            assert!(Network::parse(wrong).is_err(), "{wrong}");
        }
    }
}
