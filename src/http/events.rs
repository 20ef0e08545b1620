//! GraphQL over Server-Sent Events, in graphql-sse's mode of distinct connections: one operation an answer. For networks
//! that break WebSockets.

use std::convert::Infallible;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use async_graphql::Value;
use async_graphql::futures_util::stream::{self, BoxStream, StreamExt};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tracing::Instrument;

use super::answer::{Refused, is_request_error, whole};
use super::media::Media;
use super::seats::Seat;
use super::{Server, graphql};
use crate::domain::ids::MemberId;
use crate::graphql::{ResumeAfter, TokenIdentity, Validated, request_id};
use crate::limits::Limit;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies that gather an answer before they pass it on would hold events back.
const NO_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
/// How long a client that lost its stream waits before it comes back. When a server stops, they would all come at once.
const RETRY: &str = "retry: 1000\n\n";
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// A query's or a mutation's one response.
pub fn once(response: async_graphql::Response) -> Response {
    if is_request_error(&response) {
        return whole(response, Media::GraphqlResponse);
    }
    answer(Body::from(next(&response) + COMPLETE))
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
    let validated = Validated::default();
    let mut responses = server.api.execute_stream(request.data(validated.clone()));
    let first = poll_fn(|cx| match responses.poll_next_unpin(cx) {
        Poll::Pending if !validated.is_set() => Poll::Pending,
        Poll::Pending => Poll::Ready(None),
        Poll::Ready(first) => Poll::Ready(first),
    });
    let first = match first.await {
        Some(refused) if is_request_error(&refused) => return Ok(whole(refused, Media::GraphqlResponse)),
        first => first.as_ref().map(next).unwrap_or_default(),
    };
    let (begun, every) = (RETRY.to_owned() + &first, server.limits.span(Limit::PingSeconds));
    let events = Events { begun: Some(begun), responses, stopping: server.stopping.subscribe(), every, _seat: seat };
    let (id, span) = (request_id::current(), tracing::Span::current());
    let events = stream::unfold(Some(events), move |events| {
        let next = async { events?.next().await };
        request_id::scope(id.clone(), next).instrument(span.clone())
    });
    Ok(answer(Body::from_stream(events.map(Ok::<_, Infallible>))))
}

fn answer(body: Body) -> Response {
    ([(header::CONTENT_TYPE, Media::EventStream.content_type()), NO_BUFFERING], body).into_response()
}

/// One subscription that is followed.
struct Events {
    begun: Option<String>,
    responses: BoxStream<'static, async_graphql::Response>,
    stopping: watch::Receiver<bool>,
    /// How often something is sent at least, so that no proxy takes the stream for dead, and we find out who is gone.
    every: Duration,
    _seat: Option<Seat<MemberId>>,
}

impl Events {
    /// What is sent next, and what then goes on.
    async fn next(mut self) -> Option<(String, Option<Self>)> {
        if let Some(begun) = self.begun.take() {
            return Some((begun, Some(self)));
        }
        let said = tokio::select! {
            biased;
            // Ended without `complete`, it is taken up again elsewhere.
            _ = self.stopping.wait_for(|stopping| *stopping) => return Some((RETRY.to_owned(), None)),
            response = self.responses.next() => match response {
                Some(response) => next(&response),
                None => return Some((COMPLETE.to_owned(), None)),
            },
            () = tokio::time::sleep(self.every) => ":\n\n".to_owned(),
        };
        Some((said, Some(self)))
    }
}

/// One response as an event; its id is the cursor that was asked for with it, from which the stream can be resumed.
fn next(response: &async_graphql::Response) -> String {
    let id = cursor(&response.data).map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
    let data = serde_json::to_string(response).unwrap_or_default();
    format!("event: next\n{id}data: {data}\n\n")
}

fn cursor(data: &Value) -> Option<&str> {
    let Value::Object(fields) = data else { return None };
    let Value::Object(item) = fields.values().next()? else { return None };
    match item.get("cursor")? {
        Value::String(cursor) if !cursor.contains(['\n', '\r', '\0']) => Some(cursor),
        _ => None,
    }
}
