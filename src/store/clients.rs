//! Clients, with the person behind each.

use sea_orm::{QueryResult, Value};

use super::convert::millis;
use super::reach::within_clients;
use super::scope::placeholders;
use super::{Scope, StoreError};
use crate::domain::ids::{ClientId, ClinicianId, MemberId};
use crate::domain::time::Instant;
use crate::domain::viewer::Reach;
use entity::clients;

/// A client as the API shows them.
#[derive(Clone, Debug)]
pub struct ClientRow {
    pub id: ClientId,
    pub member_id: MemberId,
    pub display_name: String,
    pub email: Option<String>,
    pub active: bool,
    pub blocked: bool,
}

const COLUMNS: &str = "SELECT k.id, k.member_id, k.active, k.blocked, m.display_name, m.email FROM clients k \
                       JOIN members m ON m.practice_id = k.practice_id AND m.id = k.member_id";

impl Scope<'_> {
    /// Makes a member a client, not blocked.
    pub async fn insert_client(&self, id: ClientId, member: MemberId, now: Instant) -> Result<(), StoreError> {
        self.insert::<clients::Entity, _>(clients::Model {
            practice_id: self.practice().0,
            id: id.0,
            member_id: member.0,
            active: true,
            active_decided_by: None,
            active_decided_at: None,
            created_at: millis(now),
            blocked: false,
            blocked_decided_by: None,
            blocked_decided_at: None,
        })
        .await
    }

    /// The clients with these ids that are within reach, in no order.
    pub async fn clients(&self, reach: Reach, ids: &[ClientId]) -> Result<Vec<ClientRow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut values: Vec<Value> = ids.iter().map(|id| id.0.into()).collect();
        let mut sql = format!("{COLUMNS} WHERE k.practice_id = $1 AND k.id IN ({})", placeholders(2, ids.len()));
        sql.push_str(&within_clients(reach, &mut values));
        self.query(&sql, values).await?.iter().map(decode).collect()
    }

    /// Clients in order of name, then id: those after `after`, whose name or address holds `search`.
    pub async fn clients_page(
        &self,
        of_clinician: Option<ClinicianId>,
        search: Option<&str>,
        after: Option<&(String, ClientId)>,
        limit: u64,
    ) -> Result<Vec<ClientRow>, StoreError> {
        let (mut sql, mut values) = self.matching(COLUMNS, of_clinician, search);
        if let Some((name, id)) = after {
            values.extend([name.as_str().into(), id.0.into()]);
            let at = values.len();
            sql.push_str(&format!(" AND (m.display_name > ${at} OR (m.display_name = ${at} AND k.id > ${}))", at + 1));
        }
        sql.push_str(&format!(" ORDER BY m.display_name, k.id LIMIT {limit}"));
        self.query(&sql, values).await?.iter().map(decode).collect()
    }

    /// How many clients `clients_page` would list over all pages.
    pub async fn clients_count(
        &self,
        of_clinician: Option<ClinicianId>,
        search: Option<&str>,
    ) -> Result<i64, StoreError> {
        let from = "SELECT COUNT(*) AS count FROM clients k \
                    JOIN members m ON m.practice_id = k.practice_id AND m.id = k.member_id";
        let (sql, values) = self.matching(from, of_clinician, search);
        let rows = self.query(&sql, values).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get("", "count")?))
    }

    fn matching(&self, select: &str, clinician: Option<ClinicianId>, search: Option<&str>) -> (String, Vec<Value>) {
        let (mut sql, mut values) = (format!("{select} WHERE k.practice_id = $1"), Vec::new());
        let reach = clinician.map_or(Reach::Practice, Reach::of_clinician);
        sql.push_str(&within_clients(reach, &mut values));
        if let Some(search) = search {
            values.push(format!("%{}%", escape_like(search)).into());
            let at = values.len() + 1;
            sql.push_str(&format!(
                " AND (LOWER(m.display_name) LIKE LOWER(${at}) ESCAPE '\\' OR m.email LIKE LOWER(${at}) ESCAPE '\\')"
            ));
        }
        (sql, values)
    }
}

pub(super) fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn decode(row: &QueryResult) -> Result<ClientRow, StoreError> {
    Ok(ClientRow {
        id: ClientId(row.try_get("", "id")?),
        member_id: MemberId(row.try_get("", "member_id")?),
        display_name: row.try_get("", "display_name")?,
        email: row.try_get("", "email")?,
        active: row.try_get("", "active")?,
        blocked: row.try_get("", "blocked")?,
    })
}
