//! Sockets: graphql-transport-ws, with the token in the first message or in the upgrade's header, never in the address.

pub mod message;
mod metered;
mod operations;
mod protocol;
mod socket;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use self::metered::Metered;
use self::protocol::Closing;
use self::socket::Socket;
use super::Server;
use crate::config::Origin;
use crate::limits::Limit;

/// The protocol that is spoken; its older namesake is not.
const PROTOCOL: &str = "graphql-transport-ws";

/// What one socket reads at once, in bytes. The library's own 128 KiB would be the larger part of an idle subscriber's
/// memory; a message of a subscriber has a few hundred.
const READ_BUFFER_BYTES: usize = 1024;

/// Opens a socket.
pub async fn open(State(server): State<Server>, mut request: Request) -> Response {
    let refused = |status, message: &str| (status, message.to_owned()).into_response();
    if let Err(too_often) = server.admit(request.extensions(), request.headers()) {
        let message = format!("This address asks too often ({}). Come back in a few seconds.", too_often.limit.name());
        return refused(StatusCode::TOO_MANY_REQUESTS, &message);
    }
    let Ok(answer) = create_response_with_body(&request, axum::body::Body::empty) else {
        let message = "This is the address of a WebSocket: open it with one, in the subprotocol graphql-transport-ws.";
        return refused(StatusCode::UPGRADE_REQUIRED, message);
    };
    if has_token_in_query(request.uri().query().unwrap_or_default()) {
        let message =
            "A token in the address is kept in logs. Send it in connection_init or in the Authorization header.";
        return refused(StatusCode::BAD_REQUEST, message);
    }
    if !is_allowed(request.headers(), &server.allowed_origins) {
        return refused(StatusCode::FORBIDDEN, "Sockets are not open to pages of this origin.");
    }
    let in_header = match server.identity(request.headers()).await {
        Ok(identity) => identity,
        Err(not_let_in) => return refused(not_let_in.status, &not_let_in.message),
    };
    let spoken = spoken(request.headers());
    let speaks_ours = spoken.as_ref().is_some_and(|spoken| spoken == PROTOCOL);
    let upgrade = hyper::upgrade::on(&mut request);
    let stopping = server.stopping.subscribe();
    tokio::spawn(async move {
        // A peer that went away during the handshake is nobody to serve.
        let Ok(upgraded) = upgrade.await else { return };
        let limit = |limit| (limit, server.limits.size(limit));
        let ((_, bytes), (_, frames)) = (limit(Limit::MessageBytes), limit(Limit::FragmentsPerMessage));
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            // Every message is flushed anyway.
            .write_buffer_size(0)
            .max_message_size(Some(bytes))
            .max_frame_size(Some(bytes));
        // Who has not signed in gets no more room than that takes.
        let stream = Metered::new(TokioIo::new(upgraded), frames, limit(Limit::InitBytes));
        let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
        let mut socket = Socket::new(stream, server, in_header, stopping);
        if speaks_ours {
            socket.serve().await;
        } else {
            socket.close(Closing::new(4406, "Subprotocol not acceptable: ask for graphql-transport-ws")).await;
        }
    });
    let mut answer = answer.into_response();
    if let Some(spoken) = spoken {
        answer.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, spoken);
    }
    answer
}

/// Our protocol where it is asked for; else the first that is, since a client whose protocols are all refused hears no
/// reason.
fn spoken(headers: &HeaderMap) -> Option<HeaderValue> {
    let asked = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    let asked: Vec<_> = asked.flat_map(|value| value.split(',')).map(str::trim).collect();
    let first = asked.first()?;
    HeaderValue::from_str(asked.iter().find(|protocol| **protocol == PROTOCOL).unwrap_or(first)).ok()
}

fn has_token_in_query(query: &str) -> bool {
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_ascii_lowercase());
    names.into_iter().any(|name| matches!(name.as_str(), "token" | "access_token" | "authorization"))
}

/// A browser says from which page's origin a socket is opened, and lets any page try. Other programs say none.
fn is_allowed(headers: &HeaderMap, allowed: &[Origin]) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => true,
        (Some(origin), _) if allowed.iter().any(|allowed| allowed.0.eq_ignore_ascii_case(origin)) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    }
}
