//! Who may read and do what: a denial tells nothing, blanks nothing beside itself, and changes nothing.

pub mod mutations;

use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, TestPractice, assert_nothing_leaks, mutation, text};
use frontdesk::auth::policy;
use frontdesk::domain::viewer::Role;

const NOTE: &str = "About my sleep";
const JANUARY: &str = "from: \"2027-01-01T00:00:00Z\", to: \"2027-02-01T00:00:00Z\"";

/// Dana with Casey, who waits for an answer and has an appointment; Ida with Robin, who waits for an answer.
pub struct Scene {
    pub practice: TestPractice,
    pub dana: Person,
    pub ida: Person,
    pub casey: Person,
    pub robin: Person,
    pub danas_member: String,
    pub caseys_request: String,
    pub caseys_appointment: String,
    pub robins_request: String,
    /// Dana's member, and a link to them.
    pub link: String,
    /// Time that Dana keeps free.
    pub block: String,
}

impl Scene {
    pub async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
        let (casey, robin) = (practice.client("Casey", &[&dana]).await, practice.client("Robin", &[&ida]).await);
        practice.open(&dana, &[&casey]).await;
        practice.open(&ida, &[&robin]).await;
        let booked = ask(&practice, &casey, &dana, "2027-01-12T19:00:00Z").await;
        let caseys_request = ask(&practice, &casey, &dana, "2027-01-12T20:00:00Z").await;
        let robins_request = ask(&practice, &robin, &ida, "2027-01-12T20:00:00Z").await;
        let confirmed = dana.run(CONFIRM, json!({ "id": booked })).await["confirmAppointmentRequest"].take();
        let caseys_appointment = text(&confirmed["appointmentRequest"]["appointment"]["id"]);
        let own = dana.run("{ viewer { member { id } } }", json!({})).await;
        let danas_member = text(&own["viewer"]["member"]["id"]);
        let input = json!({ "memberId": danas_member, "issuer": "https://id.test", "subject": "dana" });
        let link = text(&practice.admin.done("linkMember", "link { id }", input).await["link"]["id"]);
        let input =
            json!({ "clinicianId": dana.id, "startsAt": "2027-01-21T20:00:00Z", "endsAt": "2027-01-21T21:00:00Z" });
        let block = text(&dana.done("blockTime", "blockedTime { id }", input).await["blockedTime"]["id"]);
        dana.done("setDateException", "", json!({ "clinicianId": dana.id, "on": "2027-01-13", "windows": [] })).await;
        Self {
            practice,
            dana,
            ida,
            casey,
            robin,
            danas_member,
            caseys_request,
            caseys_appointment,
            robins_request,
            link,
            block,
        }
    }
}

async fn ask(practice: &TestPractice, client: &Person, clinician: &Person, starts_at: &str) -> String {
    let input = json!({ "clinicianId": clinician.id, "serviceId": practice.service_id, "startsAt": starts_at,
        "idempotencyKey": starts_at, "noteToClinician": NOTE });
    let made = client.done("requestAppointment", "appointmentRequest { id }", input).await;
    text(&made["appointmentRequest"]["id"])
}

/// An answer's errors, each as its code and its path.
fn denials(answer: &Value) -> Vec<(String, String)> {
    let mut found: Vec<_> = answer["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("nothing was denied: {answer}"))
        .iter()
        .map(|error| {
            let path = error["path"].as_array().unwrap_or_else(|| panic!("an error without a path: {error}"));
            let path: Vec<_> = path.iter().map(|step| step.as_str().map_or(step.to_string(), str::to_owned)).collect();
            (text(&error["extensions"]["code"]), path.join("."))
        })
        .collect();
    found.sort();
    found
}

fn forbidden(paths: &[&str]) -> Vec<(String, String)> {
    paths.iter().map(|path| ("FORBIDDEN".to_owned(), (*path).to_owned())).collect()
}

async fn a_clinician_reads_nothing_that_is_between_another_clinician_and_their_clients() {
    let scene = Scene::set().await;
    let query = format!(
        "query($id: ID!) {{ clinician(id: $id) {{ displayName appointmentRequests {{ totalCount }}
            appointments({JANUARY}) {{ id }} clients {{ totalCount }} selfScheduling {{ enabled setupChecklist {{ done }} }} }} }}"
    );
    let (_, answer) = scene.ida.send(&query, json!({ "id": scene.dana.id })).await;
    assert_nothing_leaks(&answer.to_string());
    let lists = ["clinician.appointmentRequests", "clinician.appointments", "clinician.clients"];
    let expected = forbidden(&[lists[0], lists[1], lists[2], "clinician.selfScheduling.setupChecklist"]);
    assert_eq!(denials(&answer), expected, "{answer}");
    let public = json!({ "displayName": "Dana", "appointmentRequests": null, "appointments": null, "clients": null,
        "selfScheduling": { "enabled": true, "setupChecklist": null } });
    assert_eq!(answer["data"]["clinician"], public, "what every member may read stands beside it");
    let own = scene.dana.run(&query, json!({ "id": scene.dana.id })).await;
    assert_eq!(own["clinician"]["appointmentRequests"]["totalCount"], 2, "Dana reads her own");

    let between = "query($client: ID!, $request: ID!, $appointment: ID!) { client(id: $client) { id }
        appointmentRequest(id: $request) { id } appointment(id: $appointment) { id } node(id: $request) { id } }";
    let ids =
        json!({ "client": scene.casey.id, "request": scene.caseys_request, "appointment": scene.caseys_appointment });
    let nothing = json!({ "client": null, "appointmentRequest": null, "appointment": null, "node": null });
    for stranger in [&scene.ida, &scene.robin] {
        assert_eq!(stranger.run(between, ids.clone()).await, nothing, "it reads like what does not exist");
    }
    let known = scene.dana.run(between, ids).await;
    assert!(known.as_object().is_some_and(|all| all.values().all(Value::is_object)), "Dana reads all: {known}");
}

async fn lists_hold_only_what_their_reader_may_see() {
    let scene = Scene::set().await;
    let query = "{ practice { clients { totalCount nodes { displayName } }
        appointmentRequests { totalCount nodes { client { displayName } } } } }";
    for (clinician, client, requests) in [(&scene.dana, "Casey", 2), (&scene.ida, "Robin", 1)] {
        let found = clinician.run(query, json!({})).await["practice"].take();
        let own = json!({ "totalCount": 1, "nodes": [{ "displayName": client }] });
        assert_eq!(found["clients"], own);
        let nodes = vec![json!({ "client": { "displayName": client } }); requests];
        assert_eq!(found["appointmentRequests"], json!({ "totalCount": requests, "nodes": nodes }));
    }
    let own = format!(
        "{{ viewer {{ client {{ appointmentRequests {{ totalCount nodes {{ id }} }} appointments({JANUARY}) {{ id }} }} }} }}"
    );
    let robins = scene.robin.run(&own, json!({})).await["viewer"]["client"].take();
    let expected = json!({ "totalCount": 1, "nodes": [{ "id": scene.robins_request }] });
    assert_eq!(robins, json!({ "appointmentRequests": expected, "appointments": [] }));
    let caseys = scene.casey.run(&own, json!({})).await["viewer"]["client"].take();
    assert_eq!(caseys["appointmentRequests"]["totalCount"], 2);
    assert_eq!(caseys["appointments"], json!([{ "id": scene.caseys_appointment }]));
}

async fn the_note_is_for_client_and_clinician_and_an_admin_reads_null_beside_intact_siblings() {
    let scene = Scene::set().await;
    let query =
        "{ practice { name appointmentRequests { nodes { id status noteToClinician client { displayName } } } } }";
    let (_, answer) = scene.practice.admin.send(query, json!({})).await;
    assert_nothing_leaks(&answer.to_string());
    assert!(!answer.to_string().contains(NOTE), "{answer}");
    let paths: Vec<_> = (0..3).map(|at| format!("practice.appointmentRequests.nodes.{at}.noteToClinician")).collect();
    assert_eq!(denials(&answer), forbidden(&paths.iter().map(String::as_str).collect::<Vec<_>>()));
    let nodes =
        answer["data"]["practice"]["appointmentRequests"]["nodes"].as_array().expect("the list is intact").clone();
    let robins = json!({ "id": scene.robins_request, "status": "PENDING", "noteToClinician": null,
        "client": { "displayName": "Robin" } });
    assert_eq!((nodes.len(), &nodes[0]), (3, &robins), "newest first, and whole but for the note");
    assert_eq!(answer["data"]["practice"]["name"], "Riverbend");

    let one = "query($id: ID!) { appointmentRequest(id: $id) { noteToClinician } }";
    for reader in [&scene.dana, &scene.casey] {
        let read = reader.run(one, json!({ "id": scene.caseys_request })).await;
        assert_eq!(read["appointmentRequest"]["noteToClinician"], NOTE);
    }
}

async fn a_client_reads_null_for_the_practices_clients_and_everything_else_stays() {
    let scene = Scene::set().await;
    let query = "{ practice { name clients { totalCount } services { name } appointmentRequests { totalCount }
        selfScheduling { enabled clinicianOptIn setupChecklist { done } } } viewer { roles } }";
    let (_, answer) = scene.casey.send(query, json!({})).await;
    assert_nothing_leaks(&answer.to_string());
    let settings = ["practice.selfScheduling.clinicianOptIn", "practice.selfScheduling.setupChecklist"];
    let expected = forbidden(&["practice.appointmentRequests", "practice.clients", settings[0], settings[1]]);
    assert_eq!(denials(&answer), expected, "{answer}");
    let practice = json!({ "name": "Riverbend", "clients": null, "services": [{ "name": "Therapy session" }],
        "appointmentRequests": null,
        "selfScheduling": { "enabled": true, "clinicianOptIn": null, "setupChecklist": null } });
    assert_eq!(answer["data"], json!({ "practice": practice, "viewer": { "roles": ["CLIENT"] } }));
}

async fn no_id_of_another_practice_reads_anything_for_anybody() {
    let scene = Scene::set().await;
    let elsewhere = scene.practice.elsewhere().await;
    let query = "query($id: ID!) { node(id: $id) { __typename id } }";
    for id in elsewhere.node_ids() {
        let there = elsewhere.admin.run(query, json!({ "id": id })).await;
        assert_eq!(there["node"]["id"], json!(id), "its own admin reads it");
        for person in [&scene.practice.admin, &scene.dana, &scene.casey] {
            let (_, here) = person.send(query, json!({ "id": id })).await;
            assert_eq!(here, json!({ "data": { "node": null } }), "{id}");
        }
    }
    let own = [&scene.dana.id, &scene.casey.id, &scene.caseys_request, &scene.caseys_appointment];
    for id in own {
        for person in [&elsewhere.admin, &elsewhere.clinician, &elsewhere.client] {
            let (_, here) = person.send(query, json!({ "id": id })).await;
            assert_eq!(here, json!({ "data": { "node": null } }), "{id}");
        }
    }
}

async fn a_mutation_that_a_role_may_not_call_is_forbidden_to_it_and_changes_nothing() {
    let scene = Scene::set().await;
    let all = mutations::all(&scene);
    let mut declared: Vec<_> = policy::declared().filter(|(parent, _)| *parent == "Mutation").collect();
    let mut tried: Vec<_> = all.iter().map(|(name, _)| ("Mutation", *name)).collect();
    declared.sort_unstable();
    tried.sort_unstable();
    assert_eq!(tried, declared, "every mutation is tried");
    let before = scene.practice.snapshot().await;
    let people = [(Role::Admin, &scene.practice.admin), (Role::Clinician, &scene.dana), (Role::Client, &scene.casey)];
    let mut denied = 0;
    for (role, person) in people {
        for (name, input) in &all {
            if policy::roles_for("Mutation", name).is_some_and(|roles| roles.contains(&role)) {
                continue;
            }
            denied += 1;
            let (_, answer) = person.send(&mutation(name, ""), json!({ "input": input })).await;
            assert_nothing_leaks(&answer.to_string());
            assert_eq!(denials(&answer), forbidden(&["answer"]), "{role:?} {name}: {answer}");
            assert_eq!(answer["data"], Value::Null, "{role:?} {name}");
        }
    }
    // A client may call 2 of 38, a clinician 12, an admin all but those 2.
    assert_eq!(denied, 36 + 26 + 2, "the policy has changed: say here who may call what");
    assert_eq!(scene.practice.snapshot().await, before, "a denied mutation changed something");
}

async fn a_clinician_can_change_nothing_of_another_clinicians() {
    let scene = Scene::set().await;
    let before = scene.practice.snapshot().await;
    let refused = [
        ("setClinicianSelfScheduling", "FORBIDDEN"),
        ("pauseNewRequests", "FORBIDDEN"),
        ("setOfferedServices", "FORBIDDEN"),
        ("setWeeklyHours", "FORBIDDEN"),
        ("setBookingRules", "FORBIDDEN"),
        ("setDateException", "FORBIDDEN"),
        ("removeDateException", "FORBIDDEN"),
        ("blockTime", "FORBIDDEN"),
        ("unblockTime", "NOT_FOUND"),
        ("setClientAccess", "FORBIDDEN"),
        ("confirmAppointmentRequest", "NOT_FOUND"),
        ("declineAppointmentRequest", "NOT_FOUND"),
    ];
    let all = mutations::all(&scene);
    for (name, expected) in refused {
        let input = all.iter().find(|(other, _)| *other == name).map(|(_, input)| input.clone()).expect("a mutation");
        let (code, message) = scene.ida.denied(&mutation(name, ""), json!({ "input": input })).await;
        assert_eq!(code, expected, "{name}: {message}");
    }
    let everywhere = json!({ "clientIds": [scene.robin.id], "access": "BLOCKED" });
    let (code, _) = scene.ida.denied(&mutation("setClientAccess", ""), json!({ "input": everywhere })).await;
    assert_eq!(code, "FORBIDDEN", "only an admin blocks in the whole practice");
    let stranger = json!({ "clinicianId": scene.ida.id, "clientIds": [scene.casey.id], "access": "BLOCKED" });
    let (code, _) = scene.ida.denied(&mutation("setClientAccess", ""), json!({ "input": stranger })).await;
    assert_eq!(code, "NOT_FOUND", "a client who was never in Ida's care");
    let withdrawal = json!({ "input": { "id": scene.caseys_request } });
    let (code, _) = scene.robin.denied(&mutation("withdrawAppointmentRequest", ""), withdrawal).await;
    assert_eq!(code, "NOT_FOUND", "a client withdraws only their own");
    assert_eq!(scene.practice.snapshot().await, before, "something was changed");
}

async fn a_clinician_learns_of_a_colleagues_lock_neither_by_its_field_nor_by_an_impact() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana, &ida]).await;
    practice.open(&dana, &[&casey]).await;
    practice.open(&ida, &[&casey]).await;
    let query = "query($id: ID!) { clinician(id: $id) { selfScheduling { lock { reason } } } }";
    let (_, before) = dana.send(query, json!({ "id": ida.id })).await;
    let input = json!({ "clinicianIds": [ida.id], "locked": true, "reason": "On leave" });
    practice.admin.done("lockClinicianSelfScheduling", "clinicians { id }", input).await;
    let (_, after) = dana.send(query, json!({ "id": ida.id })).await;
    assert_eq!(before, after);
    let input = json!({ "clinicianId": dana.id, "clientIds": [casey.id], "access": "BLOCKED", "dryRun": true });
    let impact = "impact { warnings { code clinician { id } } changes(first: 10) { nodes { clinician { id } } } }";
    let shown = dana.done("setClientAccess", impact, input).await;
    assert_eq!(shown["impact"]["changes"]["nodes"], json!([{ "clinician": { "id": dana.id } }]));
    assert!(!shown.to_string().contains(&ida.id), "{shown}");
}

async fn a_clinician_who_is_a_client_besides_follows_both_sides_and_counts_their_own_inbox() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana, &ida]).await;
    let both = practice.client("Ida", &[&dana]).await;
    practice.open(&dana, &[&casey, &both]).await;
    let begin = json!({ "after": ida.cursor().await });
    let changed = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
        ... on AppointmentRequestEvent { appointmentRequest { id } } } }";
    let requested = "subscription($after: Cursor) { appointmentRequested(after: $after) {
        ... on AppointmentRequestEvent { appointmentRequest { id } } } }";
    ask(&practice, &casey, &dana, "2027-01-12T20:00:00Z").await;
    let own = ask(&practice, &both, &dana, "2027-01-12T21:00:00Z").await;
    let mut stream = both.follow(changed, begin.clone()).await;
    assert_eq!(stream.next().await["appointmentRequestChanged"]["appointmentRequest"]["id"], own);
    let mut count = both.follow("subscription { pendingRequestCount }", json!({})).await;
    assert_eq!(count.next().await["pendingRequestCount"], 0);
    practice.open(&ida, &[&casey]).await;
    let inbox = ask(&practice, &casey, &ida, "2027-01-19T20:00:00Z").await;
    let mut stream = both.follow(requested, begin).await;
    assert_eq!(
        stream.next().await["appointmentRequested"]["appointmentRequest"]["id"],
        inbox,
        "not what they asked for"
    );
    assert_eq!(count.next().await["pendingRequestCount"], 1);
}

async fn a_clinician_follows_only_their_own_stream_and_a_client_no_stream_of_new_requests() {
    let scene = Scene::set().await;
    let of_field = |field: &str, selection: &str| {
        format!(
            "subscription($clinician: ID, $after: Cursor) {{ {field}(clinicianId: $clinician, after: $after) {{ {selection} }} }}"
        )
    };
    let requested = of_field("appointmentRequested", "... on AppointmentRequestEvent { appointmentRequest { id } }");
    let changed = of_field("appointmentRequestChanged", "__typename");
    let count = "subscription($clinician: ID) { pendingRequestCount(clinicianId: $clinician) }".to_owned();
    let (dana, nobody) = (json!(scene.dana.id), Value::Null);
    let cases = [
        (&scene.ida, &requested, &dana),
        (&scene.ida, &changed, &dana),
        (&scene.ida, &count, &dana),
        (&scene.casey, &changed, &dana),
        (&scene.casey, &count, &dana),
        (&scene.casey, &requested, &dana),
        (&scene.casey, &requested, &nobody),
    ];
    for (person, document, clinician) in cases {
        let answer = person.follow(document, json!({ "clinician": clinician })).await.payload().await;
        assert_nothing_leaks(&answer.to_string());
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{document} of {clinician}: {answer}");
    }

    let after = scene.ida.cursor().await;
    ask(&scene.practice, &scene.casey, &scene.dana, "2027-01-19T20:00:00Z").await;
    let own = ask(&scene.practice, &scene.robin, &scene.ida, "2027-01-19T20:00:00Z").await;
    for clinician in [nobody, json!(scene.ida.id)] {
        let mut stream = scene.ida.follow(&requested, json!({ "clinician": clinician, "after": after })).await;
        let first = stream.next().await["appointmentRequested"]["appointmentRequest"]["id"].take();
        assert_eq!(first, json!(own), "Casey's request to Dana came before it, and is not told to Ida");
    }
}

crate::support::tests!(
    a_clinician_reads_nothing_that_is_between_another_clinician_and_their_clients,
    lists_hold_only_what_their_reader_may_see,
    the_note_is_for_client_and_clinician_and_an_admin_reads_null_beside_intact_siblings,
    a_client_reads_null_for_the_practices_clients_and_everything_else_stays,
    no_id_of_another_practice_reads_anything_for_anybody,
    a_mutation_that_a_role_may_not_call_is_forbidden_to_it_and_changes_nothing,
    a_clinician_can_change_nothing_of_another_clinicians,
    a_clinician_learns_of_a_colleagues_lock_neither_by_its_field_nor_by_an_impact,
    a_clinician_who_is_a_client_besides_follows_both_sides_and_counts_their_own_inbox,
    a_clinician_follows_only_their_own_stream_and_a_client_no_stream_of_new_requests,
);
