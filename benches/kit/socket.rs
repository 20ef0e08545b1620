//! Subscribers: graphql-transport-ws over sockets of their own.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::ledger::Ledger;

/// How many connect at once.
const AT_ONCE: usize = 64;
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Opens a socket for each token, and notes what comes. Dropped, all of them close.
pub async fn subscribe(
    address: SocketAddr,
    tokens: impl Iterator<Item = &str>,
    field: &str,
    ledger: &Arc<Ledger>,
) -> JoinSet<()> {
    let query = format!("subscription {{ {field} {ITEM} }}");
    let open = |(number, token)| {
        let query = &query;
        async move { (number, open(address, token, query).await) }
    };
    let mut opened = futures_util::stream::iter(tokens.enumerate()).map(open).buffer_unordered(AT_ONCE);
    let mut listeners = JoinSet::new();
    while let Some((number, socket)) = opened.next().await {
        listeners.spawn(listen(socket, number, ledger.clone()));
    }
    listeners
}

async fn open(address: SocketAddr, token: &str, query: &str) -> WebSocketStream<TcpStream> {
    let mut request = format!("ws://{address}/graphql/ws").into_client_request().expect("an address");
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-transport-ws"));
    let stream = TcpStream::connect(address).await.expect("the server takes connections");
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
    let (mut socket, _) = opened.expect("the server takes sockets");
    let payload = json!({ "Authorization": format!("Bearer {token}") });
    say(&mut socket, json!({ "type": "connection_init", "payload": payload })).await;
    let answer = socket.next().await.expect("an answer").expect("a frame");
    assert!(answer.to_text().is_ok_and(|text| text.contains("connection_ack")), "{answer}");
    say(&mut socket, json!({ "type": "subscribe", "id": "1", "payload": { "query": query } })).await;
    socket
}

async fn say(socket: &mut WebSocketStream<TcpStream>, message: serde_json::Value) {
    socket.send(Message::text(message.to_string())).await.expect("the server listens");
}

async fn listen(mut socket: WebSocketStream<TcpStream>, number: usize, ledger: Arc<Ledger>) {
    while let Some(Ok(frame)) = socket.next().await {
        if let Message::Text(text) = frame {
            ledger.note_frame(number, &text);
        }
    }
    ledger.note_end();
}

/// What a clinician's screen shows of a request.
const ITEM: &str = "{ __typename
    ... on AppointmentRequestEvent { cursor type occurredAt appointmentRequest {
        id status startsAt endsAt localStart respondBy modality noteToClinician client { id displayName } service { id name } } }
    ... on StreamReset { cursor reason } }";
