//! The console at `/`: GraphiQL, with all that it is made of from this server, so that it works without the internet.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// What the page loads. A name that bears a version stands for the same bytes for ever.
const FILES: [(&str, &str, &str); 5] = [
    ("start.js", JAVASCRIPT, include_str!("console/start.js")),
    ("react-18.3.1.js", JAVASCRIPT, include_str!("console/vendor/react-18.3.1.js")),
    ("react-dom-18.3.1.js", JAVASCRIPT, include_str!("console/vendor/react-dom-18.3.1.js")),
    ("graphiql-4.0.1.js", JAVASCRIPT, include_str!("console/vendor/graphiql-4.0.1.js")),
    ("graphiql-4.0.1.css", STYLE, include_str!("console/vendor/graphiql-4.0.1.css")),
];

/// Only this server's scripts run, and they reach nothing but this server. The editor writes styles as it goes, and has
/// its letters and icons in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page, and what it loads.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(page)).route("/console/{file}", get(file))
}

async fn page() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("console/page.html"))).into_response()
}

async fn file(Path(asked): Path<String>) -> Response {
    let Some((name, kind, text)) = FILES.iter().find(|(name, ..)| *name == asked) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_versioned = name.contains(|sign: char| sign.is_ascii_digit());
    let kept = if is_versioned { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, kept)], *text).into_response()
}
