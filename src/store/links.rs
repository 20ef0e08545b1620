//! The issuers' subjects that members sign in by.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::convert::{instant, millis};
use super::{Scope, StoreError};
use crate::domain::ids::{LinkId, MemberId};
use crate::domain::time::Instant;
use entity::member_links::{Column, Entity, Model};

/// A subject of an issuer, and the member whom it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    pub id: LinkId,
    pub member_id: MemberId,
    pub issuer: String,
    pub subject: String,
    /// None for the operator.
    pub linked_by: Option<MemberId>,
    pub linked_at: Instant,
}

impl Scope<'_> {
    /// Adds a link. A subject that is linked anywhere already is a `Duplicate`.
    pub async fn insert_link(&self, link: &LinkRow) -> Result<(), StoreError> {
        self.insert::<Entity, _>(Model {
            practice_id: self.practice().0,
            id: link.id.0,
            member_id: link.member_id.0,
            issuer: link.issuer.clone(),
            subject: link.subject.clone(),
            linked_by: link.linked_by.map(|by| by.0),
            linked_at: millis(link.linked_at),
        })
        .await
    }

    /// The link with an id.
    pub async fn link(&self, id: LinkId) -> Result<Option<LinkRow>, StoreError> {
        let row = self.one(self.select::<Entity>().filter(Column::Id.eq(id.0))).await?;
        row.map(decode).transpose()
    }

    /// These members' links, oldest first.
    pub async fn links_of(&self, members: &[MemberId]) -> Result<Vec<LinkRow>, StoreError> {
        let of_members = Column::MemberId.is_in(members.iter().map(|id| id.0));
        let rows = self.all(self.select::<Entity>().filter(of_members).order_by_asc(Column::Id)).await?;
        rows.into_iter().map(decode).collect()
    }

    /// Takes a link away.
    pub async fn delete_link(&self, id: LinkId) -> Result<(), StoreError> {
        self.run_delete(self.delete::<Entity>().filter(Column::Id.eq(id.0))).await.map(|_| ())
    }
}

fn decode(row: Model) -> Result<LinkRow, StoreError> {
    Ok(LinkRow {
        id: LinkId(row.id),
        member_id: MemberId(row.member_id),
        issuer: row.issuer,
        subject: row.subject,
        linked_by: row.linked_by.map(MemberId),
        linked_at: instant(row.linked_at)?,
    })
}
