//! The practice's people as its admins see them: who may sign in, in which roles, and who has left.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryResult, Value};

use super::clients::escape_like;
use super::clinicians::{ITS_ROLES, ROLES};
use super::convert::millis;
use super::scope::placeholders;
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId, MemberId};
use crate::domain::settings::Decision;
use crate::domain::time::Tz;
use crate::domain::viewer::Viewer;
use entity::{clients, clinicians, members};

/// A person as the API shows them.
#[derive(Clone, Debug)]
pub struct MemberRow {
    pub id: MemberId,
    pub display_name: String,
    pub email: Option<String>,
    /// False once they have left: they can no longer sign in.
    pub active: bool,
    /// What they may be while they are active.
    pub roles: Viewer,
}

impl Scope<'_> {
    /// The persons with these ids, in no order.
    pub async fn members(&self, ids: &[MemberId]) -> Result<Vec<MemberRow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (mut sql, _) = matching(&columns(), None);
        sql.push_str(&format!(" AND m.id IN ({})", placeholders(2, ids.len())));
        let rows = self.query(&sql, ids.iter().map(|id| id.0.into()).collect()).await?;
        rows.iter().map(|row| self.decode_member(row)).collect()
    }

    /// Members in order of name, then id: those after `after`, whose name or address holds `search`.
    pub async fn members_page(
        &self,
        search: Option<&str>,
        after: Option<&(String, MemberId)>,
        limit: u64,
    ) -> Result<Vec<MemberRow>, StoreError> {
        let (mut sql, mut values) = matching(&columns(), search);
        if let Some((name, id)) = after {
            values.extend([name.as_str().into(), id.0.into()]);
            let at = values.len();
            sql.push_str(&format!(" AND (m.display_name > ${at} OR (m.display_name = ${at} AND m.id > ${}))", at + 1));
        }
        sql.push_str(&format!(" ORDER BY m.display_name, m.id LIMIT {limit}"));
        let rows = self.query(&sql, values).await?;
        rows.iter().map(|row| self.decode_member(row)).collect()
    }

    /// How many members `members_page` would list over all pages.
    pub async fn members_count(&self, search: Option<&str>) -> Result<i64, StoreError> {
        let (sql, values) = matching("SELECT COUNT(*) AS count FROM members m", search);
        let rows = self.query(&sql, values).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get("", "count")?))
    }

    /// True where somebody other than this member is an active admin.
    pub async fn has_other_admin(&self, than: MemberId) -> Result<bool, StoreError> {
        let others = self
            .select::<members::Entity>()
            .filter(members::Column::Id.ne(than.0))
            .filter(members::Column::IsAdmin.eq(true))
            .filter(members::Column::Active.eq(true));
        Ok(self.one(others).await?.is_some())
    }

    /// Makes a member an admin, or takes that role from them.
    pub async fn set_admin(&self, member: MemberId, is_admin: bool) -> Result<(), StoreError> {
        self.set_member(member, members::ActiveModel { is_admin: Set(is_admin), ..Default::default() }).await
    }

    /// Keeps a member from signing in, and takes the admin's role from them; or lets them sign in again, without it.
    pub async fn set_member_active(&self, member: MemberId, active: bool) -> Result<(), StoreError> {
        let change = members::ActiveModel { active: Set(active), is_admin: Set(false), ..Default::default() };
        self.set_member(member, change).await
    }

    /// Sets a person's name, and the address they sign in with.
    pub async fn update_person(
        &self,
        member: MemberId,
        display_name: &str,
        email: Option<&str>,
    ) -> Result<(), StoreError> {
        let change = members::ActiveModel {
            display_name: Set(display_name.to_owned()),
            email: Set(email.map(str::to_owned)),
            ..Default::default()
        };
        self.set_member(member, change).await
    }

    async fn set_member(&self, member: MemberId, change: members::ActiveModel) -> Result<(), StoreError> {
        let update = self.update::<members::Entity>().filter(members::Column::Id.eq(member.0)).set(change);
        self.run_update(update).await.map(|_| ())
    }

    /// Says whether a clinician sees clients; what they have set stays under it.
    pub async fn set_clinician_active(
        &self,
        clinician: ClinicianId,
        active: bool,
        decision: Decision,
    ) -> Result<(), StoreError> {
        let change = clinicians::ActiveModel {
            active: Set(active),
            active_decided_by: Set(decision.by.map(|by| by.0)),
            active_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        let update = self.update::<clinicians::Entity>().filter(clinicians::Column::Id.eq(clinician.0)).set(change);
        self.run_update(update).await.map(|_| ())
    }

    /// Sets what is shown of a clinician, and the zone of their wall clock.
    pub async fn update_clinician(
        &self,
        clinician: ClinicianId,
        member: MemberId,
        display_name: &str,
        credentials: Option<&str>,
        zone: Tz,
    ) -> Result<(), StoreError> {
        let name = members::ActiveModel { display_name: Set(display_name.to_owned()), ..Default::default() };
        let person = self.update::<members::Entity>().filter(members::Column::Id.eq(member.0)).set(name);
        self.run_update(person).await?;
        let change = clinicians::ActiveModel {
            credentials: Set(credentials.map(str::to_owned)),
            time_zone: Set(zone.name().to_owned()),
            ..Default::default()
        };
        let update = self.update::<clinicians::Entity>().filter(clinicians::Column::Id.eq(clinician.0)).set(change);
        self.run_update(update).await.map(|_| ())
    }

    /// Says whether a client is one of the practice.
    pub async fn set_client_active(
        &self,
        client: ClientId,
        active: bool,
        decision: Decision,
    ) -> Result<(), StoreError> {
        let change = clients::ActiveModel {
            active: Set(active),
            active_decided_by: Set(decision.by.map(|by| by.0)),
            active_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        let update = self.update::<clients::Entity>().filter(clients::Column::Id.eq(client.0)).set(change);
        self.run_update(update).await.map(|_| ())
    }

    /// The member of the practice who has that address, and whether they are active.
    pub async fn member_with_email(&self, email: &str) -> Result<Option<(MemberId, bool)>, StoreError> {
        let select = self.select::<members::Entity>().filter(members::Column::Email.eq(email));
        Ok(self.one(select).await?.map(|row| (MemberId(row.id), row.active)))
    }

    fn decode_member(&self, row: &QueryResult) -> Result<MemberRow, StoreError> {
        let roles = self.decode_viewer(row)?;
        Ok(MemberRow {
            id: roles.member_id,
            display_name: row.try_get("", "display_name")?,
            email: row.try_get("", "email")?,
            active: row.try_get("", "active")?,
            roles,
        })
    }
}

fn columns() -> String {
    format!("SELECT {ROLES}, m.display_name, m.email, m.active FROM members m {ITS_ROLES}")
}

fn matching(select: &str, search: Option<&str>) -> (String, Vec<Value>) {
    let (mut sql, mut values) = (format!("{select} WHERE m.practice_id = $1"), Vec::new());
    if let Some(search) = search {
        values.push(format!("%{}%", escape_like(search)).into());
        sql.push_str(" AND (LOWER(m.display_name) LIKE LOWER($2) ESCAPE '\\' OR m.email LIKE LOWER($2) ESCAPE '\\')");
    }
    (sql, values)
}
