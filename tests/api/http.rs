//! GraphQL over HTTP by its draft: methods, media types, statuses, and what no request gets past.

use reqwest::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestPractice, assert_nothing_leaks, mutation, text};
use frontdesk::limits::Limit;

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
        assert!(gone.status == 200 && gone.body.get("data").is_some(), "it was run: {}", gone.body);
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
    let nested = format!("{{ a(b: {}{}) }}", "[".repeat(15_000), "]".repeat(15_000));
    let cases = [
        (json!({ "query": "{ __typename }", "extensions": { "a": large } }), 413, "body_bytes", 200 * 1024),
        (json!({ "query": format!("{{ {} }}", " ".repeat(32 * 1024)) }), 400, "document_bytes", 32 * 1024),
        (json!({ "query": nested }), 400, "document_nesting", 32),
        (json!({ "query": format!("{{ {} }}", "a ".repeat(5_000)) }), 400, "document_tokens", 4_000),
        (json!({ "query": format!("{{ {} }}", "a".repeat(30_000)) }), 400, "name_chars", 100),
    ];
    for (body, status, limit, value) in cases {
        let answer = sent(post(&practice, NEW, body)).await;
        let told = &answer.body["errors"][0]["extensions"];
        let expected = json!({ "code": "LIMIT_EXCEEDED", "limit": limit, "value": value });
        assert_eq!((answer.status, told), (status, &expected), "{}", answer.body);
        assert!(answer.body.to_string().len() < 500, "{limit} repeats what was sent");
    }
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
    what_the_caller_wrote_is_not_repeated_at_length,
    a_body_that_is_not_utf_8_is_refused,
    a_body_that_does_not_come_is_waited_for_until_its_limit,
    a_bad_token_is_told_with_a_challenge,
    every_answer_has_an_id_of_its_own,
    the_introspection_that_consoles_send_is_answered,
);
