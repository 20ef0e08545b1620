//! One followed practice: its followers on this server, and how far its log has been read for them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::watch;

use super::{Hub, Told};
use crate::domain::events::{EventFilter, EventKind};
use crate::domain::ids::{ClientId, PracticeId};
use crate::domain::settings::PracticeSettings;
use crate::domain::viewer::{SignIn, Viewer};
use crate::store::StoreError;

/// How many events are read at once for all followers.
const PAGE: u64 = 500;

/// How many events wait for one follower. One who is further behind reads the log alone.
const QUEUE: usize = 64;

/// One practice's log, as far as it has been read for its followers.
pub(super) struct Topic {
    practice: PracticeId,
    followers: Mutex<Followers>,
    /// As they stand after the last event that was read; none before the first.
    settings: Mutex<Option<Arc<PracticeSettings>>>,
    closed: watch::Sender<bool>,
}

struct Followers {
    read_until: i64,
    next_key: u64,
    by_key: HashMap<u64, Follower>,
}

struct Follower {
    viewer: Viewer,
    filter: EventFilter,
    queue: mpsc::Sender<Arc<Told>>,
    unseated: Arc<OnceLock<Unseated>>,
}

/// Why a follower gets nothing more into their queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unseated {
    /// The queue was full.
    Behind,
    /// The member is not any more who they were when the stream began.
    RightsChanged,
}

/// One follower's place. Dropped, it is free.
pub(super) struct Seat {
    /// Everything after this number comes into the queue.
    pub from: i64,
    pub queue: mpsc::Receiver<Arc<Told>>,
    unseated: Arc<OnceLock<Unseated>>,
    key: u64,
    topic: Arc<Topic>,
    hub: Hub,
}

impl Seat {
    /// Why nothing more comes, where nothing does.
    pub fn unseated(&self) -> Option<Unseated> {
        self.unseated.get().copied()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.metrics().subscribers.dec();
        if self.topic.leave(self.key) {
            self.hub.forget(self.topic.practice);
        }
    }
}

impl Topic {
    /// A topic that nobody follows yet, read until `read_until`.
    pub fn new(practice: PracticeId, read_until: i64) -> Self {
        let followers = Followers { read_until, next_key: 0, by_key: HashMap::new() };
        let (followers, settings) = (Mutex::new(followers), Mutex::default());
        Self { practice, followers, settings, closed: watch::Sender::new(false) }
    }

    /// The practice that is followed.
    pub fn practice(&self) -> PracticeId {
        self.practice
    }

    /// Takes a seat; none once the last follower has left.
    pub fn seat(topic: &Arc<Self>, hub: &Hub, viewer: &Viewer, filter: &EventFilter) -> Option<Seat> {
        let mut followers = topic.followers();
        if topic.is_closed() {
            return None;
        }
        let (sender, queue) = mpsc::channel(QUEUE);
        let unseated = Arc::<OnceLock<_>>::default();
        let key = followers.next_key;
        followers.next_key += 1;
        let (viewer, filter) = (viewer.clone(), filter.clone());
        followers.by_key.insert(key, Follower { viewer, filter, queue: sender, unseated: unseated.clone() });
        hub.metrics().subscribers.inc();
        Some(Seat { from: followers.read_until, queue, unseated, key, topic: topic.clone(), hub: hub.clone() })
    }

    /// True once the last follower has left.
    pub fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Waits for the last follower to leave.
    pub async fn closed(&self) {
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// Gives a seat back. True where it was the last one.
    fn leave(&self, key: u64) -> bool {
        let mut followers = self.followers();
        followers.by_key.remove(&key);
        let was_last = followers.by_key.is_empty();
        if was_last {
            self.closed.send_replace(true);
        }
        was_last
    }

    /// Reads the log until `last_event`, or to its end where that comes before, and hands what is new to those who follow
    /// it. Answers how far it has been read.
    pub async fn read_to(&self, hub: &Hub, last_event: i64) -> Result<i64, StoreError> {
        loop {
            let read_until = self.followers().read_until;
            if read_until >= last_event {
                return Ok(read_until);
            }
            let events = hub.store().read(self.practice).events(&EventFilter::default(), read_until, PAGE).await?;
            let Some(reached) = events.last().map(|(event, _)| event.seq) else { return Ok(read_until) };
            let only_requests = events.iter().all(|(event, _)| !event.kind.can_change_rights());
            if !only_requests {
                let care_ended = events.iter().filter(|(event, _)| event.kind == EventKind::CareEnded);
                self.judge(hub, care_ended.filter_map(|(event, _)| event.client_id).collect()).await?;
            }
            let settings = self.settings(hub, only_requests).await?;
            let now = hub.clock().now();
            for (event, _) in &events {
                hub.metrics().observe_delay(now - event.occurred_at);
            }
            self.hand_out(events.into_iter().map(|event| Arc::new(Told::new(event, &settings))).collect(), reached);
        }
    }

    /// The settings; read anew unless they are known and nothing but requests has happened since.
    async fn settings(&self, hub: &Hub, only_requests: bool) -> Result<Arc<PracticeSettings>, StoreError> {
        let known = self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|_| only_requests) {
            return Ok(known);
        }
        let settings = hub.store().settings(self.practice).await?;
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = Some(settings.clone());
        Ok(settings)
    }

    /// Unseats whoever is not any more the member that they were when their stream began, and the clients whose care ended.
    async fn judge(&self, hub: &Hub, care_ended: BTreeSet<ClientId>) -> Result<(), StoreError> {
        let members: BTreeSet<_> = self.followers().by_key.values().map(|one| one.viewer.sign_in()).collect();
        let members: Vec<_> = members.into_iter().collect();
        let now: HashMap<SignIn, Viewer> = hub.store().read(self.practice).viewers(&members).await?;
        self.followers().by_key.retain(|_, follower| {
            // One who came after the members were read was judged by their own request just now.
            let came_later = members.binary_search(&follower.viewer.sign_in()).is_err();
            let is_as_before = came_later || now.get(&follower.viewer.sign_in()) == Some(&follower.viewer);
            let is_in_care = follower.viewer.client_id.is_none_or(|client| !care_ended.contains(&client));
            if !is_as_before || !is_in_care {
                let _ = follower.unseated.set(Unseated::RightsChanged);
            }
            is_as_before && is_in_care
        });
        Ok(())
    }

    fn hand_out(&self, events: Vec<Arc<Told>>, reached: i64) {
        let mut followers = self.followers();
        followers.read_until = reached;
        followers.by_key.retain(|_, follower| {
            for event in events.iter().filter(|event| follower.filter.admits(&event.event)) {
                match follower.queue.try_send(event.clone()) {
                    Ok(()) => {}
                    Err(TrySendError::Full(_)) => {
                        let _ = follower.unseated.set(Unseated::Behind);
                        return false;
                    }
                    Err(TrySendError::Closed(_)) => return false,
                }
            }
            true
        });
    }

    fn followers(&self) -> MutexGuard<'_, Followers> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
