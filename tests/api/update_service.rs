//! A service that is changed is another one for whoever asks from then on; what was agreed stays as it was.

use serde_json::{Value, json};

use crate::access_matrix::sums;
use crate::support::{CONFIRM, Person, REQUEST, SLOTS, TestPractice, mutation, text};
use crate::trail::{changes, log};

const SHOWN: &str = "service { id name durationMinutes modality confirmation active }
    impact { dryRun revision clientsGainingCount clientsLosingCount warnings { code } }";
const TIMES: &str = "query($id: ID!) { appointmentRequest(id: $id) { status startsAt endsAt modality appointment { startsAt endsAt } } }";

fn with(service: &str, more: Value) -> Value {
    let mut input = json!({ "id": service });
    more.as_object().expect("fields").iter().for_each(|(name, value)| input[name] = value.clone());
    input
}

async fn asked(practice: &TestPractice, casey: &Person, dana: &Person, start: &str) -> String {
    let made = casey.run(REQUEST, practice.asking(dana, start)).await["requestAppointment"].take();
    assert_eq!(made["errors"], json!([]));
    text(&made["appointmentRequest"]["id"])
}

async fn slots(practice: &TestPractice, casey: &Person, dana: &Person) -> Vec<(String, String)> {
    let found = casey.run(SLOTS, json!({ "clinician": dana.id, "service": practice.service_id })).await;
    let slots = found["clinician"]["availableSlots"]["slots"].as_array().expect("slots").clone();
    let on_the_12th = slots.iter().filter(|slot| text(&slot["startsAt"]).starts_with("2027-01-12"));
    on_the_12th.map(|slot| (text(&slot["startsAt"]), text(&slot["endsAt"]))).collect()
}

async fn booked_meetings_and_requests_that_wait_keep_their_times_when_the_duration_changes() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let (booked, waits) = (
        asked(&practice, &casey, &dana, "2027-01-12T19:00:00Z").await,
        asked(&practice, &casey, &dana, "2027-01-12T20:00:00Z").await,
    );
    dana.run(CONFIRM, json!({ "id": booked })).await;
    let mut before = Vec::new();
    for id in [&booked, &waits] {
        before.push(casey.run(TIMES, json!({ "id": id })).await["appointmentRequest"].take());
    }
    let longer = with(&practice.service_id, json!({ "durationMinutes": 90, "confirmation": "AUTOMATIC" }));
    let done = practice.admin.done("updateService", SHOWN, longer).await;
    assert_eq!(done["service"]["durationMinutes"], 90);
    for (id, was) in [&booked, &waits].into_iter().zip(&before) {
        assert_eq!(casey.run(TIMES, json!({ "id": id })).await["appointmentRequest"], *was);
    }
    let free = [
        ("2027-01-12T21:00:00Z".to_owned(), "2027-01-12T22:30:00Z".to_owned()),
        ("2027-01-12T21:30:00Z".to_owned(), "2027-01-12T23:00:00Z".to_owned()),
    ];
    assert_eq!(slots(&practice, &casey, &dana).await, free, "new ones last 90 minutes");
    dana.run(CONFIRM, json!({ "id": waits })).await;
    let kept = casey.run(TIMES, json!({ "id": waits })).await["appointmentRequest"].take();
    let meeting = json!({ "startsAt": "2027-01-12T20:00:00Z", "endsAt": "2027-01-12T20:50:00Z" });
    assert_eq!((&kept["status"], &kept["appointment"]), (&json!("CONFIRMED"), &meeting), "as it was asked for");
    let new = asked(&practice, &casey, &dana, "2027-01-12T21:00:00Z").await;
    let new = casey.run(TIMES, json!({ "id": new })).await["appointmentRequest"].take();
    let meeting = json!({ "startsAt": "2027-01-12T21:00:00Z", "endsAt": "2027-01-12T22:30:00Z" });
    assert_eq!((&new["status"], &new["appointment"]), (&json!("CONFIRMED"), &meeting), "and at once");
}

async fn another_way_of_meeting_can_close_the_hours_and_the_impact_says_so_before() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let in_person = json!([{ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00", "modality": "IN_PERSON" }]);
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": in_person })).await;
    let before = sums(&practice).await;
    let remote = with(&practice.service_id, json!({ "modality": "TELEHEALTH", "dryRun": true }));
    let preview = practice.admin.done("updateService", SHOWN, remote).await;
    assert_eq!(sums(&practice).await, before, "a dry run saved something");
    assert_eq!(preview["service"]["modality"], "TELEHEALTH", "as it would be");
    let revision = preview["impact"]["revision"].clone();
    let remote = with(&practice.service_id, json!({ "modality": "TELEHEALTH", "expectedRevision": revision }));
    let done = practice.admin.done("updateService", SHOWN, remote.clone()).await;
    for impact in [&preview["impact"], &done["impact"]] {
        assert_eq!((&impact["clientsLosingCount"], &impact["clientsGainingCount"]), (&json!(1), &json!(0)));
        assert_eq!(impact["warnings"], json!([{ "code": "CLINICIAN_WITHOUT_HOURS" }]));
    }
    assert_eq!(slots(&practice, &casey, &dana).await, []);
    let stale = practice.admin.call("updateService", SHOWN, remote).await;
    assert_eq!(stale["errors"][0]["code"], "STALE_REVISION");
    let back =
        practice.admin.done("updateService", SHOWN, with(&practice.service_id, json!({ "modality": "EITHER" }))).await;
    assert_eq!(back["impact"]["clientsGainingCount"], 1);
}

async fn what_no_service_can_be_is_refused_by_its_field_and_saves_nothing() {
    let practice = TestPractice::begin().await;
    let (admin, own) = (&practice.admin, &practice.service_id);
    let (intake, gone) = (practice.service("Intake", 90).await, practice.service("Group", 60).await);
    admin.done("archiveService", "", json!({ "id": gone })).await;
    let elsewhere = practice.admin_elsewhere().await;
    let before = sums(&practice).await;
    let long = "x".repeat(201);
    for (id, more, code, field) in [
        (own, json!({ "name": "Intake" }), "ALREADY_EXISTS", "name"),
        (own, json!({ "name": "" }), "INVALID_INPUT", "name"),
        (own, json!({ "name": long }), "INVALID_INPUT", "name"),
        (own, json!({ "durationMinutes": 4 }), "INVALID_INPUT", "durationMinutes"),
        (own, json!({ "durationMinutes": 1441, "name": "Other" }), "INVALID_INPUT", "durationMinutes"),
        (&gone, json!({ "durationMinutes": 50 }), "SERVICE_ARCHIVED", "id"),
        (&"service".to_owned(), json!({}), "INVALID_INPUT", "id"),
    ] {
        let refused = admin.call("updateService", SHOWN, with(id, more)).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["input", field])), "{refused}");
        assert_eq!((&refused["service"], &refused["impact"]), (&Value::Null, &Value::Null));
    }
    let missing = with(&format!("service_{}", "0".repeat(32)), json!({ "durationMinutes": 50 }));
    assert_eq!(admin.denied(&mutation("updateService", ""), json!({ "input": missing })).await.0, "NOT_FOUND");
    let theirs = json!({ "input": with(own, json!({ "durationMinutes": 45 })) });
    assert_eq!(elsewhere.denied(&mutation("updateService", ""), theirs).await.0, "NOT_FOUND");
    assert_eq!(sums(&practice).await, before, "a refused change saved something");
    // Its own name is free to it, and so is that of one that is archived. The log has neither.
    admin.done("updateService", SHOWN, with(&intake, json!({ "name": " Intake ", "durationMinutes": 1440 }))).await;
    let renamed = admin.done("updateService", SHOWN, with(own, json!({ "name": "Group", "durationMinutes": 5 }))).await;
    let shown = json!({ "id": own, "name": "Group", "durationMinutes": 5, "modality": "IN_PERSON",
        "confirmation": "CLINICIAN_CONFIRMS", "active": true });
    assert_eq!(renamed["service"], shown);
    let entry = log(admin, json!({ "kinds": ["SERVICE_UPDATED"] })).await[0].clone();
    let told =
        [format!("serviceId: {own} → {own}"), "name: – → changed".to_owned(), "durationMinutes: 50 → 5".to_owned()];
    let mut found = changes(&entry);
    found.sort();
    let mut told = told.to_vec();
    told.sort();
    assert_eq!(found, told);
    assert_eq!(entry["service"]["id"], json!(own));
}

crate::support::tests!(
    booked_meetings_and_requests_that_wait_keep_their_times_when_the_duration_changes,
    another_way_of_meeting_can_close_the_hours_and_the_impact_says_so_before,
    what_no_service_can_be_is_refused_by_its_field_and_saves_nothing,
);
