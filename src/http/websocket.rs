//! Sockets: graphql-transport-ws, with the token in the first message or in the upgrade's header, never in the address.

use async_graphql::{Data, Error, ErrorExtensions};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Server;
use crate::auth::token::BadToken;
use crate::limits::Limit;

/// The protocol that is spoken; its older namesake is not.
const PROTOCOL: &str = "graphql-transport-ws";

/// What one socket reads at once, in bytes. The library's own 128 KiB would be the larger part of an idle subscriber's
/// memory.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Opens a socket.
pub async fn open(
    State(server): State<Server>,
    headers: HeaderMap,
    protocol: Result<GraphQLProtocol, StatusCode>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(server.limits.size(Limit::MessageBytes))
        .read_buffer_size(READ_BUFFER_BYTES);
    let is_ours = upgrade.selected_protocol().is_some_and(|chosen| chosen == PROTOCOL);
    let (Ok(protocol), true) = (protocol, is_ours) else {
        let message = "Ask for the subprotocol graphql-transport-ws: “Sec-WebSocket-Protocol: graphql-transport-ws”.";
        return (StatusCode::BAD_REQUEST, message).into_response();
    };
    let in_header = match server.identity(&headers) {
        Ok(identity) => identity,
        Err(bad) => return (StatusCode::UNAUTHORIZED, bad.to_string()).into_response(),
    };
    upgrade.on_upgrade(move |socket| {
        let api = server.api.clone();
        GraphQLWebSocket::new(socket, api, protocol)
            .on_connection_init(move |payload| async move {
                let identity = match server.identity_in(&payload).map_err(refused)? {
                    Some(identity) => Some(identity),
                    None => in_header,
                };
                let mut data = Data::default();
                if let Some(identity) = identity {
                    data.insert(identity);
                }
                Ok(data)
            })
            .serve()
    })
}

fn refused(bad: BadToken) -> Error {
    Error::new(bad.to_string()).extend_with(|_, extensions| extensions.set("code", "UNAUTHENTICATED"))
}
