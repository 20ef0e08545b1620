//! How callers reach the servers: over HTTP, directly or over a road that breaks, and with patience.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::record::Record;

/// An answer that does not come within this long does not come. A server answers an overload after 10 seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long somebody whom nobody answered waits before they ask again.
pub const PAUSE: Duration = Duration::from_millis(20);

/// Somebody with a token.
#[derive(Clone)]
pub struct Person {
    /// Their `clinician_…` or `client_…` id; empty for an admin.
    pub id: String,
    pub token: String,
}

/// Every way to every server; cheap to clone.
#[derive(Clone)]
pub struct Doors {
    addresses: Arc<[SocketAddr]>,
    http: reqwest::Client,
    record: Arc<Record>,
}

impl Doors {
    pub fn new(addresses: Vec<SocketAddr>, record: Arc<Record>) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { addresses: addresses.into(), http, record }
    }

    /// One of them.
    pub fn any(&self, chance: &mut Chance) -> SocketAddr {
        *chance.pick(&self.addresses)
    }

    /// Runs an operation, again and again with the same body, each time through any door, until it is answered. Answers
    /// the data, and how many attempts went unanswered.
    pub async fn run(&self, chance: &mut Chance, person: &Person, query: &str, variables: Value) -> (Value, u64) {
        let body = json!({ "query": query, "variables": variables });
        for unanswered in 0.. {
            let mut answer = match self.send(self.any(chance), person, &body).await {
                Ok(answer) => answer,
                Err(_) => json!({ "errors": [{ "extensions": { "code": "NO_ANSWER" } }] }),
            };
            match answer["errors"][0]["extensions"]["code"].as_str() {
                None if answer["data"].is_object() => return (answer["data"].take(), unanswered),
                Some(code @ ("NO_ANSWER" | "UNAVAILABLE" | "INTERNAL")) => self.record.count_failed(code),
                _ => {
                    self.record.fault(format!("an answer that is none: {answer}, to {variables}"));
                    return (Value::Null, unanswered);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        unreachable!("it is asked for ever")
    }

    async fn send(&self, door: SocketAddr, person: &Person, body: &Value) -> Result<Value, reqwest::Error> {
        let request = self.http.post(format!("http://{door}/graphql")).bearer_auth(&person.token).json(body);
        request.send().await?.json().await
    }
}
