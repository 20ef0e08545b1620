//! Somebody at the door, with a token or without.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::Stream;

/// A caller of the API.
#[derive(Clone)]
pub struct Person {
    /// Their `clinician_…` or `client_…` id; empty for an admin.
    pub id: String,
    address: SocketAddr,
    token: Option<String>,
    http: reqwest::Client,
}

impl Person {
    /// At the door of the server at an address.
    pub fn new(address: SocketAddr, token: Option<String>, id: String) -> Self {
        Self { id, address, token, http: reqwest::Client::new() }
    }

    /// The same person at the door of another server.
    pub fn at(&self, server: &super::Server) -> Self {
        Self { address: server.address, ..self.clone() }
    }

    /// The token they carry.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Runs an operation that must succeed; answers its data.
    pub async fn run(&self, query: &str, variables: Value) -> Value {
        let (status, mut answer) = self.send(query, variables).await;
        assert!(status == 200 && answer.get("errors").is_none(), "{status} {answer}");
        answer["data"].take()
    }

    /// Runs an operation; answers the HTTP status and the whole response.
    pub async fn send(&self, query: &str, variables: Value) -> (u16, Value) {
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.http.post(format!("http://{}/graphql", self.address)).json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, super::without_ids(response.json().await.expect("JSON"), &headers))
    }

    /// Runs an operation that must be refused at the top; answers its first error's code and message.
    pub async fn denied(&self, query: &str, variables: Value) -> (String, String) {
        let (_, answer) = self.send(query, variables).await;
        let error = &answer["errors"][0];
        assert!(error.is_object(), "it was not denied: {answer}");
        (super::text(&error["extensions"]["code"]), super::text(&error["message"]))
    }

    /// Where the practice's log stands now.
    pub async fn cursor(&self) -> String {
        super::text(&self.run("{ practice { latestCursor } }", json!({})).await["practice"]["latestCursor"])
    }

    /// Opens a socket and begins a subscription on it.
    pub async fn follow(&self, query: &str, variables: Value) -> Stream {
        Stream::open(self.address, self.token(), query, variables).await
    }
}
