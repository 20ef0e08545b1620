//! Time that a clinician keeps free of meetings.

use async_graphql::{ID, SimpleObject};

use crate::graphql::scalars::DateTime;
use crate::usecases::BlockRow;

/// A stretch of a clinician's time that no client can ask for.
#[derive(SimpleObject, Clone, Debug)]
pub struct BlockedTime {
    /// `block_` and 32 hexadecimal digits. Give it to `unblockTime`.
    id: ID,
    /// Its start.
    starts_at: DateTime,
    /// Its end: a meeting may start at this very instant.
    ends_at: DateTime,
}

impl From<BlockRow> for BlockedTime {
    fn from(row: BlockRow) -> Self {
        let (starts_at, ends_at) = (row.stretch.start.into(), row.stretch.end.into());
        Self { id: row.id.to_string().into(), starts_at, ends_at }
    }
}
