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

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;

    use crate::store::sqlite;

    /// On SQLite; of PostgreSQL the tests of copying say it.
    #[tokio::test]
    async fn the_database_itself_refuses_to_change_the_log_of_reads() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, database) = sqlite::open(&folder.path().join("test.db")).await.expect("it opens");
        let run = async |sql: &str| database.execute_unprepared(sql).await;
        run("PRAGMA foreign_keys = OFF").await.expect("it is set");
        let look = "INSERT INTO client_reads (practice_id, id, member_id, client_id, kind, read_at) \
                    VALUES (x'01', x'02', x'03', x'04', 'PROFILE', 1)";
        run(look).await.expect("a look is kept");
        let other = look.replace("INSERT", "INSERT OR REPLACE").replace(", 1)", ", 5)");
        run(&other).await.expect("the first look stays");
        run("DELETE FROM client_reads WHERE read_at = 5").await.expect("there is none");
        for sql in ["UPDATE client_reads SET read_at = 0", "DELETE FROM client_reads WHERE read_at = 1"] {
            let refused = run(sql).await.expect_err("it is append-only").to_string();
            assert!(refused.contains("client_reads_append_only"), "{sql}: {refused}");
        }
    }
}
