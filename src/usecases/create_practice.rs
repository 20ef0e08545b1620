//! How a practice begins: with a name, a zone and its first admin, and with everything off.

use super::{Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{MemberId, PracticeId};
use crate::domain::rejection::Rejection;
use crate::domain::{text, time};

/// What a practice begins with.
#[derive(Clone, Debug)]
pub struct NewPractice {
    pub name: String,
    pub time_zone: String,
    pub admin_name: String,
    pub admin_email: String,
}

impl Desk {
    /// Creates the practice and its first admin. The operator's act: there is no member yet who could do it.
    pub async fn create_practice(&self, new: NewPractice) -> Result<(PracticeId, MemberId), Refusal> {
        let invalid = |path| move |message| Rejection::invalid(path, message);
        let name = text::line(&new.name, "practice's name", text::NAME_MAX_CHARS).map_err(invalid("name"))?;
        let zone = time::parse_zone(&new.time_zone).map_err(invalid("timeZone"))?;
        let admin = text::line(&new.admin_name, "admin's name", text::NAME_MAX_CHARS).map_err(invalid("adminName"))?;
        let email = text::email(&new.admin_email).map_err(invalid("adminEmail"))?;
        let (practice, member, now) = (PracticeId::generate(), MemberId::generate(), self.clock.now());
        let mut write = self.store.begin_practice(practice, &name, zone, now).await?;
        write.scope().insert_member(member, &admin, Some(&email), true, now).await?;
        let event = Event::new(EventKind::PracticeCreated, None).change("memberId", None, Some(member.to_string()));
        write.append(&event.change("timeZone", None, Some(zone.name().to_owned())), now);
        self.commit(practice, write).await?;
        Ok((practice, member))
    }
}
