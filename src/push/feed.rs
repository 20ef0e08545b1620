//! One subscriber: replays the log from their cursor, then follows it.
//!
//! The place in the log moves only when what lies before it has been handed over, so that a stream broken anywhere can
//! be resumed from its last cursor without a hole or a double.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::watch;

use super::Bus;
use crate::clock::Clock;
use crate::domain::events::{Cursor, LoggedEvent};
use crate::domain::ids::{MemberId, PracticeId};
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::store::{EventFilter, Store, StoreError};

/// What a lost wake-up costs at most: after this long a reader looks into the log by itself.
pub const RECHECK: Duration = Duration::from_secs(5);

/// How many events a subscriber reads at once, and so how many it holds in memory.
const PAGE: u64 = 100;

/// Why a stream starts over instead of going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// The cursor is beyond the log's end: it was given out by a database that has since been restored.
    CursorUnknown,
}

/// What a stream hands over.
#[derive(Clone, Debug)]
pub enum FeedItem {
    /// A fact, at its place.
    Event(Cursor, LoggedEvent),
    /// Load everything again and go on from this cursor.
    Reset(Cursor, ResetReason),
}

/// Why a stream ended.
#[derive(Debug)]
pub enum FeedEnd {
    /// The token that opened it expired.
    TokenExpired,
    /// The member may no longer follow it.
    RightsLost,
    /// The log could not be read.
    Fault(StoreError),
}

/// Judges, before anything is handed over, whether the reader may still follow this stream.
pub type StillAllowed = fn(&Viewer, &EventFilter) -> bool;

/// One subscriber's way through one practice's log.
pub struct Feed {
    store: Store,
    clock: Clock,
    wake_ups: watch::Receiver<i64>,
    practice: PracticeId,
    member: MemberId,
    expires_at: Instant,
    filter: EventFilter,
    still_allowed: StillAllowed,
    place: i64,
    read_until: i64,
    page: VecDeque<LoggedEvent>,
    reset: Option<ResetReason>,
    ended: bool,
}

/// Who follows, what, and for how long.
pub struct FeedRequest {
    pub viewer: Viewer,
    pub expires_at: Instant,
    pub filter: EventFilter,
    pub still_allowed: StillAllowed,
    pub after: Option<i64>,
}

impl Feed {
    /// Opens a stream after a place in the log, or at its end where no place is given.
    pub async fn open(store: Store, bus: &Bus, clock: Clock, request: FeedRequest) -> Result<Self, StoreError> {
        let practice = request.viewer.practice_id;
        // Listen before reading where the log ends: what is written in between then wakes us.
        let wake_ups = bus.listen(practice);
        let last_event = store.read(practice).counters().await?.last_event;
        let reset = request.after.is_some_and(|after| after > last_event).then_some(ResetReason::CursorUnknown);
        let place = if reset.is_some() { last_event } else { request.after.unwrap_or(last_event) };
        Ok(Self {
            store,
            clock,
            wake_ups,
            practice,
            member: request.viewer.member_id,
            expires_at: request.expires_at,
            filter: request.filter,
            still_allowed: request.still_allowed,
            place,
            read_until: place,
            page: VecDeque::new(),
            reset,
            ended: false,
        })
    }

    /// The next item; none once the stream has ended and has said why.
    pub async fn next(&mut self) -> Option<Result<FeedItem, FeedEnd>> {
        if self.ended {
            return None;
        }
        if let Some(reason) = self.reset.take() {
            return Some(Ok(FeedItem::Reset(self.cursor(self.place), reason)));
        }
        loop {
            if let Some(event) = self.page.pop_front() {
                self.place = event.seq;
                return Some(Ok(FeedItem::Event(self.cursor(event.seq), event)));
            }
            self.place = self.place.max(self.read_until);
            if let Err(end) = self.read_or_wait().await {
                self.ended = true;
                return Some(Err(end));
            }
        }
    }

    /// Waits for the next news of the practice, whatever they are about.
    pub async fn news(&mut self) -> Option<Result<(), FeedEnd>> {
        if self.ended {
            return None;
        }
        let before = self.read_until;
        while self.read_until == before {
            if let Err(end) = self.read_or_wait().await {
                self.ended = true;
                return Some(Err(end));
            }
        }
        self.page.clear();
        Some(Ok(()))
    }

    fn cursor(&self, seq: i64) -> Cursor {
        Cursor { practice_id: self.practice, seq }
    }

    /// Reads the next page, or waits until there may be one.
    async fn read_or_wait(&mut self) -> Result<(), FeedEnd> {
        self.wake_ups.mark_unchanged();
        let last_event = self.store.read(self.practice).counters().await.map_err(FeedEnd::Fault)?.last_event;
        if last_event > self.read_until {
            self.judge_reader().await?;
            return self.read_page(last_event).await.map_err(FeedEnd::Fault);
        }
        tokio::select! {
            () = self.clock.until(self.expires_at) => Err(FeedEnd::TokenExpired),
            _ = self.wake_ups.changed() => Ok(()),
            () = tokio::time::sleep(RECHECK) => Ok(()),
        }
    }

    async fn read_page(&mut self, last_event: i64) -> Result<(), StoreError> {
        let events = self.store.read(self.practice).events(&self.filter, self.read_until, last_event, PAGE).await?;
        let is_full = events.len() as u64 == PAGE;
        self.read_until = events.last().filter(|_| is_full).map_or(last_event, |event| event.seq);
        self.page = events.into();
        Ok(())
    }

    /// Rights are read anew with every page: a member who is deactivated or loses the role reads no further.
    async fn judge_reader(&self) -> Result<(), FeedEnd> {
        if self.clock.now() >= self.expires_at {
            return Err(FeedEnd::TokenExpired);
        }
        let viewer = self.store.read(self.practice).viewer(self.member).await.map_err(FeedEnd::Fault)?;
        match viewer.filter(|viewer| (self.still_allowed)(viewer, &self.filter)) {
            Some(_) => Ok(()),
            None => Err(FeedEnd::RightsLost),
        }
    }
}
