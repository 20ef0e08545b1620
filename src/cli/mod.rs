//! The command line: what an operator and a newcomer can say to frontdesk. It prints; nothing else in the program does.

mod call;
mod client;
mod copy;
mod demo;
mod member;
mod practice;
mod sample;
mod serve;
mod token;
mod watch;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};

use crate::auth::secret::Secret;
use crate::config::{self, DEFAULT_DATABASE_URL};
use crate::domain::time::TZ_DATABASE;
use crate::limits::Limits;
use crate::store::{DatabaseUrl, POSTGRES_CONNECTIONS};
use crate::usecases::Refusal;

/// The program's version, and whose laws of time zones it knows.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (time zones: tz database {TZ_DATABASE})", env!("CARGO_PKG_VERSION")));

/// Self-scheduling for group practices: a GraphQL API with subscription push.
///
/// To try it: `frontdesk demo` makes a sample practice and serves it. To run a real practice: `frontdesk practice create`,
/// then `frontdesk serve`.
#[derive(Parser)]
#[command(version = VERSION.as_str(), arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make or reopen a sample practice, and serve it.
    Demo(demo::Demo),
    /// Serve the API: a database that is missing is made, an older one is migrated.
    Serve(Box<serve::Serve>),
    /// Print a token for a member, and nothing else.
    Token(token::Token),
    /// Follow requests in the terminal, one line each, resuming after any drop.
    Watch(watch::Watch),
    /// Run one GraphQL operation and print its answer.
    Call(call::Call),
    /// Begin a real practice.
    #[command(subcommand)]
    Practice(practice::Practice),
    /// Let members sign in by an issuer, such as an OpenID Connect server.
    #[command(subcommand)]
    Member(member::Member),
    /// Bring a database's schema up to date, and stop.
    Migrate(DatabaseArgs),
    /// Copy a whole database into an empty one, from SQLite to PostgreSQL or back, and check the copy.
    Copy(copy::Copy),
    /// Print the API's schema, as schema.graphql holds it.
    Schema,
    /// Print who may read and do what: every field of the API, by role, as docs/rights.md holds it.
    Policy,
    /// Print every limit on what a caller may send, hold or ask for, with its default and its reason.
    Limits,
}

/// Where the data is.
#[derive(Args, Clone)]
struct DatabaseArgs {
    /// The database: sqlite://PATH, or postgres://USER:PASSWORD@HOST/DATABASE, which several servers can share.
    #[arg(long, env = "FRONTDESK_DATABASE_URL", default_value = DEFAULT_DATABASE_URL, hide_env_values = true)]
    database_url: String,
    /// How many connections to PostgreSQL this server keeps; two more are kept for wake-ups.
    #[arg(long, env = "FRONTDESK_DATABASE_CONNECTIONS", default_value_t = POSTGRES_CONNECTIONS,
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    database_connections: u32,
}

/// What tokens are signed with.
#[derive(Args, Clone)]
struct SecretArgs {
    /// The signing secret, at least 32 bytes. Not given, it is kept in a file beside SQLite's, and made at first; with
    /// PostgreSQL it must be given, the same to each server.
    #[arg(long, env = "FRONTDESK_SIGNING_SECRET", hide_env_values = true)]
    signing_secret: Option<String>,
}

impl DatabaseArgs {
    fn parse(&self) -> Result<DatabaseUrl, Failure> {
        let url = DatabaseUrl::parse(&self.database_url).map_err(Failure::from_error)?;
        Ok(url.with_connections(self.database_connections))
    }
}

impl SecretArgs {
    fn load(&self, database: &DatabaseUrl) -> Result<Secret, Failure> {
        config::secret(self.signing_secret.as_deref(), database).map_err(Failure)
    }
}

/// Why a command failed, with the next step.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn from_error(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejection) | Refusal::Stale(rejection, _) => Self(rejection.message),
            Refusal::Denied(denied) => Self(denied.to_string()),
            Refusal::Fault(fault) => Self(format!("The database failed: {}.", fault.0)),
        }
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(error),
    };
    start_log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure(format!("The program cannot start its threads: {error}."))),
    };
    let done = runtime.block_on(dispatch(cli.command));
    // Subscribers' tasks wait for ever: they are dropped, not awaited.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

/// Help, or what is wrong with an argument. A value that does not read is not repeated: it may hold a password.
fn misused(mut error: clap::Error) -> ExitCode {
    use clap::error::{ContextKind, ContextValue};
    if error.kind() == clap::error::ErrorKind::ValueValidation {
        error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
    }
    // Nobody is left to tell where this cannot be written.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}

fn failed(failure: &Failure) -> ExitCode {
    eprintln!("frontdesk: {}", failure.0);
    ExitCode::FAILURE
}

async fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(demo) => demo.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Token(token) => token.run().await,
        Command::Watch(watch) => watch.run().await,
        Command::Call(call) => call.run().await,
        Command::Practice(practice) => practice.run().await,
        Command::Member(member) => member.run().await,
        Command::Migrate(database) => {
            let url = database.parse()?;
            let store = crate::store::Store::open(&url).await.map_err(Failure::from_error)?;
            store.close().await.map_err(Failure::from_error)?;
            println!("{} is up to date.", url);
            Ok(())
        }
        Command::Copy(copy) => copy.run().await,
        Command::Schema => {
            print!("{}", crate::graphql::print_sdl());
            Ok(())
        }
        Command::Policy => {
            print!("{}", crate::auth::policy_page::print());
            Ok(())
        }
        Command::Limits => {
            print!("{}", Limits::default());
            Ok(())
        }
    }
}

/// Log lines go to standard error; FRONTDESK_LOG sets how much, such as `info` or `frontdesk=debug,warn`.
fn start_log() {
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;

    let wanted = std::env::var("FRONTDESK_LOG").unwrap_or_default();
    let levels: Targets = wanted.parse().ok().filter(|_| !wanted.is_empty()).unwrap_or_else(|| {
        Targets::new().with_default(tracing::Level::WARN).with_target("frontdesk", tracing::Level::INFO)
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    tracing_subscriber::registry().with(lines).with(levels).init();
    // A panic is told like any other fault, with the request that it cut short.
    std::panic::set_hook(Box::new(|panic| {
        let request_id = crate::graphql::request_id::known();
        tracing::error!(request_id, cause = %panic, "a panic: this is a fault of frontdesk");
    }));
}
