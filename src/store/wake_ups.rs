//! PostgreSQL's LISTEN and NOTIFY, on connections of their own: how servers that share a database wake each other. Never
//! inside a write: commits that notify queue for one lock of the whole server, which halves the insert rate.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use sea_orm::sqlx::{self, ConnectOptions as _};

use super::StoreError;
use super::address::PostgresUrl;
use super::patience::Patience;

/// The channel's name in the database.
const CHANNEL: &str = "frontdesk_wake_ups";

/// How long a connection is waited for before the attempt is given up, and made again.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Two connections: one that listens, one that notifies. Each has a pool of its own: what one of them cannot give back,
/// since the server fell silent, is not kept from the other, nor from the next one that listens.
#[derive(Clone)]
pub struct WakeUpLine {
    options: PgConnectOptions,
    sender: PgPool,
    patience: Patience,
}

/// The connection that listens.
pub struct WakeUpListener(PgListener);

impl WakeUpLine {
    /// Connects when it is first used.
    pub(super) fn to(url: &PostgresUrl, patience: Patience) -> Self {
        let options = url.options.clone().application_name("frontdesk wake-ups").disable_statement_logging();
        // A lost wake-up costs seconds, a wait for the disk would cost every one of them.
        let options = options.options([("synchronous_commit", "off"), ("statement_timeout", "5000")]);
        Self { sender: one_connection(&options, &patience), options, patience }
    }

    /// Sends these messages, in one statement. Each is shorter than 8,000 bytes.
    pub async fn send(&self, messages: &[String]) -> Result<(), StoreError> {
        let sql = "SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message";
        self.patience.answered(sqlx::query(sql).bind(CHANNEL).bind(messages).execute(&self.sender)).await?;
        Ok(())
    }

    /// Begins to listen.
    pub async fn listen(&self) -> Result<WakeUpListener, StoreError> {
        let mut listener = PgListener::connect_with(&one_connection(&self.options, &self.patience)).await?;
        self.patience.answered(listener.listen(CHANNEL)).await?;
        Ok(WakeUpListener(listener))
    }
}

fn one_connection(options: &PgConnectOptions, patience: &Patience) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    patience.watch(pool).connect_lazy_with(options.clone())
}

impl WakeUpListener {
    /// The next message; none where the connection was lost and made anew, so that messages may have been lost with it.
    pub async fn next(&mut self) -> Result<Option<String>, StoreError> {
        let message = self.0.try_recv().await?;
        Ok(message.map(|message| message.payload().to_owned()))
    }
}
