//! The door itself: who may knock how often, which pages may, how long somebody slow is waited for, and what every answer
//! tells a browser.

use std::time::Duration;

use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Stream, TestPractice, door, mutation, text, without_ids};
use frontdesk::config::{Door, Network, Origin};
use frontdesk::domain::ids::PracticeId;
use frontdesk::limits::Limit;
use frontdesk::store::Store;

/// What does not happen within this long does not happen.
const PATIENCE: Duration = Duration::from_secs(20);
const OURS: &str = "https://app.example.test";

fn asking(practice: &TestPractice) -> RequestBuilder {
    Client::new().post(format!("{}/graphql", practice.url())).json(&json!({ "query": "{ __typename }" }))
}

async fn told(request: RequestBuilder) -> (u16, HeaderMap, Value) {
    let answer = request.send().await.expect("the server answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = without_ids(answer.json().await.expect("JSON"), &headers);
    (status, headers, body)
}

async fn a_member_who_asks_too_often_is_told_when_to_come_back() {
    let practice = TestPractice::begin_with(&[(Limit::MemberBurst, 10), (Limit::MemberPerSecond, 2)]).await;
    let dana = practice.clinician("Dana").await;
    let ask = || told(asking(&practice).bearer_auth(dana.token()));
    for _ in 0..10 {
        assert_eq!(ask().await.0, 200);
    }
    let (status, headers, body) = ask().await;
    let expected = json!({ "code": "LIMIT_EXCEEDED", "limit": "member_per_second", "value": 2 });
    assert_eq!((status, &body["errors"][0]["extensions"]), (429, &expected));
    assert_eq!(headers["retry-after"], "1");
    let mut socket = practice.socket(json!({ "Authorization": format!("Bearer {}", dana.token()) })).await;
    assert_eq!(socket.message().await.expect("an answer")["type"], "connection_ack");
    socket.say(json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ __typename }" } })).await;
    let mut refused = socket.message().await.expect("an answer");
    let extensions = refused["payload"][0]["extensions"].as_object_mut();
    assert!(extensions.and_then(|told| told.remove("requestId")).is_some(), "over a socket too: {refused}");
    assert_eq!(refused["payload"][0]["extensions"], expected, "over a socket too: {refused}");
    assert_eq!(told(asking(&practice).bearer_auth(practice.admin.token())).await.0, 200, "somebody else may");
    practice.clock.set(practice.clock.now() + chrono::Duration::seconds(1));
    assert_eq!([ask().await.0, ask().await.0, ask().await.0], [200, 200, 429]);
}

async fn an_address_is_the_peers_unless_a_trusted_proxy_says_whose_it_is() {
    let limits = door(&[(Limit::AddressBurst, 10), (Limit::AddressPerSecond, 1)]);
    let trusted_proxies = vec![Network::parse("127.0.0.0/8").expect("a network")];
    let practice = TestPractice::begin_at(Door { trusted_proxies, ..limits }).await;
    let from = |forwarded: &str| told(asking(&practice).header("X-Forwarded-For", forwarded));
    for number in 0..10 {
        assert_eq!(from(&format!("198.51.100.{number}, 203.0.113.9")).await.0, 200, "{number}");
    }
    let (status, _, body) = from("203.0.113.9").await;
    assert_eq!((status, &body["errors"][0]["extensions"]["limit"]), (429, &json!("address_per_second")));
    assert_eq!(from("203.0.113.8").await.0, 200, "another address may");
    let refused = Stream::dial(practice.address(), "", &[("X-Forwarded-For", "203.0.113.9")]).await.err();
    assert_eq!(refused, Some(429), "a socket counts too");
}

async fn every_path_counts_but_those_that_watch_over_the_server() {
    let practice = TestPractice::begin_with(&[(Limit::AddressBurst, 11), (Limit::AddressPerSecond, 1)]).await;
    // One made the practice.
    let status = async |method: Method, path: &str| {
        let request = Client::new().request(method, practice.url() + path).header("Accept", "text/html");
        request.send().await.expect("the server answers").status().as_u16()
    };
    for _ in 0..5 {
        assert_eq!(status(Method::PUT, "/graphql").await, 405);
        assert_eq!(status(Method::GET, "/nowhere").await, 404);
    }
    for (method, path) in
        [(Method::PUT, "/graphql"), (Method::POST, "/graphql"), (Method::GET, "/nowhere"), (Method::GET, "/")]
    {
        assert_eq!(status(method, path).await, 429, "{path}");
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(status(Method::GET, path).await, 200, "{path}");
    }
}

async fn the_pages_of_other_origins_are_let_in_only_where_they_are_allowed() {
    let closed = TestPractice::begin().await;
    let (status, headers, _) = told(asking(&closed).header("Origin", OURS)).await;
    assert!(status == 200 && !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "a browser hides it from the page");
    let allowed_origins = vec![Origin::parse(OURS).expect("an origin")];
    let open = TestPractice::begin_at(Door { allowed_origins, ..door(&[]) }).await;
    let preflight = |origin: &str| {
        let request =
            Client::new().request(Method::OPTIONS, format!("{}/graphql", open.url())).header("Origin", origin);
        request
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type,x-apollo-operation-name")
    };
    let answer = preflight(OURS).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()[ACCESS_CONTROL_ALLOW_ORIGIN]),
        (200, &OURS.parse().expect("a header"))
    );
    let allowed = answer.headers()["access-control-allow-headers"].to_str().expect("a text");
    for header in ["graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name", "last-event-id"]
    {
        assert!(allowed.contains(header), "{header} of {allowed}");
    }
    let (_, headers, _) = told(asking(&open).header("Origin", OURS)).await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], OURS);
    assert!(!headers.contains_key("access-control-allow-credentials"), "no cookie says who asks");
    let other = preflight("https://elsewhere.test").send().await.expect("an answer");
    assert!(!other.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    let dial = async |origin| {
        let headers = [("Sec-WebSocket-Protocol", "graphql-transport-ws"), ("Origin", origin)];
        Stream::dial(open.address(), "", &headers).await.err()
    };
    assert_eq!([dial(OURS).await, dial("https://elsewhere.test").await], [None, Some(403)]);
}

async fn every_answer_keeps_browsers_from_guessing_framing_and_running_it() {
    let practice = TestPractice::begin().await;
    for path in ["/graphql", "/", "/healthz", "/metrics", "/nowhere", "/graphql/ws"] {
        let answer = reqwest::get(practice.url() + path).await.expect("the server answers");
        let header = |name: &str| text(&json!(answer.headers()[name].to_str().expect("a text")));
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
    }
}

async fn the_console_loads_nothing_but_what_the_server_has_itself() {
    let practice = TestPractice::begin().await;
    let get = async |path: &str| {
        let answer = reqwest::get(practice.url() + path).await.expect("the server answers");
        assert_eq!(answer.status(), 200, "{path}");
        answer
    };
    let page = get("/").await;
    let policy = text(&json!(page.headers()["content-security-policy"].to_str().expect("a text")));
    for part in ["script-src 'self';", "connect-src 'self';", "style-src 'self' 'unsafe-inline';", "font-src data:;"] {
        assert!(policy.contains(part) && !policy.contains("http"), "{policy}");
    }
    let page = page.text().await.expect("a page");
    let loaded: Vec<_> =
        page.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css")).collect();
    let scripts = page.matches("<script").count();
    assert!(scripts == 4 && loaded.len() == 5 && page.matches("<script src=\"").count() == scripts, "{page}");
    assert!(!page.contains("//") && !page.contains("onload"), "{page}");
    for path in loaded {
        let file = get(path).await;
        let kind = if path.ends_with(".js") { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
        assert_eq!(file.headers()["content-type"], kind);
        // A sheet brings its letters and icons along.
        let body = file.text().await.expect("a text");
        assert!(kind.starts_with("text/java") || !body.contains("url(http") && !body.contains("@import"), "{path}");
    }
    let elsewhere = reqwest::get(practice.url() + "/console/..%2Fpage.html").await.expect("the server answers");
    assert_eq!(elsewhere.status(), 404);
}

async fn an_address_holds_no_more_connections_than_the_limit() {
    let practice = TestPractice::begin_with(&[(Limit::ConnectionsPerAddress, 10)]).await;
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(TcpStream::connect(practice.address()).await.expect("the server listens"));
    }
    let mut one_more = TcpStream::connect(practice.address()).await.expect("the server listens");
    let mut answer = String::new();
    one_more.read_to_string(&mut answer).await.expect("it is told, and closed");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After"), "{answer}");
    assert!(answer.contains("\"limit\":\"connections_per_address\"") && answer.contains("nosniff"), "{answer}");
    drop(held);
    let served = async {
        while reqwest::get(practice.url() + "/healthz").await.map_or(503, |told| told.status().as_u16()) != 200 {}
    };
    tokio::time::timeout(PATIENCE, served).await.expect("whoever leaves makes room");
}

async fn all_together_hold_no_more_connections_than_the_limit() {
    let practice = TestPractice::begin_with(&[(Limit::Connections, 10)]).await;
    let connect = async |last| {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, last], 0).into()).expect("an address of this machine");
        socket.connect(practice.address()).await.expect("the server listens")
    };
    let mut held = Vec::new();
    // Each from an address of its own.
    for last in 1..=10 {
        held.push(connect(last).await);
    }
    let mut answer = String::new();
    connect(11).await.read_to_string(&mut answer).await.expect("it is told, and closed");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"limit\":\"connections\""), "{answer}");
}

async fn a_head_that_does_not_come_is_waited_for_until_its_limit() {
    let practice = TestPractice::begin_with(&[(Limit::HeadersSeconds, 1)]).await;
    let connect = async || TcpStream::connect(practice.address()).await.expect("the server listens");
    let (mut silent, mut slow) = (connect().await, connect().await);
    slow.write_all(b"POST /graphql HTTP/1.1\r\nHost: a\r\nX-A").await.expect("sent");
    for connection in [&mut silent, &mut slow] {
        let mut rest = Vec::new();
        let end =
            tokio::time::timeout(PATIENCE, connection.read_to_end(&mut rest)).await.expect("it is closed in time");
        assert!(end.is_err() || !rest.starts_with(b"HTTP/1.1 200"));
    }
}

async fn a_peer_that_takes_nothing_is_given_up() {
    let practice = TestPractice::begin_with(&[(Limit::WriteSeconds, 1)]).await;
    let mut connection = TcpStream::connect(practice.address()).await.expect("the server listens");
    let body =
        json!({ "query": "{ __schema { types { name description fields { name description } } } }" }).to_string();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    // Its answers are never read.
    let given_up = async { while connection.write_all(request.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, given_up).await.expect("the server closes");
}

async fn a_request_that_takes_too_long_is_answered_with_its_limit_and_its_id() {
    let practice = TestPractice::begin_with(&[(Limit::RequestSeconds, 1)]).await;
    let id = text(&practice.admin.run("{ practice { id } }", json!({})).await["practice"]["id"]);
    let store = Store::open(practice.database_url()).await.expect("a database");
    // Nobody else writes until it is dropped.
    let hold = store.write(PracticeId::parse(&id).expect("an id")).await.expect("the lock");
    let body =
        json!({ "query": mutation("setPracticeSelfScheduling", ""), "variables": { "input": { "enabled": true } } });
    let request = Client::new().post(format!("{}/graphql", practice.url())).bearer_auth(practice.admin.token());
    let (status, _, body) = told(request.json(&body)).await;
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!(
        (status, &extensions["code"], &extensions["limit"]),
        (503, &json!("UNAVAILABLE"), &json!("request_seconds"))
    );
    assert!(text(&body["errors"][0]["message"]).contains("not known whether this was saved"), "{body}");
    drop(hold);
}

crate::support::tests!(
    a_member_who_asks_too_often_is_told_when_to_come_back,
    an_address_is_the_peers_unless_a_trusted_proxy_says_whose_it_is,
    every_path_counts_but_those_that_watch_over_the_server,
    the_pages_of_other_origins_are_let_in_only_where_they_are_allowed,
    every_answer_keeps_browsers_from_guessing_framing_and_running_it,
    the_console_loads_nothing_but_what_the_server_has_itself,
    an_address_holds_no_more_connections_than_the_limit,
    all_together_hold_no_more_connections_than_the_limit,
    a_head_that_does_not_come_is_waited_for_until_its_limit,
    a_peer_that_takes_nothing_is_given_up,
    a_request_that_takes_too_long_is_answered_with_its_limit_and_its_id,
);
