//! The console at `/`: GraphiQL, as the library ships it. Its scripts come from a public address, so it needs one.

use async_graphql::http::GraphiQLSource;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::{GRAPHQL_PATH, WEBSOCKET_PATH};

/// Where the page's scripts and styles come from.
const SCRIPTS: &str = "https://esm.sh";

/// The page. The token goes into its Headers editor, which sends it with queries and opens sockets with it. Only its own
/// scripts run, and they reach nothing but this server and the place that they come from.
pub async fn page() -> Response {
    let page = GraphiQLSource::build()
        .endpoint(GRAPHQL_PATH)
        .subscription_endpoint(WEBSOCKET_PATH)
        .title("frontdesk")
        .finish();
    let nonce = uuid::Uuid::now_v7().simple();
    let page = page.replace("<script ", &format!("<script nonce=\"{nonce}\" "));
    // The editor writes styles as it goes, and works in workers made from texts.
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' {SCRIPTS} data:; style-src 'unsafe-inline' {SCRIPTS}; \
         font-src {SCRIPTS} data:; img-src 'self' data:; connect-src 'self' {SCRIPTS}; worker-src blob: {SCRIPTS}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}
