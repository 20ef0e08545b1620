//! Queries and mutations: one JSON request in a POST body, one JSON answer.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Server;
use crate::graphql::{Asked, Prepared, prepare};

/// Answers a request. GET is not routed, so nothing can be changed by following a link; a body that is not declared JSON
/// is refused, so no plain form of another site can send one.
pub async fn answer(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Result<Json<async_graphql::Request>, JsonRejection>,
) -> Response {
    let identity = match server.identity(&headers) {
        Ok(identity) => identity,
        Err(bad) => {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            return (StatusCode::UNAUTHORIZED, challenge, error("UNAUTHENTICATED", &bad.to_string())).into_response();
        }
    };
    let asked = match body {
        Ok(Json(async_graphql::Request { query, operation_name, variables, .. })) => {
            Asked { query, operation_name, variables }
        }
        Err(rejection) => return refuse(&rejection),
    };
    let mut request = match prepare(asked, &server.limits) {
        Ok(Prepared { request, .. }) => request,
        Err(error) => {
            server.desk.metrics().count_bad_request();
            return Json(async_graphql::Response::from_errors(vec![error])).into_response();
        }
    };
    if let Some(identity) = identity {
        request = request.data(identity);
    }
    Json(server.api.execute(request).await).into_response()
}

fn refuse(rejection: &JsonRejection) -> Response {
    let status = rejection.status();
    let message = match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "Send the request as JSON, with the header “Content-Type: application/json”."
        }
        StatusCode::PAYLOAD_TOO_LARGE => "The request is over the limit body_bytes. Send less at a time.",
        _ => "The body is not a GraphQL request. Send a JSON object with “query” and, where needed, “variables”.",
    };
    (status, error("BAD_REQUEST", message)).into_response()
}

fn error(code: &str, message: &str) -> Json<Value> {
    Json(json!({ "errors": [{ "message": message, "extensions": { "code": code } }] }))
}
