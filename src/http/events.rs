//! GraphQL over Server-Sent Events, in graphql-sse's mode of distinct connections: one operation an answer. For networks
//! that break WebSockets.

use std::convert::Infallible;
use std::time::Duration;

use async_graphql::futures_util::stream::{self, StreamExt};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tracing::Instrument;

use super::answer::{Refused, is_request_error, whole};
use super::media::Media;
use super::seats::Seat;
use super::{Server, graphql, operation};
use crate::domain::events::Cursor;
use crate::domain::ids::MemberId;
use crate::graphql::{ResumeAfter, Said, Saying, TokenIdentity, request_id};
use crate::limits::Limit;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies that gather an answer before they pass it on would hold events back.
const NO_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
/// How long a client that lost its stream waits before it comes back, in milliseconds: each another time, since when a
/// server stops they would all come at once.
const RETRY_MILLIS: std::ops::Range<u64> = 1_000..3_000;
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// An operation's one response.
pub fn once(response: async_graphql::Response) -> Response {
    if is_request_error(&response) {
        return whole(response, Media::GraphqlResponse);
    }
    let payload = serde_json::to_string(&response).unwrap_or_default();
    answer(Body::from(next(&payload, None) + COMPLETE))
}

/// A subscription's events. A document that cannot be run is refused with its status, not in an event.
pub async fn open(
    server: &Server,
    mut request: async_graphql::Request,
    identity: Option<TokenIdentity>,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let mut seat = None;
    if let Some(identity) = identity {
        let taken = server.seats.take(identity.0.member_id, server.limits.size(Limit::SocketsPerMember));
        let over = || graphql::over(server, StatusCode::TOO_MANY_REQUESTS, Limit::SocketsPerMember);
        seat = Some(taken.ok_or_else(over)?);
        request = request.data(identity);
    }
    if let Some(Ok(last)) = headers.get(LAST_EVENT_ID).map(|value| value.to_str()) {
        request = request.data(ResumeAfter(last.to_owned()));
    }
    let said = match operation::follow(server, request).await {
        Ok(said) => said,
        Err(response) => return Ok(once(response)),
    };
    let every = server.limits.span(Limit::PingSeconds);
    let events = Events { begun: false, said, stopping: server.stopping.subscribe(), every, _seat: seat };
    let (id, span) = (request_id::current(), tracing::Span::current());
    let events = stream::unfold(Some(events), move |events| {
        let next = async { events?.next().await };
        request_id::scope(id.clone(), next).instrument(span.clone())
    });
    Ok(answer(Body::from_stream(events.map(Ok::<_, Infallible>))))
}

fn retry() -> String {
    let mut random = [0; 2];
    // Without randomness all wait alike.
    let _ = getrandom::fill(&mut random);
    let spread = RETRY_MILLIS.end - RETRY_MILLIS.start;
    format!("retry: {}\n\n", RETRY_MILLIS.start + u64::from(u16::from_le_bytes(random)) % spread)
}

fn answer(body: Body) -> Response {
    ([(header::CONTENT_TYPE, Media::EventStream.content_type()), NO_BUFFERING], body).into_response()
}

/// One subscription that is followed.
struct Events {
    begun: bool,
    said: Saying,
    stopping: watch::Receiver<bool>,
    /// How often something is sent at least, so that no proxy takes the stream for dead, and we find out who is gone.
    every: Duration,
    _seat: Option<Seat<MemberId>>,
}

impl Events {
    /// What is sent next, and what then goes on.
    async fn next(mut self) -> Option<(String, Option<Self>)> {
        if !self.begun {
            self.begun = true;
            return Some((retry(), Some(self)));
        }
        let said = tokio::select! {
            biased;
            // Ended without `complete`, it is taken up again elsewhere.
            _ = self.stopping.wait_for(|stopping| *stopping) => return Some((retry(), None)),
            said = self.said.next() => match said {
                Some(Said { payload, cursor }) => next(&payload, cursor),
                None => return Some((COMPLETE.to_owned(), None)),
            },
            () = tokio::time::sleep(self.every) => ":\n\n".to_owned(),
        };
        Some((said, Some(self)))
    }
}

/// One response as an event; its id is the cursor from which the stream can be resumed.
fn next(payload: &str, cursor: Option<Cursor>) -> String {
    let id = cursor.map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
    format!("event: next\n{id}data: {payload}\n\n")
}
