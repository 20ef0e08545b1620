//! Members, and those of them who are clinicians.

use std::collections::HashMap;

use sea_orm::QueryResult;

use super::convert::millis;
use super::practices::Counters;
use super::scope::{IDS_PER_STATEMENT, placeholders};
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId, LinkId, MemberId};
use crate::domain::time::{Instant, Tz};
use crate::domain::viewer::{SignIn, Viewer};
use entity::{clinician_settings, clinicians, members};

/// A member's roles, of `members m` with these joins.
pub(super) const ROLES: &str = "m.id, m.is_admin, c.id AS clinician_id, k.id AS client_id";
pub(super) const ITS_ROLES: &str = "LEFT JOIN clinicians c ON c.practice_id = m.practice_id AND c.member_id = m.id AND c.active \
     LEFT JOIN clients k ON k.practice_id = m.practice_id AND k.member_id = m.id AND k.active";

impl Scope<'_> {
    /// Adds a person.
    pub async fn insert_member(
        &self,
        id: MemberId,
        display_name: &str,
        email: Option<&str>,
        is_admin: bool,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.insert::<members::Entity, _>(members::Model {
            practice_id: self.practice().0,
            id: id.0,
            email: email.map(str::to_owned),
            display_name: display_name.to_owned(),
            is_admin,
            active: true,
            created_at: millis(now),
        })
        .await
    }

    /// Makes a member a clinician, with everything off.
    pub async fn insert_clinician(
        &self,
        id: ClinicianId,
        member: MemberId,
        credentials: Option<&str>,
        zone: Tz,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.insert::<clinicians::Entity, _>(clinicians::Model {
            practice_id: self.practice().0,
            id: id.0,
            member_id: member.0,
            credentials: credentials.map(str::to_owned),
            time_zone: zone.name().to_owned(),
            active: true,
            active_decided_by: None,
            active_decided_at: None,
            created_at: millis(now),
        })
        .await?;
        self.insert::<clinician_settings::Entity, _>(clinician_settings::Model {
            practice_id: self.practice().0,
            clinician_id: id.0,
            enabled: false,
            audience: None,
            enabled_decided_by: None,
            enabled_decided_at: None,
            lock_reason: None,
            lock_decided_by: None,
            lock_decided_at: None,
            offered_decided_by: None,
            offered_decided_at: None,
            hours_decided_by: None,
            hours_decided_at: None,
            starts_at: None,
            paused_by: None,
            paused_at: None,
        })
        .await
    }

    /// What a member may be right now; none where they may not sign in.
    pub async fn viewer(&self, sign_in: SignIn) -> Result<Option<Viewer>, StoreError> {
        Ok(self.viewers(&[sign_in]).await?.remove(&sign_in))
    }

    /// The same, with where the practice's log and settings stand: one statement for both. None where there is no such
    /// practice.
    pub async fn viewer_and_counters(&self, sign_in: SignIn) -> Result<Option<(Option<Viewer>, Counters)>, StoreError> {
        let (link, its_link) = links(3, sign_in.link_id.iter().count());
        let sql = format!(
            "SELECT p.last_event, p.settings_revision, {ROLES}, {link} FROM practices p LEFT JOIN members m \
             ON m.practice_id = $1 AND m.active AND m.id = $2 {ITS_ROLES} {its_link} WHERE p.id = $1"
        );
        let link = sign_in.link_id.map(|link| link.0.into());
        let rows = self.query(&sql, std::iter::once(sign_in.member_id.0.into()).chain(link).collect()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let viewer = row.try_get::<Option<uuid::Uuid>>("", "id")?.map(|_| self.decode_viewer(row)).transpose()?;
        let counters =
            Counters { last_event: row.try_get("", "last_event")?, revision: row.try_get("", "settings_revision")? };
        Ok(Some((viewer.filter(|viewer| viewer.sign_in() == sign_in), counters)))
    }

    /// The same of several; those who may not sign in, or not so any more, are not among them.
    pub async fn viewers(&self, sign_ins: &[SignIn]) -> Result<HashMap<SignIn, Viewer>, StoreError> {
        let mut viewers = HashMap::with_capacity(sign_ins.len());
        for sign_ins in sign_ins.chunks(IDS_PER_STATEMENT) {
            self.load_viewers(sign_ins, &mut viewers).await?;
        }
        Ok(viewers)
    }

    async fn load_viewers(&self, sign_ins: &[SignIn], viewers: &mut HashMap<SignIn, Viewer>) -> Result<(), StoreError> {
        let asked: Vec<_> = sign_ins.iter().filter_map(|one| one.link_id).collect();
        let (link, its_link) = links(2 + sign_ins.len(), asked.len());
        let sql = format!(
            "SELECT {ROLES}, {link} FROM members m {ITS_ROLES} {its_link} \
             WHERE m.practice_id = $1 AND m.active AND m.id IN ({})",
            placeholders(2, sign_ins.len())
        );
        let members = sign_ins.iter().map(|one| one.member_id.0.into());
        let values = members.chain(asked.iter().map(|link| link.0.into())).collect();
        for row in self.query(&sql, values).await? {
            let viewer = self.decode_viewer(&row)?;
            // By the link, and by a token of ours, which needs none.
            for link_id in [None, viewer.link_id] {
                let sign_in = SignIn { member_id: viewer.member_id, link_id };
                viewers.insert(sign_in, Viewer { link_id, ..viewer.clone() });
            }
        }
        Ok(())
    }

    pub(super) fn decode_viewer(&self, row: &QueryResult) -> Result<Viewer, StoreError> {
        let id = |column| row.try_get::<Option<uuid::Uuid>>("", column);
        Ok(Viewer {
            practice_id: self.practice(),
            member_id: MemberId(row.try_get("", "id")?),
            link_id: id("link_id")?.map(LinkId),
            is_admin: row.try_get("", "is_admin")?,
            clinician_id: id("clinician_id")?.map(ClinicianId),
            client_id: id("client_id")?.map(ClientId),
        })
    }
}

/// A column and a join for so many links, bound from a place on: one row for each that a member has of them, or one
/// without.
fn links(first: usize, count: usize) -> (&'static str, String) {
    match count {
        0 => ("NULL AS link_id", String::new()),
        count => {
            let asked = placeholders(first, count);
            let own = "l.practice_id = m.practice_id AND l.member_id = m.id";
            ("l.id AS link_id", format!("LEFT JOIN member_links l ON {own} AND l.id IN ({asked})"))
        }
    }
}
