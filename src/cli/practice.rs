//! `frontdesk practice`.

use clap::{Args, Subcommand};

use super::{DatabaseArgs, Failure};
use crate::app;
use crate::clock::Clock;
use crate::usecases::NewPractice;

/// What can be done with practices from the command line.
#[derive(Subcommand)]
pub enum Practice {
    /// Create a practice with its first admin. Everything is off.
    Create(Create),
}

/// A practice to be created.
#[derive(Args)]
pub struct Create {
    /// The practice's name.
    #[arg(long)]
    name: String,
    /// Its time zone, an IANA name such as America/New_York.
    #[arg(long)]
    time_zone: String,
    /// The address that the first admin signs in with.
    #[arg(long)]
    admin_email: String,
    /// The first admin's name.
    #[arg(long, default_value = "Admin")]
    admin_name: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Practice {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Self::Create(create) = self;
        let database = create.database.parse()?;
        let desk = app::open_desk(&database, Clock::system()).await.map_err(Failure::from_error)?;
        let new = NewPractice {
            name: create.name,
            time_zone: create.time_zone,
            admin_name: create.admin_name,
            admin_email: create.admin_email,
        };
        let email = new.admin_email.trim().to_lowercase();
        let (practice, _) = desk.create_practice(new).await?;
        desk.close().await;
        println!("{practice}");
        eprintln!("The practice is there, with everything off. Next, with the same --database-url:");
        eprintln!("  frontdesk token {email} --practice {practice}");
        eprintln!("  frontdesk serve");
        Ok(())
    }
}
