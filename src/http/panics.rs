//! What becomes of a request whose handler panics: an answer like that of any other fault, and a line in the log.

use std::any::Any;

use async_graphql::ServerError;
use axum::http::StatusCode;
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;

use super::answer::Refused;
use super::media::Media;

/// Answers for a handler that panicked. What it said is in the log by then, and nowhere else.
pub fn caught() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(answer as fn(_) -> _)
}

fn answer(_: Box<dyn Any + Send>) -> Response {
    Refused::because(StatusCode::INTERNAL_SERVER_ERROR, error()).in_media(Media::GraphqlResponse)
}

/// What the caller is told.
pub fn error() -> ServerError {
    let message = "Something went wrong on our side. It is not known whether anything was saved. If it stays, tell the \
                   operator the requestId.";
    super::answer::error("INTERNAL", message)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower_service::Service;

    use super::*;
    use crate::http::request_id;

    async fn panics() -> StatusCode {
        panic!("secret words")
    }

    #[tokio::test]
    async fn a_panic_on_a_socket_is_a_fault_of_its_operation() {
        let Err(response) = crate::http::operation::caught(async { panic!("secret words") }).await else {
            panic!("it said nothing")
        };
        let told = serde_json::to_string(&response).expect("JSON");
        assert!(told.contains("\"INTERNAL\"") && told.contains("requestId") && !told.contains("secret"), "{told}");
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_of_which_the_caller_sees_only_the_id() {
        let mut router = Router::new().route("/", get(panics)).layer(caught()).layer(from_fn(request_id::give));
        let answer = router.call(Request::new(Body::empty())).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = answer.headers()["x-request-id"].to_str().expect("a text").to_owned();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let told = String::from_utf8(body.to_vec()).expect("a text");
        assert!(told.contains("\"INTERNAL\"") && told.contains(&format!("\"requestId\":\"{id}\"")), "{told}");
        assert!(!told.contains("secret"), "{told}");
    }
}
