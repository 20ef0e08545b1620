//! A client of the API over one socket: graphql-transport-ws, for `watch` and `call`.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::Failure;

/// Why an operation ended early.
#[derive(Debug)]
pub enum Broken {
    /// The connection: try again.
    Connection(String),
    /// The server said no: trying again would not help.
    Refused(String),
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Connection(message) | Broken::Refused(message) => Self(message),
        }
    }
}

/// An open, acknowledged socket.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    operations: u64,
}

/// The socket's address for a server's: `http://host` becomes `ws://host/graphql/ws`.
pub fn socket_url(url: &str) -> Result<String, Failure> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("ws://")).ok_or_else(|| {
        Failure(format!("“{url}” is not a server's address here. Write http://HOST:PORT; this client speaks no TLS."))
    })?;
    let host = rest.split('/').next().unwrap_or_default();
    Ok(format!("ws://{host}{}", crate::http::WEBSOCKET_PATH))
}

impl Client {
    /// Connects and signs in.
    pub async fn connect(socket_url: &str, token: &str) -> Result<Self, Broken> {
        let mut request = socket_url.into_client_request().map_err(|error| Broken::Refused(error.to_string()))?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-transport-ws"));
        let (socket, _) = tokio_tungstenite::connect_async(request).await.map_err(|error| match error {
            SocketError::Http(answer) => {
                Broken::Refused(format!("{socket_url} answered {}. Is it a frontdesk server?", answer.status()))
            }
            error => Broken::Connection(format!("{socket_url} cannot be reached: {error}.")),
        })?;
        let mut client = Self { socket, operations: 0 };
        let payload = json!({ "Authorization": format!("Bearer {}", token.trim()) });
        client.send(json!({ "type": "connection_init", "payload": payload })).await?;
        while client.receive().await?["type"] != "connection_ack" {}
        Ok(client)
    }

    /// Runs a query or a mutation, and answers its whole response.
    pub async fn call(&mut self, query: &str, variables: Value) -> Result<Value, Broken> {
        self.subscribe(query, variables).await?;
        let response = self.next().await?;
        response.ok_or_else(|| Broken::Connection("The server ended the operation without an answer.".to_owned()))
    }

    /// Begins an operation whose responses `next` answers.
    pub async fn subscribe(&mut self, query: &str, variables: Value) -> Result<(), Broken> {
        self.operations += 1;
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "type": "subscribe", "id": self.operations.to_string(), "payload": payload })).await
    }

    /// The next response of the operation that was begun last; none once it is complete.
    pub async fn next(&mut self) -> Result<Option<Value>, Broken> {
        loop {
            let mut message = self.receive().await?;
            if message["id"].as_str() != Some(self.operations.to_string().as_str()) {
                continue;
            }
            match message["type"].as_str() {
                Some("next") => return Ok(Some(message["payload"].take())),
                Some("error") => return Ok(Some(json!({ "errors": message["payload"].take() }))),
                Some("complete") => return Ok(None),
                _ => {}
            }
        }
    }

    async fn send(&mut self, message: Value) -> Result<(), Broken> {
        self.socket.send(Message::text(message.to_string())).await.map_err(lost)
    }

    async fn receive(&mut self) -> Result<Value, Broken> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text)
                        .map_err(|_| Broken::Refused("The server sent what is not JSON.".to_owned()))?;
                    if message["type"] == "ping" {
                        self.send(json!({ "type": "pong" })).await?;
                    } else {
                        return Ok(message);
                    }
                }
                Some(Ok(Message::Close(frame))) => return Err(closed(frame)),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(lost(error)),
                None => return Err(Broken::Connection("The server closed the connection.".to_owned())),
            }
        }
    }
}

fn lost(error: SocketError) -> Broken {
    Broken::Connection(format!("The connection is lost: {error}."))
}

/// Codes 4000 to 4999 are the protocol's own: the server means what it says. Others may pass.
fn closed(frame: Option<tokio_tungstenite::tungstenite::protocol::CloseFrame>) -> Broken {
    match frame {
        Some(frame) if (4000..5000).contains(&u16::from(frame.code)) => Broken::Refused(frame.reason.to_string()),
        Some(frame) if frame.reason.contains("token") => Broken::Refused(frame.reason.to_string()),
        Some(frame) => Broken::Connection(format!("The server closed the connection: {} {}", frame.code, frame.reason)),
        None => Broken::Connection("The server closed the connection.".to_owned()),
    }
}

/// The first error of a response, with its code.
pub fn first_error(response: &Value) -> Option<(String, String)> {
    let error = response["errors"].as_array()?.first()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some((text(&error["extensions"]["code"]), text(&error["message"])))
}
