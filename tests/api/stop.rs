//! How the server closes, and what becomes of work that nobody waits for any more.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Stream, TestPractice, mutation, text};
use frontdesk::domain::ids::PracticeId;
use frontdesk::limits::Limit;
use frontdesk::store::{Store, Write};

/// What does not happen within this long does not happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Another address of this machine, whose connections are counted for themselves.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 9];

async fn connect(to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((ELSEWHERE, 0).into())?;
    socket.connect(to).await
}

/// A change that the admin may make.
fn change() -> Value {
    json!({ "query": mutation("setPracticeSelfScheduling", ""), "variables": { "input": { "enabled": true } } })
}

fn post(practice: &TestPractice, more: &str, body: &Value) -> (String, String) {
    let (token, body) = (practice.admin.token(), body.to_string());
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n{more}\r\n",
        body.len()
    );
    (head, body)
}

async fn signed_in(practice: &TestPractice) -> Stream {
    let token = json!({ "Authorization": format!("Bearer {}", practice.admin.token()) });
    let mut socket = practice.socket(token).await;
    assert_eq!(socket.message().await.expect("an answer")["type"], "connection_ack");
    socket
}

/// Until this is dropped nobody else writes in the practice.
async fn hold(practice: &TestPractice) -> Write {
    let id = text(&practice.admin.run("{ practice { id } }", json!({})).await["practice"]["id"]);
    let store = Store::open(practice.database_url()).await.expect("a database");
    store.write(PracticeId::parse(&id).expect("an id")).await.expect("the lock")
}

/// Looks once everybody who waited to write before has had their turn.
async fn assert_nothing_saved(practice: &TestPractice, before: Value) {
    let dry_run = json!({ "input": { "enabled": true, "dryRun": true } });
    practice.admin.run(&mutation("setPracticeSelfScheduling", ""), dry_run).await;
    assert_eq!(practice.snapshot().await, before, "something was saved for somebody who had gone");
}

async fn who_leaves_takes_their_request_along() {
    let connections = 20;
    let practice = TestPractice::begin_with(&[(Limit::ConnectionsPerAddress, connections)]).await;
    let before = practice.snapshot().await;
    let held = hold(&practice).await;
    let mut leaving = connect(practice.address()).await.expect("the server listens");
    let (head, body) = post(&practice, "", &change());
    leaving.write_all((head + &body).as_bytes()).await.expect("sent");
    let mut others = Vec::new();
    for _ in 1..connections {
        others.push(connect(practice.address()).await.expect("the server listens"));
    }
    drop(leaving);
    // There is room for one more once the request's own connection is gone.
    let room = async {
        loop {
            let mut one_more = connect(practice.address()).await.expect("the server listens");
            let _ = one_more.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
            let mut answer = String::new();
            if one_more.read_to_string(&mut answer).await.is_ok() && answer.starts_with("HTTP/1.1 200 ") {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, room).await.expect("whoever leaves makes room");
    drop(held);
    assert_nothing_saved(&practice, before).await;
}

async fn who_closes_a_socket_takes_its_operations_along() {
    let practice = TestPractice::begin_with(&[(Limit::SocketsPerMember, 1)]).await;
    let before = practice.snapshot().await;
    let held = hold(&practice).await;
    let token = json!({ "Authorization": format!("Bearer {}", practice.admin.token()) });
    let mut leaving = practice.socket(token.clone()).await;
    assert_eq!(leaving.message().await.expect("an answer")["type"], "connection_ack");
    leaving.say(json!({ "type": "subscribe", "id": "1", "payload": change() })).await;
    // The pong comes once the operation has begun.
    leaving.say(json!({ "type": "ping" })).await;
    assert_eq!(leaving.message().await, Some(json!({ "type": "pong" })));
    drop(leaving);
    let room = async {
        while practice.socket(token.clone()).await.message().await.is_none_or(|told| told["type"] != "connection_ack") {
        }
    };
    tokio::time::timeout(PATIENCE, room).await.expect("whoever leaves makes room");
    drop(held);
    assert_nothing_saved(&practice, before).await;
}

async fn what_waits_longer_than_the_limit_is_given_up_on_sockets_too() {
    let practice = TestPractice::begin_with(&[(Limit::RequestSeconds, 1)]).await;
    let held = hold(&practice).await;
    let mut socket = signed_in(&practice).await;
    socket.say(json!({ "type": "subscribe", "id": "1", "payload": change() })).await;
    let told = socket.message().await.expect("an answer");
    let error = &told["payload"][0];
    assert_eq!((&told["type"], &error["extensions"]["limit"]), (&json!("error"), &json!("request_seconds")), "{told}");
    drop(held);
}

async fn a_server_that_stops_ends_streams_at_once_and_answers_on_sockets_what_it_was_asked() {
    let mut practice = TestPractice::begin().await;
    let follow = json!({ "query": "subscription { pendingRequestCount }" });
    let mut following = signed_in(&practice).await;
    following.say(json!({ "type": "subscribe", "id": "1", "payload": follow })).await;
    assert_eq!(following.message().await.expect("a count")["type"], "next");
    let held = hold(&practice).await;
    let mut asking = signed_in(&practice).await;
    asking.say(json!({ "type": "subscribe", "id": "1", "payload": change() })).await;
    asking.say(json!({ "type": "ping" })).await;
    assert_eq!(asking.message().await, Some(json!({ "type": "pong" })), "it has begun");
    practice.stop();
    assert_eq!(following.closed().await.0, 1012);
    drop(held);
    let answer = asking.message().await.expect("an answer");
    assert!(answer["type"] == "next" && answer["payload"]["errors"].is_null(), "{answer}");
    assert_eq!(asking.message().await.expect("its end")["type"], "complete");
    assert_eq!(asking.closed().await.0, 1012);
}

async fn a_server_that_stops_takes_nobody_new_and_answers_whom_it_has() {
    let mut practice = TestPractice::begin().await;
    let mut running = TcpStream::connect(practice.address()).await.expect("the server listens");
    let (head, body) = post(&practice, "Expect: 100-continue\r\n", &json!({ "query": "{ practice { name } }" }));
    running.write_all(head.as_bytes()).await.expect("sent");
    let mut begun = [0; 25];
    running.read_exact(&mut begun).await.expect("its body is waited for");
    assert!(begun.starts_with(b"HTTP/1.1 100 "), "{begun:?}");
    practice.stop();
    // Whoever asks whether it is alive, or ready, hears that it is not.
    let refused = async { while TcpStream::connect(practice.address()).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.expect("nobody new is taken");
    running.write_all(body.as_bytes()).await.expect("it is still read");
    let mut answer = String::new();
    running.read_to_string(&mut answer).await.expect("an answer, and the end");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Riverbend"), "{answer}");
}

crate::support::tests!(
    who_leaves_takes_their_request_along,
    who_closes_a_socket_takes_its_operations_along,
    what_waits_longer_than_the_limit_is_given_up_on_sockets_too,
    a_server_that_stops_ends_streams_at_once_and_answers_on_sockets_what_it_was_asked,
    a_server_that_stops_takes_nobody_new_and_answers_whom_it_has,
);
