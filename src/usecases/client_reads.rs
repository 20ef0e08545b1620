//! The log of reads: who looked at which client's profile, requests, appointments or access. Whoever reads never waits
//! for it: what was read is noted in memory, and saved a moment later.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::require_admin;
use super::{Desk, Refusal};
use crate::domain::client_reads::{ClientRead, ClientReadFilter, ClientReadKind};
use crate::domain::ids::{ClientId, MemberId, PracticeId};
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::store::{ClientReadRow, StoreError};

/// The most looks that wait to be saved: about ten megabytes. A database that takes none for so long is down.
const UNSAVED_MAX: usize = 100_000;

/// The most looks in one transaction, so that nobody else waits long.
const BATCH: usize = 1_000;

/// What was noted and is not saved yet; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct ReadLog(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    /// The minute that `known` is of.
    minute: i64,
    /// What was noted in it: the same once more is not another look.
    known: HashSet<(PracticeId, MemberId, ClientId, ClientReadKind)>,
    unsaved: Vec<(PracticeId, ClientRead)>,
}

impl ReadLog {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<(PracticeId, ClientRead)> {
        std::mem::take(&mut self.noted().unsaved)
    }

    /// For the next time; what there is no room for is lost, and counted by how many.
    fn put_back(&self, reads: Vec<(PracticeId, ClientRead)>) -> usize {
        let mut noted = self.noted();
        let room = UNSAVED_MAX.saturating_sub(noted.unsaved.len());
        let lost = reads.len().saturating_sub(room);
        noted.unsaved.extend(reads.into_iter().take(room));
        lost
    }
}

impl Noted {
    /// False where there is no room.
    fn note(&mut self, practice: PracticeId, read: ClientRead) -> bool {
        if self.minute != read.minute() {
            self.minute = read.minute();
            self.known.clear();
        }
        let key = (practice, read.member_id, read.client_id, read.kind);
        if self.known.contains(&key) {
            return true;
        }
        if self.unsaved.len() >= UNSAVED_MAX {
            return false;
        }
        self.known.insert(key);
        self.unsaved.push((practice, read));
        true
    }
}

/// A page of looks, newest first, and how many there are in all.
pub struct ClientReadPage {
    pub reads: Vec<ClientReadRow>,
    pub total: u64,
}

impl Desk {
    /// Notes that the viewer was shown this of these clients.
    pub fn note_reads(&self, viewer: &Viewer, kind: ClientReadKind, clients: impl IntoIterator<Item = ClientId>) {
        let now = self.clock.now();
        let reads: Vec<_> =
            clients.into_iter().filter_map(|client| ClientRead::by(viewer, client, kind, now)).collect();
        if reads.is_empty() {
            return;
        }
        let mut noted = self.read_log.noted();
        let lost = reads.into_iter().filter(|read| !noted.note(viewer.practice_id, *read)).count();
        drop(noted);
        self.metrics.client_reads_lost.inc_by(lost as u64);
    }

    /// Saves what was noted; what cannot be saved is kept for the next time.
    pub async fn save_reads(&self) -> Result<(), StoreError> {
        let mut practices: BTreeMap<PracticeId, Vec<ClientRead>> = BTreeMap::new();
        for (practice, read) in self.read_log.take() {
            practices.entry(practice).or_default().push(read);
        }
        let mut failed = (Vec::new(), Ok(()));
        for (practice, reads) in practices {
            for some in reads.chunks(BATCH) {
                if let Err(error) = self.store.keep_client_reads(practice, some).await {
                    failed.0.extend(some.iter().map(|read| (practice, *read)));
                    failed.1 = Err(error);
                }
            }
        }
        let lost = self.read_log.put_back(failed.0);
        self.metrics.client_reads_lost.inc_by(lost as u64);
        failed.1
    }

    /// Who looked, newest first; after a place where one is given. For admins.
    pub async fn client_reads_page(
        &self,
        viewer: &Viewer,
        filter: &ClientReadFilter,
        after: Option<(Instant, uuid::Uuid)>,
        limit: u64,
    ) -> Result<ClientReadPage, Refusal> {
        require_admin(viewer)?;
        let scope = self.store.read(viewer.practice_id);
        let reads = scope.client_reads_page(filter, after, limit).await?;
        Ok(ClientReadPage { reads, total: scope.client_reads_count(filter).await? })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::time;

    #[test]
    fn looks_at_the_same_within_a_minute_are_one_and_beyond_the_room_they_are_told_as_lost() {
        let practice = PracticeId(Uuid::from_u128(1));
        let look = |client: u128, at: &str| ClientRead {
            member_id: MemberId(Uuid::from_u128(2)),
            client_id: ClientId(Uuid::from_u128(client)),
            kind: ClientReadKind::Profile,
            read_at: time::parse_instant(at).expect("an instant"),
        };
        let log = ReadLog::default();
        for at in ["2026-11-25T10:00:00Z", "2026-11-25T10:00:59Z", "2026-11-25T10:01:00Z"] {
            assert!(log.noted().note(practice, look(3, at)));
        }
        assert_eq!(log.noted().unsaved.len(), 2);
        for client in 4..UNSAVED_MAX as u128 + 2 {
            assert!(log.noted().note(practice, look(client, "2026-11-25T10:01:00Z")));
        }
        assert!(!log.noted().note(practice, look(1, "2026-11-25T10:01:00Z")));
        let taken = log.take();
        assert_eq!((taken.len(), log.put_back(taken)), (UNSAVED_MAX, 0));
        assert_eq!(log.put_back(vec![(practice, look(1, "2026-11-25T10:01:00Z"))]), 1);
    }
}
