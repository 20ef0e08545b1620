//! `frontdesk token`.

use chrono::Duration;
use clap::Args;

use super::{DatabaseArgs, Failure, SecretArgs};
use crate::app;
use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::domain::ids::PracticeId;
use crate::store::DatabaseUrl;
use crate::usecases::{Desk, MemberFound};

/// Prints a token for a member, and nothing else.
#[derive(Args)]
pub struct Token {
    /// The member's email address.
    email: String,
    /// How long it is good: a number and s, m, h or d.
    #[arg(long, default_value = "1h", value_parser = duration)]
    ttl: Duration,
    /// The member's practice, where several have a member with this address: a `practice_…` id.
    #[arg(long)]
    practice: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    secret: SecretArgs,
}

impl Token {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let database = self.database.parse()?;
        require_database(&database)?;
        let desk = app::open_desk(&database, Clock::system()).await.map_err(Failure::from_error)?;
        let tokens = Tokens::new(self.secret.load(&database)?);
        let practice = self.practice.as_deref().map(PracticeId::parse).transpose();
        let practice = practice.map_err(Failure::from_error)?;
        let token = issue(&desk, &tokens, &self.email, practice, self.ttl).await?;
        desk.close().await;
        println!("{token}");
        Ok(())
    }
}

/// A mistyped path would otherwise make an empty database.
pub(super) fn require_database(database: &DatabaseUrl) -> Result<(), Failure> {
    match database.path() {
        Some(path) if !path.exists() => {
            Err(Failure(format!("There is no database at {database}. Name it with --database-url sqlite://PATH.")))
        }
        _ => Ok(()),
    }
}

/// A token for the member with this address.
pub(super) async fn issue(
    desk: &Desk,
    tokens: &Tokens,
    email: &str,
    practice: Option<PracticeId>,
    ttl: Duration,
) -> Result<String, Failure> {
    let member = find_member(desk, email, practice).await?;
    tokens.issue(member.practice_id, member.member_id, desk.clock().now(), ttl).map_err(Failure)
}

/// The one active member with this address.
pub(super) async fn find_member(
    desk: &Desk,
    email: &str,
    practice: Option<PracticeId>,
) -> Result<MemberFound, Failure> {
    let mut found = desk.members_by_email(&email.trim().to_lowercase()).await?;
    found.retain(|member| practice.is_none_or(|practice| practice == member.practice_id));
    match found.as_slice() {
        [member] => Ok(member.clone()),
        [] => Err(Failure(format!("No active member has the address {email}."))),
        several => {
            let practices = several.iter().map(|member| format!("  {}  {}", member.practice_id, member.practice_name));
            let practices: Vec<_> = practices.collect();
            Err(Failure(format!(
                "Several practices have that member. Choose one with --practice:\n{}",
                practices.join("\n")
            )))
        }
    }
}

/// Reads `90s`, `15m`, `1h`, `30d`; at most a year.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("“{text}” is not a duration. Write a whole number and s, m, h or d, such as 1h; at most 365d.");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let total = number.checked_mul(seconds).filter(|total| (1..=365 * 86_400).contains(total)).ok_or_else(wrong)?;
    Ok(Duration::seconds(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit_up_to_a_year() {
        assert_eq!(duration("90s"), Ok(Duration::seconds(90)));
        assert_eq!(duration("1h"), Ok(Duration::hours(1)));
        for wrong in ["", "h", "1", "0h", "-1h", "1w", "366d", "9223372036854775807d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
