//! The few questions that are about the whole database: the operator's, the sweeper's and the door's, never a member's.

use std::sync::atomic::Ordering;

use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};

use super::convert::millis;
use super::scope::{IDS_PER_STATEMENT, placeholders};
use super::{Store, StoreError};
use crate::domain::ids::{LinkId, MemberId, PracticeId};
use crate::domain::time::Instant;

/// A member found by address, with the practice they belong to.
#[derive(Clone, Debug)]
pub struct MemberFound {
    pub practice_id: PracticeId,
    pub practice_name: String,
    pub member_id: MemberId,
}

/// The member whom an issuer's subject names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linked {
    pub practice_id: PracticeId,
    pub member_id: MemberId,
    pub link_id: LinkId,
}

impl Store {
    async fn across_practices(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, StoreError> {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
        let statement = Statement::from_sql_and_values(self.reader.get_database_backend(), sql, values);
        let _turn = self.shared.read_turns.take().await?;
        self.shared.patience.answered(self.reader.query_all_raw(statement)).await
    }

    /// The active members with this address, one a practice.
    pub async fn members_by_email(&self, email: &str) -> Result<Vec<MemberFound>, StoreError> {
        let sql = "SELECT m.practice_id, m.id, p.name FROM members m JOIN practices p ON p.id = m.practice_id \
                   WHERE m.email = $1 AND m.active ORDER BY p.id";
        let rows = self.across_practices(sql, vec![email.into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(MemberFound {
                    practice_id: PracticeId(row.try_get("", "practice_id")?),
                    practice_name: row.try_get("", "name")?,
                    member_id: MemberId(row.try_get("", "id")?),
                })
            })
            .collect()
    }

    /// Whom a subject of an issuer names, whether or not they may sign in.
    pub async fn linked(&self, issuer: &str, subject: &str) -> Result<Option<Linked>, StoreError> {
        let sql = "SELECT practice_id, member_id, id FROM member_links WHERE issuer = $1 AND subject = $2";
        // Asked for every request of whoever signs in so: it waits where all reads do.
        let _turn = self.shared.read_turns.take().await?;
        let rows = self.across_practices(sql, vec![issuer.into(), subject.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Linked {
            practice_id: PracticeId(row.try_get("", "practice_id")?),
            member_id: MemberId(row.try_get("", "member_id")?),
            link_id: LinkId(row.try_get("", "id")?),
        }))
    }

    /// The practices that have requests past their deadline.
    pub async fn practices_with_lapsed(&self, now: Instant) -> Result<Vec<PracticeId>, StoreError> {
        let sql = "SELECT DISTINCT practice_id FROM claims WHERE lapses_at <= $1";
        let rows = self.across_practices(sql, vec![millis(now).into()]).await?;
        rows.iter().map(|row| Ok(PracticeId(row.try_get("", "practice_id")?))).collect()
    }

    /// Where these practices' logs end.
    pub async fn last_events(&self, practices: &[PracticeId]) -> Result<Vec<(PracticeId, i64)>, StoreError> {
        let mut found = Vec::with_capacity(practices.len());
        for practices in practices.chunks(IDS_PER_STATEMENT) {
            let sql =
                format!("SELECT id, last_event FROM practices WHERE id IN ({})", placeholders(1, practices.len()));
            for row in self.across_practices(&sql, practices.iter().map(|id| id.0.into()).collect()).await? {
                found.push((PracticeId(row.try_get("", "id")?), row.try_get("", "last_event")?));
            }
        }
        Ok(found)
    }

    /// True while the database answers.
    pub async fn is_reachable(&self) -> bool {
        self.across_practices("SELECT 1 AS one", vec![]).await.is_ok()
    }
}
