//! A subscription over a socket, in graphql-transport-ws, spoken by hand.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A frame that does not come within this long does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One subscription on a socket of its own.
pub struct Stream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Stream {
    /// Connects, signs in and subscribes. When the stream has begun is not known: give it a cursor to begin at.
    pub async fn open(address: SocketAddr, token: &str, query: &str, variables: Value) -> Self {
        let mut stream = Self::connect(address, json!({ "Authorization": format!("Bearer {token}") })).await;
        assert_eq!(stream.message().await.expect("an answer")["type"], "connection_ack");
        let payload = json!({ "query": query, "variables": variables });
        stream.say(json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
        stream
    }

    /// Connects and sends the first message, with this payload.
    pub async fn connect(address: SocketAddr, payload: Value) -> Self {
        let mut request = format!("ws://{address}/graphql/ws").into_client_request().expect("an address");
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-transport-ws"));
        let (socket, _) = tokio_tungstenite::connect_async(request).await.expect("the server takes the socket");
        let mut stream = Self { socket };
        stream.say(json!({ "type": "connection_init", "payload": payload })).await;
        stream
    }

    /// The next message; none once the server has closed the socket.
    pub async fn message(&mut self) -> Option<Value> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a frame in time")?;
            match frame {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next data of the subscription, under its field's name.
    pub async fn next(&mut self) -> Value {
        let mut payload = self.payload().await;
        assert!(payload.get("errors").is_none(), "{payload}");
        payload["data"].take()
    }

    /// The next response of the subscription, errors and all.
    pub async fn payload(&mut self) -> Value {
        loop {
            let mut message = self.message().await.expect("the stream goes on");
            if message["id"] == "1" && message["type"] == "next" {
                return message["payload"].take();
            }
            assert_ne!((&message["id"], &message["type"]), (&json!("1"), &json!("complete")), "the stream ended");
        }
    }

    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("the server listens");
    }
}
