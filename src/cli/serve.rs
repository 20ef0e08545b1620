//! `frontdesk serve`.

use std::net::SocketAddr;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use tokio::net::TcpListener;
use tokio::signal::unix::{self, SignalKind};

use super::token::duration;
use super::{DatabaseArgs, Failure, SecretArgs};
use crate::app::{self, Parts};
use crate::auth::issuer::{Issuer, KeySource, PATIENCE};
use crate::clock::Clock;
use crate::config::{BusUrl, Config, DEFAULT_LISTEN, Door, Network, Origin};
use crate::domain::text;
use crate::domain::time::TZ_DATABASE;
use crate::limits::{Limits, SetLimit};

/// Serves until SIGTERM or SIGINT; then it takes no new connection, finishes what runs, and exits 0.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    issuer: IssuerArgs,
    #[command(flatten)]
    door: DoorArgs,
    /// What wakes the other servers of one PostgreSQL: nats://HOST:PORT. Without it they wake each other over PostgreSQL.
    #[arg(long, env = "FRONTDESK_BUS", value_parser = BusUrl::parse, hide_env_values = true)]
    bus: Option<BusUrl>,
    /// How long streams can be resumed from a cursor: a number and s, m, h or d. The audit trail stays for ever.
    #[arg(long, env = "FRONTDESK_PUSH_RETENTION", default_value = "30d", value_parser = duration)]
    push_retention: chrono::Duration,
}

/// Whose tokens to accept beside our own.
#[derive(Args)]
struct IssuerArgs {
    /// Accept the tokens of an issuer too, such as an OpenID Connect server: where its keys are, a JWK Set, at https://…
    /// (in a build with --features tls) or in a file.
    #[arg(long, env = "FRONTDESK_JWKS", value_name = "ADDRESS-or-FILE", value_parser = KeySource::parse,
          requires_all = ["token_issuer", "token_audience"])]
    jwks: Option<KeySource>,
    /// The issuer, as its tokens' `iss` spells it.
    #[arg(long, env = "FRONTDESK_TOKEN_ISSUER", value_name = "ISS", value_parser = issuer_name, requires = "jwks")]
    token_issuer: Option<String>,
    /// This server, as the issuer's tokens' `aud` spells it.
    #[arg(long, env = "FRONTDESK_TOKEN_AUDIENCE", value_name = "AUD", value_parser = NonEmptyStringValueParser::new(),
          requires = "jwks")]
    token_audience: Option<String>,
    /// How far the issuer's clock may be off: a number and s, m, h or d; at most 5m.
    #[arg(long, env = "FRONTDESK_TOKEN_LEEWAY", value_name = "TIME", default_value = "30s", value_parser = leeway)]
    token_leeway: chrono::Duration,
}

impl IssuerArgs {
    /// None where no keys are named.
    fn issuer(self) -> Option<Issuer> {
        Some(Issuer {
            keys: self.jwks?,
            name: self.token_issuer?,
            audience: self.token_audience?,
            leeway: self.token_leeway,
            patience: PATIENCE,
        })
    }
}

/// As a link's issuer: what cannot be linked is of no use.
fn issuer_name(text: &str) -> Result<String, String> {
    text::subject(text, "issuer")
}

fn leeway(text: &str) -> Result<chrono::Duration, String> {
    let leeway = if text == "0s" { chrono::Duration::zero() } else { duration(text)? };
    if leeway > chrono::Duration::minutes(5) {
        return Err("A clock that is off by more than 5 minutes has to be set right.".to_owned());
    }
    Ok(leeway)
}

/// Where and how to serve.
#[derive(Args, Clone)]
pub struct DoorArgs {
    /// The address to listen at. Anything but this machine's own belongs behind a proxy that speaks TLS.
    #[arg(long, env = "FRONTDESK_LISTEN", default_value = DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// Serve no console at /.
    #[arg(long)]
    no_console: bool,
    /// Set one of the limits, NAME=VALUE: `frontdesk limits` lists them with their defaults. Can be given again.
    #[arg(long = "limit", env = "FRONTDESK_LIMITS", value_name = "NAME=VALUE", value_delimiter = ',',
          value_parser = SetLimit::parse)]
    limits: Vec<SetLimit>,
    /// Let the pages of this origin call the API, https://HOST. Can be given again.
    #[arg(long = "allow-origin", env = "FRONTDESK_ALLOW_ORIGINS", value_name = "ORIGIN", value_delimiter = ',',
          value_parser = Origin::parse)]
    allowed_origins: Vec<Origin>,
    /// Believe this proxy's X-Forwarded-For: an address, or a network such as 10.0.0.0/8. Can be given again.
    #[arg(long = "trust-proxy", env = "FRONTDESK_TRUST_PROXIES", value_name = "ADDRESS", value_delimiter = ',',
          value_parser = Network::parse)]
    trusted_proxies: Vec<Network>,
}

impl DoorArgs {
    /// Takes the address, and says so if it cannot.
    pub(super) async fn bind(&self) -> Result<TcpListener, Failure> {
        TcpListener::bind(self.listen).await.map_err(|error| {
            Failure(format!("{} cannot be listened at: {error}. Choose another address with --listen.", self.listen))
        })
    }

    /// All but the address.
    pub(super) fn door(self) -> Door {
        Door {
            console: !self.no_console,
            limits: self.limits.into_iter().fold(Limits::default(), Limits::with),
            allowed_origins: self.allowed_origins,
            trusted_proxies: self.trusted_proxies,
        }
    }
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let stop = stop_signal()?;
        let database_url = self.database.parse()?;
        let listener = self.door.bind().await?;
        let secret = self.secret.load(&database_url)?;
        let listen = listener.local_addr().map_err(Failure::from_error)?;
        let (issuer, bus, door) = (self.issuer.issuer(), self.bus, self.door.door());
        let push_retention = self.push_retention;
        let config = Config { database_url, listen, secret, issuer, bus, push_retention, door };
        let parts = app::open_server(&config, Clock::system()).await.map_err(Failure::from_error)?;
        eprintln!("frontdesk {} serves {}", env!("CARGO_PKG_VERSION"), config.database_url);
        print_addresses(&config);
        until_stopped(&config, parts, listener, stop).await;
        Ok(())
    }
}

/// The addresses that a person would open.
pub(super) fn print_addresses(config: &Config) {
    let at = config.listen;
    if config.door.console {
        eprintln!("  console   http://{at}/");
    }
    eprintln!("  API       http://{at}{}", crate::http::GRAPHQL_PATH);
    eprintln!("  push      ws://{at}{}", crate::http::WEBSOCKET_PATH);
    eprintln!("  zones     tz database {}", TZ_DATABASE);
}

/// Serves until `stop` resolves.
pub(super) async fn until_stopped(
    config: &Config,
    parts: Parts,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    tracing::info!(tz_database = TZ_DATABASE, version = env!("CARGO_PKG_VERSION"), "serving");
    app::serve(config, parts, listener, stop).await;
    eprintln!("frontdesk has stopped.");
}

/// Resolves at SIGTERM or SIGINT. Asked for before anything is started: a signal that comes early is kept, not missed.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let receive = |kind| unix::signal(kind).map_err(|error| Failure(format!("Signals cannot be received: {error}.")));
    let (mut terminate, mut interrupt) = (receive(SignalKind::terminate())?, receive(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        eprintln!("Stopping; again to stop at once.");
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(1);
        });
    })
}
