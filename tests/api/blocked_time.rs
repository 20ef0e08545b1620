//! Time that is kept free: nobody is offered it, what is booked is never moved by it, and whoever waits for it is told.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{CONFIRM, Person, REQUEST, SLOTS, TestPractice, at, mutation, text};
use frontdesk::domain::ids::{BlockId, ClinicianId, PracticeId};
use frontdesk::domain::time::Interval;
use frontdesk::store::{BlockRow, Store, StoreError};

/// Tuesday 2027-01-12, 15:00 and 16:30 in New York.
const THREE: &str = "2027-01-12T20:00:00Z";
const HALF_PAST_FOUR: &str = "2027-01-12T21:30:00Z";

const PAYLOAD: &str = "blockedTime { id startsAt endsAt } supersededRequests { id status }
    pendingRequestsInTheWay { id status } appointmentsInTheWay { id startsAt }";
const BLOCKED: &str = "query($id: ID!, $from: DateTime!, $to: DateTime!) { clinician(id: $id) { displayName
    blockedTime(from: $from, to: $to) { id startsAt endsAt } } }";

fn block(clinician: &Person, starts_at: &str, ends_at: &str) -> Value {
    json!({ "clinicianId": clinician.id, "startsAt": starts_at, "endsAt": ends_at })
}

fn january(clinician: &Person) -> Value {
    json!({ "id": clinician.id, "from": "2027-01-01T00:00:00Z", "to": "2027-02-01T00:00:00Z" })
}

/// The starts on 12 January that Casey is offered, `20:00` in UTC.
async fn offered(practice: &TestPractice, casey: &Person, dana: &Person) -> Vec<String> {
    let ids = json!({ "clinician": dana.id, "service": practice.service_id });
    let mut found = casey.run(SLOTS, ids).await;
    let slots = found["clinician"]["availableSlots"]["slots"].take();
    let starts = slots.as_array().expect("slots").iter().map(|slot| text(&slot["startsAt"]));
    starts.filter_map(|start| Some(start.strip_prefix("2027-01-12T")?[..5].to_owned())).collect()
}

async fn requested(practice: &TestPractice, casey: &Person, dana: &Person, start: &str) -> String {
    let made = casey.run(REQUEST, practice.asking(dana, start)).await["requestAppointment"].take();
    assert_eq!(made["errors"], json!([]));
    text(&made["appointmentRequest"]["id"])
}

async fn blocked_time_is_offered_to_nobody_the_write_refuses_it_and_freeing_it_brings_it_back() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let all = ["19:00", "19:30", "20:00", "20:30", "21:00", "21:30", "22:00"];
    assert_eq!(offered(&practice, &casey, &dana).await, all);
    let made = dana.done("blockTime", PAYLOAD, block(&dana, THREE, HALF_PAST_FOUR)).await;
    let blocked = made["blockedTime"].clone();
    assert_eq!((&blocked["startsAt"], &blocked["endsAt"]), (&json!(THREE), &json!(HALF_PAST_FOUR)));
    assert_eq!(offered(&practice, &casey, &dana).await, ["19:00", "21:30", "22:00"], "touching it is legal");
    for start in ["2027-01-12T19:30:00Z", THREE, "2027-01-12T21:00:00Z"] {
        let refused = casey.run(REQUEST, practice.asking(&dana, start)).await["requestAppointment"].take();
        assert_eq!(refused["errors"][0]["code"], "SLOT_TAKEN", "{start}: {refused}");
    }
    let listed = dana.run(BLOCKED, january(&dana)).await["clinician"]["blockedTime"].take();
    assert_eq!(listed, json!([blocked]));
    let mut later = january(&dana);
    later["from"] = json!(HALF_PAST_FOUR);
    assert_eq!(dana.run(BLOCKED, later).await["clinician"]["blockedTime"], json!([]), "it ends where the range begins");

    let id = json!({ "id": blocked["id"] });
    dana.done("unblockTime", "clinician { id }", id.clone()).await;
    assert_eq!(offered(&practice, &casey, &dana).await, all);
    let (code, _) = dana.denied(&mutation("unblockTime", ""), json!({ "input": id })).await;
    assert_eq!(code, "NOT_FOUND", "it is free already");
}

async fn blocked_time_of_a_night_or_of_weeks_covers_every_date_in_it() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    dana.done("blockTime", "", block(&dana, "2027-01-11T12:00:00Z", THREE)).await;
    assert_eq!(offered(&practice, &casey, &dana).await, ["20:00", "20:30", "21:00", "21:30", "22:00"]);
    let weeks = block(&dana, "2027-01-12T22:00:00Z", "2027-03-01T00:00:00Z");
    dana.done("blockTime", "", weeks).await;
    assert_eq!(offered(&practice, &casey, &dana).await, ["20:00", "20:30", "21:00"], "a meeting must end before it");
    let refused = casey.run(REQUEST, practice.asking(&dana, "2027-02-02T20:00:00Z")).await;
    assert_eq!(refused["requestAppointment"]["errors"][0]["code"], "SLOT_TAKEN");
}

async fn what_is_booked_or_blocked_stands_in_the_way_is_named_and_stays() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let id = requested(&practice, &casey, &dana, THREE).await;
    let mut confirmed = dana.run(CONFIRM, json!({ "id": id })).await["confirmAppointmentRequest"].take();
    let appointment = confirmed["appointmentRequest"]["appointment"]["id"].take();
    let before = practice.snapshot().await;
    for supersede in [false, true] {
        let mut over = block(&dana, "2027-01-12T20:49:00Z", HALF_PAST_FOUR);
        over["supersedePendingRequests"] = json!(supersede);
        let refused = dana.call("blockTime", PAYLOAD, over).await;
        assert_eq!(refused["errors"][0]["code"], "SLOT_TAKEN");
        assert_eq!(refused["errors"][0]["field"], json!(["input", "startsAt"]));
        assert_eq!(refused["appointmentsInTheWay"], json!([{ "id": appointment, "startsAt": THREE }]));
        assert_eq!(refused["blockedTime"], Value::Null);
    }
    assert_eq!(practice.snapshot().await, before, "a refused block saved something");
    dana.done("blockTime", "", block(&dana, "2027-01-12T20:50:00Z", HALF_PAST_FOUR)).await;
    let again = dana.call("blockTime", PAYLOAD, block(&dana, "2027-01-12T21:00:00Z", "2027-01-13T00:00:00Z")).await;
    assert_eq!(again["errors"][0]["code"], "SLOT_TAKEN");
    assert_eq!(again["appointmentsInTheWay"], json!([]), "{again}");
}

async fn requests_that_wait_are_in_the_way_unless_they_are_to_end_and_then_their_clients_are_told() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let id = requested(&practice, &casey, &dana, THREE).await;
    let later = requested(&practice, &casey, &dana, "2027-01-19T20:00:00Z").await;
    let begin = json!({ "after": casey.cursor().await });
    let mut day = block(&dana, "2027-01-12T05:00:00Z", "2027-01-13T05:00:00Z");
    let before = practice.snapshot().await;
    let refused = dana.call("blockTime", PAYLOAD, day.clone()).await;
    assert_eq!(refused["errors"][0]["code"], "REQUESTS_WAITING");
    assert_eq!(refused["pendingRequestsInTheWay"], json!([{ "id": id, "status": "PENDING" }]));
    assert_eq!(practice.snapshot().await, before, "a refused block saved something");

    day["supersedePendingRequests"] = json!(true);
    let done = dana.done("blockTime", PAYLOAD, day).await;
    assert_eq!(done["supersededRequests"], json!([{ "id": id, "status": "SUPERSEDED" }]));
    assert_eq!(done["pendingRequestsInTheWay"], json!([]));
    let changed = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
        ... on AppointmentRequestEvent { type appointmentRequest { id status decidedBy { displayName } } } } }";
    let mut stream = casey.follow(changed, begin).await;
    let told = stream.next().await["appointmentRequestChanged"].take();
    assert_eq!((&told["type"], &told["appointmentRequest"]["id"]), (&json!("SUPERSEDED"), &json!(id)), "{told}");
    assert_eq!(practice.claims(&dana).await.len(), 2, "the other request and the block; the first holds nothing more");
    let gone = dana.run(CONFIRM, json!({ "id": id })).await["confirmAppointmentRequest"].take();
    assert_eq!(gone["errors"][0]["code"], "NOT_PENDING");
    let kept = dana.run(CONFIRM, json!({ "id": later })).await["confirmAppointmentRequest"].take();
    assert_eq!(kept["errors"], json!([]), "what waits for another day stays decidable");
}

async fn a_request_past_its_deadline_is_not_in_the_way() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let id = requested(&practice, &casey, &dana, THREE).await;
    practice.clock.set(at("2027-01-11T09:00:00-05:00"));
    let done = dana.done("blockTime", PAYLOAD, block(&dana, THREE, HALF_PAST_FOUR)).await;
    assert_eq!(done["supersededRequests"], json!([]), "it had expired, and stays so");
    let read = "query($id: ID!) { appointmentRequest(id: $id) { status } }";
    assert_eq!(casey.run(read, json!({ "id": id })).await["appointmentRequest"]["status"], "EXPIRED");
}

async fn a_retry_blocks_once_and_a_key_is_good_for_one_time_only() {
    let practice = TestPractice::begin().await;
    let (dana, _casey) = practice.open_practice().await;
    let mut set = block(&dana, THREE, HALF_PAST_FOUR);
    set["idempotencyKey"] = json!("holiday");
    let first = dana.done("blockTime", PAYLOAD, set.clone()).await;
    let before = practice.snapshot().await;
    assert_eq!(dana.done("blockTime", PAYLOAD, set.clone()).await, first);
    let mut other = set.clone();
    other["endsAt"] = json!("2027-01-12T22:30:00Z");
    let refused = dana.call("blockTime", PAYLOAD, other).await;
    assert_eq!(refused["errors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(practice.snapshot().await, before);
}

async fn of_a_block_and_requests_at_once_the_time_is_held_by_one_and_the_database_by_itself_refuses_two() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    for (round, hour) in [19, 20, 21, 22].into_iter().enumerate() {
        let start = format!("2027-01-{:02}T{hour}:00:00Z", 12 + 7 * (round % 2));
        let end = start.replace(":00:00Z", ":30:00Z");
        let (asked, blocked) = (practice.asking(&dana, &start), block(&dana, &start, &end));
        let mut tasks = JoinSet::new();
        let (dana, casey) = (dana.clone(), casey.clone());
        tasks.spawn(async move { casey.run(REQUEST, asked).await["requestAppointment"]["errors"].take() });
        tasks.spawn(async move { dana.call("blockTime", "", blocked).await["errors"].take() });
        let refusals: Vec<_> = tasks.join_all().await.into_iter().filter(|errors| *errors != json!([])).collect();
        assert_eq!(refusals.len(), 1, "one holds it, the other is told: {refusals:?}");
        let code = &refusals[0][0]["code"];
        assert!(*code == "SLOT_TAKEN" || *code == "REQUESTS_WAITING" || *code == "LIMIT_REACHED", "{code}");
    }
    let held = practice.claims(&dana).await;
    assert!(held.iter().enumerate().all(|(at, one)| held[at + 1..].iter().all(|other| !one.overlaps(other))));

    let own = practice.admin.run("{ practice { id } }", json!({})).await;
    let own = PracticeId::parse(&text(&own["practice"]["id"])).expect("an id");
    let store = Store::open(practice.database_url()).await.expect("a database");
    let mut write = store.write(own).await.expect("the lock");
    let clinician_id = ClinicianId::parse(&dana.id).expect("an id");
    let stretch =
        Interval::new(held[0].start - chrono::Duration::hours(1), held[0].start + chrono::Duration::seconds(1));
    write.add_blocked_time(&BlockRow { id: BlockId::generate(), clinician_id, stretch });
    let refused = write.flush().await.expect_err("no such claim is lawful");
    assert!(matches!(refused, StoreError::ClinicianTimeTaken), "{refused:?}");
}

async fn wrong_times_are_refused_by_name_and_only_the_clinician_and_admins_see_and_change_them() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    let before = practice.snapshot().await;
    for (starts_at, ends_at, field) in [
        (THREE, THREE, "endsAt"),
        (HALF_PAST_FOUR, THREE, "endsAt"),
        ("2027-01-03T20:00:00Z", "2027-01-04T14:00:00Z", "endsAt"),
        ("2027-01-12T20:00:00Z", "2028-01-14T20:00:00Z", "endsAt"),
        ("2030-01-12T20:00:00Z", "2030-01-13T20:00:00Z", "endsAt"),
        ("2027-01-12T15:00:00", HALF_PAST_FOUR, "startsAt"),
        (THREE, "tomorrow", "endsAt"),
    ] {
        let refused = dana.call("blockTime", "", block(&dana, starts_at, ends_at)).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("INVALID_INPUT"), &json!(["input", field])), "{refused}");
    }
    let theirs = json!({ "input": block(&dana, THREE, HALF_PAST_FOUR) });
    assert_eq!(ida.denied(&mutation("blockTime", ""), theirs).await.0, "FORBIDDEN");
    let elsewhere = practice.elsewhere().await;
    let nobodys = json!({ "input": block(&elsewhere.clinician, THREE, HALF_PAST_FOUR) });
    assert_eq!(practice.admin.denied(&mutation("blockTime", ""), nobodys).await.0, "NOT_FOUND");
    assert_eq!(practice.snapshot().await, before);

    let made = practice.admin.done("blockTime", PAYLOAD, block(&dana, THREE, HALF_PAST_FOUR)).await;
    let id = json!({ "input": { "id": made["blockedTime"]["id"] } });
    for stranger in [&ida, &elsewhere.admin] {
        assert_eq!(stranger.denied(&mutation("unblockTime", ""), id.clone()).await.0, "NOT_FOUND");
    }
    for reader in [&ida, &casey] {
        let (_, answer) = reader.send(BLOCKED, january(&dana)).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(answer["data"]["clinician"], json!({ "displayName": "Dana", "blockedTime": null }));
    }
    let mut long = january(&dana);
    long["to"] = json!("2028-01-03T00:00:00Z");
    assert_eq!(dana.denied(BLOCKED, long).await.0, "BAD_USER_INPUT");
}

crate::support::tests!(
    blocked_time_is_offered_to_nobody_the_write_refuses_it_and_freeing_it_brings_it_back,
    blocked_time_of_a_night_or_of_weeks_covers_every_date_in_it,
    what_is_booked_or_blocked_stands_in_the_way_is_named_and_stays,
    requests_that_wait_are_in_the_way_unless_they_are_to_end_and_then_their_clients_are_told,
    a_request_past_its_deadline_is_not_in_the_way,
    a_retry_blocks_once_and_a_key_is_good_for_one_time_only,
    of_a_block_and_requests_at_once_the_time_is_held_by_one_and_the_database_by_itself_refuses_two,
    wrong_times_are_refused_by_name_and_only_the_clinician_and_admins_see_and_change_them,
);
