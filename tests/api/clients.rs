//! The reference clients of the protocols, from npm, at a real server. They need Node and `npm ci` in tests/clients;
//! `scripts/test` sees to both.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{CONFIRM, REQUEST, TestPractice, text};

/// Where the clients are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Whether they were installed.
pub fn are_there() -> bool {
    folder().join("node_modules/graphql-http").is_dir()
}

/// A script that runs until it is dropped.
struct Script {
    child: Child,
    lines: Option<BufReader<ChildStdout>>,
}

impl Script {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new("node");
        command.current_dir(folder()).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node runs");
        let lines = child.stdout.take().map(BufReader::new);
        Self { child, lines }
    }

    /// The next line that it prints; empty at the end.
    async fn line(&mut self) -> String {
        let mut lines = self.lines.take().expect("one at a time");
        let read = move || {
            let mut line = String::new();
            lines.read_line(&mut line).expect("text");
            (lines, line)
        };
        let (lines, line) = tokio::task::spawn_blocking(read).await.expect("it reads");
        self.lines = Some(lines);
        line.trim_end().to_owned()
    }

    async fn json(&mut self) -> Value {
        let line = self.line().await;
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in “{line}”"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn the_public_audit_of_graphql_over_http_finds_nothing_wrong() {
    let practice = TestPractice::begin().await;
    let mut audit = Script::start(&["audit.mjs", &format!("{}/graphql", practice.url())]);
    let mut told = Vec::new();
    loop {
        match audit.line().await {
            line if line.is_empty() => break,
            line => told.push(line),
        }
    }
    let status = audit.child.wait().expect("it ends");
    assert!(status.success(), "{}", told.join("\n"));
}

const CHANGES: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
    ... on AppointmentRequestEvent { cursor type appointmentRequest { id } } } }";

/// Follows the story's stream: a request is made and confirmed, and a client that had the first resumes to the second.
async fn follows_the_story(transport: &str, path: &str) {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let url = practice.url().replace("http", if transport == "ws" { "ws" } else { "http" }) + path;
    let follow = |after: &str| {
        let variables = json!({ "after": after }).to_string();
        Script::start(&["follow.mjs", transport, &url, dana.token(), CHANGES, &variables])
    };
    let item = |mut result: Value| result["data"]["appointmentRequestChanged"].take();
    let mut script = follow(&dana.cursor().await);
    let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    let id = text(&asked["requestAppointment"]["appointmentRequest"]["id"]);
    let first = item(script.json().await);
    assert_eq!((&first["type"], &first["appointmentRequest"]["id"]), (&json!("REQUESTED"), &json!(id)));
    drop(script);
    dana.run(CONFIRM, json!({ "id": id })).await;
    let second = item(follow(&text(&first["cursor"])).json().await);
    assert_eq!((&second["type"], &second["appointmentRequest"]["id"]), (&json!("CONFIRMED"), &json!(id)));
}

async fn graphql_ws_follows_the_story() {
    follows_the_story("ws", "/graphql/ws").await;
}

async fn graphql_sse_follows_the_story() {
    follows_the_story("sse", "/graphql").await;
}

async fn a_frontend_on_graphql_ws_outlives_its_token_and_misses_nothing() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let short = practice.token_for("dana@practice.test", Duration::minutes(1)).await;
    let url = practice.url().replace("http", "ws") + "/graphql/ws";
    let mut script = Script::start(&["resume.mjs", &url, CHANGES, &dana.cursor().await, &short, dana.token()]);
    let first = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    let second = casey.run(REQUEST, practice.asking(&dana, "2027-01-19T20:00:00Z")).await;
    for asked in [first, second] {
        let told = script.json().await["data"]["appointmentRequestChanged"].take();
        assert_eq!(told["appointmentRequest"]["id"], asked["requestAppointment"]["appointmentRequest"]["id"]);
    }
    practice.clock.set(practice.clock.now() + Duration::minutes(1));
    assert_eq!(script.line().await, "the token has expired");
    let third = casey.run(REQUEST, practice.asking(&dana, "2027-01-26T20:00:00Z")).await;
    let told = script.json().await["data"]["appointmentRequestChanged"].take();
    assert_eq!(told["appointmentRequest"]["id"], third["requestAppointment"]["appointmentRequest"]["id"]);
}

crate::support::tests!(
    the_public_audit_of_graphql_over_http_finds_nothing_wrong,
    graphql_ws_follows_the_story,
    graphql_sse_follows_the_story,
    a_frontend_on_graphql_ws_outlives_its_token_and_misses_nothing,
);
