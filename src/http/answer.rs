//! What goes back: a GraphQL response, or the refusal of a request, in the caller's media type and with its status.

use async_graphql::{ErrorExtensionValues, ServerError, Value};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::media::Media;
use crate::graphql::{limit_exceeded, request_id};
use crate::limits::{Limit, Limits};

/// Data and errors together, as the draft of GraphQL over HTTP has it.
const PARTIAL_SUCCESS: u16 = 294;

/// A request that was not run, and why.
pub struct Refused {
    status: StatusCode,
    error: Box<ServerError>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refused {
    /// Refused as HTTP has it, before GraphQL has a say: this status in every media type.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::because(status, error("BAD_REQUEST", message))
    }

    /// The same with an error of its own.
    pub fn because(status: StatusCode, error: ServerError) -> Self {
        Self { status, error: error.into(), header: None }
    }

    /// Refused because it is over a limit.
    pub fn over(limits: &Limits, status: StatusCode, limit: Limit) -> Self {
        Self::because(status, limit_exceeded(limit, limits))
    }

    /// With one header more.
    pub fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    /// As an answer.
    pub fn in_media(self, media: Media) -> Response {
        let mut errors = [*self.error];
        request_id::tell(&mut errors);
        let mut answer = written(self.status, media, &RequestErrors { errors: &errors });
        answer.headers_mut().extend(self.header);
        answer
    }
}

/// An error with a code.
pub fn error(code: &str, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}

/// A request that is well formed as far as HTTP goes, but whose document cannot be run.
pub fn refused_document(error: ServerError, media: Media) -> Response {
    whole(async_graphql::Response::from_errors(vec![error]), media)
}

/// A response with the status that its media type demands. A request error has no `data`: nothing was run.
pub fn whole(mut response: async_graphql::Response, media: Media) -> Response {
    request_id::tell(&mut response.errors);
    if !is_request_error(&response) {
        return written(of_data(&response, media), media, &response);
    }
    let status = match code(&response.errors) {
        Some("UNAUTHENTICATED") => StatusCode::UNAUTHORIZED,
        Some("INTERNAL") => StatusCode::INTERNAL_SERVER_ERROR,
        Some("UNAVAILABLE") => StatusCode::SERVICE_UNAVAILABLE,
        // Callers who know only `application/json` take any other status for a failure of the network.
        _ if media == Media::Json => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    };
    written(status, media, &RequestErrors { errors: &response.errors })
}

/// The status of what was run. Callers who know only `application/json` take any other than 200 for a failure.
fn of_data(response: &async_graphql::Response, media: Media) -> StatusCode {
    let is_partial = response.data != Value::Null && !response.errors.is_empty();
    match StatusCode::from_u16(PARTIAL_SUCCESS) {
        Ok(status) if is_partial && media == Media::GraphqlResponse => status,
        _ => StatusCode::OK,
    }
}

/// True where nothing was run: an error of a field has its path.
pub fn is_request_error(response: &async_graphql::Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

#[derive(Serialize)]
struct RequestErrors<'a> {
    errors: &'a [ServerError],
}

fn code(errors: &[ServerError]) -> Option<&str> {
    match errors.first()?.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

fn written(status: StatusCode, media: Media, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(header::CONTENT_TYPE, media.content_type())], body).into_response(),
        // What the API answers is maps with names for keys, which JSON always has.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
