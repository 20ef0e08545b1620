//! The log of reads.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::convert::{instant, millis, word};
use super::{Scope, Store, StoreError};
use crate::domain::client_reads::{ClientRead, ClientReadFilter, ClientReadKind};
use crate::domain::ids::{ClientId, MemberId, PracticeId};
use crate::domain::time::Instant;
use entity::client_reads::{Column, Entity, Model};

/// A look that was kept.
#[derive(Clone, Debug)]
pub struct ClientReadRow {
    pub id: Uuid,
    pub read: ClientRead,
}

impl Store {
    /// Keeps looks at a practice's clients, each once. Needs none of the practice's counters, and waits for no writer that
    /// does.
    pub async fn keep_client_reads(&self, practice: PracticeId, reads: &[ClientRead]) -> Result<(), StoreError> {
        let write = self.begin(practice).await?;
        let row = |read: &ClientRead| Model {
            practice_id: practice.0,
            id: read.id(practice),
            member_id: read.member_id.0,
            client_id: read.client_id.0,
            kind: read.kind.as_str().to_owned(),
            read_at: millis(read.read_at),
        };
        let already = OnConflict::columns([Column::PracticeId, Column::Id]).do_nothing().to_owned();
        write.scope().insert_new::<Entity, _>(reads.iter().map(row).collect(), already).await?;
        write.commit().await?;
        Ok(())
    }
}

impl Scope<'_> {
    /// The newest looks that match, before the one at a place.
    pub async fn client_reads_page(
        &self,
        filter: &ClientReadFilter,
        after: Option<(Instant, Uuid)>,
        limit: u64,
    ) -> Result<Vec<ClientReadRow>, StoreError> {
        let mut select =
            self.matching_reads(filter).order_by_desc(Column::ReadAt).order_by_desc(Column::Id).limit(limit);
        if let Some((at, id)) = after {
            let same = Condition::all().add(Column::ReadAt.eq(millis(at))).add(Column::Id.lt(id));
            select = select.filter(Condition::any().add(Column::ReadAt.lt(millis(at))).add(same));
        }
        self.all(select).await?.into_iter().map(decode).collect()
    }

    /// How many looks match.
    pub async fn client_reads_count(&self, filter: &ClientReadFilter) -> Result<u64, StoreError> {
        self.tally(self.matching_reads(filter)).await
    }

    fn matching_reads(&self, filter: &ClientReadFilter) -> Select<Entity> {
        let asked = [
            filter.member.map(|member| Column::MemberId.eq(member.0)),
            filter.client.map(|client| Column::ClientId.eq(client.0)),
            filter.from.map(|from| Column::ReadAt.gte(millis(from))),
            filter.to.map(|to| Column::ReadAt.lt(millis(to))),
        ];
        asked.into_iter().flatten().fold(self.select::<Entity>(), QueryFilter::filter)
    }
}

fn decode(row: Model) -> Result<ClientReadRow, StoreError> {
    let read = ClientRead {
        member_id: MemberId(row.member_id),
        client_id: ClientId(row.client_id),
        kind: word(ClientReadKind::from_text(&row.kind), "a kind of look", &row.kind)?,
        read_at: instant(row.read_at)?,
    };
    Ok(ClientReadRow { id: row.id, read })
}
