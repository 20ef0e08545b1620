//! Gives each request an id: in the header `x-request-id` of its answer, and on each line that it leaves in the log.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::graphql::request_id;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers under an id of our own: one that came with the request could be anybody's.
pub async fn give(request: Request, next: Next) -> Response {
    let id = request_id::generate();
    let span = tracing::error_span!("request", id);
    let header = HeaderValue::from_str(&id);
    let mut answer = request_id::scope(id, next.run(request).instrument(span)).await;
    if let Ok(header) = header {
        answer.headers_mut().insert(X_REQUEST_ID, header);
    }
    answer
}
