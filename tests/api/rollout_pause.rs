//! Staged rollout, the pauses: nothing new is asked for while one lasts, and everything else stays as it is.

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, REQUEST, SLOTS, TestPractice, mutation, text};
use crate::trail::log;

const PAUSE: &str = "pauseNewRequests";
const OPT_IN: &str = "setClinicianSelfScheduling";
const SWITCH: &str = "setPracticeSelfScheduling";
const IMPACT: &str =
    "impact { dryRun clientsLosingCount clientsGainingCount pendingRequestsAffected { id } warnings { code } }";

/// The pause of the practice or of a clinician.
fn pause(of: Option<&Person>, paused: bool) -> Value {
    let id = of.map(|clinician| clinician.id.clone());
    json!({ "clinicianId": id, "paused": paused })
}

/// A snapshot without where the log and the revision stand, which move with every change.
fn settled(mut snapshot: Value) -> Value {
    snapshot["latestCursor"] = Value::Null;
    snapshot["selfScheduling"]["revision"] = Value::Null;
    snapshot
}

/// Asks for a time; answers the id and the refusal's code.
async fn ask(practice: &TestPractice, client: &Person, clinician: &Person, start: &str) -> (Value, Value) {
    let made = client.run(REQUEST, practice.asking(clinician, start)).await["requestAppointment"].take();
    (made["appointmentRequest"]["id"].clone(), made["errors"][0]["code"].clone())
}

async fn slots(practice: &TestPractice, client: &Person, clinician: &Person) -> Value {
    let ids = json!({ "clinician": clinician.id, "service": practice.service_id });
    client.run(SLOTS, ids).await["clinician"]["availableSlots"].take()
}

async fn a_pause_stops_what_is_new_and_lifting_it_restores_exactly_what_stood() {
    for of_practice in [true, false] {
        let practice = TestPractice::begin().await;
        let (dana, casey) = practice.open_practice().await;
        let of = (!of_practice).then_some(&dana);
        let (booked, _) = ask(&practice, &casey, &dana, "2027-01-12T19:00:00Z").await;
        dana.run(CONFIRM, json!({ "id": booked })).await;
        let (waiting, _) = ask(&practice, &casey, &dana, "2027-01-12T20:00:00Z").await;
        let (before, listed) = (settled(practice.snapshot().await), slots(&practice, &casey, &dana).await);
        let mut dry = pause(of, true);
        dry["dryRun"] = json!(true);
        let shown = practice.admin.done(PAUSE, IMPACT, dry).await["impact"].take();
        assert_eq!(settled(practice.snapshot().await), before, "a dry run saves nothing");
        let expected = json!({ "dryRun": true, "clientsLosingCount": 1, "clientsGainingCount": 0,
            "pendingRequestsAffected": [{ "id": waiting }], "warnings": [] });
        assert_eq!(shown, expected);
        let by = if of_practice { &practice.admin } else { &dana };
        by.done(PAUSE, IMPACT, pause(of, true)).await;
        assert_eq!(slots(&practice, &casey, &dana).await["slots"], json!([]));
        assert_eq!(ask(&practice, &casey, &dana, "2027-01-12T21:00:00Z").await.1, "ACCESS_CLOSED");
        let mut during = settled(practice.snapshot().await);
        assert_ne!(during, before);
        let (paused, read) = if of_practice {
            (&mut during["selfScheduling"]["newRequestsPaused"], false)
        } else {
            (&mut during["clinicians"]["nodes"][0]["selfScheduling"]["newRequestsPaused"], false)
        };
        assert_eq!(*paused, true);
        *paused = json!(read);
        during["clinicians"]["nodes"][0]["selfScheduling"]["bookable"] = json!(true);
        during["access"] = before["access"].clone();
        assert_eq!(during, before, "opt-in, audience, services, hours, access: all as they were");
        practice.admin.done(PAUSE, IMPACT, pause(of, false)).await;
        assert_eq!(settled(practice.snapshot().await), before);
        assert_eq!(slots(&practice, &casey, &dana).await, listed);
        practice.admin.done(PAUSE, "", pause(of, true)).await;
        let confirmed = dana.run(CONFIRM, json!({ "id": waiting })).await["confirmAppointmentRequest"].take();
        assert_eq!(confirmed["appointmentRequest"]["status"], "CONFIRMED", "what waits can be answered meanwhile");
        let gaining = practice.admin.done(PAUSE, IMPACT, pause(of, false)).await["impact"].take();
        assert_eq!(gaining["clientsGainingCount"], 1);
    }
}

async fn a_clinician_pauses_themselves_whatever_the_policy_says_and_nobody_else() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    practice.admin.done("updatePracticePolicy", "", json!({ "clinicianOptIn": "ADMIN_ONLY" })).await;
    dana.done(PAUSE, "", pause(Some(&dana), true)).await;
    assert_eq!(slots(&practice, &casey, &dana).await["slots"], json!([]));
    let out = json!({ "clinicianIds": [dana.id], "enabled": false });
    assert_eq!(
        dana.call(OPT_IN, "", out).await["errors"][0]["code"],
        "KEPT_TO_ADMINS",
        "the policy holds for opting in"
    );
    dana.done(PAUSE, "", pause(Some(&dana), false)).await;
    practice.admin.done(PAUSE, "", pause(Some(&dana), true)).await;
    dana.done(PAUSE, "", pause(Some(&dana), false)).await;
    assert_ne!(slots(&practice, &casey, &dana).await["slots"], json!([]), "an admin's too: it is no hold");
    let before = practice.snapshot().await;
    for (by, of) in [(&dana, None), (&ida, Some(&dana)), (&casey, Some(&dana)), (&casey, None)] {
        for paused in [true, false] {
            let (code, _) = by.denied(&mutation(PAUSE, ""), json!({ "input": pause(of, paused) })).await;
            assert_eq!(code, "FORBIDDEN");
        }
    }
    let elsewhere = practice.elsewhere().await;
    let foreign = json!({ "input": pause(Some(&elsewhere.clinician), true) });
    assert_eq!(practice.admin.denied(&mutation(PAUSE, ""), foreign).await.0, "NOT_FOUND");
    let wrong = practice.admin.call(PAUSE, "", json!({ "clinicianId": casey.id, "paused": true })).await;
    assert_eq!(wrong["errors"][0]["code"], "INVALID_INPUT");
    let stale = json!({ "paused": true, "expectedRevision": "0" });
    assert_eq!(practice.admin.call(PAUSE, "", stale).await["errors"][0]["code"], "STALE_REVISION");
    assert_eq!(practice.snapshot().await, before);
}

async fn staff_read_who_paused_and_a_client_reads_no_opt_in() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    let own = "query($id: ID!) { clinician(id: $id) { selfScheduling { enabled newRequestsPaused bookable } }
        selfSchedulingAccess(clinicianId: $id) { gates { gate open explanation remedy remedyMutation canBeOpenedBy } } }";
    let colleague = "query($id: ID!) { clinician(id: $id) { selfScheduling { enabled newRequestsPaused } }
        practice { selfScheduling { setupChecklist(includeDone: true) { step done description } } } }";
    let id = json!({ "id": dana.id });
    let told = async || {
        let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
        let closed = slots(&practice, &casey, &dana).await["closedGates"].take();
        let errors = asked["requestAppointment"]["errors"].clone();
        json!([casey.run(own, id.clone()).await, closed, errors, ida.run(colleague, id.clone()).await])
    };
    let opt = |enabled: bool| json!({ "clinicianIds": [dana.id], "enabled": enabled });
    practice.admin.done(OPT_IN, "", opt(false)).await;
    let not_opted_in = told().await;
    practice.admin.done(OPT_IN, "", opt(true)).await;
    dana.done(PAUSE, "", pause(Some(&dana), true)).await;
    assert_eq!(told().await, not_opted_in, "for clients and colleagues alike");
    let staff = "query($id: ID!) { clinician(id: $id) { selfScheduling { enabled newRequestsPaused pause { pausedAt pausedBy { displayName } } } }
        selfSchedulingAccess(clinicianId: $id) { gates { gate open explanation decidedBy { displayName } remedyMutation canBeOpenedBy }
            changesToOpen { mutation inputJson canBeMadeBy } } }";
    let read = practice.admin.run(staff, id.clone()).await;
    let held = &read["clinician"]["selfScheduling"];
    assert_eq!((&held["enabled"], &held["newRequestsPaused"]), (&json!(true), &json!(true)));
    assert_eq!(held["pause"]["pausedBy"]["displayName"], "Dana");
    let gates = read["selfSchedulingAccess"]["gates"].as_array().expect("gates");
    let gate = gates.iter().find(|gate| gate["open"] == false).expect("a closed gate");
    let expected = json!({ "gate": "CLINICIAN_OPT_IN", "open": false, "explanation": "Dana has paused new requests.",
        "decidedBy": { "displayName": "Dana" }, "remedyMutation": PAUSE, "canBeOpenedBy": ["ADMIN", "CLINICIAN"] });
    assert_eq!(*gate, expected);
    let change = read["selfSchedulingAccess"]["changesToOpen"][0].clone();
    assert_eq!(change["canBeMadeBy"], json!(["ADMIN", "CLINICIAN"]));
    let input = serde_json::from_str(&text(&change["inputJson"])).expect("JSON");
    practice.admin.done(&text(&change["mutation"]), "", input).await;
    assert_eq!(casey.run(own, id.clone()).await["clinician"]["selfScheduling"]["bookable"], true);

    practice.admin.done(PAUSE, "", pause(None, true)).await;
    let read = casey.run(own, id).await.to_string();
    assert!(read.contains("The practice takes no new online requests at the moment."), "{read}");
    assert!(!read.contains("Avery") && !read.contains("paused\""), "{read}");
    let (_, answer) =
        casey.send("{ practice { selfScheduling { newRequestsPaused pause { pausedAt } } } }", json!({})).await;
    let of_practice = &answer["data"]["practice"]["selfScheduling"];
    assert_eq!((&of_practice["newRequestsPaused"], &of_practice["pause"]), (&json!(true), &Value::Null));
}

async fn a_pause_stays_while_switches_move_and_opting_in_under_it_warns() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let admin = &practice.admin;
    let codes = async |name: &str, input: Value| {
        let impact = admin.done(name, "impact { warnings { code clinician { id } } }", input).await["impact"].take();
        let all = impact["warnings"].as_array().expect("a list").clone();
        all.iter().map(|one| (text(&one["code"]), one["clinician"]["id"].clone())).collect::<Vec<_>>()
    };
    let opt = |enabled: bool| json!({ "clinicianIds": [dana.id], "enabled": enabled });
    assert_eq!(codes(PAUSE, pause(Some(&dana), true)).await, vec![], "whoever pauses knows");
    assert_eq!(codes(PAUSE, pause(None, true)).await, vec![("NEW_REQUESTS_PAUSED".to_owned(), json!(dana.id))]);
    for (name, mut input) in [(SWITCH, json!({})), (OPT_IN, opt(false))] {
        input["enabled"] = json!(false);
        admin.done(name, "", input.clone()).await;
        input["enabled"] = json!(true);
        let warned = codes(name, input).await;
        let expected =
            [("NEW_REQUESTS_PAUSED".to_owned(), Value::Null), ("NEW_REQUESTS_PAUSED".to_owned(), json!(dana.id))];
        assert_eq!(warned, expected, "{name}");
    }
    let query = "{ practice { selfScheduling { setupChecklist { step mutation canBeDoneBy } } } }";
    let list = admin.run(query, json!({})).await["practice"]["selfScheduling"]["setupChecklist"].take();
    let expected = json!([
        { "step": "PRACTICE_NOT_PAUSED", "mutation": PAUSE, "canBeDoneBy": ["ADMIN"] },
        { "step": "CLINICIAN_NOT_PAUSED", "mutation": PAUSE, "canBeDoneBy": ["ADMIN", "CLINICIAN"] },
    ]);
    assert_eq!(list, expected);
    admin.done(PAUSE, "", pause(None, false)).await;
    assert_eq!(slots(&practice, &casey, &dana).await["slots"], json!([]), "one pause is left");
    admin.done(PAUSE, "", pause(Some(&dana), false)).await;
    assert_ne!(slots(&practice, &casey, &dana).await["slots"], json!([]));
}

async fn starts_and_pauses_are_taken_back_and_read_as_of_the_time_between() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let admin = &practice.admin;
    let start = "2027-01-08T14:00:00Z";
    let mut pasts = Vec::new();
    let changes = [
        (SWITCH, json!({ "enabled": false })),
        (SWITCH, json!({ "enabled": true, "startsAt": start })),
        (PAUSE, pause(None, true)),
        (PAUSE, pause(None, false)),
        (PAUSE, pause(Some(&dana), true)),
        (PAUSE, pause(Some(&dana), false)),
        (OPT_IN, json!({ "clinicianIds": [dana.id], "enabled": false })),
        (OPT_IN, json!({ "clinicianIds": [dana.id], "enabled": true, "startsAt": start })),
    ];
    for (name, input) in changes {
        practice.clock.set(practice.clock.now() + Duration::hours(1));
        let before = settled(practice.snapshot().await);
        admin.done(name, "", input.clone()).await;
        let (entry, after) = (log(admin, json!({})).await[0].clone(), settled(practice.snapshot().await));
        let id = json!({ "entryId": entry["id"] });
        let undone = admin.done("undoSettingsChange", "impact { judgedAt }", id).await;
        assert!(undone["impact"]["judgedAt"].is_string());
        let back = settled(practice.snapshot().await);
        assert_eq!(without_decisions(back), without_decisions(before), "{name} {input} taken back");
        assert_eq!(
            admin.call("undoSettingsChange", "", json!({ "entryId": entry["id"] })).await["errors"][0]["code"],
            "CHANGED_SINCE"
        );
        practice.clock.set(practice.clock.now() + Duration::hours(1));
        admin.done(name, "", input).await;
        assert_eq!(without_decisions(settled(practice.snapshot().await)), without_decisions(after));
        pasts.push((practice.clock.now(), explained(&practice, &casey, &dana).await));
    }
    practice.clock.set(crate::support::at("2027-01-20T14:00:00Z"));
    assert_eq!(explained(&practice, &casey, &dana).await["allowed"], true, "both have started");
    let at_start = crate::support::at(start);
    for (at, read) in &pasts {
        let then = as_of(&practice, &casey, &dana, &at.to_rfc3339()).await;
        assert_eq!(then["access"], *read, "at {at}: every gate as it was read then, with who decided it");
    }
    for (at, allowed) in [(at_start - Duration::milliseconds(1), false), (at_start, true)] {
        let then = as_of(&practice, &casey, &dana, &at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)).await;
        assert_eq!(then["access"]["allowed"], allowed, "{at}: judged at that instant");
        assert_eq!(then["startsAt"], json!("2027-01-08T14:00:00Z"));
    }
}

/// The gates without who decided so, and when.
fn without_decisions(mut snapshot: Value) -> Value {
    for access in snapshot["access"].as_array_mut().into_iter().flatten() {
        for gate in access["gates"].as_array_mut().into_iter().flatten() {
            (gate["decidedAt"], gate["decidedBy"]) = (Value::Null, Value::Null);
        }
    }
    snapshot
}

const GATES: &str = "{ allowed gates { gate open explanation decidedAt decidedBy { id } } }";

async fn explained(practice: &TestPractice, client: &Person, clinician: &Person) -> Value {
    let query = format!(
        "query($clinician: ID!, $client: ID!) {{ selfSchedulingAccess(clinicianId: $clinician, clientId: $client) {GATES} }}"
    );
    let pair = json!({ "clinician": clinician.id, "client": client.id });
    practice.admin.run(&query, pair).await["selfSchedulingAccess"].take()
}

async fn as_of(practice: &TestPractice, client: &Person, clinician: &Person, at: &str) -> Value {
    let query = format!(
        "query($at: DateTime!, $clinician: ID!, $client: ID!) {{ practice {{ settingsAsOf(at: $at) {{ enabled startsAt
            newRequestsPaused access(clinicianId: $clinician, clientId: $client) {GATES} }} }} }}"
    );
    let asked = json!({ "at": at, "clinician": clinician.id, "client": client.id });
    practice.admin.run(&query, asked).await["practice"]["settingsAsOf"].take()
}

crate::support::tests!(
    a_pause_stops_what_is_new_and_lifting_it_restores_exactly_what_stood,
    a_clinician_pauses_themselves_whatever_the_policy_says_and_nobody_else,
    staff_read_who_paused_and_a_client_reads_no_opt_in,
    a_pause_stays_while_switches_move_and_opting_in_under_it_warns,
    starts_and_pauses_are_taken_back_and_read_as_of_the_time_between,
);
