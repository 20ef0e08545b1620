//! Requests that are refused before a rule is asked: by their body, their token, their document, or because what they
//! name is not there. Nothing is saved, and nothing inside is told.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::{Elsewhere, Person, TestPractice, assert_nothing_leaks, mutation, without_ids};

const JSON: &str = "application/json";
const FOLLOW: &str = "subscription($after: Cursor, $clinician: ID) {
    appointmentRequested(after: $after, clinicianId: $clinician) { __typename } }";

/// Posts a body as it is; answers the status and the text.
async fn post(practice: &TestPractice, token: &str, content_type: Option<&str>, body: String) -> (u16, String) {
    let mut request = reqwest::Client::new().post(format!("{}/graphql", practice.url())).body(body);
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    let answer = request.bearer_auth(token).send().await.expect("the server answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.expect("a text");
    assert_nothing_leaks(&text);
    let text = without_ids(serde_json::from_str(&text).expect("JSON"), &headers).to_string();
    (status, text)
}

/// The body of a mutation that would succeed.
fn valid(note: &str) -> String {
    let switch = json!({ "input": { "enabled": true } });
    json!({ "query": mutation("setPracticeSelfScheduling", ""), "variables": switch, "extensions": { "note": note } })
        .to_string()
}

async fn a_body_that_is_no_graphql_request_is_refused_with_the_status_that_says_why() {
    let practice = TestPractice::begin().await;
    let before = practice.snapshot().await;
    let form = "application/x-www-form-urlencoded";
    let cases = [
        ("not JSON", Some(JSON), "{\"query\": ".to_owned(), 400),
        ("nothing", Some(JSON), String::new(), 400),
        ("JSON, but no object", Some(JSON), "42".to_owned(), 400),
        ("a query that is no text", Some(JSON), json!({ "query": 42 }).to_string(), 400),
        ("a form", Some(form), valid(""), 415),
        ("plain text", Some("text/plain"), valid(""), 415),
        ("no content type", None, valid(""), 415),
    ];
    for (what, content_type, body, expected) in cases {
        let (status, text) = post(&practice, practice.admin.token(), content_type, body).await;
        let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error} in {text}"));
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (expected, &json!("BAD_REQUEST")), "{what}");
    }
    assert_eq!(practice.snapshot().await, before, "something was saved");
    let (status, text) = post(&practice, practice.admin.token(), Some(JSON), valid("")).await;
    assert!(status == 200 && text.contains("\"errors\":[]"), "the same body is fine as JSON: {status} {text}");
}

/// As consoles ask for it: every type with its fields, and each field's type eight wrappers deep.
const INTROSPECTION: &str = "query IntrospectionQuery {
    __schema { queryType { name } mutationType { name } subscriptionType { name } types { ...FullType }
        directives { name description locations args { ...Input } } } }
    fragment FullType on __Type { kind name description
        fields(includeDeprecated: true) { name description args { ...Input } type { ...Wrapped } isDeprecated deprecationReason }
        inputFields { ...Input } interfaces { ...Wrapped }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
        possibleTypes { ...Wrapped } }
    fragment Input on __InputValue { name description type { ...Wrapped } defaultValue }
    fragment Wrapped on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }";

async fn introspection_as_consoles_ask_for_it_is_within_the_limits() {
    let practice = TestPractice::begin().await;
    let schema = practice.admin.run(INTROSPECTION, json!({})).await;
    let types = schema["__schema"]["types"].as_array().expect("a list");
    assert!(types.iter().any(|one| one["name"] == "AppointmentRequest"), "{schema}");
}

async fn a_document_over_a_limit_is_refused_by_the_limits_name_and_nothing_is_run() {
    let practice = TestPractice::begin().await;
    let before = practice.snapshot().await;
    let deep = format!("{{ practice(x: {}{}) {{ name }} }}", "[".repeat(15_000), "]".repeat(15_000));
    let mut doubling = "{ ...F0 }".to_owned();
    for number in 0..25 {
        doubling += &format!(" fragment F{number} on Query {{ ...F{0} ...F{0} }}", number + 1);
    }
    doubling += " fragment F25 on Query { __typename }";
    let aliases: String = (0..20_000).map(|number| format!("a{number}:__typename ")).collect();
    let name = "n".repeat(30_000);
    for (query, limit) in [
        (deep, "document_nesting"),
        (doubling, "operation_fields"),
        (format!("{{ {} }}", &aliases[..30_000]), "document_tokens"),
        (format!("{{ {name} }}"), "name_chars"),
        ("#".repeat(70_000), "document_bytes"),
    ] {
        let (status, text) =
            post(&practice, practice.admin.token(), Some(JSON), json!({ "query": query }).to_string()).await;
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        let told = &answer["errors"][0]["extensions"];
        assert_eq!((&told["code"], &told["limit"]), (&json!("LIMIT_EXCEEDED"), &json!(limit)), "{status} {text}");
        assert!(text.len() < 500, "nothing long is said back: {text}");
    }
    assert_eq!(practice.snapshot().await, before);
}

async fn nothing_can_be_changed_by_following_a_link() {
    let practice = TestPractice::begin().await;
    let before = practice.snapshot().await;
    let change = "mutation%7BsetPracticeSelfScheduling(input:%7Benabled:true%7D)%7Berrors%7Bcode%7D%7D%7D";
    let url = format!("{}/graphql?query={change}", practice.url());
    let request = reqwest::Client::new().get(url).bearer_auth(practice.admin.token());
    let answer = request.send().await.expect("the server answers");
    assert_eq!(answer.status(), 405);
    assert_eq!(practice.snapshot().await, before, "something was saved");
}

async fn without_a_token_nothing_is_read_and_nothing_is_saved() {
    let practice = TestPractice::begin().await;
    let before = practice.snapshot().await;
    let nobody = practice.anonymous();
    let switch = mutation("setPracticeSelfScheduling", "");
    let input = json!({ "input": { "enabled": true } });
    for (query, variables) in [(switch.as_str(), input), ("{ practice { name } }", json!({}))] {
        let (_, answer) = nobody.send(query, variables).await;
        assert_nothing_leaks(&answer.to_string());
        assert_eq!(answer["data"], Value::Null, "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    }
    let (code, message) = nobody.denied("{ viewer { roles } }", json!({})).await;
    assert!(code == "UNAUTHENTICATED" && message.contains("Authorization"), "{code}: {message} says what to do");
    assert_eq!(practice.snapshot().await, before, "something was saved");
}

async fn a_forged_token_is_refused_at_the_door() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let before = practice.snapshot().await;
    let parts = |token: &str| -> [String; 3] {
        let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts.try_into().expect("a header, claims and a signature")
    };
    let ([header, claims, signature], [_, _, of_dana]) = (parts(practice.admin.token()), parts(dana.token()));
    let flipped = if signature.starts_with('A') { "B" } else { "A" }.to_owned() + &signature[1..];
    // {"alg":"none"}
    let unsigned = "eyJhbGciOiJub25lIn0";
    let forged = [
        ("another signature", format!("{header}.{claims}.{flipped}")),
        ("somebody else's signature", format!("{header}.{claims}.{of_dana}")),
        ("no signature", format!("{header}.{claims}.")),
        ("no algorithm", format!("{unsigned}.{claims}.")),
        ("no token at all", "admin".to_owned()),
        ("5,000 characters", "x".repeat(5000)),
    ];
    for (what, token) in forged {
        refused_at_the_door(&practice, &token, what).await;
    }
    assert_eq!(practice.snapshot().await, before, "something was saved");
}

async fn an_expired_token_is_refused_at_the_door() {
    let practice = TestPractice::begin().await;
    let token = practice.token_for("admin@practice.test", chrono::Duration::hours(1)).await;
    let before = practice.snapshot().await;
    assert!(practice.bearer(&token).run("{ viewer { roles } }", json!({})).await["viewer"].is_object());
    practice.clock.set(practice.clock.now() + chrono::Duration::hours(1));
    let message = refused_at_the_door(&practice, &token, "expired").await;
    assert!(message.contains("expired"), "{message}");
    assert_eq!(practice.snapshot().await, before, "something was saved");
}

/// A change with this token is refused with 401 before anything else; answers the body.
async fn refused_at_the_door(practice: &TestPractice, token: &str, what: &str) -> String {
    let (status, text) = post(practice, token, Some(JSON), valid("")).await;
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error} in {text}"));
    let code = &answer["errors"][0]["extensions"]["code"];
    assert_eq!((status, code), (401, &json!("UNAUTHENTICATED")), "{what}: {text}");
    assert!(answer.get("data").is_none(), "{what}: {text}");
    text
}

async fn a_value_that_its_type_does_not_have_is_refused_by_the_name_of_its_argument() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    let before = practice.snapshot().await;
    let written = |input: &str| format!("mutation {{ setClientAccess(input: {{ {input} }}) {{ errors {{ code }} }} }}");
    let clients = format!("clientIds: [\"{}\"]", casey.id);
    let by_variable = json!({ "input": { "clientIds": [casey.id], "access": "SOMETIMES" } });
    let cases = [
        (written(&format!("{clients}, access: SOMETIMES")), json!({}), "access"),
        (mutation("setClientAccess", ""), by_variable, "access"),
        (written(&clients), json!({}), "access"),
        (written(&format!("{clients}, access: BLOCKED, dryRun: \"yes\"")), json!({}), "dryRun"),
        (written(&format!("{clients}, access: BLOCKED, reason: \"none\"")), json!({}), "reason"),
    ];
    for (query, variables, argument) in cases {
        let (_, answer) = practice.admin.send(&query, variables).await;
        assert_nothing_leaks(&answer.to_string());
        let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{query}: {answer}"));
        assert!(message.contains(argument), "{query}: {message}");
        assert_eq!(answer["data"], Value::Null, "{query}: {answer}");
    }
    assert_eq!(practice.snapshot().await, before, "something was saved");
}

async fn a_cursor_of_another_practice_begins_no_stream() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let elsewhere = practice.elsewhere().await;
    let (own, other) = (practice.admin.cursor().await, elsewhere.admin.cursor().await);
    let cases = [
        (json!({ "after": other }), "after"),
        (json!({ "after": "nowhere" }), "after"),
        (json!({ "after": format!("{own}f0") + "-" }), "after"),
        (json!({ "clinician": practice.service_id }), "clinicianId"),
    ];
    for (variables, field) in cases {
        let answer = dana.follow(FOLLOW, variables.clone()).await.payload().await;
        assert_nothing_leaks(&answer.to_string());
        let told = &answer["errors"][0]["extensions"];
        assert_eq!(
            (&told["code"], &told["field"]),
            (&json!("BAD_USER_INPUT"), &json!([field])),
            "{variables}: {answer}"
        );
        assert!(told["requestId"].is_string(), "{answer}");
    }
}

/// Documents with one `$id`, and what stands for it: the kind of id, an id elsewhere, and who asks.
async fn reads_alike(practice: &TestPractice, person: &Person, query: &str, there: &str) {
    let kind = there.split('_').next().expect("a kind");
    let nowhere = format!("{kind}_{}", "0123456789abcdef".repeat(2));
    let body = |id: &str| json!({ "query": query, "variables": { "id": id } }).to_string();
    let found = post(practice, person.token(), Some(JSON), body(there)).await;
    let missing = post(practice, person.token(), Some(JSON), body(&nowhere)).await;
    assert_eq!(found, missing, "{query} tells that {there} is somewhere");
    let answer: Value = serde_json::from_str(&found.1).unwrap_or_else(|error| panic!("{query}: {error}"));
    let is_null = answer["data"].as_object().is_some_and(|data| data.values().all(Value::is_null));
    let code = &answer["errors"][0]["extensions"]["code"];
    let is_null_alone = is_null && answer.get("errors").is_none();
    // There is no care to end where there is no such client.
    let is_no_care = answer["data"]["endCare"]["errors"][0]["code"] == "NOT_IN_CARE";
    assert!(is_null_alone || is_no_care || *code == "NOT_FOUND", "{query}: {answer}");
}

async fn an_id_of_another_practice_reads_byte_for_byte_like_one_that_does_not_exist() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let elsewhere = practice.elsewhere().await;
    let before = (practice.snapshot().await, elsewhere.admin.cursor().await);
    for (query, id) in documents_of_an_admin(&practice, [&dana, &casey], &elsewhere) {
        reads_alike(&practice, &practice.admin, &query, id).await;
    }
    for (query, id) in documents_of_a_client(&practice, &dana, &elsewhere) {
        reads_alike(&practice, &casey, &query, id).await;
    }
    let own_client = format!(
        "mutation($id: ID!) {{ setClientAccess(input: {{ clinicianId: \"{}\", clientIds: [$id], access: ALLOWED }}) {{
            errors {{ code }} }} }}",
        dana.id
    );
    reads_alike(&practice, &dana, &own_client, &elsewhere.client.id).await;
    let after = (practice.snapshot().await, elsewhere.admin.cursor().await);
    assert_eq!(after, before, "something was saved");
}

fn documents_of_an_admin<'a>(
    practice: &TestPractice,
    [dana, casey]: [&Person; 2],
    there: &'a Elsewhere,
) -> Vec<(String, &'a str)> {
    let (dana, casey, service) = (&dana.id, &casey.id, &practice.service_id);
    let change = |name: &str, input: &str| {
        format!("mutation($id: ID!) {{ {name}(input: {{ {input} }}) {{ errors {{ code message }} }} }}")
    };
    let read = |field: &str| format!("query($id: ID!) {{ {field} {{ __typename }} }}");
    let (clinician, client) = (there.clinician.id.as_str(), there.client.id.as_str());
    let window = "weekday: MONDAY, opensAt: \"09:00\", closesAt: \"10:00\"";
    let slots = "availableSlots(serviceId: $id, from: \"2027-01-05T00:00:00Z\", to: \"2027-01-06T00:00:00Z\")";
    let soonest = slots.replace("availableSlots", "soonestSlots");
    let rules = "selfScheduling { rules(serviceId: $id) { maxPerDay { value } } }";
    vec![
        (read("clinician(id: $id)"), clinician),
        (read("client(id: $id)"), client),
        (read("service(id: $id)"), &there.service_id),
        (read("appointmentRequest(id: $id)"), &there.request_id),
        (read("appointment(id: $id)"), &there.appointment_id),
        (format!("query($id: ID!) {{ clinician(id: \"{dana}\") {{ {slots} {{ timeZone }} }} }}"), &there.service_id),
        (read("selfSchedulingAccess(clinicianId: $id)"), clinician),
        (read(&format!("selfSchedulingAccess(clinicianId: \"{dana}\", clientId: $id)")), client),
        (read(&format!("selfSchedulingAccess(clinicianId: \"{dana}\", serviceId: $id)")), &there.service_id),
        (change("setClinicianSelfScheduling", "clinicianIds: [$id], enabled: false"), clinician),
        (change("lockClinicianSelfScheduling", "clinicianIds: [$id], locked: false"), clinician),
        (change("setOfferedServices", "clinicianId: $id, serviceIds: []"), clinician),
        (
            change("setOfferedServices", &format!("clinicianId: \"{dana}\", serviceIds: [\"{service}\", $id]")),
            &there.service_id,
        ),
        (change("setWeeklyHours", "clinicianId: $id, hours: []"), clinician),
        (change("setBookingRules", "clinicianId: $id, maxPerDay: 3"), clinician),
        (change("setBookingRules", "serviceId: $id, maxPerDay: 3"), &there.service_id),
        (format!("query($id: ID!) {{ practice {{ {soonest} {{ clinicianCount }} }} }}"), &there.service_id),
        (format!("query($id: ID!) {{ clinician(id: \"{dana}\") {{ {rules} }} }}"), &there.service_id),
        (
            change("setWeeklyHours", &format!("clinicianId: \"{dana}\", hours: [{{ {window}, serviceIds: [$id] }}]")),
            &there.service_id,
        ),
        (change("setDateException", "clinicianId: $id, on: \"2027-01-12\", windows: []"), clinician),
        (change("removeDateException", "clinicianId: $id, on: \"2027-01-12\""), clinician),
        (
            change(
                "blockTime",
                "clinicianId: $id, startsAt: \"2027-01-12T20:00:00Z\", endsAt: \"2027-01-12T21:00:00Z\"",
            ),
            clinician,
        ),
        (change("updateClinician", "clinicianId: $id, timeZone: \"Europe/London\""), clinician),
        (change("setClientAccess", &format!("clientIds: [\"{casey}\", $id], access: BLOCKED")), client),
        (change("setClientAccess", &format!("clinicianId: $id, clientIds: [\"{casey}\"], access: BLOCKED")), clinician),
        (change("startCare", &format!("clinicianId: $id, clientId: \"{casey}\"")), clinician),
        (change("startCare", &format!("clinicianId: \"{dana}\", clientId: $id")), client),
        (change("endCare", &format!("clinicianId: $id, clientId: \"{casey}\"")), clinician),
        (change("endCare", &format!("clinicianId: \"{dana}\", clientId: $id")), client),
        (change("archiveService", "id: $id"), &there.service_id),
        (change("confirmAppointmentRequest", "id: $id"), &there.request_id),
        (change("declineAppointmentRequest", "id: $id, reason: OTHER"), &there.request_id),
    ]
}

fn documents_of_a_client<'a>(practice: &TestPractice, dana: &Person, there: &'a Elsewhere) -> Vec<(String, &'a str)> {
    let (dana, service) = (&dana.id, &practice.service_id);
    let ask = |ids: &str| {
        let rest = "startsAt: \"2027-01-12T20:00:00Z\", idempotencyKey: \"one\"";
        format!(
            "mutation($id: ID!) {{ requestAppointment(input: {{ {ids}, {rest} }}) {{ errors {{ code message }} }} }}"
        )
    };
    let withdraw = "mutation($id: ID!) { withdrawAppointmentRequest(input: { id: $id }) { errors { code message } } }";
    let access = "query($id: ID!) { selfSchedulingAccess(clinicianId: $id) { allowed } }";
    vec![
        (ask(&format!("clinicianId: $id, serviceId: \"{service}\"")), &there.clinician.id),
        (ask(&format!("clinicianId: \"{dana}\", serviceId: $id")), &there.service_id),
        (withdraw.to_owned(), &there.request_id),
        (access.to_owned(), &there.clinician.id),
        ("query($id: ID!) { node(id: $id) { id } }".to_owned(), &there.appointment_id),
    ]
}

crate::support::tests!(
    introspection_as_consoles_ask_for_it_is_within_the_limits,
    a_document_over_a_limit_is_refused_by_the_limits_name_and_nothing_is_run,
    a_body_that_is_no_graphql_request_is_refused_with_the_status_that_says_why,
    nothing_can_be_changed_by_following_a_link,
    without_a_token_nothing_is_read_and_nothing_is_saved,
    a_forged_token_is_refused_at_the_door,
    an_expired_token_is_refused_at_the_door,
    a_value_that_its_type_does_not_have_is_refused_by_the_name_of_its_argument,
    a_cursor_of_another_practice_begins_no_stream,
    an_id_of_another_practice_reads_byte_for_byte_like_one_that_does_not_exist,
);
