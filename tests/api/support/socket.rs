//! A subscription over a socket, in graphql-transport-ws, spoken by hand.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
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
        let headers = [("Sec-WebSocket-Protocol", "graphql-transport-ws")];
        let mut stream = Self::dial(address, "", &headers).await.expect("the server takes the socket");
        stream.say(json!({ "type": "connection_init", "payload": payload })).await;
        stream
    }

    /// Opens a socket with these headers and says nothing; the status where the server does not take it.
    pub async fn dial(address: SocketAddr, query: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}/graphql/ws{query}").into_client_request().expect("an address");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Waits until the server closes the socket; answers its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("an end in time");
            match frame.expect("a close frame before the end").expect("a close frame before the end") {
                Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
                Message::Close(None) => panic!("closed without a code"),
                _ => {}
            }
        }
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

    /// Sends a message.
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Sends something, which fails where the server has closed the socket.
    pub async fn try_send(&mut self, message: Message) -> Result<(), Error> {
        self.socket.send(message).await
    }

    /// Sends what may be no message at all.
    pub async fn send(&mut self, message: Message) {
        self.socket.send(message).await.expect("the server listens");
    }
}
