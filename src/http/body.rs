//! Reads bodies: each within its limits, and all that are being read at once within theirs. Who is slow, or holds the end
//! back, keeps others' large bodies waiting, and takes no more memory than that.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::{StatusCode, header};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Refused;
use super::network::household;
use super::seats::{Seat, Seats};
use crate::limits::{Limit, Limits};

/// A body of no more takes no room, in bytes: what a page of a frontend asks for is read however busy it is.
const FREE_BYTES: usize = 4 * 1024;
/// One address may have such a part of the room, and one body in any case.
const SHARES: usize = 4;
/// How soon somebody may come back for whom there was no room, in seconds.
const RETRY_SECONDS: u16 = 5;

/// Room for what is being read; cheap to clone.
#[derive(Clone)]
pub struct ReadingRoom {
    all: Arc<Semaphore>,
    /// How much of it each address has.
    shares: Seats<IpAddr>,
    share: usize,
}

impl ReadingRoom {
    /// By these limits; for one body of the largest at least.
    pub fn new(limits: &Limits) -> Self {
        let bytes = limits.size(Limit::ReadingBytes).max(limits.size(Limit::BodyBytes));
        let share = (bytes / SHARES / limits.size(Limit::BodyBytes).max(1)).max(1);
        Self { all: Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)).into(), shares: Seats::default(), share }
    }

    /// A place among the bodies of one address that may take room at once; none where it has its share.
    fn place(&self, address: Option<IpAddr>) -> Option<Option<Seat<IpAddr>>> {
        let Some(address) = address else { return Some(None) };
        self.shares.take(household(address), self.share).map(Some)
    }

    /// Waits for room for so many bytes more, which are given back when the answer is dropped.
    pub async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        self.all.clone().acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX)).await.ok()
    }
}

/// A body that was read, with the room that it takes.
pub struct Read {
    pub bytes: Vec<u8>,
    _room: Option<(Option<Seat<IpAddr>>, OwnedSemaphorePermit)>,
}

/// Reads a body to its end. Room for all of it is taken first: what has come of a body that waits fills a buffer too.
/// Of one address no more is read at once than its share, so that nobody keeps the room from everybody else.
pub async fn read(room: &ReadingRoom, limits: &Limits, address: Option<IpAddr>, body: Body) -> Result<Read, Refused> {
    let mut deadline = pin!(tokio::time::sleep(limits.span(Limit::BodySeconds)));
    let announced = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    within(limits, Limit::BodyBytes, announced.unwrap_or_default())?;
    let room = match announced.unwrap_or(limits.size(Limit::BodyBytes)) {
        0..=FREE_BYTES => None,
        bytes => {
            let refused = || {
                let refused = Refused::over(limits, StatusCode::SERVICE_UNAVAILABLE, Limit::ReadingBytes);
                refused.with(header::RETRY_AFTER, RETRY_SECONDS)
            };
            let place = room.place(address).ok_or_else(refused)?;
            tokio::select! {
                room = room.take(bytes) => room.map(|room| (place, room)),
                () = &mut deadline => return Err(refused()),
            }
        }
    };
    let mut read = Read { bytes: Vec::with_capacity(announced.unwrap_or_default()), _room: room };
    let (mut chunks, mut count) = (body.into_data_stream(), 0);
    loop {
        let chunk = tokio::select! {
            chunk = chunks.next() => chunk,
            () = &mut deadline => return Err(Refused::over(limits, StatusCode::REQUEST_TIMEOUT, Limit::BodySeconds)),
        };
        let Some(chunk) = chunk else { return Ok(read) };
        let chunk = chunk.map_err(|_| Refused::new(StatusCode::BAD_REQUEST, "The body ended early. Send it again."))?;
        count += 1;
        within(limits, Limit::BodyChunks, count)?;
        within(limits, Limit::BodyBytes, read.bytes.len() + chunk.len())?;
        read.bytes.extend_from_slice(&chunk);
    }
}

fn within(limits: &Limits, limit: Limit, found: usize) -> Result<(), Refused> {
    if found > limits.size(limit) {
        return Err(Refused::over(limits, StatusCode::PAYLOAD_TOO_LARGE, limit));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::http::media::Media;
    use crate::limits::SetLimit;

    #[tokio::test(start_paused = true)]
    async fn a_large_body_waits_for_room_and_is_refused_where_there_is_none_in_time() {
        let set = |limits: Limits, limit, value| limits.with(SetLimit { limit, value });
        let limits = set(set(Limits::default(), Limit::ReadingBytes, 16 * 1024), Limit::BodyBytes, 16 * 1024);
        let room = ReadingRoom::new(&limits);
        let all = room.take(16 * 1024).await;
        let body = |bytes: usize| Body::from(vec![b' '; bytes]);
        assert_eq!(
            read(&room, &limits, None, body(FREE_BYTES)).await.map(|read| read.bytes.len()).ok(),
            Some(FREE_BYTES)
        );
        let refused =
            read(&room, &limits, None, body(FREE_BYTES + 1)).await.err().expect("refused").in_media(Media::Json);
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let told = axum::body::to_bytes(refused.into_body(), usize::MAX).await.expect("a body");
        assert!(String::from_utf8_lossy(&told).contains("\"reading_bytes\""), "{told:?}");
        drop(all);
        let read = read(&room, &limits, None, body(16 * 1024)).await.ok().expect("there is room");
        assert_eq!(room.all.available_permits(), 0);
        drop(read);
        assert_eq!(room.all.available_permits(), 16 * 1024, "it is given back");
    }

    #[tokio::test]
    async fn one_address_cannot_take_all_the_room() {
        let limits = Limits::default();
        let room = ReadingRoom::new(&limits);
        let (greedy, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let endless =
            || Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::convert::Infallible>>());
        let held = (0..room.share).map(|_| Box::pin(read(&room, &limits, Some(greedy), endless())));
        let mut held: Vec<_> = held.collect();
        held.iter_mut().for_each(|one| assert!(one.now_or_never().is_none(), "it waits for the end"));
        let refused = read(&room, &limits, Some(greedy), endless()).now_or_never().expect("at once").err();
        assert_eq!(refused.expect("refused").in_media(Media::Json).status(), StatusCode::SERVICE_UNAVAILABLE);
        let large = Body::from(vec![b' '; limits.size(Limit::BodyBytes)]);
        assert!(read(&room, &limits, Some(other), large).await.is_ok(), "there is room for others");
    }
}
