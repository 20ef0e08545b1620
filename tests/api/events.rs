//! Streams over Server-Sent Events: distinct connections, resumed by the last event's id.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde_json::{Value, json};

use crate::support::{Person, REQUEST, TestPractice, text};
use frontdesk::limits::Limit;

const CHANGES: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
    ... on AppointmentRequestEvent { cursor type appointmentRequest { id } } ... on StreamReset { cursor } } }";
/// What does not come within this long does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event, or a comment.
#[derive(Debug, Default, PartialEq)]
struct Event {
    kind: String,
    id: Option<String>,
    data: Value,
    retry: Option<String>,
    is_comment: bool,
}

/// A stream as it comes.
struct Events {
    answer: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(practice: &TestPractice, token: &str, query: &str, variables: Value, last: Option<&str>) -> Self {
        let mut request = reqwest::Client::new().post(format!("{}/graphql", practice.url()));
        request = request.header(ACCEPT, "text/event-stream").header(AUTHORIZATION, format!("Bearer {token}"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let body = json!({ "query": query, "variables": variables });
        let answer = request.json(&body).send().await.expect("the server answers");
        Self { answer, text: String::new() }
    }

    /// What comes next; none at the end.
    async fn any(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = read(block);
                self.text = rest.to_owned();
                return Some(event);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("a chunk in time");
            self.text += std::str::from_utf8(&chunk.expect("the stream is whole")?).expect("UTF-8");
        }
    }

    /// The next event that says something.
    async fn next(&mut self) -> Event {
        loop {
            let event = self.any().await.expect("the stream goes on");
            if !event.kind.is_empty() {
                return event;
            }
        }
    }
}

fn read(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => event.kind = value.to_owned(),
            "id" => event.id = Some(value.to_owned()),
            "data" if value.is_empty() => {}
            "data" => event.data = serde_json::from_str(value).expect("JSON"),
            "retry" => event.retry = Some(value.to_owned()),
            "" => event.is_comment = true,
            other => panic!("{other} is no field of an event"),
        }
    }
    event
}

/// A practice where this client can ask this clinician.
async fn open_practice(limits: &[(Limit, u64)]) -> (TestPractice, Person, Person) {
    let practice = TestPractice::begin_with(limits).await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    (practice, dana, casey)
}

async fn ask(practice: &TestPractice, casey: &Person, dana: &Person, starts_at: &str) -> String {
    let mut answer = casey.run(REQUEST, practice.asking(dana, starts_at)).await["requestAppointment"].take();
    text(&answer["appointmentRequest"]["id"].take())
}

async fn a_stream_goes_on_behind_the_last_event_that_was_had() {
    let (practice, dana, casey) = open_practice(&[]).await;
    let from = json!({ "after": dana.cursor().await });
    let mut events = Events::open(&practice, dana.token(), CHANGES, from.clone(), None).await;
    assert_eq!(events.answer.status(), 200);
    assert_eq!(events.answer.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert!(events.any().await.expect("a beginning").retry.is_some(), "it says when to come back");
    let asked = ask(&practice, &casey, &dana, "2027-01-12T20:00:00Z").await;
    let first = events.next().await;
    let item = &first.data["data"]["appointmentRequestChanged"];
    assert_eq!((first.kind.as_str(), &item["appointmentRequest"]["id"]), ("next", &json!(asked)));
    assert_eq!(first.id.as_deref(), item["cursor"].as_str());
    drop(events);
    let missed = ask(&practice, &casey, &dana, "2027-01-19T20:00:00Z").await;
    // The document still says where it began at first.
    let mut again = Events::open(&practice, dana.token(), CHANGES, from, first.id.as_deref()).await;
    let second = again.next().await;
    assert_eq!(second.data["data"]["appointmentRequestChanged"]["appointmentRequest"]["id"], json!(missed));
}

async fn a_last_event_that_is_none_of_ours_is_refused() {
    let (practice, dana, _) = open_practice(&[]).await;
    let mut events = Events::open(&practice, dana.token(), CHANGES, json!({}), Some("nowhere")).await;
    let told = match events.answer.status().as_u16() {
        200 => events.next().await.data,
        _ => events.answer.json().await.expect("JSON"),
    };
    let extensions = &told["errors"][0]["extensions"];
    assert_eq!((&extensions["code"], &extensions["field"]), (&json!("BAD_USER_INPUT"), &json!(["after"])), "{told}");
    let request = reqwest::Client::new().post(format!("{}/graphql", practice.url())).bearer_auth(dana.token());
    let no_text = reqwest::header::HeaderValue::from_bytes(&[0xc3, 0xa4]).expect("a header");
    let request = request.header(ACCEPT, "text/event-stream").header("Last-Event-ID", no_text);
    let refused = request.json(&json!({ "query": CHANGES })).send().await.expect("the server answers");
    assert_eq!(refused.status(), 400, "what cannot be read is not taken for none");
}

async fn who_leaves_a_stream_makes_room_for_another() {
    let (practice, dana, _) = open_practice(&[(Limit::SocketsPerMember, 1)]).await;
    let mut leaving = Events::open(&practice, dana.token(), CHANGES, json!({}), None).await;
    leaving.any().await;
    drop(leaving);
    let room =
        async { while Events::open(&practice, dana.token(), CHANGES, json!({}), None).await.answer.status() != 200 {} };
    tokio::time::timeout(PATIENCE, room).await.expect("whoever leaves makes room");
}

async fn a_document_that_cannot_be_run_is_refused_with_its_status() {
    let (practice, dana, _) = open_practice(&[]).await;
    for (query, code) in
        [("subscription {", "GRAPHQL_PARSE_FAILED"), ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED")]
    {
        let refused = Events::open(&practice, dana.token(), query, json!({}), None).await.answer;
        assert_eq!(refused.status(), 400, "{query}");
        assert!(
            refused.headers()["content-type"].to_str().expect("a text").starts_with("application/graphql-response")
        );
        let told: Value = refused.json().await.expect("JSON");
        assert!(told.get("data").is_none() && told["errors"][0]["extensions"]["code"] == code, "{query}: {told}");
    }
}

async fn a_query_answers_one_event_and_is_complete() {
    let (practice, dana, _) = open_practice(&[]).await;
    let mut events = Events::open(&practice, dana.token(), "{ practice { name } }", json!({}), None).await;
    assert_eq!(events.next().await.data, json!({ "data": { "practice": { "name": "Riverbend" } } }));
    assert_eq!(events.next().await.kind, "complete");
    assert_eq!(events.any().await, None);
}

async fn a_stream_ends_with_its_token_and_says_so() {
    let practice = TestPractice::begin().await;
    let token = practice.token_for("admin@practice.test", chrono::Duration::hours(1)).await;
    let query = "subscription { pendingRequestCount }";
    let mut events = Events::open(&practice, &token, query, json!({}), None).await;
    assert_eq!(events.next().await.data, json!({ "data": { "pendingRequestCount": 0 } }));
    practice.clock.set(practice.clock.now() + chrono::Duration::hours(1));
    let last = events.next().await;
    assert_eq!(last.data["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{last:?}");
    assert_eq!(events.next().await.kind, "complete");
    assert_eq!(events.any().await, None);
}

async fn a_stream_that_is_silent_is_kept_alive_by_comments() {
    let (practice, dana, _) = open_practice(&[(Limit::PingSeconds, 1)]).await;
    let mut events = Events::open(&practice, dana.token(), CHANGES, json!({}), None).await;
    events.any().await;
    for _ in 0..2 {
        let comment = Event { is_comment: true, ..Event::default() };
        assert_eq!(events.any().await, Some(comment));
    }
}

async fn a_server_that_stops_tells_its_streams_when_to_come_back() {
    let (mut practice, dana, _) = open_practice(&[]).await;
    let mut events = Events::open(&practice, dana.token(), CHANGES, json!({}), None).await;
    events.any().await;
    practice.stop();
    let last = events.any().await.expect("a farewell");
    assert!(last.retry.is_some() && last.kind.is_empty(), "{last:?}");
    assert_eq!(events.any().await, None, "ended without `complete`, so that the client comes back");
}

async fn a_member_follows_no_more_streams_than_the_limit() {
    let (practice, dana, casey) = open_practice(&[(Limit::SocketsPerMember, 1)]).await;
    let mut first = Events::open(&practice, dana.token(), CHANGES, json!({}), None).await;
    first.any().await;
    let second = Events::open(&practice, dana.token(), CHANGES, json!({}), None).await;
    assert_eq!(second.answer.status(), 429);
    let told: Value = second.answer.json().await.expect("JSON");
    assert_eq!(told["errors"][0]["extensions"]["limit"], "sockets_per_member", "{told}");
    let other = Events::open(&practice, casey.token(), CHANGES, json!({}), None).await;
    assert_eq!(other.answer.status(), 200, "somebody else is not held up");
}

crate::support::tests!(
    a_stream_goes_on_behind_the_last_event_that_was_had,
    a_last_event_that_is_none_of_ours_is_refused,
    who_leaves_a_stream_makes_room_for_another,
    a_document_that_cannot_be_run_is_refused_with_its_status,
    a_query_answers_one_event_and_is_complete,
    a_stream_ends_with_its_token_and_says_so,
    a_stream_that_is_silent_is_kept_alive_by_comments,
    a_server_that_stops_tells_its_streams_when_to_come_back,
    a_member_follows_no_more_streams_than_the_limit,
);
