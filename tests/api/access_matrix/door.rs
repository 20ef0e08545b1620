//! Real requests: over HTTP, and for streams as Server-Sent Events, which a caller without a token can open too.

use std::time::Duration;

use serde_json::{Value, json};

use super::paths::Path;
use super::scene::{Caller, Scene, number};

/// An event that does not come within this long does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The answer to a document.
pub async fn answer(scene: &Scene, caller: &Caller, path: &Path, document: &str) -> Value {
    if document.starts_with("subscription") {
        return followed(scene, caller, path, document).await;
    }
    // Blocked time can be freed once, so each has their own to free.
    let variables = path.variables.to_string().replace("THEIR_BLOCK", &caller.block);
    caller.person.send(document, serde_json::from_str(&variables).expect("JSON")).await.1
}

/// The first event of a stream that is about the path's type; where there is none up to the scene's mark, the last.
async fn followed(scene: &Scene, caller: &Caller, path: &Path, document: &str) -> Value {
    let mut stream = Events::open(&scene.practice.url(), caller.person.token(), document).await;
    loop {
        let event = stream.next().await;
        let item = event["data"].as_object().and_then(|data| data.values().next()).cloned().unwrap_or_default();
        let is_wanted = item["__typename"] == path.of.as_str();
        let is_late = item["place"].as_str().is_some_and(|cursor| number(cursor) > scene.mark);
        if event["errors"].is_array() || is_wanted || path.of == "Subscription" || is_late || caller.is_elsewhere {
            return event;
        }
    }
}

struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(url: &str, token: &str, document: &str) -> Self {
        let mut request = reqwest::Client::new().post(format!("{url}/graphql")).json(&json!({ "query": document }));
        request = request.header("accept", "text/event-stream");
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        Self { response: request.send().await.expect("the server answers"), text: String::new() }
    }

    /// The next response of the stream, or the one that refuses it.
    async fn next(&mut self) -> Value {
        if self.response.headers()["content-type"].to_str().is_ok_and(|kind| kind.contains("json")) {
            while let Some(chunk) = self.response.chunk().await.expect("it is read") {
                self.text.push_str(std::str::from_utf8(&chunk).expect("a text"));
            }
            return serde_json::from_str(&self.text).expect("JSON");
        }
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())) {
                self.text = rest;
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                if let Some(data) = data.filter(|_| event.starts_with("event: next")) {
                    return serde_json::from_str(data).expect("JSON");
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("an event in time");
            let chunk = chunk.expect("it is read").expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&chunk).expect("a text"));
        }
    }
}
