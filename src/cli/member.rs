//! `frontdesk member`.

use clap::{Args, Subcommand};

use super::token::{find_member, require_database};
use super::{DatabaseArgs, Failure};
use crate::app;
use crate::clock::Clock;
use crate::domain::ids::{MemberId, PracticeId};
use crate::usecases::{Desk, LinkRow, NewLink};

/// What can be done with members from the command line.
#[derive(Subcommand)]
pub enum Member {
    /// Let a member sign in by an issuer, and print the link's id.
    Link(Link),
    /// Take such a link away.
    Unlink(Link),
    /// Print a member's links: id, issuer and subject of each.
    Links(Named),
}

/// Which member.
#[derive(Args)]
pub struct Named {
    /// The member's email address.
    email: String,
    /// The member's practice, where several have a member with this address: a `practice_…` id.
    #[arg(long)]
    practice: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Which link.
#[derive(Args)]
pub struct Link {
    #[command(flatten)]
    member: Named,
    /// The issuer, as its tokens' `iss` spells it: what the server is given as --token-issuer.
    #[arg(long)]
    issuer: String,
    /// Whom it calls so, as its tokens' `sub` spells it.
    #[arg(long)]
    subject: String,
}

impl Member {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Link(link) => link.add().await,
            Self::Unlink(link) => link.take_away().await,
            Self::Links(named) => {
                let (desk, practice, member) = named.find().await?;
                for link in desk.links_as_operator(practice, member).await? {
                    println!("{}  {}  {}", link.id, link.issuer, link.subject);
                }
                desk.close().await;
                Ok(())
            }
        }
    }
}

impl Named {
    async fn find(&self) -> Result<(Desk, PracticeId, MemberId), Failure> {
        let database = self.database.parse()?;
        require_database(&database)?;
        let practice = self.practice.as_deref().map(PracticeId::parse).transpose().map_err(Failure::from_error)?;
        let desk = app::open_desk(&database, Clock::system()).await.map_err(Failure::from_error)?;
        let found = find_member(&desk, &self.email, practice).await?;
        Ok((desk, found.practice_id, found.member_id))
    }
}

impl Link {
    async fn add(self) -> Result<(), Failure> {
        let (desk, practice, member_id) = self.member.find().await?;
        let new = NewLink { member_id, issuer: self.issuer, subject: self.subject, idempotency_key: None };
        let id = desk.link_member_as_operator(practice, new).await?;
        desk.close().await;
        println!("{id}");
        Ok(())
    }

    async fn take_away(self) -> Result<(), Failure> {
        let (desk, practice, member) = self.member.find().await?;
        let links = desk.links_as_operator(practice, member).await?;
        let is_meant = |link: &&LinkRow| link.issuer == self.issuer && link.subject == self.subject;
        let link = links.iter().find(is_meant).ok_or_else(|| {
            Failure("This member has no such link. `frontdesk member links` prints those they have.".to_owned())
        })?;
        desk.unlink_member_as_operator(practice, link.id).await?;
        desk.close().await;
        println!("{}", link.id);
        Ok(())
    }
}
