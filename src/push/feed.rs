//! One subscriber: replays the log from their cursor, then follows it.
//!
//! The place in the log moves only when what lies before it has been handed over, so that a stream broken anywhere can
//! be resumed from its last cursor without a hole or a double.

use std::collections::VecDeque;
use std::sync::Arc;

use super::topic::{Seat, Unseated};
use super::{Hub, Told};
use crate::domain::events::{Cursor, EventFilter};
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::store::{Counters, StoreError};

/// How many events a subscriber reads at once when replaying, and so how many it holds in memory.
const PAGE: u64 = 100;

/// How many events of the practice a live reader may be behind and still read them up. One further behind is told to
/// load again: what it shows is old by then.
const BEHIND_MAX: i64 = 1_000;

/// Why a stream starts over instead of going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// The cursor is beyond the log's end: it was given out by a database that has since been restored.
    CursorUnknown,
    /// The cursor is older than what streams replay.
    CursorExpired,
    /// The reader took longer than events came.
    FellBehind,
}

impl ResetReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::CursorUnknown => "CURSOR_UNKNOWN",
            Self::CursorExpired => "CURSOR_EXPIRED",
            Self::FellBehind => "FELL_BEHIND",
        }
    }
}

/// What a stream hands over.
pub enum FeedItem {
    /// A fact, at its place.
    Event(Cursor, Arc<Told>),
    /// Load everything again and go on from this cursor.
    Reset(Cursor, ResetReason),
}

/// Why a stream ended.
#[derive(Debug)]
pub enum FeedEnd {
    /// The token that opened it expired.
    TokenExpired,
    /// The member is not any more who they were when the stream began.
    RightsChanged,
    /// The log could not be read.
    Fault(StoreError),
}

/// One subscriber's way through one practice's log.
pub struct Feed {
    hub: Hub,
    request: FeedRequest,
    seat: Seat,
    /// The last event that was handed over, or what lies before the first.
    place: i64,
    /// What has been read of the log: the page begins after `place` and ends here.
    read_until: i64,
    page: VecDeque<Arc<Told>>,
    reset: Option<ResetReason>,
    ended: bool,
}

/// Who follows, what, and for how long.
pub struct FeedRequest {
    pub viewer: Viewer,
    pub expires_at: Instant,
    pub filter: EventFilter,
    pub after: Option<i64>,
}

impl Feed {
    /// Opens a stream after a place in the log, or at its end where no place is given; none where the member is not any
    /// more who they were.
    pub async fn open(hub: Hub, request: FeedRequest) -> Result<Option<Self>, StoreError> {
        // Seated before reading where the log ends, and who the member is: what is written in between comes into the
        // queue, and what changes their rights in between unseats them.
        let seat = hub.seat(&request.viewer, &request.filter).await?;
        let scope = hub.store().read(request.viewer.practice_id);
        let found = scope.viewer_and_counters(request.viewer.sign_in()).await?;
        let (viewer, Counters { last_event, .. }) = found.ok_or(StoreError::NoPractice)?;
        if viewer.as_ref() != Some(&request.viewer) {
            return Ok(None);
        }
        let reset = match request.after {
            Some(after) if after > last_event => Some(ResetReason::CursorUnknown),
            Some(after) if after < last_event => {
                let first_missed = scope.event_time(after + 1).await?;
                let oldest = hub.clock().now() - hub.retention();
                first_missed.is_none_or(|at| at < oldest).then_some(ResetReason::CursorExpired)
            }
            _ => None,
        };
        let place = if reset.is_some() { last_event } else { request.after.unwrap_or(last_event) };
        Ok(Some(Self { hub, request, seat, place, read_until: place, page: VecDeque::new(), reset, ended: false }))
    }

    /// The next item; none once the stream has ended and has said why.
    pub async fn next(&mut self) -> Option<Result<FeedItem, FeedEnd>> {
        if self.ended {
            return None;
        }
        let next = self.item().await;
        self.ended = next.is_err();
        Some(next)
    }

    async fn item(&mut self) -> Result<FeedItem, FeedEnd> {
        loop {
            if let Some(reason) = self.reset.take() {
                self.hub.metrics().count_reset(reason.as_str());
                return Ok(FeedItem::Reset(self.cursor(), reason));
            }
            match self.seat.unseated() {
                None => {}
                Some(Unseated::RightsChanged) => return Err(FeedEnd::RightsChanged),
                // At once, not when the queue is empty: without a seat they are judged by nobody, and the log has it all.
                Some(Unseated::Behind) => {
                    Box::pin(self.sit_again()).await?;
                    continue;
                }
            }
            if self.hub.clock().now() >= self.request.expires_at {
                return Err(FeedEnd::TokenExpired);
            }
            if let Some(event) = self.page.pop_front() {
                return Ok(self.hand_over(event));
            }
            self.place = self.place.max(self.read_until);
            if self.read_until < self.seat.from {
                // Boxed, like what else happens seldom: a stream waits most of its life, and ten thousand wait at once.
                Box::pin(self.replay()).await?;
                continue;
            }
            let woken = tokio::select! {
                () = self.hub.clock().until(self.request.expires_at) => return Err(FeedEnd::TokenExpired),
                event = self.seat.queue.recv() => event,
            };
            match woken {
                Some(event) if event.event.seq > self.place => return Ok(self.hand_over(event)),
                Some(_) => {}
                None => Box::pin(self.sit_again()).await?,
            }
        }
    }

    fn hand_over(&mut self, event: Arc<Told>) -> FeedItem {
        self.place = event.event.seq;
        self.read_until = self.read_until.max(self.place);
        FeedItem::Event(self.cursor(), event)
    }

    fn cursor(&self) -> Cursor {
        Cursor { practice_id: self.request.viewer.practice_id, seq: self.place }
    }

    /// Reads the next page of what lies between the place and the seat.
    async fn replay(&mut self) -> Result<(), FeedEnd> {
        let scope = self.hub.store().read(self.request.viewer.practice_id);
        let events = scope.events(&self.request.filter, self.read_until, PAGE).await.map_err(FeedEnd::Fault)?;
        let is_full = events.len() as u64 == PAGE;
        let last = events.last().map_or(self.read_until, |(event, _)| event.seq);
        // A page that is not full holds all that there is, so the log has been read to the seat at least.
        self.read_until = if is_full { last } else { last.max(self.seat.from) };
        let now = self.hub.clock().now();
        for (event, _) in &events {
            self.hub.metrics().observe_replay(now - event.occurred_at);
        }
        if !events.is_empty() {
            let settings = self.hub.store().settings(self.request.viewer.practice_id).await.map_err(FeedEnd::Fault)?;
            self.page = events.into_iter().map(|event| Arc::new(Told::new(event, &settings))).collect();
        }
        Ok(())
    }

    /// Takes a new seat where the queue of the old one was full: what was missed is replayed, or the stream starts over.
    async fn sit_again(&mut self) -> Result<(), FeedEnd> {
        if self.seat.unseated() == Some(Unseated::RightsChanged) {
            return Err(FeedEnd::RightsChanged);
        }
        self.seat = self.hub.seat(&self.request.viewer, &self.request.filter).await.map_err(FeedEnd::Fault)?;
        self.read_until = self.place;
        // Without a seat they were judged by nobody.
        let scope = self.hub.store().read(self.request.viewer.practice_id);
        let viewer = scope.viewer(self.request.viewer.sign_in()).await.map_err(FeedEnd::Fault)?;
        if viewer.as_ref() != Some(&self.request.viewer) {
            return Err(FeedEnd::RightsChanged);
        }
        if self.seat.from - self.place > BEHIND_MAX {
            (self.place, self.read_until) = (self.seat.from, self.seat.from);
            self.reset = Some(ResetReason::FellBehind);
        }
        Ok(())
    }
}
