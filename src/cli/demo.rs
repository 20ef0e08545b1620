//! `frontdesk demo`: a sample practice, served.

use std::io::ErrorKind;
use std::path::Path;

use chrono::Duration;
use clap::Args;

use super::serve::{DoorArgs, print_addresses, stop_signal, until_stopped};
use super::{Failure, sample, token};
use crate::app;
use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::config::{self, Config, PUSH_RETENTION};
use crate::store::DatabaseUrl;

/// The demo's database, in the working directory.
const DEMO_DATABASE_URL: &str = "sqlite://frontdesk-demo.db";

/// How long the printed tokens are good.
const TOKEN_HOURS: i64 = 12;

/// Makes frontdesk-demo.db with a sample practice, or reopens it, and serves it.
#[derive(Args)]
pub struct Demo {
    /// Start over with a new sample practice; the demo's old database is removed.
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    door: DoorArgs,
}

impl Demo {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let stop = stop_signal()?;
        let database_url = DatabaseUrl::parse(DEMO_DATABASE_URL).map_err(Failure::from_error)?;
        let listener = self.door.bind().await?;
        let mut stop = Box::pin(stop);
        tokio::select! {
            () = &mut stop => return Err(Failure("Stopped before the sample practice was made.".to_owned())),
            made = make(&database_url, self.fresh) => made?,
        }
        let secret = config::secret(None, &database_url).map_err(Failure)?;
        let listen = listener.local_addr().map_err(Failure::from_error)?;
        let (bus, push_retention, door) = (None, PUSH_RETENTION, self.door.door());
        let config = Config { database_url, listen, secret, issuer: None, bus, push_retention, door };
        let parts = app::open_server(&config, Clock::system()).await.map_err(Failure::from_error)?;
        let desk = parts.desk.clone();
        eprintln!("The sample practice is served from {}.", config.database_url);
        print_addresses(&config);
        eprintln!(
            "\nTokens, good for {TOKEN_HOURS} hours. Paste these lines into another terminal, and go on with the README:\n"
        );
        let tokens = Tokens::new(config.secret.clone());
        for (name, email) in [("ADMIN", sample::ADMIN), ("DANA", sample::CLINICIAN), ("CASEY", sample::CLIENT)] {
            let token = token::issue(&desk, &tokens, email, None, Duration::hours(TOKEN_HOURS)).await?;
            println!("export {name}={token}");
        }
        eprintln!("\nPress Ctrl-C to stop.");
        until_stopped(&config, parts, listener, stop).await;
        Ok(())
    }
}

/// Makes the sample practice where there is none, or anew. It is made under another name and renamed when it is whole, so
/// that a demo which was interrupted here is never reopened half-made.
async fn make(database: &DatabaseUrl, fresh: bool) -> Result<(), Failure> {
    let Some(file) = database.path() else { return Ok(()) };
    // Nobody may serve the file that is to be replaced.
    let _claim = database.claim_for_server().map_err(Failure::from_error)?;
    if file.exists() && !fresh {
        return Ok(());
    }
    let unfinished = file.with_extension("db-unfinished");
    remove(&unfinished)?;
    let desk = app::open_desk(&DatabaseUrl::Sqlite(unfinished.clone()), Clock::system()).await;
    let desk = desk.map_err(Failure::from_error)?;
    sample::create(&desk, |progress| eprintln!("{progress}")).await?;
    desk.close().await;
    remove(file)?;
    std::fs::rename(&unfinished, file)
        .map_err(|error| Failure(format!("{} cannot be made: {error}.", file.display())))?;
    remove(&unfinished)
}

/// Removes a database with what SQLite keeps beside it.
fn remove(file: &Path) -> Result<(), Failure> {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Failure(format!("{} cannot be removed: {error}.", file.display())));
            }
            _ => {}
        }
    }
    Ok(())
}
