//! What is refused of a document before anything is run, and what is right and must not be: by the language's rules, also
//! where the library has gaps.

use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::support::{TestPractice, mutation};

const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";

/// The status and the body of an answer to the admin.
async fn told(practice: &TestPractice, query: &str, variables: &Value) -> (u16, Value) {
    let request =
        reqwest::Client::new().post(format!("{}/graphql", practice.url())).bearer_auth(practice.admin.token());
    let request = request.header(ACCEPT, "application/graphql-response+json, text/event-stream");
    let answer = request.json(&json!({ "query": query, "variables": variables })).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn assert_refused(practice: &TestPractice, query: &str, variables: Value) {
    let (status, body) = told(practice, query, &variables).await;
    let found = (status, &body["errors"][0]["extensions"]["code"]);
    assert_eq!(found, (400, &json!(INVALID)), "{query} {variables}: {body}");
    assert!(body.get("data").is_none(), "{query}: {body}");
}

async fn directives_that_are_unknown_repeated_misplaced_or_wrongly_given_are_refused() {
    let practice = TestPractice::begin().await;
    // The field that the library's checks leave out, one that they do not, and what is no field.
    for place in [
        "__typename #",
        "practice #{ id }",
        "... #{ practice { id } }",
        "...F # } fragment F on Query { viewer { roles }",
    ] {
        for directives in [
            "@nothing",
            "@deprecated",
            "@skip(if: false) @skip(if: false)",
            "@skip(if: \"no\")",
            "@include(if: null)",
            "@skip",
            "@skip(if: false, of: 1)",
            "@skip(if: false, if: false)",
            "@include(if: $a)",
        ] {
            let query = format!("{{ {} }}", place.replace('#', directives));
            assert_refused(&practice, &query, json!({ "a": true })).await;
        }
    }
    for query in [
        "query @skip(if: false) { __typename }",
        "query @nothing { __typename }",
        "query($a: Boolean! @nothing) { __typename @skip(if: $a) }",
        "{ ...F } fragment F on Query @skip(if: false) { __typename }",
        "{ ...F } fragment F on Query @nothing { __typename }",
    ] {
        assert_refused(&practice, query, json!({ "a": false })).await;
    }
}

async fn variables_that_are_missing_wrong_or_not_declared_are_refused() {
    let practice = TestPractice::begin().await;
    let skipped = "query($a: Boolean!) { __typename @skip(if: $a) }";
    let switch = mutation("setPracticeSelfScheduling", "");
    let first = |ty: &str| format!("query($a: {ty}) {{ practice {{ clients(first: $a) {{ totalCount }} }} }}");
    let parts = "mutation($on: Boolean!, $dry: Boolean) {
        setPracticeSelfScheduling(input: { enabled: $on, dryRun: $dry, tea: 1 }) { errors { code } } }";
    for (query, variables) in [
        ("query($a: Nothing) { __typename @skip(if: $a) }", json!({})),
        ("query($a: Practice) { __typename @skip(if: $a) }", json!({})),
        ("query($a: String!) { __typename @skip(if: $a) }", json!({ "a": "no" })),
        (skipped, json!({ "a": "no" })),
        (skipped, json!({ "a": null })),
        (skipped, json!({})),
        ("query($a: Boolean!) { __typename }", json!({ "a": true })),
        ("query($a: Int, $a: Int) { practice { clients(first: $a) { totalCount } } }", json!({})),
        (&first("Int"), json!({ "a": 2_147_483_648_u64 })),
        (&first("Int"), json!({ "a": 1.5 })),
        (&first("Int"), json!({ "a": "1" })),
        (&first("Int = 2147483648"), json!({})),
        (&first("[Int]"), json!({ "a": [1] })),
        (&switch, json!({ "input": 1 })),
        (&switch, json!({ "input": { "enabled": true, "tea": 1 } })),
        // What stands beside a variable that was left out.
        (parts, json!({ "on": true })),
    ] {
        assert_refused(&practice, query, variables).await;
    }
}

async fn fields_arguments_and_literals_that_the_schema_does_not_have_are_refused() {
    let practice = TestPractice::begin().await;
    for query in [
        "{ nothing }",
        "{ practice }",
        "{ practice { name { id } } }",
        "{ __typename(a: 1) }",
        "{ __typename { a } }",
        "{ practice { clients(first: 1, first: 2) { totalCount } } }",
        "{ practice { clients(first: 1.5) { totalCount } } }",
        "{ practice { clients(first: 2147483648) { totalCount } } }",
        "{ practice { clients(first: -99999999999999999999) { totalCount } } }",
        "{ practice { clients(of: 1) { totalCount } } }",
        "{ client { id } }",
        "{ client(id: null) { id } }",
        "mutation { setPracticeSelfScheduling(input: 1) { errors { code } } }",
        "mutation { setPracticeSelfScheduling(input: { enabled: true, tea: 1 }) { errors { code } } }",
        "mutation { createService(input: { name: \"a\", durationMinutes: 50, modality: \"IN_PERSON\" }) { errors { code } } }",
        "{ a: practice { name } a: viewer { roles } }",
        "{ practice { a: clients(first: 1) { totalCount } a: clients(first: 2) { totalCount } } }",
        "{ ... on Member { id } }",
        "{ ... on Nothing { id } }",
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...A }",
        "{ __typename } fragment A on Query { __typename }",
        "subscription { pendingRequestCount again: pendingRequestCount }",
        "subscription { ...S } fragment S on Subscription { pendingRequestCount again: pendingRequestCount }",
        "subscription { __typename }",
        "subscription { __typename @skip(if: false) }",
    ] {
        assert_refused(&practice, query, json!({})).await;
    }
    let (status, body) = told(&practice, "query A { __typename } query A { __typename }", &json!({})).await;
    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (400, &json!("GRAPHQL_PARSE_FAILED")), "{body}");
}

async fn what_is_right_is_run() {
    let practice = TestPractice::begin().await;
    let query = json!({ "__typename": "Query" });
    let skipped = "query($a: Boolean!) { __typename ... on Query { b: __typename @skip(if: $a) } }";
    let by_default = "query($a: Boolean = true) { __typename @include(if: $a) }";
    let many = "query($a: Int = 2147483647) { practice { clients(first: $a) { totalCount } } }";
    for (query, variables, data) in [
        (skipped, json!({ "a": true }), query.clone()),
        (skipped, json!({ "a": false }), json!({ "__typename": "Query", "b": "Query" })),
        (by_default, json!({}), query.clone()),
        (by_default, json!({ "a": false }), json!({})),
        (
            "{ practice { __typename @include(if: true) } }",
            json!({}),
            json!({ "practice": { "__typename": "Practice" } }),
        ),
        ("query A { __typename }", json!({ "unknown": 1 }), query.clone()),
        ("{ a: practice { name } a: practice { name } }", json!({}), json!({ "a": { "name": "Riverbend" } })),
        (many, json!({ "a": 1 }), json!({ "practice": { "clients": { "totalCount": 0 } } })),
    ] {
        let (status, body) = told(&practice, query, &variables).await;
        assert_eq!((status, body), (200, json!({ "data": data })), "{query} {variables}");
    }
}

crate::support::tests!(
    directives_that_are_unknown_repeated_misplaced_or_wrongly_given_are_refused,
    variables_that_are_missing_wrong_or_not_declared_are_refused,
    fields_arguments_and_literals_that_the_schema_does_not_have_are_refused,
    what_is_right_is_run,
);
