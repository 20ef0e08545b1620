//! What no request gets past, whatever it asks for: how large its head is, and how often its address asks.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::answer::Refused;
use super::media::{Accepted, Media};
use super::rates::TooOften;
use super::{HEALTH_PATH, METRICS_PATH, READY_PATH, Server, WEBSOCKET_PATH};
use crate::limits::{Limit, Limits};

/// What a header's line has beside its name and value: `: ` and the line's end.
const LINE_BYTES: usize = 4;

/// Those that are never refused, since who watches over the server must hear from it; and sockets, which count themselves
/// when they are opened.
const UNCOUNTED: [&str; 4] = [HEALTH_PATH, READY_PATH, METRICS_PATH, WEBSOCKET_PATH];

/// Lets a request through, or refuses it by the limit's name.
pub async fn pass(State(server): State<Server>, request: Request, next: Next) -> Response {
    let refused = refused(&server, &request);
    let Some(refused) = refused else { return next.run(request).await };
    refused.in_media(Accepted::read(request.headers()).whole.unwrap_or(Media::GraphqlResponse))
}

fn refused(server: &Server, request: &Request) -> Option<Refused> {
    if head_bytes(request) > server.limits.size(Limit::HeadBytes) {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Some(Refused::over(&server.limits, status, Limit::HeadBytes));
    }
    if UNCOUNTED.contains(&request.uri().path()) {
        return None;
    }
    // Before the token is looked at: guesses count too.
    let admitted = server.admit(request.extensions(), request.headers());
    admitted.err().map(|too_often| later(&server.limits, too_often))
}

fn head_bytes(request: &Request) -> usize {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + LINE_BYTES);
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    headers.sum::<usize>() + address
}

/// The refusal of who asks too often.
pub fn later(limits: &Limits, TooOften { limit, retry_after_seconds }: TooOften) -> Refused {
    Refused::over(limits, StatusCode::TOO_MANY_REQUESTS, limit).with(header::RETRY_AFTER, retry_after_seconds)
}
