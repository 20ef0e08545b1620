//! The gates as people meet them: a "no" wins, one clinician's "yes" is nobody else's, and every closed gate says who
//! closed it, when, who can open it, and how.

use serde_json::{Value, json};

use crate::support::{Person, SLOTS, SWITCH, TestPractice, text};

const GATES: &str = "query($clinician: ID!, $client: ID, $service: ID) {
    selfSchedulingAccess(clinicianId: $clinician, clientId: $client, serviceId: $service) {
        allowed gates { gate open explanation remedy remedyMutation canBeOpenedBy decidedAt decidedBy { displayName } } } }";

/// A gate, whoever closes it, with which mutation and input, and what opens it again.
struct Closing<'a> {
    gate: &'static str,
    by: (&'a Person, &'static str),
    mutation: &'static str,
    closed: Value,
    open: Value,
    can_be_opened_by: Value,
}

/// Dana and her client Casey, with every gate between them open, for all of Dana's clients.
async fn dana_and_casey(practice: &TestPractice) -> (Person, Person) {
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let all = json!({ "clinicianIds": [dana.id], "enabled": true, "audience": "ALL_MY_CLIENTS" });
    dana.done("setClinicianSelfScheduling", "", all).await;
    let by_audience = json!({ "clinicianId": dana.id, "clientIds": [casey.id], "access": "BY_AUDIENCE" });
    dana.done("setClientAccess", "", by_audience).await;
    (dana, casey)
}

/// The gates between two, as the admin reads them.
async fn gates(practice: &TestPractice, clinician: &Person, client: &Person) -> Vec<Value> {
    let ids = json!({ "clinician": clinician.id, "client": client.id });
    let access = practice.admin.run(GATES, ids).await["selfSchedulingAccess"].take();
    access["gates"].as_array().expect("gates").clone()
}

/// The one gate between the two that is closed.
async fn the_closed_gate(practice: &TestPractice, clinician: &Person, client: &Person) -> Value {
    let closed: Vec<_> =
        gates(practice, clinician, client).await.into_iter().filter(|gate| gate["open"] == false).collect();
    assert_eq!(closed.len(), 1, "{closed:?}");
    closed[0].clone()
}

/// What a client is told of a clinician's slots: the starts, and the closed gates.
async fn slots(practice: &TestPractice, client: &Person, clinician: &Person) -> Value {
    let ids = json!({ "clinician": clinician.id, "service": practice.service_id });
    client.run(SLOTS, ids).await["clinician"]["availableSlots"].take()
}

async fn has_slots(practice: &TestPractice, client: &Person, clinician: &Person) -> bool {
    slots(practice, client, clinician).await["slots"].as_array().is_some_and(|slots| !slots.is_empty())
}

async fn refusal(practice: &TestPractice, client: &Person, clinician: &Person) -> String {
    let input = json!({ "clinicianId": clinician.id, "serviceId": practice.service_id, "idempotencyKey": "one",
        "startsAt": "2027-01-12T20:00:00Z" });
    let payload = client.call("requestAppointment", "appointmentRequest { id }", input).await;
    assert_eq!(payload["appointmentRequest"], Value::Null, "it was granted");
    text(&payload["errors"][0]["code"])
}

async fn of_a_new_pair_nobody_has_decided_and_each_gate_says_who_can_open_it() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[]).await;
    let found: Vec<_> = gates(&practice, &dana, &casey)
        .await
        .into_iter()
        .map(|gate| {
            assert_eq!((&gate["decidedBy"], &gate["decidedAt"]), (&Value::Null, &Value::Null), "{gate}");
            assert_eq!(gate["remedy"].is_null(), gate["open"] == true, "{gate}");
            (text(&gate["gate"]), gate["open"] == true, gate["canBeOpenedBy"].clone())
        })
        .collect();
    let (admin, either, none) = (json!(["ADMIN"]), json!(["ADMIN", "CLINICIAN"]), json!([]));
    let expected = [
        ("PRACTICE_SWITCH", false, &admin),
        ("CLINICIAN_OPT_IN", false, &either),
        ("CLINICIAN_LOCK", true, &none),
        ("SERVICE_OFFERED", false, &either),
        ("HOURS_OPEN", false, &either),
        ("CARE_RELATIONSHIP", false, &admin),
        ("CLIENT_ACCESS_PRACTICE", true, &none),
        ("CLIENT_ACCESS_CLINICIAN", false, &either),
    ];
    assert_eq!(found, expected.map(|(gate, open, roles)| (gate.to_owned(), open, roles.clone())));
}

async fn a_closed_gate_says_who_closed_it_and_when_and_its_remedy_opens_it() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = dana_and_casey(&practice).await;
    for closing in closings(&practice, &dana, &casey) {
        let gate = closing.gate;
        practice.clock.set(practice.clock.now() + chrono::Duration::minutes(1));
        let (closer, name) = closing.by;
        closer.done(closing.mutation, "", closing.closed).await;

        let found = the_closed_gate(&practice, &dana, &casey).await;
        assert_eq!(found["gate"], gate);
        assert_eq!(found["decidedBy"], json!({ "displayName": name }), "{gate}");
        let now = practice.clock.now().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        assert_eq!(found["decidedAt"], json!(now), "{gate}");
        assert_eq!(found["canBeOpenedBy"], closing.can_be_opened_by, "{gate}");
        let opener = if gate == "CARE_RELATIONSHIP" { "startCare" } else { closing.mutation };
        assert!(text(&found["remedy"]).contains(opener), "{gate}: {}", found["remedy"]);
        assert_eq!(found["remedyMutation"], opener, "{gate}");
        assert!(!has_slots(&practice, &casey, &dana).await, "{gate}: closed for the slot list");
        assert_eq!(refusal(&practice, &casey, &dana).await, "ACCESS_CLOSED", "{gate}: closed for the booking");

        closer.done(opener, "", closing.open).await;
        assert!(has_slots(&practice, &casey, &dana).await, "{gate}: its remedy opens it");
    }
}

fn closings<'a>(practice: &'a TestPractice, dana: &'a Person, casey: &Person) -> Vec<Closing<'a>> {
    let (avery, dana_herself) = ((&practice.admin, "Avery"), (dana, "Dana"));
    let (admin, either) = (json!(["ADMIN"]), json!(["ADMIN", "CLINICIAN"]));
    let window = json!({ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00" });
    let opt = |enabled: bool| json!({ "clinicianIds": [dana.id], "enabled": enabled });
    let lock = |locked: bool| json!({ "clinicianIds": [dana.id], "locked": locked, "reason": "On leave" });
    let hours = |windows: Value| json!({ "clinicianId": dana.id, "hours": windows });
    let care = json!({ "clinicianId": dana.id, "clientId": casey.id });
    let anywhere = |word: &str| json!({ "clientIds": [casey.id], "access": word });
    let here = |word: &str| json!({ "clinicianId": dana.id, "clientIds": [casey.id], "access": word });
    let closing = |gate, by, mutation, closed, open, roles: &Value| Closing {
        gate,
        by,
        mutation,
        closed,
        open,
        can_be_opened_by: roles.clone(),
    };
    let switch = |enabled: bool| json!({ "enabled": enabled });
    let block = ("setClientAccess", "BLOCKED", "ALLOWED");
    vec![
        closing("PRACTICE_SWITCH", avery, "setPracticeSelfScheduling", switch(false), switch(true), &admin),
        closing("CLINICIAN_OPT_IN", dana_herself, "setClinicianSelfScheduling", opt(false), opt(true), &either),
        closing("CLINICIAN_LOCK", avery, "lockClinicianSelfScheduling", lock(true), lock(false), &admin),
        closing("HOURS_OPEN", dana_herself, "setWeeklyHours", hours(json!([])), hours(json!([window])), &either),
        closing("CARE_RELATIONSHIP", avery, "endCare", care.clone(), care, &admin),
        closing("CLIENT_ACCESS_PRACTICE", avery, block.0, anywhere(block.1), anywhere(block.2), &admin),
        closing("CLIENT_ACCESS_CLINICIAN", dana_herself, block.0, here(block.1), here(block.2), &either),
    ]
}

async fn a_service_that_is_offered_no_more_says_who_withdrew_it() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = dana_and_casey(&practice).await;
    practice.clock.set(practice.clock.now() + chrono::Duration::minutes(1));
    dana.done("setOfferedServices", "", json!({ "clinicianId": dana.id, "serviceIds": [] })).await;
    let found = the_closed_gate(&practice, &dana, &casey).await;
    assert_eq!(found["gate"], "SERVICE_OFFERED");
    assert_eq!(found["canBeOpenedBy"], json!(["ADMIN", "CLINICIAN"]));
    assert!(text(&found["remedy"]).contains("setOfferedServices"), "{found}");
    assert_eq!(found["decidedBy"], json!({ "displayName": "Dana" }), "who decided so last");
    assert_eq!(found["decidedAt"], "2027-01-04T14:01:00Z");
}

async fn an_archived_service_names_who_archived_it_and_not_who_offered_it() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = dana_and_casey(&practice).await;
    practice.admin.done("archiveService", "", json!({ "id": practice.service_id })).await;
    let asked = json!({ "clinician": dana.id, "client": casey.id, "service": practice.service_id });
    let access = practice.admin.run(GATES, asked).await["selfSchedulingAccess"].take();
    let all = access["gates"].as_array().expect("gates").iter();
    let found = all.filter(|gate| gate["gate"] == "SERVICE_OFFERED").collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{access}");
    assert_eq!((&found[0]["open"], &found[0]["canBeOpenedBy"]), (&json!(false), &json!([])), "none can");
    assert_eq!(found[0]["decidedBy"], json!({ "displayName": "Avery" }), "Dana offered it; Avery archived it");
}

async fn a_block_wins_over_an_audience_of_all_clients_and_over_an_allowance() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = dana_and_casey(&practice).await;
    let jordan = practice.client("Jordan", &[&dana]).await;
    assert!(has_slots(&practice, &casey, &dana).await && has_slots(&practice, &jordan, &dana).await);
    let here = |word: &str| json!({ "clinicianId": dana.id, "clientIds": [casey.id], "access": word });
    dana.done("setClientAccess", "", here("BLOCKED")).await;
    assert!(!has_slots(&practice, &casey, &dana).await, "blocked for Dana");
    dana.done("setClientAccess", "", here("ALLOWED")).await;
    assert!(has_slots(&practice, &casey, &dana).await, "allowed for Dana");
    practice.admin.done("setClientAccess", "", json!({ "clientIds": [casey.id], "access": "BLOCKED" })).await;
    assert!(!has_slots(&practice, &casey, &dana).await, "blocked in the practice, though allowed for Dana");
    dana.done("setClientAccess", "", here("ALLOWED")).await;
    assert!(!has_slots(&practice, &casey, &dana).await, "Dana cannot lift what the practice blocks");
    assert!(has_slots(&practice, &jordan, &dana).await, "nobody else is touched");
}

async fn care_that_ends_another_day_closes_booking_on_that_day() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = dana_and_casey(&practice).await;
    let ends = json!({ "clinicianId": dana.id, "clientId": casey.id, "endsOn": "2027-01-06" });
    let ended = practice.admin.done("endCare", "impact { clientsLosingCount }", ends).await;
    assert_eq!(ended["impact"]["clientsLosingCount"], 0, "today care goes on");
    // The practice's last minute of the day before, and its midnight.
    practice.clock.set(crate::support::at("2027-01-05T23:59:00-05:00"));
    assert!(has_slots(&practice, &casey, &dana).await);
    practice.clock.set(crate::support::at("2027-01-06T00:00:00-05:00"));
    assert!(!has_slots(&practice, &casey, &dana).await);
    assert_eq!(the_closed_gate(&practice, &dana, &casey).await["gate"], "CARE_RELATIONSHIP");
    assert_eq!(refusal(&practice, &casey, &dana).await, "ACCESS_CLOSED");
}

async fn one_opt_in_changes_nothing_for_the_clients_of_ten_idle_clinicians() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.admin.run(SWITCH, json!({ "on": true })).await;
    dana.done("setOfferedServices", "", json!({ "clinicianId": dana.id, "serviceIds": [practice.service_id] })).await;
    let window = json!({ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00" });
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": [window] })).await;
    let mut idle = Vec::new();
    for number in 0..10 {
        let clinician = practice.clinician(&format!("Idle{number}")).await;
        let client = practice.client(&format!("Client{number}"), &[&clinician]).await;
        idle.push((clinician, client));
    }
    let before = seen_by_idle(&practice, &idle).await;
    let opt_in = json!({ "clinicianIds": [dana.id], "enabled": true, "audience": "ALL_MY_CLIENTS" });
    let impact = "impact { cliniciansGaining { id } changes { nodes { clinician { id } client { id } } } }";
    let payload = dana.done("setClinicianSelfScheduling", impact, opt_in).await;
    assert_eq!(payload["impact"]["cliniciansGaining"], json!([{ "id": dana.id }]));
    let pair = json!({ "clinician": { "id": dana.id }, "client": { "id": casey.id } });
    assert_eq!(payload["impact"]["changes"]["nodes"], json!([pair]));
    assert!(has_slots(&practice, &casey, &dana).await);
    assert_eq!(seen_by_idle(&practice, &idle).await, before);
    for (_, client) in &idle {
        assert_eq!(refusal(&practice, client, &dana).await, "ACCESS_CLOSED", "Dana takes her own clients only");
    }
}

/// What the clients of idle clinicians, and the admin about them, can read.
async fn seen_by_idle(practice: &TestPractice, idle: &[(Person, Person)]) -> Vec<Value> {
    let mut seen = Vec::new();
    for (clinician, client) in idle {
        let told = slots(practice, client, clinician).await;
        assert_eq!(told["slots"], json!([]));
        seen.extend([told, json!(gates(practice, clinician, client).await)]);
    }
    seen
}

crate::support::tests!(
    of_a_new_pair_nobody_has_decided_and_each_gate_says_who_can_open_it,
    a_closed_gate_says_who_closed_it_and_when_and_its_remedy_opens_it,
    a_service_that_is_offered_no_more_says_who_withdrew_it,
    an_archived_service_names_who_archived_it_and_not_who_offered_it,
    a_block_wins_over_an_audience_of_all_clients_and_over_an_allowance,
    care_that_ends_another_day_closes_booking_on_that_day,
    one_opt_in_changes_nothing_for_the_clients_of_ten_idle_clinicians,
);
