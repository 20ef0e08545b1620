//! Members, and those of them who are clinicians.

use std::collections::HashMap;

use sea_orm::QueryResult;

use super::convert::millis;
use super::scope::{IDS_PER_STATEMENT, placeholders};
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId, MemberId};
use crate::domain::time::{Instant, Tz};
use crate::domain::viewer::Viewer;
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
        })
        .await
    }

    /// What a member may be right now; none where they may not sign in.
    pub async fn viewer(&self, member: MemberId) -> Result<Option<Viewer>, StoreError> {
        Ok(self.viewers(&[member]).await?.remove(&member))
    }

    /// The same, with where the log ends.
    pub async fn viewer_and_last_event(&self, member: MemberId) -> Result<(Option<Viewer>, i64), StoreError> {
        let sql = format!(
            "SELECT p.last_event, {ROLES} FROM practices p LEFT JOIN members m ON m.practice_id = $1 AND m.active \
             AND m.id = $2 {ITS_ROLES} WHERE p.id = $1"
        );
        let rows = self.query(&sql, vec![member.0.into()]).await?;
        let row = rows.first().ok_or(StoreError::NoPractice)?;
        let viewer = row.try_get::<Option<uuid::Uuid>>("", "id")?.map(|_| self.decode_viewer(row)).transpose()?;
        Ok((viewer, row.try_get("", "last_event")?))
    }

    /// The same of several members; those who may not sign in are not among them.
    pub async fn viewers(&self, members: &[MemberId]) -> Result<HashMap<MemberId, Viewer>, StoreError> {
        let mut viewers = HashMap::with_capacity(members.len());
        for members in members.chunks(IDS_PER_STATEMENT) {
            self.load_viewers(members, &mut viewers).await?;
        }
        Ok(viewers)
    }

    async fn load_viewers(
        &self,
        members: &[MemberId],
        viewers: &mut HashMap<MemberId, Viewer>,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {ROLES} FROM members m {ITS_ROLES} WHERE m.practice_id = $1 AND m.active AND m.id IN ({})",
            placeholders(2, members.len())
        );
        for row in self.query(&sql, members.iter().map(|id| id.0.into()).collect()).await? {
            let viewer = self.decode_viewer(&row)?;
            viewers.insert(viewer.member_id, viewer);
        }
        Ok(())
    }

    pub(super) fn decode_viewer(&self, row: &QueryResult) -> Result<Viewer, StoreError> {
        let clinician: Option<uuid::Uuid> = row.try_get("", "clinician_id")?;
        let client: Option<uuid::Uuid> = row.try_get("", "client_id")?;
        Ok(Viewer {
            practice_id: self.practice(),
            member_id: MemberId(row.try_get("", "id")?),
            is_admin: row.try_get("", "is_admin")?,
            clinician_id: clinician.map(ClinicianId),
            client_id: client.map(ClientId),
        })
    }
}
