//! The main job, end to end: a client asks for a time that a clinician opened, the clinician is told that instant, and
//! answers; and nobody gains access that nobody gave.

use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, REQUEST, SLOTS, SWITCH, Stream, TestPractice, text};

const REQUESTED: &str = "subscription($after: Cursor) { appointmentRequested(after: $after) { __typename
    ... on AppointmentRequestEvent { cursor type appointmentRequest { id status startsAt client { displayName } } } } }";
const CHANGED: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
    ... on AppointmentRequestEvent { cursor type appointmentRequest { id status appointment { status startsAt } } } } }";
const COUNT: &str = "subscription { pendingRequestCount }";
const ACCESS: &str = "query($clinician: ID!) { selfSchedulingAccess(clinicianId: $clinician) {
    allowed gates { gate open explanation remedy canBeOpenedBy } } }";
const LOCK: &str = "mutation($clinician: ID!, $locked: Boolean!, $reason: String) {
    lockClinicianSelfScheduling(input: { clinicianIds: [$clinician], locked: $locked, reason: $reason }) {
        clinicians { selfScheduling { enabled lock { reason } } } impact { clientsLosingCount clientsGainingCount
        pendingRequestsAffected { id status } } errors { code } } }";
const OWN_SETTINGS: &str = "query($clinician: ID!) { clinician(id: $clinician) { selfScheduling {
    enabled audience offeredServices { id } weeklyHours { weekday opensAt closesAt closesNextDay serviceIds modality } } } }";

/// Tuesday 2027-01-12, 15:00 in New York, as the API writes it.
const THREE: &str = "2027-01-12T20:00:00Z";

async fn slots(person: &Person, practice: &TestPractice, clinician: &Person) -> (Vec<String>, Vec<Value>) {
    let asked = json!({ "clinician": clinician.id, "service": practice.service_id });
    let found = person.run(SLOTS, asked).await["clinician"]["availableSlots"].take();
    let starts = found["slots"].as_array().expect("a list").iter().map(|slot| text(&slot["localStart"])).collect();
    (starts, found["closedGates"].as_array().expect("a list").clone())
}

async fn ask(person: &Person, practice: &TestPractice, clinician: &Person, starts_at: &str) -> Value {
    person.run(REQUEST, practice.asking(clinician, starts_at)).await["requestAppointment"].take()
}

async fn the_practice_switch_alone_opens_nothing() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    let turned_on = practice.admin.run(SWITCH, json!({ "on": true })).await["setPracticeSelfScheduling"].take();
    assert_eq!(turned_on["practice"]["selfScheduling"]["enabled"], true);
    assert_eq!(turned_on["impact"]["cliniciansGaining"], json!([]));
    assert_eq!(turned_on["impact"]["clientsGainingCount"], 0);
    assert_eq!(turned_on["impact"]["warnings"], json!([{ "code": "NOBODY_CAN_BOOK" }]));
    let (starts, closed) = slots(&casey, &practice, &dana).await;
    assert_eq!(starts, Vec::<String>::new());
    assert!(closed.iter().any(|gate| gate["gate"] == "CLINICIAN_OPT_IN"), "{closed:?}");
    let refused = ask(&casey, &practice, &dana, THREE).await;
    assert_eq!(refused["errors"][0]["code"], "ACCESS_CLOSED");
    assert_eq!(refused["appointmentRequest"], Value::Null);
}

async fn dana_opens_her_tuesdays_and_answers_what_she_is_asked() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let idle = practice.clinician("Ida").await;
    let casey = practice.client("Casey", &[&dana]).await;
    let jordan = practice.client("Jordan", &[&dana]).await;
    let robin = practice.client("Robin", &[&idle]).await;

    practice.open(&dana, &[&casey, &jordan]).await;
    casey_sees_tuesdays_and_nothing_else(&practice, &dana, &idle, &casey).await;
    robin_is_told_why_in_words_that_reveal_nothing(&practice, &dana, &robin).await;

    let mut new_requests = dana.follow(REQUESTED, json!({ "after": dana.cursor().await })).await;
    let mut count = dana.follow(COUNT, json!({})).await;
    assert_eq!(count.next().await["pendingRequestCount"], 0);

    let asked = ask(&casey, &practice, &dana, THREE).await;
    assert_eq!(asked["errors"], json!([]));
    let id = asked["appointmentRequest"]["id"].clone();
    let event = new_requests.next().await["appointmentRequested"].take();
    assert_eq!(event["type"], "REQUESTED");
    assert_eq!(event["appointmentRequest"]["id"], id);
    assert_eq!(event["appointmentRequest"]["client"]["displayName"], "Casey");
    assert_eq!(count.next().await["pendingRequestCount"], 1);

    let refused = ask(&jordan, &practice, &dana, "2027-01-12T20:30:00Z").await;
    assert_eq!(refused["errors"][0]["code"], "SLOT_TAKEN");
    assert_eq!(refused["alternatives"][0]["startsAt"], "2027-01-12T21:00:00Z");

    let mut caseys = casey.follow(CHANGED, json!({ "after": casey.cursor().await })).await;
    let confirmed = dana.run(CONFIRM, json!({ "id": id })).await["confirmAppointmentRequest"].take();
    assert_eq!(confirmed["errors"], json!([]));
    assert_eq!(confirmed["appointmentRequest"]["appointment"]["startsAt"], THREE);
    let told = caseys.next().await["appointmentRequestChanged"].take();
    assert_eq!((&told["type"], &told["appointmentRequest"]["id"]), (&json!("CONFIRMED"), &id));
    assert_eq!(told["appointmentRequest"]["appointment"]["status"], "BOOKED");
    assert_eq!(count.next().await["pendingRequestCount"], 0);

    let cursor = event["cursor"].clone();
    after_a_drop_dana_gets_exactly_what_she_missed(&practice, &dana, [&casey, &jordan], new_requests, cursor).await;
    the_lock_closes_at_once_and_keeps_danas_own_settings(&practice, &dana, &casey).await;
}

async fn casey_sees_tuesdays_and_nothing_else(practice: &TestPractice, dana: &Person, idle: &Person, casey: &Person) {
    let (starts, closed) = slots(casey, practice, dana).await;
    assert_eq!(closed, Vec::<Value>::new());
    // The first Tuesday, the 5th, is more than the 24 hours of notice away.
    let days: Vec<_> = starts.iter().map(|start| start[..10].to_owned()).collect();
    assert_eq!(starts[0], "2027-01-05T14:00:00-05:00");
    for day in &days {
        assert!(["2027-01-05", "2027-01-12", "2027-01-19", "2027-01-26"].contains(&day.as_str()), "{day}");
    }
    assert_eq!(starts.len(), 4 * 7);
    assert_eq!(slots(casey, practice, idle).await.0, Vec::<String>::new());
    let bookable = "{ practice { clinicians(bookable: true) { totalCount nodes { displayName } } } }";
    let found = casey.run(bookable, json!({})).await["practice"]["clinicians"].take();
    assert_eq!(found, json!({ "totalCount": 1, "nodes": [{ "displayName": "Dana" }] }));
}

async fn robin_is_told_why_in_words_that_reveal_nothing(practice: &TestPractice, dana: &Person, robin: &Person) {
    let (starts, closed) = slots(robin, practice, dana).await;
    assert_eq!(starts, Vec::<String>::new());
    let gates: Vec<_> = closed.iter().map(|gate| text(&gate["gate"])).collect();
    assert_eq!(gates, ["CARE_RELATIONSHIP"]);
    let access = robin.run(ACCESS, json!({ "clinician": dana.id })).await["selfSchedulingAccess"].take();
    assert_eq!(access["allowed"], false);
    let told = access.to_string();
    for private in ["Casey", "Jordan", "Avery", "selected", "14:00", "TUESDAY"] {
        assert!(!told.contains(private), "{private} in {told}");
    }
    let refused = ask(robin, practice, dana, THREE).await;
    assert_eq!(refused["errors"][0]["code"], "ACCESS_CLOSED");
    assert_eq!(refused["alternatives"], json!([]));
}

async fn after_a_drop_dana_gets_exactly_what_she_missed(
    practice: &TestPractice,
    dana: &Person,
    clients: [&Person; 2],
    stream: Stream,
    cursor: Value,
) {
    drop(stream);
    let first = ask(clients[0], practice, dana, "2027-01-12T21:00:00Z").await["appointmentRequest"]["id"].take();
    let second = ask(clients[1], practice, dana, "2027-01-12T22:00:00Z").await["appointmentRequest"]["id"].take();
    let mut resumed = dana.follow(REQUESTED, json!({ "after": cursor })).await;
    for expected in [first, second] {
        assert_eq!(resumed.next().await["appointmentRequested"]["appointmentRequest"]["id"], expected);
    }
    let live = ask(clients[0], practice, dana, "2027-01-19T21:00:00Z").await["appointmentRequest"]["id"].take();
    let next = resumed.next().await["appointmentRequested"].take();
    assert_eq!(next["appointmentRequest"]["id"], live, "nothing doubled, and live from there");
}

async fn the_lock_closes_at_once_and_keeps_danas_own_settings(practice: &TestPractice, dana: &Person, casey: &Person) {
    let of_dana = json!({ "clinician": dana.id });
    let before = dana.run(OWN_SETTINGS, of_dana.clone()).await;
    let lock = json!({ "clinician": dana.id, "locked": true, "reason": "On leave until further notice" });
    let locked = practice.admin.run(LOCK, lock).await["lockClinicianSelfScheduling"].take();
    assert_eq!(locked["errors"], json!([]));
    assert_eq!(locked["impact"]["clientsLosingCount"], 2);
    let waiting = locked["impact"]["pendingRequestsAffected"].as_array().expect("a list").clone();
    assert_eq!(waiting.len(), 3);

    let (starts, closed) = slots(casey, practice, dana).await;
    assert_eq!(starts, Vec::<String>::new());
    assert!(!json!(closed).to_string().contains("leave"), "the reason is private");
    assert_eq!(dana.run(OWN_SETTINGS, of_dana.clone()).await, before, "her own values stay under the lock");
    let answered = dana.run(CONFIRM, json!({ "id": waiting[0]["id"] })).await["confirmAppointmentRequest"].take();
    assert_eq!(answered["appointmentRequest"]["status"], "CONFIRMED", "what waits can still be answered");

    let lifted = practice.admin.run(LOCK, json!({ "clinician": dana.id, "locked": false })).await;
    assert_eq!(lifted["lockClinicianSelfScheduling"]["impact"]["clientsGainingCount"], 2);
    assert_eq!(dana.run(OWN_SETTINGS, of_dana).await, before);
    assert!(!slots(casey, practice, dana).await.0.is_empty());
}

crate::support::tests!(the_practice_switch_alone_opens_nothing, dana_opens_her_tuesdays_and_answers_what_she_is_asked,);
