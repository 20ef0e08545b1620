//! GraphQL over HTTP, by its draft: POST for all, GET for queries alone; one operation a request.

use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::answer::{Refused, error, refused_document, whole};
use super::gate::later;
use super::media::{Accepted, Media, is_json};
use super::{Server, body, events, operation, parameters};
use crate::graphql::{Asked, Prepared, prepare};
use crate::limits::Limit;

/// Any of these says that a GET was meant, besides a `Content-Type` of no form and a token.
pub(super) const MEANT: [HeaderName; 3] = [
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("x-apollo-operation-name"),
];

/// Answers a request.
pub async fn answer(State(server): State<Server>, request: Request) -> Response {
    let accepted = Accepted::read(request.headers());
    let answered = respond(&server, accepted, request).await;
    let mut answer =
        answered.unwrap_or_else(|refused| refused.in_media(accepted.whole.unwrap_or(Media::GraphqlResponse)));
    // What it says is one person's, and true for a moment.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn respond(server: &Server, accepted: Accepted, request: Request) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let is_get = match head.method {
        Method::GET => true,
        Method::POST => false,
        _ => return Err(not_allowed("GET, POST", "Send a POST, or a GET for a query.")),
    };
    let media = match accepted {
        Accepted { whole: Some(media), .. } => media,
        Accepted { events: true, .. } => Media::EventStream,
        _ => {
            let message = "Accept “application/graphql-response+json”, “application/json” or “text/event-stream”.";
            return Err(Refused::new(StatusCode::NOT_ACCEPTABLE, message));
        }
    };
    let identity = server.identity(&head.headers).await.map_err(|not_let_in| {
        let refused = Refused::because(not_let_in.status, error(not_let_in.code, not_let_in.message));
        match not_let_in.status {
            StatusCode::UNAUTHORIZED => refused.with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            _ => refused,
        }
    })?;
    if let Some(identity) = &identity {
        server.rates.take_member(identity.0.member_id).map_err(|too_often| later(&server.limits, too_often))?;
    }
    let asked = if is_get { in_address(&head.uri, &head.headers)? } else { in_body(server, &head, body).await? };
    let Prepared { mut request, kind } = match prepare(asked, &server.limits) {
        Ok(prepared) => prepared,
        Err(error) => {
            server.desk.metrics().count_bad_request();
            return Ok(refused_document(error, accepted.whole.unwrap_or(Media::GraphqlResponse)));
        }
    };
    if is_get && kind == OperationType::Mutation {
        return Err(not_allowed("POST", "A GET changes nothing. Send the mutation in a POST."));
    }
    if kind == OperationType::Subscription {
        if accepted.events {
            // Taken for none, it would begin a stream with a hole.
            if head.headers.get("last-event-id").is_some_and(|last| last.to_str().is_err()) {
                return Err(Refused::new(
                    StatusCode::BAD_REQUEST,
                    "The header “Last-Event-ID” is no cursor of a stream.",
                ));
            }
            return events::open(server, request, identity, &head.headers).await;
        }
        let message = "A subscription is a stream: accept “text/event-stream”, or open a WebSocket at /graphql/ws.";
        return Err(Refused::new(StatusCode::NOT_ACCEPTABLE, message));
    }
    if let Some(identity) = identity {
        request = request.data(identity);
    }
    let response = operation::run(server, request, kind).await;
    Ok(if media == Media::EventStream { events::once(response) } else { whole(response, media) })
}

pub(super) fn out_of_time(is_mutation: bool, seconds: u64) -> async_graphql::ServerError {
    let what = if is_mutation {
        "It is not known whether this was saved: send the same again, with the same idempotencyKey where there is one."
    } else {
        "Ask for less at a time, or try again in a few seconds."
    };
    let message = format!("The request took longer than the limit request_seconds of {seconds} seconds. {what}");
    let mut error = error("UNAVAILABLE", message);
    if let Some(extensions) = &mut error.extensions {
        extensions.set("limit", Limit::RequestSeconds.name());
        extensions.set("value", seconds);
    }
    error
}

fn not_allowed(allowed: &'static str, message: &str) -> Refused {
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, message).with(header::ALLOW, HeaderValue::from_static(allowed))
}

/// A GET's parameters. A page of another site can make a browser send any GET, but none with these headers, unless its
/// origin is allowed. Who asks is known by `Authorization` alone, never by a cookie, so that GET would come from nobody
/// and read nothing; here it does not even run.
fn in_address(address: &axum::http::Uri, headers: &HeaderMap) -> Result<Asked, Refused> {
    let is_meant = headers.contains_key(header::AUTHORIZATION)
        || is_json(headers)
        || MEANT.iter().any(|name| headers.contains_key(name));
    if !is_meant {
        let message = "Send the header “GraphQL-Require-Preflight: 1” with a GET, so that no other site can send it.";
        return Err(Refused::new(StatusCode::BAD_REQUEST, message));
    }
    parameters::from_address(address)
        .map_err(|what| Refused::new(StatusCode::BAD_REQUEST, format!("The address {what}.")))
}

/// A POST's parameters.
async fn in_body(server: &Server, head: &Parts, body: Body) -> Result<Asked, Refused> {
    if !is_json(&head.headers) {
        let message = "Send the request as JSON in UTF-8, with the header “Content-Type: application/json”.";
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    // What it takes of the room is given back once it is parsed.
    let address = server.caller(&head.extensions, &head.headers);
    let read = body::read(&server.reading, &server.limits, address, body).await?;
    let wrong = |message: &str| Refused::new(StatusCode::BAD_REQUEST, message);
    match serde_json::from_slice(&read.bytes) {
        Ok(Value::Object(object)) => {
            parameters::from_object(object).map_err(|what| wrong(&format!("The request {what}.")))
        }
        Ok(Value::Array(_)) => Err(wrong("Send one request at a time: what a request may cost is counted for each.")),
        Ok(_) => Err(wrong("Send a JSON object with “query” and, where needed, “variables” and “operationName”.")),
        Err(_) => Err(wrong("The body is not JSON in UTF-8. Send a JSON object with “query”.")),
    }
}

/// The refusal of what is over a limit.
pub(super) fn over(server: &Server, status: StatusCode, limit: Limit) -> Refused {
    Refused::over(&server.limits, status, limit)
}
