//! The console at `/`: GraphiQL, as the library ships it. Its scripts come from a public address, so it needs one.

use async_graphql::http::GraphiQLSource;
use axum::response::Html;

use super::{GRAPHQL_PATH, WEBSOCKET_PATH};

/// The page. The token goes into its Headers editor, which sends it with queries and opens sockets with it.
pub async fn page() -> Html<String> {
    let page = GraphiQLSource::build()
        .endpoint(GRAPHQL_PATH)
        .subscription_endpoint(WEBSOCKET_PATH)
        .title("frontdesk")
        .finish();
    Html(page)
}
