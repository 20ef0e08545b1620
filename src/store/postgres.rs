//! Opens a database of PostgreSQL, and brings its schema up to date.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::StoreError;
use super::address::PostgresUrl;
use super::patience::Patience;
use crate::clock::Stopwatch;

/// How long a start waits for a server that does not answer yet, and how often it asks.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const START_INTERVAL: Duration = Duration::from_millis(500);
/// How long one attempt may take, and how often the log says that a start waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TELL_INTERVAL: Duration = Duration::from_secs(10);
/// How often a start begins, where PostgreSQL goes away in the middle of it.
const START_ATTEMPTS: u32 = 5;

/// How long a request waits for a connection. A queue longer than this is an overload, told as one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// What the server may take for one statement. The slowest of ours, the impact on a whole practice, takes a fraction.
const STATEMENT_TIMEOUT_MILLIS: &str = "15000";
/// How long one write may wait for the others of its practice.
const LOCK_TIMEOUT_MILLIS: &str = "5000";
/// When the server takes a transaction back whose owner went silent, so that the practice's row comes free.
const IDLE_TIMEOUT_MILLIS: &str = "20000";

/// Names the lock under which schemas are migrated: any number, the same in every version of frontdesk.
const MIGRATION_LOCK: i64 = 0x66_72_6f_6e_74_64_65_73;

/// Waits for the server, migrates under a lock that all starting servers share, and opens the connections. Where
/// PostgreSQL goes away meanwhile, all of it is done again.
pub(super) async fn open(url: &PostgresUrl, patience: &Patience) -> Result<DatabaseConnection, StoreError> {
    for _ in 1..START_ATTEMPTS {
        match prepare(url, patience).await {
            Err(StoreError::GivenUp(cause)) => {
                tracing::warn!(%cause, "PostgreSQL went away while the schema was brought up to date; starting over");
            }
            prepared => return prepared,
        }
    }
    prepare(url, patience).await
}

async fn prepare(url: &PostgresUrl, patience: &Patience) -> Result<DatabaseConnection, StoreError> {
    let mut lock = reach(&url.options).await?;
    migrate(url, &mut lock).await?;
    // Ended politely where it can be; the lock ends with the connection in any case.
    let _ = lock.close().await;
    connect(url, url.connections, Some(patience)).await
}

/// One connection to a database that is left as it is.
pub(super) async fn open_as_it_is(url: &PostgresUrl) -> Result<DatabaseConnection, StoreError> {
    // Ended politely where it can be; it was only to tell well what is wrong.
    let _ = reach(&url.options).await?.close().await;
    connect(url, 1, None).await
}

/// A first connection. A server that is starting is waited for; one that refuses us is not.
async fn reach(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let place = format!("PostgreSQL at {}:{}", options.get_host(), options.get_port());
    let (begun, mut told) = (Stopwatch::start(), None);
    let cause = loop {
        let connecting = options.clone().disable_statement_logging();
        // A server that takes connections and says nothing would be waited for without end.
        let cause = match tokio::time::timeout(CONNECT_TIMEOUT, connecting.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(refused)) => {
                if let Some(next_step) = final_refusal(&refused) {
                    return Err(StoreError::Address(format!("{place} refused: {refused}. {next_step}")));
                }
                refused.to_string()
            }
            Err(_) => format!("no word within {} seconds", CONNECT_TIMEOUT.as_secs()),
        };
        let left = START_TIMEOUT.saturating_sub(begun.elapsed());
        if left.is_zero() {
            break cause;
        }
        if told.as_ref().is_none_or(|told: &Stopwatch| told.elapsed() >= TELL_INTERVAL) {
            tracing::warn!("{place} does not answer yet; waiting up to {} seconds more", left.as_secs());
            told = Some(Stopwatch::start());
        }
        tokio::time::sleep(START_INTERVAL).await;
    };
    let seconds = START_TIMEOUT.as_secs();
    Err(StoreError::Address(format!(
        "{place} did not answer within {seconds} seconds: {cause}. Check that it runs, and its address in --database-url."
    )))
}

/// The next step where waiting does not help.
fn final_refusal(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => Some("Check --database-url."),
        // A certificate that is not trusted.
        sqlx::Error::Io(broken) if broken.kind() == std::io::ErrorKind::InvalidData => {
            Some("Check --database-url: its sslmode, its sslrootcert, and that its host is the certificate's.")
        }
        sqlx::Error::Database(refused) => match refused.code().as_deref() {
            Some("28P01" | "28000") => Some("Check the user and the password in --database-url."),
            Some("3D000") => Some("Make the database first: createdb NAME."),
            Some("42501") => Some("Let the user connect to the database."),
            _ => None,
        },
        _ => None,
    }
}

/// Migrates under an advisory lock: the library takes none, and of several servers that start at once only the first
/// has anything to do.
async fn migrate(url: &PostgresUrl, lock: &mut PgConnection) -> Result<(), StoreError> {
    let free: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(MIGRATION_LOCK).fetch_one(&mut *lock).await?;
    if !free {
        tracing::info!("another server is bringing the schema up to date; waiting for it");
        sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut *lock).await?;
    }
    let unhurried = connect(url, 1, None).await?;
    Migrator::up(&unhurried, None).await?;
    unhurried.close().await?;
    Ok(())
}

/// With patience each statement has its bounds; without, it takes the time that it takes.
async fn connect(
    url: &PostgresUrl,
    connections: u32,
    patience: Option<&Patience>,
) -> Result<DatabaseConnection, StoreError> {
    // The library insists on reading an address of its own; ours replaces it.
    let mut options = ConnectOptions::new("postgres://localhost/frontdesk");
    let (ours, is_bounded) = (url.options.clone(), patience.is_some());
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false).map_sqlx_postgres_opts(
        move |_| {
            let ours = ours.clone().application_name("frontdesk").disable_statement_logging().options([
                ("default_transaction_isolation", "read committed"),
                ("idle_in_transaction_session_timeout", IDLE_TIMEOUT_MILLIS),
            ]);
            if !is_bounded {
                return ours;
            }
            ours.options([("statement_timeout", STATEMENT_TIMEOUT_MILLIS), ("lock_timeout", LOCK_TIMEOUT_MILLIS)])
        },
    );
    if let Some(patience) = patience.cloned() {
        options.map_sqlx_postgres_pool_opts(move |pool| patience.watch(pool));
    }
    Ok(Database::connect(options).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_connections_and_says_nothing_is_waited_for_a_minute_and_no_longer() {
        let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = mute.local_addr().expect("an address").port();
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username("frontdesk");
        let begun = Stopwatch::start();
        let Err(StoreError::Address(told)) = reach(&options).await else { panic!("nobody answered") };
        assert!(told.contains("did not answer within 60 seconds"), "{told}");
        assert!((START_TIMEOUT..START_TIMEOUT + 2 * CONNECT_TIMEOUT).contains(&begun.elapsed()));
    }
}
