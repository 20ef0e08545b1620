//! The setup checklist: nothing is missing exactly when a client sees a slot, and following it leads there.

use serde_json::{Value, json};

use crate::support::{Chance, Mixed, Person, TestPractice, text};

const ITEMS: &str = "step done mutation description canBeDoneBy";

/// What is missing, as somebody reads it of the practice.
async fn of_practice(person: &Person) -> Vec<Value> {
    let query = format!("{{ practice {{ selfScheduling {{ setupChecklist {{ {ITEMS} }} }} }} }}");
    let shown = person.run(&query, json!({})).await["practice"]["selfScheduling"]["setupChecklist"].take();
    shown.as_array().expect("a list").clone()
}

/// What is missing of each clinician, and all their steps, by id.
async fn of_clinicians(person: &Person) -> Vec<(Value, Vec<Value>, Vec<Value>)> {
    let query = format!(
        "{{ practice {{ clinicians(first: 100) {{ nodes {{ id selfScheduling {{ setupChecklist {{ {ITEMS} }}
            all: setupChecklist(includeDone: true) {{ {ITEMS} }} }} }} }} }} }}"
    );
    let shown = person.run(&query, json!({})).await["practice"]["clinicians"]["nodes"].take();
    let list = |list: &Value| list.as_array().expect("a list").clone();
    let one = |node: &Value| {
        let own = &node["selfScheduling"];
        (node["id"].clone(), list(&own["setupChecklist"]), list(&own["all"]))
    };
    list(&shown).iter().map(one).collect()
}

fn steps(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| text(&item["step"])).collect()
}

async fn nothing_is_missing_exactly_when_a_client_sees_a_slot() {
    let (mut complete, mut incomplete) = (0, 0);
    for seed in 300..332 {
        let mut chance = Chance::seeded("checklist", seed);
        let closed = *chance.pick(&[3, 8, 20]);
        let mixed = Mixed::grown(&mut chance, closed).await;
        let lists = of_clinicians(&mixed.practice.admin).await;
        let mut is_seen_of_anybody = false;
        for clinician in &mixed.clinicians {
            let mut is_seen = false;
            for client in &mixed.clients {
                for service in &mixed.services {
                    is_seen |= !mixed.slots(client, clinician, service).await.is_empty();
                }
            }
            is_seen_of_anybody |= is_seen;
            // One who has left is in no list, and is seen by nobody.
            let Some((_, missing, all)) = lists.iter().find(|(id, ..)| *id == json!(clinician.id)) else {
                assert!(!is_seen, "seed {seed}");
                continue;
            };
            assert_eq!(missing.is_empty(), is_seen, "seed {seed}: {missing:?}");
            let not_done: Vec<_> = all.iter().filter(|item| item["done"] == false).cloned().collect();
            assert_eq!((all.len(), not_done.is_empty()), (15, is_seen), "seed {seed}: {all:?}");
            assert!(missing.iter().all(|item| not_done.contains(item)), "seed {seed}: {missing:?} of {not_done:?}");
            (complete, incomplete) = (complete + usize::from(is_seen), incomplete + usize::from(!is_seen));
        }
        for reader in [&mixed.practice.admin, &mixed.clinicians[0], &mixed.clinicians[1]] {
            // Whoever is no clinician any more reads nothing.
            if reader.send("{ practice { clients { totalCount } } }", json!({})).await.1["errors"].is_null() {
                let missing = of_practice(reader).await;
                assert_eq!(missing.is_empty(), is_seen_of_anybody, "seed {seed}: {missing:?}");
            }
        }
    }
    println!("{complete} clinicians with nothing missing, {incomplete} with something");
    assert!(complete >= 8 && incomplete >= 8, "{complete}, {incomplete}");
}

/// What somebody does for a step, with the mutation that it names.
fn input(practice: &TestPractice, step: &str, dana: Option<&Person>, casey: Option<&Person>) -> Value {
    let clinician = dana.map(|dana| dana.id.clone());
    let client = casey.map(|casey| casey.id.clone());
    match step {
        "PRACTICE_SWITCH_ON" => json!({ "enabled": true }),
        "SERVICE_EXISTS" => json!({ "name": "Session", "durationMinutes": 50, "modality": "IN_PERSON" }),
        "CLINICIAN_OPTED_IN" => {
            json!({ "clinicianIds": [clinician], "enabled": true, "audience": "SELECTED_CLIENTS" })
        }
        "NOT_LOCKED" => json!({ "clinicianIds": [clinician], "locked": false }),
        "SERVICES_OFFERED" => json!({ "clinicianId": clinician, "serviceIds": [practice.service_id] }),
        // Too short at first.
        "HOURS_OPENED" => {
            json!({ "clinicianId": clinician, "hours": [{ "weekday": "MONDAY", "opensAt": "09:00", "closesAt": "09:20" }] })
        }
        "CLIENT_IN_CARE" => json!({ "clinicianId": clinician, "clientId": client }),
        "CLIENT_ALLOWED" => json!({ "clinicianId": clinician, "clientIds": [client], "access": "ALLOWED" }),
        "TIME_OFFERED" => {
            json!({ "clinicianId": clinician, "hours": [{ "weekday": "MONDAY", "opensAt": "09:00", "closesAt": "10:00" }] })
        }
        other => panic!("{other} was not expected"),
    }
}

async fn whoever_does_what_is_missing_step_by_step_ends_with_a_client_who_sees_a_slot() {
    let practice = TestPractice::begin().await;
    let admin = practice.admin.clone();
    let expected = [
        "PRACTICE_SWITCH_ON",
        "CLINICIAN_ACTIVE",
        "CLINICIAN_OPTED_IN",
        "SERVICES_OFFERED",
        "HOURS_OPENED",
        "CLIENT_IN_CARE",
    ];
    assert_eq!(steps(&of_practice(&admin).await), expected, "of a new practice");
    admin.done("archiveService", "", json!({ "id": practice.service_id })).await;
    let (mut dana, mut casey, mut done) = (None, None, Vec::new());
    let mut practice = practice;
    loop {
        let missing = of_practice(&admin).await;
        let Some(next) = missing.first() else { break };
        let step = text(&next["step"]);
        assert!(!done.contains(&step), "{step} was done: {missing:?}");
        if let (Some(dana), Some(casey)) = (&dana, &casey) {
            assert_eq!(slots(&practice, casey, dana).await, 0, "{step} is missing");
        }
        if step == "CLINICIAN_ACTIVE" {
            let new = practice.clinician("Dana").await;
            admin
                .done(
                    "lockClinicianSelfScheduling",
                    "",
                    json!({ "clinicianIds": [new.id], "locked": true, "reason": "New" }),
                )
                .await;
            dana = Some(new);
        } else {
            if step == "CLIENT_IN_CARE" {
                casey = Some(practice.client("Casey", &[]).await);
            }
            let may_be_done_by_dana = next["canBeDoneBy"].as_array().expect("roles").contains(&json!("CLINICIAN"));
            let person = dana.as_ref().filter(|_| may_be_done_by_dana).unwrap_or(&admin);
            let input = input(&practice, &step, dana.as_ref(), casey.as_ref());
            let selection = if step == "SERVICE_EXISTS" { "service { id }" } else { "" };
            let made = person.done(&text(&next["mutation"]), selection, input).await;
            if step == "SERVICE_EXISTS" {
                practice.service_id = text(&made["service"]["id"]);
            }
        }
        done.push(step);
    }
    let expected = [
        "PRACTICE_SWITCH_ON",
        "SERVICE_EXISTS",
        "CLINICIAN_ACTIVE",
        "CLINICIAN_OPTED_IN",
        "NOT_LOCKED",
        "SERVICES_OFFERED",
        "HOURS_OPENED",
        "CLIENT_IN_CARE",
        "CLIENT_ALLOWED",
        "TIME_OFFERED",
    ];
    assert_eq!(done, expected);
    assert!(slots(&practice, casey.as_ref().expect("added"), dana.as_ref().expect("added")).await > 0);
}

async fn slots(practice: &TestPractice, client: &Person, clinician: &Person) -> usize {
    let ids = json!({ "clinician": clinician.id, "service": practice.service_id });
    let seen = client.run(crate::support::SLOTS, ids).await;
    seen["clinician"]["availableSlots"]["slots"].as_array().expect("slots").len()
}

async fn where_the_only_client_may_ask_for_no_more_the_time_is_missing_and_nothing_else() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    for start in ["2027-01-12T19:00:00Z", "2027-01-12T20:00:00Z", "2027-01-12T21:00:00Z"] {
        assert_eq!(of_practice(&practice.admin).await, Vec::<Value>::new());
        let input = json!({ "clinicianId": dana.id, "serviceId": practice.service_id, "startsAt": start, "idempotencyKey": start });
        casey.done("requestAppointment", "", input).await;
    }
    assert_eq!(slots(&practice, &casey, &dana).await, 0);
    assert_eq!(steps(&of_practice(&practice.admin).await), ["TIME_FREE"]);
    let jordan = practice.client("Jordan", &[&dana]).await;
    practice.open(&dana, &[&jordan]).await;
    assert_eq!(of_practice(&practice.admin).await, Vec::<Value>::new(), "Jordan has asked for nothing yet");
}

async fn steps_that_different_clinicians_have_done_do_not_add_up() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana, &ida]).await;
    practice.open(&dana, &[&casey]).await;
    practice.open(&ida, &[&casey]).await;
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": [] })).await;
    ida.done("setClinicianSelfScheduling", "", json!({ "clinicianIds": [ida.id], "enabled": false })).await;
    assert_eq!(steps(&of_practice(&practice.admin).await), ["CLINICIAN_OPTED_IN"], "Ida is nearer");
    assert_eq!(slots(&practice, &casey, &dana).await + slots(&practice, &casey, &ida).await, 0);
}

async fn a_clinician_reads_of_a_hold_on_a_colleague_as_of_no_opt_in() {
    let practice = TestPractice::begin().await;
    let (dana, _) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    let lock = json!({ "clinicianIds": [dana.id], "locked": true, "reason": "On leave" });
    practice.admin.done("lockClinicianSelfScheduling", "", lock).await;
    assert_eq!(steps(&of_practice(&practice.admin).await), ["NOT_LOCKED"]);
    assert_eq!(steps(&of_practice(&dana).await), ["NOT_LOCKED"], "it is her own");
    let told = of_practice(&ida).await;
    assert_eq!(steps(&told), ["CLINICIAN_OPTED_IN"]);
    let opt_out = json!({ "clinicianIds": [dana.id], "enabled": false });
    practice.admin.done("lockClinicianSelfScheduling", "", json!({ "clinicianIds": [dana.id], "locked": false })).await;
    dana.done("setClinicianSelfScheduling", "", opt_out).await;
    assert_eq!(of_practice(&ida).await, told, "the two read alike");
}

async fn a_dry_run_shows_the_checklist_as_the_change_would_leave_it() {
    let practice = TestPractice::begin().await;
    let (dana, _) = practice.open_practice().await;
    let input = json!({ "clinicianId": dana.id, "hours": [], "dryRun": true });
    let selection = "clinician { selfScheduling { setupChecklist { step } } }";
    let shown =
        dana.done("setWeeklyHours", selection, input).await["clinician"]["selfScheduling"]["setupChecklist"].take();
    assert_eq!(steps(shown.as_array().expect("a list")), ["HOURS_OPENED"]);
    assert_eq!(of_practice(&practice.admin).await, Vec::<Value>::new(), "it was not made");
}

crate::support::tests!(
    nothing_is_missing_exactly_when_a_client_sees_a_slot,
    whoever_does_what_is_missing_step_by_step_ends_with_a_client_who_sees_a_slot,
    where_the_only_client_may_ask_for_no_more_the_time_is_missing_and_nothing_else,
    steps_that_different_clinicians_have_done_do_not_add_up,
    a_clinician_reads_of_a_hold_on_a_colleague_as_of_no_opt_in,
    a_dry_run_shows_the_checklist_as_the_change_would_leave_it,
);
