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
pub(super) struct ReadLog {
    noted: Arc<Mutex<Noted>>,
    /// Held by whoever saves.
    saving: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Noted {
    /// The minute that `known` is of.
    minute: i64,
    /// What was noted in it: the same once more is not another look.
    known: HashSet<(PracticeId, MemberId, ClientId, ClientReadKind)>,
    /// In the order in which they were noted.
    unsaved: BTreeMap<PracticeId, Vec<ClientRead>>,
    count: usize,
}

impl ReadLog {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
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
        if self.count >= UNSAVED_MAX {
            return false;
        }
        self.known.insert(key);
        self.unsaved.entry(practice).or_default().push(read);
        self.count += 1;
        true
    }

    /// The first that wait in a practice. They wait on until they are saved.
    fn first(&self, practice: PracticeId) -> Vec<ClientRead> {
        self.unsaved.get(&practice).map(|reads| reads[..reads.len().min(BATCH)].to_vec()).unwrap_or_default()
    }

    /// The first so many are saved.
    fn saved(&mut self, practice: PracticeId, count: usize) {
        let Some(reads) = self.unsaved.get_mut(&practice) else { return };
        reads.drain(..count);
        self.count -= count;
        if reads.is_empty() {
            self.unsaved.remove(&practice);
        }
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

    /// Saves what was noted; what cannot be saved is kept for the next time. Given up half-way, it loses nothing.
    pub async fn save_reads(&self) -> Result<(), StoreError> {
        let _alone = self.read_log.saving.lock().await;
        let practices: Vec<_> = self.read_log.noted().unsaved.keys().copied().collect();
        let mut failed = Ok(());
        for practice in practices {
            loop {
                let reads = self.read_log.noted().first(practice);
                if reads.is_empty() {
                    break;
                }
                if let Err(error) = self.store.keep_client_reads(practice, &reads).await {
                    failed = Err(error);
                    break;
                }
                self.read_log.noted().saved(practice, reads.len());
            }
        }
        failed
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
        assert_eq!(log.noted().first(practice).len(), 2);
        for client in 4..UNSAVED_MAX as u128 + 2 {
            assert!(log.noted().note(practice, look(client, "2026-11-25T10:01:00Z")));
        }
        assert!(!log.noted().note(practice, look(1, "2026-11-25T10:01:00Z")), "there is no room");
        let first = log.noted().first(practice);
        assert_eq!((first.len(), log.noted().first(practice)), (BATCH, first), "they wait until they are saved");
        log.noted().saved(practice, BATCH);
        assert!(log.noted().note(practice, look(1, "2026-11-25T10:01:00Z")));
    }
}
