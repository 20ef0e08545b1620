//! GraphQL over HTTP by its draft: methods, media types, statuses, and what no request gets past.

use std::time::Duration;

use reqwest::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestPractice, assert_nothing_leaks, mutation, text, without_ids};
use frontdesk::config::Door;
use frontdesk::limits::{Limit, Limits};

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

const NEW: &str = "application/graphql-response+json";
const OLD: &str = "application/json";
const EITHER: [&str; 2] = [NEW, OLD];

/// An answer as it came.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> &Value {
        &self.body["errors"][0]["extensions"]["code"]
    }

    fn message(&self) -> String {
        text(&self.body["errors"][0]["message"])
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a text"))
    }
}

async fn sent(request: RequestBuilder) -> Answer {
    let answer = request.send().await.expect("the server answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let told = answer.text().await.expect("a text");
    assert_nothing_leaks(&told);
    let body = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error} in {told}"));
    let body = without_ids(body, &headers);
    Answer { status, headers, body }
}

/// A POST of the admin's.
fn post(practice: &TestPractice, accept: &str, body: impl ToString) -> RequestBuilder {
    let request =
        reqwest::Client::new().post(format!("{}/graphql", practice.url())).bearer_auth(practice.admin.token());
    request.header(ACCEPT, accept).header(CONTENT_TYPE, "application/json").body(body.to_string())
}

/// A GET of somebody without a token.
fn get(practice: &TestPractice, parameters: &[(&str, &str)]) -> RequestBuilder {
    let mut url = reqwest::Url::parse(&format!("{}/graphql", practice.url())).expect("an address");
    url.query_pairs_mut().extend_pairs(parameters);
    reqwest::Client::new().get(url)
}

async fn an_answer_comes_in_the_type_that_was_asked_for_and_a_request_error_with_that_types_status() {
    let practice = TestPractice::begin().await;
    for accept in EITHER {
        let answer = sent(post(&practice, accept, json!({ "query": "{ practice { name } }" }))).await;
        assert_eq!((answer.status, &answer.body), (200, &json!({ "data": { "practice": { "name": "Riverbend" } } })));
        assert_eq!(answer.header("content-type"), format!("{accept}; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), "no-store");
        let status = if accept == NEW { 400 } else { 200 };
        for (query, variables, code) in [
            ("{", json!({}), "GRAPHQL_PARSE_FAILED"),
            ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
            ("query($id: ID!) { client(id: $id) { id } }", json!({ "id": null }), "GRAPHQL_VALIDATION_FAILED"),
            ("query A { __typename } query B { __typename }", json!({}), "BAD_REQUEST"),
        ] {
            let answer = sent(post(&practice, accept, json!({ "query": query, "variables": variables }))).await;
            assert_eq!((answer.status, answer.code()), (status, &json!(code)), "{query}: {}", answer.body);
            assert!(answer.body.get("data").is_none(), "{query}: {}", answer.body);
        }
        let gone = sent(post(&practice, accept, json!({ "query": "{ client(id: \"client_1\") { id } }" }))).await;
        let partial = if accept == NEW { 294 } else { 200 };
        assert!(gone.status == partial && gone.body.get("data").is_some(), "it was run: {}", gone.body);
    }
}

async fn a_type_that_is_not_ours_is_not_acceptable() {
    let practice = TestPractice::begin().await;
    let answer = sent(post(&practice, "text/html", json!({ "query": "{ __typename }" }))).await;
    assert_eq!((answer.status, answer.code()), (406, &json!("BAD_REQUEST")));
    let stream = json!({ "query": "subscription { pendingRequestCount }" });
    let answer = sent(post(&practice, OLD, stream)).await;
    assert!(answer.status == 406 && answer.message().contains("text/event-stream"), "{}", answer.body);
}

async fn other_methods_than_get_and_post_are_not_allowed() {
    let practice = TestPractice::begin().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let request = reqwest::Client::new().request(method, format!("{}/graphql", practice.url()));
        let answer = sent(request).await;
        assert_eq!((answer.status, answer.header(ALLOW.as_str())), (405, "GET, POST"));
    }
}

async fn a_get_runs_queries_alone_and_only_where_it_is_meant() {
    let practice = TestPractice::begin().await;
    let query = [("query", "query($id: ID!) { node(id: $id) { id } }"), ("variables", "{\"id\":\"client_1\"}")];
    let plain = sent(get(&practice, &query)).await;
    assert!(plain.status == 400 && plain.message().contains("GraphQL-Require-Preflight"), "{}", plain.body);
    let simple = get(&practice, &query).header(CONTENT_TYPE, "text/plain");
    assert_eq!(sent(simple).await.status, 400, "a form could declare this type");
    for header in ["GraphQL-Require-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name"] {
        let answer = sent(get(&practice, &query).header(header, "1")).await;
        assert_eq!((answer.status, answer.code()), (200, &json!("UNAUTHENTICATED")), "{header}: it was run");
    }
    let typename = [("query", "{ __typename }")];
    assert_eq!(sent(get(&practice, &typename).header(CONTENT_TYPE, "application/json")).await.status, 200);
    let read = sent(get(&practice, &[("query", "{ practice { name } }")]).bearer_auth(practice.admin.token())).await;
    assert_eq!(read.body["data"]["practice"]["name"], "Riverbend");
    let before = practice.snapshot().await;
    let change = mutation("setPracticeSelfScheduling", "");
    let changing = [("query", change.as_str()), ("variables", "{\"input\":{\"enabled\":true}}")];
    let refused = sent(get(&practice, &changing).bearer_auth(practice.admin.token())).await;
    assert_eq!((refused.status, refused.header(ALLOW.as_str())), (405, "POST"), "{}", refused.body);
    assert_eq!(practice.snapshot().await, before, "something was saved");
}

async fn several_requests_in_one_are_refused_with_the_reason() {
    let practice = TestPractice::begin().await;
    for accept in EITHER {
        let answer = sent(post(&practice, accept, json!([{ "query": "{ __typename }" }]))).await;
        assert!(answer.status == 400 && answer.message().contains("one request at a time"), "{}", answer.body);
    }
}

async fn what_is_over_a_limit_is_refused_by_its_name_and_value() {
    let practice = TestPractice::begin_with(&[(Limit::BodyBytes, 200 * 1024)]).await;
    let large = "x".repeat(200 * 1024);
    let cases = [
        (json!({ "query": "{ __typename }", "extensions": { "a": large } }), 413, "body_bytes", 200 * 1024),
        (json!({ "query": format!("{{ {} }}", " ".repeat(32 * 1024)) }), 400, "document_bytes", 32 * 1024),
    ];
    for (body, status, limit, value) in cases {
        let answer = sent(post(&practice, NEW, body)).await;
        let told = &answer.body["errors"][0]["extensions"];
        let expected = json!({ "code": "LIMIT_EXCEEDED", "limit": limit, "value": value });
        assert_eq!((answer.status, told), (status, &expected), "{}", answer.body);
        assert!(answer.body.to_string().len() < 500, "{limit} repeats what was sent");
    }
}

/// A document that is over a limit of documents at its default, and the status of its refusal.
fn over(limit: &str) -> Option<Value> {
    let many = |count: usize, what: &str| (0..count).map(|n| what.replace('#', &n.to_string())).collect::<String>();
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let query = match limit {
        "document_bytes" => format!("{{ {} }}", " ".repeat(32 * 1024)),
        "document_tokens" => format!("{{ {} }}", "a ".repeat(5_000)),
        "document_nesting" => format!("{{ a(b: {}{}) }}", "[".repeat(15_000), "]".repeat(15_000)),
        "name_chars" => format!("{{ {} }}", "a".repeat(30_000)),
        "operation_depth" => format!("{}a{}", "{ a ".repeat(17), " }".repeat(17)),
        "operation_fields" => format!("{{ practice {{ {} }} }}", "name ".repeat(1_001)),
        "operation_aliases" => format!("{{ practice {{ {} }} }}", many(101, "a#: name ")),
        "operation_root_fields" => format!("{{ {} }}", "__typename ".repeat(21)),
        "operation_directives" => format!("{{ __typename {} }}", "@skip(if: false) ".repeat(51)),
        "operation_schemas" => "{ __schema { types { name } } a: __schema { types { name } } }".to_owned(),
        "introspection_lists" => "{ __type(name: \"Query\") { fields { type { fields { name } } } } }".to_owned(),
        "operation_cost" => {
            format!("{{ practice {{ clients(first: 100) {{ nodes {{ {} }} }} }} }}", "displayName ".repeat(130))
        }
        "page_size" => "{ practice { clients(first: 101) { totalCount } } }".to_owned(),
        "variables_nesting" => {
            return Some(json!({ "query": "query($a: ID) { client(id: $a) { id } }", "variables": { "a": deep(9) } }));
        }
        "variables_bytes" => {
            let ids = vec!["x".repeat(1_000); 100];
            return Some(json!({ "query": "query($a: [ID!]) { __typename }", "variables": { "a": ids } }));
        }
        _ => return None,
    };
    Some(json!({ "query": query }))
}

async fn every_limit_on_documents_is_kept_at_its_default_and_told_by_its_name_and_value() {
    let practice = TestPractice::begin_at(Door::default()).await;
    let of_documents = ["document_", "name_", "operation_", "introspection_", "page_", "variables_"];
    let mut tried = 0;
    for line in Limits::default().to_string().lines() {
        let Some((limit, rest)) = line.split_once(" = ") else { continue };
        if !of_documents.iter().any(|group| limit.starts_with(group)) {
            continue;
        }
        let body = over(limit).unwrap_or_else(|| panic!("nothing here is over {limit}"));
        let value: u64 = rest.split(' ').next().and_then(|value| value.parse().ok()).expect("a number");
        let answer = sent(post(&practice, NEW, body)).await;
        let told = &answer.body["errors"][0]["extensions"];
        assert_eq!(
            (answer.status, &told["limit"], &told["value"]),
            (400, &json!(limit), &json!(value)),
            "{}",
            answer.body
        );
        assert!(answer.body.to_string().len() < 500, "{limit} repeats what was sent");
        tried += 1;
    }
    assert!(tried > 10, "the table is read");
}

async fn a_head_over_its_limit_is_told_so() {
    let practice = TestPractice::begin().await;
    let most = Limits::default().get(Limit::HeadBytes);
    let long = "x".repeat(usize::try_from(most).expect("a size"));
    let answer = sent(get(&practice, &[("query", "{ __typename }")]).header("X-Long", long)).await;
    let told = &answer.body["errors"][0]["extensions"];
    assert_eq!((answer.status, &told["limit"], &told["value"]), (431, &json!("head_bytes"), &json!(most)));
    assert!(answer.header("x-content-type-options") == "nosniff" && !answer.header("x-request-id").is_empty());
}

async fn a_body_in_crumbs_is_refused_by_the_number_of_its_chunks() {
    let practice = TestPractice::begin_with(&[(Limit::BodyChunks, 16)]).await;
    let mut connection = TcpStream::connect(practice.address()).await.expect("the server listens");
    let head =
        "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection.write_all(format!("{head}{}", "1\r\n \r\n".repeat(17)).as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"}]}") {
        assert!(connection.read_buf(&mut answer).await.expect("the server answers") > 0, "it ended early");
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_chunks"), "{answer}");
}

async fn whoever_holds_large_bodies_back_keeps_no_small_one_waiting() {
    let limits = [(Limit::BodyBytes, 16 * 1024), (Limit::ReadingBytes, 16 * 1024)];
    let practice = TestPractice::begin_with(&limits).await;
    let large = |bytes: usize| {
        let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n";
        let body = json!({ "query": "{ __typename }", "extensions": { "x": "x".repeat(bytes) } }).to_string();
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let connect = async || TcpStream::connect(practice.address()).await.expect("the server listens");
    let mut slow = Vec::new();
    for _ in 0..4 {
        let (request, mut connection) = (large(15_000), connect().await);
        connection.write_all(&request.as_bytes()[..request.len() - 1]).await.expect("sent");
        slow.push(connection);
    }
    let small = json!({ "query": "{ practice { name } }" });
    assert_eq!(sent(post(&practice, NEW, small)).await.status, 200);
    drop(slow);
    // The server hears of those who leave when it does: one comes again until then, as the refusal says.
    let served = async {
        loop {
            let (mut waiting, mut answer) = (connect().await, String::new());
            // Whoever is refused before all is sent may find the connection cut.
            let _ = waiting.write_all(large(15_000).as_bytes()).await;
            let _ = waiting.read_to_string(&mut answer).await;
            if answer.starts_with("HTTP/1.1 200 ") {
                break;
            }
            assert!(answer.is_empty() || answer.contains("\"reading_bytes\""), "{answer}");
        }
    };
    tokio::time::timeout(PATIENCE, served).await.expect("whoever leaves makes room");
}

async fn what_the_caller_wrote_is_not_repeated_at_length() {
    let practice = TestPractice::begin().await;
    let long = "x".repeat(30_000);
    for body in [
        json!({ "query": format!("{{ client(id: \"{long}\") {{ }}") }),
        json!({ "query": format!("{{ clinician(id: {{ {long}: 1 }}) {{ id }} }}") }),
        json!({ "query": mutation("setClientAccess", ""), "variables": { "input": { "access": long } } }),
        json!({ "query": mutation("setClientAccess", ""), "variables": { "input": { long.clone(): 1 } } }),
        json!({ "query": "query($n: Int) { practice { clients(first: $n) { totalCount } } }", "variables": { "n": long } }),
        json!({ "query": "{ __typename }", "operationName": long }),
        json!({ "query": "query($id: ID!) { node(id: $id) { id } }", "variables": { "id": long } }),
    ] {
        let answer = sent(post(&practice, NEW, body)).await;
        assert!(answer.body.to_string().len() < 700, "{}", &answer.body.to_string()[..700]);
        assert!(answer.code().is_string(), "{}", answer.body);
    }
}

async fn a_body_that_is_not_utf_8_is_refused() {
    let practice = TestPractice::begin().await;
    let body = [b"{\"query\":\"{ __typename }\",\"operationName\":\"".as_slice(), &[0xC3, 0x28], b"\"}"].concat();
    let answer = sent(post(&practice, NEW, "").body(body)).await;
    assert_eq!((answer.status, answer.code()), (400, &json!("BAD_REQUEST")));
    let mut in_address = get(&practice, &[]).header("GraphQL-Require-Preflight", "1").build().expect("a request");
    in_address.url_mut().set_query(Some("query=%7B__typename%7D&operationName=%C3%28"));
    let answer = reqwest::Client::new().execute(in_address).await.expect("the server answers");
    assert_eq!(answer.status(), 400, "not in an address either");
    let latin = reqwest::Client::new().post(format!("{}/graphql", practice.url())).body("{}");
    assert_eq!(sent(latin.header(CONTENT_TYPE, "application/json; charset=latin1")).await.status, 415);
}

async fn a_body_that_does_not_come_is_waited_for_until_its_limit() {
    let practice = TestPractice::begin_with(&[(Limit::BodySeconds, 1)]).await;
    let mut connection = TcpStream::connect(practice.address()).await.expect("the server listens");
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{";
    connection.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("the server answers and closes");
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"body_seconds\""), "{answer}");
}

async fn a_bad_token_is_told_with_a_challenge() {
    let practice = TestPractice::begin().await;
    for accept in EITHER {
        let request = reqwest::Client::new().post(format!("{}/graphql", practice.url())).header(ACCEPT, accept);
        let request = request.json(&json!({ "query": "{ __typename }" }));
        let answer = sent(request.basic_auth("x", Some("y"))).await;
        let challenge = answer.header(WWW_AUTHENTICATE.as_str());
        assert_eq!((answer.status, challenge, answer.code()), (401, "Bearer", &json!("UNAUTHENTICATED")));
        assert!(answer.body.get("data").is_none(), "{}", answer.body);
    }
}

async fn every_answer_has_an_id_of_its_own() {
    let practice = TestPractice::begin().await;
    let mut ids = std::collections::BTreeSet::new();
    for path in ["/graphql", "/graphql", "/healthz", "/nowhere", "/metrics", "/"] {
        let answer = reqwest::get(practice.url() + path).await.expect("the server answers");
        let id = answer.headers().get("x-request-id").unwrap_or_else(|| panic!("{path}: no id")).clone();
        assert!(ids.insert(id.to_str().expect("a text").to_owned()), "{path}: a second time {id:?}");
    }
}

async fn the_introspection_that_consoles_send_is_answered() {
    let practice = TestPractice::begin().await;
    let answer =
        sent(post(&practice, NEW, json!({ "query": INTROSPECTION, "operationName": "IntrospectionQuery" }))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let types = answer.body["data"]["__schema"]["types"].as_array().expect("types");
    assert!(types.iter().any(|r#type| r#type["name"] == "Practice"));
}

/// As GraphiQL sends it.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name kind } mutationType { name kind }
    subscriptionType { name kind } types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
    fragment FullType on __Type { kind name description specifiedByURL isOneOf
        fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
            type { ...TypeRef } isDeprecated deprecationReason }
        inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
        possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

crate::support::tests!(
    an_answer_comes_in_the_type_that_was_asked_for_and_a_request_error_with_that_types_status,
    a_type_that_is_not_ours_is_not_acceptable,
    other_methods_than_get_and_post_are_not_allowed,
    a_get_runs_queries_alone_and_only_where_it_is_meant,
    several_requests_in_one_are_refused_with_the_reason,
    what_is_over_a_limit_is_refused_by_its_name_and_value,
    every_limit_on_documents_is_kept_at_its_default_and_told_by_its_name_and_value,
    a_head_over_its_limit_is_told_so,
    a_body_in_crumbs_is_refused_by_the_number_of_its_chunks,
    whoever_holds_large_bodies_back_keeps_no_small_one_waiting,
    what_the_caller_wrote_is_not_repeated_at_length,
    a_body_that_is_not_utf_8_is_refused,
    a_body_that_does_not_come_is_waited_for_until_its_limit,
    a_bad_token_is_told_with_a_challenge,
    every_answer_has_an_id_of_its_own,
    the_introspection_that_consoles_send_is_answered,
);
