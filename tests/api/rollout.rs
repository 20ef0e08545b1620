//! Staged rollout, the starts: what is turned on for later opens at its instant by itself, and its impact shows whom.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::support::{Person, REQUEST, SLOTS, TestPractice, at, text};

/// A Friday, 09:00 in New York.
const START: &str = "2027-01-08T14:00:00Z";
const IMPACT: &str =
    "impact { dryRun judgedAt clientsGainingCount clientsLosingCount warnings { code message clinician { id } }
    changes(first: 100) { nodes { clinician { id } client { id } before after } } }";
const OPT_IN: &str = "setClinicianSelfScheduling";
const SWITCH: &str = "setPracticeSelfScheduling";

/// Turns the practice or a clinician off, and on again from a start to come.
async fn start_later(practice: &TestPractice, clinician: Option<&Person>, start: &str) {
    let (name, mut input) = match clinician {
        Some(one) => (OPT_IN, json!({ "clinicianIds": [one.id] })),
        None => (SWITCH, json!({})),
    };
    input["enabled"] = json!(false);
    practice.admin.done(name, "", input.clone()).await;
    (input["enabled"], input["startsAt"]) = (json!(true), json!(start));
    practice.admin.done(name, "", input).await;
}

/// Whether every read says that the client can book: the list of slots, that of all, `bookable`, the explanation, and what
/// staff see as the client. They have to say the same.
async fn sees(practice: &TestPractice, client: &Person, clinician: &Person) -> bool {
    let ids = json!({ "clinician": clinician.id, "service": practice.service_id, "client": client.id });
    let own = client
        .run(
            "query($clinician: ID!, $service: ID!) { clinician(id: $clinician) { selfScheduling { bookable }
                availableSlots(serviceId: $service, from: \"2027-01-05T00:00:00Z\", to: \"2027-02-01T00:00:00Z\") { slots { startsAt } } }
                practice { soonestSlots(serviceId: $service, from: \"2027-01-05T00:00:00Z\", to: \"2027-02-01T00:00:00Z\") {
                    slots { clinician { id } } } }
                selfSchedulingAccess(clinicianId: $clinician, serviceId: $service) { allowed } }",
            json!({ "clinician": clinician.id, "service": practice.service_id }),
        )
        .await;
    let seen = practice
        .admin
        .run(
            "query($clinician: ID!, $service: ID!, $client: ID!) { seenByClient(clientId: $client) { availableSlots(clinicianId: $clinician,
                serviceId: $service, from: \"2027-01-05T00:00:00Z\", to: \"2027-02-01T00:00:00Z\") { slots { startsAt } } } }",
            ids,
        )
        .await;
    let is_some = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty());
    let soonest = own["practice"]["soonestSlots"]["slots"].as_array().expect("slots");
    let told = [
        is_some(&own["clinician"]["availableSlots"]["slots"]),
        soonest.iter().any(|slot| slot["clinician"]["id"] == json!(clinician.id)),
        own["clinician"]["selfScheduling"]["bookable"] == true,
        own["selfSchedulingAccess"]["allowed"] == true,
        is_some(&seen["seenByClient"]["availableSlots"]["slots"]),
    ];
    assert!(told.iter().all(|one| *one == told[0]), "they disagree: {told:?}");
    told[0]
}

async fn a_start_opens_at_its_instant_and_not_a_millisecond_before_for_list_and_write_alike() {
    for of_practice in [true, false] {
        let practice = TestPractice::begin().await;
        let (dana, casey) = practice.open_practice().await;
        start_later(&practice, (!of_practice).then_some(&dana), START).await;
        // A slot after the start is no exception: the gate is about when one may ask.
        let ask = async || {
            let made = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
            made["requestAppointment"]["errors"][0]["code"].clone()
        };
        for before in [practice.clock.now(), at(START) - Duration::milliseconds(1)] {
            practice.clock.set(before);
            assert!(!sees(&practice, &casey, &dana).await, "at {before}");
            assert_eq!(ask().await, "ACCESS_CLOSED", "at {before}");
        }
        practice.clock.set(at(START));
        assert!(sees(&practice, &casey, &dana).await);
        assert_eq!(ask().await, Value::Null);
        let shown = "{ practice { selfScheduling { startsAt } clinicians { nodes { selfScheduling { startsAt } } } } }";
        let shown = practice.admin.run(shown, json!({})).await["practice"].take();
        let own = &shown["clinicians"]["nodes"][0]["selfScheduling"]["startsAt"];
        let kept = if of_practice { &shown["selfScheduling"]["startsAt"] } else { own };
        assert_eq!(at(&text(kept)), at(START), "it is kept as it was set");
    }
}

/// Who can book whom now, as each client reads it.
async fn bookable(clients: &[Person], clinicians: &[Person]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for client in clients {
        for clinician in clinicians {
            let query = "query($id: ID!) { clinician(id: $id) { selfScheduling { bookable } } }";
            let read = client.run(query, json!({ "id": clinician.id })).await;
            if read["clinician"]["selfScheduling"]["bookable"] == true {
                pairs.push((clinician.id.clone(), client.id.clone()));
            }
        }
    }
    pairs.sort();
    pairs
}

async fn the_impact_of_a_start_to_come_is_what_clients_see_once_the_clock_is_there() {
    for of_practice in [true, false] {
        let practice = TestPractice::begin().await;
        let admin = practice.admin.clone();
        let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
        let mut clients = Vec::new();
        for name in ["Casey", "Robin", "Sam", "Lee"] {
            clients.push(practice.client(name, &[&dana, &ida]).await);
        }
        let all: Vec<_> = clients.iter().collect();
        practice.open(&dana, &all).await;
        practice.open(&ida, &all).await;
        let care = |client: &Person, field: &str, on: &str| {
            let mut input = json!({ "clinicianId": dana.id, "clientId": client.id });
            input[field] = json!(on);
            input
        };
        // Robin's care is over before the start, Sam's begins again by then, and Lee's only after it.
        admin.done("endCare", "", care(&clients[1], "endsOn", "2027-01-07")).await;
        for (client, from) in [(&clients[2], "2027-01-08"), (&clients[3], "2027-01-09")] {
            admin.done("endCare", "", care(client, "endsOn", "2027-01-05")).await;
            admin.done("startCare", "", care(client, "startsOn", from)).await;
        }
        let (name, mut input) = match of_practice {
            true => (SWITCH, json!({})),
            false => (OPT_IN, json!({ "clinicianIds": [dana.id, ida.id] })),
        };
        input["enabled"] = json!(false);
        admin.done(name, "", input.clone()).await;
        (input["enabled"], input["startsAt"], input["dryRun"]) = (json!(true), json!(START), json!(true));
        let shown = admin.done(name, IMPACT, input.clone()).await["impact"].take();
        input["dryRun"] = json!(false);
        let mut made = admin.done(name, IMPACT, input).await["impact"].take();
        made["dryRun"] = json!(true);
        assert_eq!(made, shown, "the preview is what is made");
        assert_eq!(at(&text(&made["judgedAt"])), at(START));
        let codes = made["warnings"].as_array().expect("a list").iter().map(|one| &one["code"]).collect::<Vec<_>>();
        assert_eq!(codes, vec!["STARTS_LATER"; if of_practice { 1 } else { 2 }], "{made}");
        let message = text(&made["warnings"][0]["message"]);
        assert!(message.contains("2027-01-08 09:00 (America/New_York, UTC-05:00)"), "{message}");

        let clinicians = [dana.clone(), ida.clone()];
        assert_eq!(bookable(&clients, &clinicians).await, vec![], "nothing opens before");
        practice.clock.set(at(START));
        let nodes = made["changes"]["nodes"].as_array().expect("nodes");
        assert!(nodes.iter().all(|pair| pair["before"] == false && pair["after"] == true), "{made}");
        let mut gaining: Vec<_> =
            nodes.iter().map(|pair| (text(&pair["clinician"]["id"]), text(&pair["client"]["id"]))).collect();
        gaining.sort();
        assert_eq!(gaining, bookable(&clients, &clinicians).await);
        assert_eq!(gaining.len(), 2 + 4, "Casey and Sam of Dana's, and all of Ida's");
    }
}

async fn what_moves_now_is_judged_now() {
    let practice = TestPractice::begin().await;
    let (_, casey) = practice.open_practice().await;
    start_later(&practice, None, START).await;
    let judged = async |input: Value| {
        let impact = practice.admin.done(SWITCH, IMPACT, input).await["impact"].take();
        let at = at(&text(&impact["judgedAt"]));
        (at == practice.clock.now(), impact["clientsGainingCount"].clone(), impact["clientsLosingCount"].clone())
    };
    let dry = json!({ "enabled": true, "dryRun": true });
    assert_eq!(judged(dry).await, (true, json!(1), json!(0)), "started at once");
    assert_eq!(judged(json!({ "enabled": false })).await, (true, json!(0), json!(0)), "called off: nobody had it yet");
    start_later(&practice, None, START).await;
    let block = json!({ "clientIds": [casey.id], "access": "BLOCKED" });
    let impact = practice.admin.done("setClientAccess", IMPACT, block).await["impact"].take();
    assert_eq!(at(&text(&impact["judgedAt"])), practice.clock.now(), "another change, while a start is to come");
    assert_eq!(impact["warnings"][0]["code"], "STARTS_LATER", "{impact}");
}

async fn a_start_that_cannot_be_is_refused_by_its_name_and_changes_nothing() {
    let practice = TestPractice::begin().await;
    let (dana, _) = practice.open_practice().await;
    let now = practice.clock.now();
    let written = |at: DateTime<Utc>| json!(at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    let off = |name: &str| match name {
        SWITCH => json!({ "enabled": false }),
        _ => json!({ "clinicianIds": [dana.id], "enabled": false }),
    };
    for name in [SWITCH, OPT_IN] {
        let refused = async |enabled: bool, start: Value| {
            let mut input = off(name);
            (input["enabled"], input["startsAt"]) = (json!(enabled), start);
            let errors = practice.admin.call(name, "impact { dryRun }", input).await["errors"].take();
            (errors[0]["code"].clone(), errors[0]["field"].clone())
        };
        let wrong = (json!("INVALID_INPUT"), json!(["input", "startsAt"]));
        let before = practice.snapshot().await;
        let tomorrow = written(now + Duration::days(1));
        assert_eq!(refused(true, tomorrow.clone()).await, wrong, "{name}: it is open already");
        assert_eq!(practice.snapshot().await, before);
        practice.admin.done(name, "", off(name)).await;
        let before = practice.snapshot().await;
        assert_eq!(refused(false, tomorrow).await, wrong, "{name}: what is off has no start");
        let furthest = now + Duration::days(366);
        for start in [json!("soon"), written(now), written(furthest + Duration::milliseconds(1))] {
            assert_eq!(refused(true, start.clone()).await, wrong, "{name}: {start}");
        }
        assert_eq!(practice.snapshot().await, before);
        for start in [written(furthest), written(now + Duration::milliseconds(1))] {
            assert_eq!(refused(true, start).await.0, Value::Null, "{name}: a start can be moved while it is to come");
        }
        let mut at_once = off(name);
        at_once["enabled"] = json!(true);
        practice.admin.done(name, "", at_once).await;
    }
}

async fn turning_off_clears_a_start_and_turning_on_without_one_opens_at_once() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let read = async || {
        let query = "query($id: ID!) { practice { selfScheduling { enabled startsAt } }
            clinician(id: $id) { selfScheduling { enabled startsAt } } }";
        let read = practice.admin.run(query, json!({ "id": dana.id })).await;
        (read["practice"]["selfScheduling"].clone(), read["clinician"]["selfScheduling"].clone())
    };
    for (name, mut input) in [(SWITCH, json!({})), (OPT_IN, json!({ "clinicianIds": [dana.id] }))] {
        let of = (name == OPT_IN).then_some(&dana);
        let in_two_days = || (practice.clock.now() + Duration::days(2)).to_rfc3339();
        start_later(&practice, of, &in_two_days()).await;
        input["enabled"] = json!(false);
        practice.admin.done(name, "", input.clone()).await;
        let (of_practice, own) = read().await;
        let one = if name == SWITCH { of_practice } else { own };
        assert_eq!(one, json!({ "enabled": false, "startsAt": null }));
        practice.clock.set(practice.clock.now() + Duration::days(3));
        assert!(!sees(&practice, &casey, &dana).await, "what was called off does not start");
        start_later(&practice, of, &in_two_days()).await;
        assert!(!sees(&practice, &casey, &dana).await);
        input["enabled"] = json!(true);
        practice.admin.done(name, "", input).await;
        assert!(sees(&practice, &casey, &dana).await, "{name} opens at once");
    }
    assert_eq!(read().await.1, json!({ "enabled": true, "startsAt": null }));
}

async fn a_clinician_who_comes_back_is_off_and_waits_for_no_start() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    start_later(&practice, Some(&dana), START).await;
    let id = json!({ "clinicianId": dana.id });
    practice.admin.done("deactivateClinician", "", id.clone()).await;
    let shown = "clinician { selfScheduling { enabled startsAt } } impact { judgedAt }";
    let back = practice.admin.done("reactivateClinician", shown, id).await;
    assert_eq!(back["clinician"]["selfScheduling"], json!({ "enabled": false, "startsAt": null }));
    practice.clock.set(at(START));
    assert!(!sees(&practice, &casey, &dana).await);
}

async fn the_checklist_and_the_explanation_say_when_it_opens_and_how_to_open_it_at_once() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let checklist = async || {
        let query = "{ practice { selfScheduling { setupChecklist { step description mutation } } } }";
        let list = practice.admin.run(query, json!({})).await["practice"]["selfScheduling"]["setupChecklist"].take();
        list.as_array().expect("a list").clone()
    };
    assert_eq!(checklist().await, Vec::<Value>::new());
    start_later(&practice, None, START).await;
    start_later(&practice, Some(&dana), START).await;
    let items = checklist().await;
    let steps: Vec<_> = items.iter().map(|item| text(&item["step"])).collect();
    assert_eq!(steps, ["PRACTICE_STARTED", "CLINICIAN_STARTED"]);
    for item in &items {
        let told = text(&item["description"]);
        assert!(told.contains("2027-01-08 09:00 (America/New_York, UTC-05:00)"), "{told}");
        assert!(told.contains(&text(&item["mutation"])) && told.contains("without startsAt"), "{told}");
    }
    let why =
        "query($clinician: ID!, $client: ID!) { selfSchedulingAccess(clinicianId: $clinician, clientId: $client) {
        allowed gates { gate open explanation remedy remedyMutation } changesToOpen { gate mutation inputJson } } }";
    let ids = json!({ "clinician": dana.id, "client": casey.id });
    let told = practice.admin.run(why, ids.clone()).await["selfSchedulingAccess"].take();
    let closed: Vec<_> = told["gates"].as_array().expect("gates").iter().filter(|gate| gate["open"] == false).collect();
    assert_eq!(closed.len(), 2, "{told}");
    for gate in closed {
        assert!(text(&gate["explanation"]).contains("from 2027-01-08 09:00 (America/New_York, UTC-05:00)"), "{gate}");
        assert!(text(&gate["remedy"]).contains("without startsAt"), "{gate}");
    }
    for change in told["changesToOpen"].as_array().expect("changes") {
        let input = serde_json::from_str(&text(&change["inputJson"])).expect("JSON");
        practice.admin.done(&text(&change["mutation"]), "", input).await;
    }
    assert!(sees(&practice, &casey, &dana).await, "the changes open the way");
    assert_eq!(checklist().await, Vec::<Value>::new());
}

async fn a_client_is_told_of_a_start_only_that_it_is_not_open_yet() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ids = json!({ "clinician": dana.id, "service": practice.service_id });
    let told = async || {
        let slots = casey.run(SLOTS, ids.clone()).await["clinician"]["availableSlots"]["closedGates"].take();
        let own = "query($clinician: ID!, $service: ID!) { clinician(id: $clinician) { selfScheduling { enabled newRequestsPaused } }
            selfSchedulingAccess(clinicianId: $clinician, serviceId: $service) { gates { gate open explanation remedy } } }";
        let own = casey.run(own, ids.clone()).await;
        let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
        json!([slots, own, asked["requestAppointment"]["errors"]])
    };
    practice.admin.done(OPT_IN, "", json!({ "clinicianIds": [dana.id], "enabled": false })).await;
    let not_opted_in = told().await;
    practice.admin.done(OPT_IN, "", json!({ "clinicianIds": [dana.id], "enabled": true, "startsAt": START })).await;
    assert_eq!(told().await, not_opted_in, "a clinician's start reads like no opt-in");
    practice.admin.done(OPT_IN, "", json!({ "clinicianIds": [dana.id], "enabled": true })).await;
    start_later(&practice, None, START).await;
    let read = told().await.to_string();
    assert!(read.contains("The practice has not opened online requests yet."), "{read}");
    assert!(!read.contains("01-08") && !read.contains("Avery"), "neither when nor who: {read}");
    let (code, _) = casey.denied("{ practice { selfScheduling { startsAt } } }", json!({})).await;
    assert_eq!(code, "FORBIDDEN");
}

crate::support::tests!(
    a_start_opens_at_its_instant_and_not_a_millisecond_before_for_list_and_write_alike,
    the_impact_of_a_start_to_come_is_what_clients_see_once_the_clock_is_there,
    what_moves_now_is_judged_now,
    a_start_that_cannot_be_is_refused_by_its_name_and_changes_nothing,
    turning_off_clears_a_start_and_turning_on_without_one_opens_at_once,
    a_clinician_who_comes_back_is_off_and_waits_for_no_start,
    the_checklist_and_the_explanation_say_when_it_opens_and_how_to_open_it_at_once,
    a_client_is_told_of_a_start_only_that_it_is_not_open_yet,
);
