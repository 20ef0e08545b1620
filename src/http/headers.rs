//! What every answer says to browsers: nothing is to be guessed, framed, run, or read by another site's page.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::graphql::MEANT;
use crate::config::Origin;

/// Answers are data. The console's page, which is more, brings a policy of its own.
const NOTHING_RUNS: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// How long a browser remembers what an origin may do, in seconds: two hours are the most that any keeps.
const PREFLIGHT_SECONDS: u64 = 7_200;

/// Adds to an answer.
pub async fn add(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING_RUNS);
    answer
}

/// Lets the pages of these origins call the API; without it, browsers let those of no other origin.
pub fn allow(origins: &[Origin]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(&origin.0).ok());
    let sent = ["authorization", "content-type", "last-event-id"].map(HeaderName::from_static);
    let told = ["x-request-id", "retry-after"];
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(sent.into_iter().chain(MEANT).collect::<Vec<_>>())
        .expose_headers(told.map(HeaderName::from_static))
        .max_age(std::time::Duration::from_secs(PREFLIGHT_SECONDS))
}
