//! The explanation says what the booking does: allowed is what is accepted, the changes it names open the way and none of
//! them is idle, and a client is told nothing that is not theirs.

use std::collections::BTreeSet;

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{CONFIRM, Chance, Mixed, Person, TestPractice, text};

const ACCESS: &str = "query($clinician: ID!, $client: ID, $service: ID, $start: DateTime, $modality: Modality) {
    selfSchedulingAccess(clinicianId: $clinician, clientId: $client, serviceId: $service, startsAt: $start,
        modality: $modality) { allowed notAsked gates { gate open explanation remedy remedyMutation canBeOpenedBy }
        changesToOpen { gate mutation inputJson description canBeMadeBy } cannotBeOpenedBecause } }";
const OWN: &str = "query($clinician: ID!, $service: ID, $start: DateTime, $modality: Modality) {
    selfSchedulingAccess(clinicianId: $clinician, serviceId: $service, startsAt: $start, modality: $modality) {
        allowed notAsked gates { gate open explanation remedy remedyMutation canBeOpenedBy } } }";

/// Whom and what one case is about.
#[derive(Clone)]
struct Question<'a> {
    clinician: &'a Person,
    client: &'a Person,
    service: Option<String>,
    start: Option<String>,
    modality: Value,
}

impl Question<'_> {
    fn variables(&self) -> Value {
        json!({ "clinician": self.clinician.id, "client": self.client.id, "service": self.service, "start": self.start,
            "modality": self.modality })
    }

    /// What the admin is told.
    async fn asked(&self, mixed: &Mixed) -> Value {
        let answer = mixed.practice.admin.run(ACCESS, self.variables()).await;
        answer["selfSchedulingAccess"].clone()
    }
}

/// A start that may be bookable or not: a slot, one near a slot, one that is too early, too late, or past.
async fn some_start(
    mixed: &Mixed,
    chance: &mut Chance,
    (client, clinician): (&Person, &Person),
    service: &str,
) -> String {
    let (now, slots) = (mixed.practice.clock.now(), mixed.slots(client, clinician, service).await);
    let minutes = match chance.below(10) {
        0 => -60 * i64::try_from(chance.below(200)).expect("few"),
        1 => 60 * 24 * 65 + 60 * i64::try_from(chance.below(200)).expect("few"),
        2 => 30 * i64::try_from(chance.below(48)).expect("few"),
        3 => 30 * i64::try_from(chance.below(48 * 40)).expect("few"),
        _ if slots.is_empty() => 30 * i64::try_from(chance.below(48 * 14)).expect("few"),
        kind => {
            let slot = crate::support::at(&text(&chance.pick(&slots[..slots.len().min(20)])["startsAt"]));
            let off = if kind == 4 { *chance.pick(&[-15, 5, 30, 600]) } else { 0 };
            return (slot + Duration::minutes(off)).to_rfc3339();
        }
    };
    (now + Duration::minutes(minutes)).to_rfc3339()
}

/// Whether a client is granted a time, in this way of meeting or, where none is said, in any; and then confirms it, so that
/// it waits no more, or leaves it.
async fn is_accepted(mixed: &Mixed, question: &Question<'_>, is_confirmed: bool) -> bool {
    let (service, start) = (question.service.clone().expect("named"), question.start.clone().expect("named"));
    let ways = match question.modality.as_str() {
        Some(way) => vec![json!(way)],
        None => vec![Value::Null, json!("IN_PERSON"), json!("TELEHEALTH")],
    };
    for way in ways {
        let payload = mixed.ask(question.client, question.clinician, &service, &start, way).await;
        if let Some(id) = payload["appointmentRequest"]["id"].as_str() {
            if is_confirmed {
                mixed.practice.admin.run(CONFIRM, json!({ "id": id })).await;
            }
            return true;
        }
    }
    false
}

async fn allowed_is_true_exactly_when_the_request_is_accepted() {
    let (mut accepted, mut refused, mut closed) = (0, 0, BTreeSet::new());
    for seed in 0..8 {
        let mut chance = Chance::seeded("explanation and write", seed);
        let closed_in = *chance.pick(&[5, 12, 30]);
        let mixed = Mixed::grown(&mut chance, closed_in).await;
        let mut granted_last: Option<Question> = None;
        for case in 0..40 {
            if case == 34 && seed % 2 == 0 {
                mixed.practice.admin.done("setPracticeSelfScheduling", "", json!({ "enabled": false })).await;
            }
            if case == 36 && seed % 2 == 1 {
                for held in &mixed.clinicians {
                    let lock = json!({ "clinicianIds": [held.id], "locked": true, "reason": "On leave" });
                    mixed.practice.admin.done("lockClinicianSelfScheduling", "", lock).await;
                }
            }
            let (mut clinician, mut client) = (chance.pick(&mixed.clinicians), chance.pick(&mixed.clients));
            let mut service = chance.pick(&mixed.services).clone();
            // Most pairs see nothing: rather one that does.
            for _ in 0..chance.below(8) {
                if mixed.slots(client, clinician, &service).await.is_empty() {
                    (clinician, client) = (chance.pick(&mixed.clinicians), chance.pick(&mixed.clients));
                    service = chance.pick(&mixed.services).clone();
                }
            }
            let start = some_start(&mixed, &mut chance, (client, clinician), &service).await;
            let ways = [Value::Null, Value::Null, json!("IN_PERSON"), json!("TELEHEALTH"), json!("EITHER")];
            let modality = chance.pick(&ways).clone();
            let mut question = Question { clinician, client, service: Some(service), start: Some(start), modality };
            // What was granted is asked for again: it is taken now.
            if let Some(last) = granted_last.take_if(|_| case % 4 == 3) {
                question = last;
            }
            let (_, told) = mixed.practice.admin.send(ACCESS, question.variables()).await;
            let access = &told["data"]["selfSchedulingAccess"];
            let (_, own) = question.client.send(OWN, question.variables()).await;
            let own = &own["data"]["selfSchedulingAccess"];
            // A way in which the service is not met is refused to both by the name of its field.
            let allowed = access["allowed"] == true;
            assert!(
                own.is_null() || (own["allowed"] == true) == allowed,
                "seed {seed}, case {case}: {own} but {access}"
            );
            let granted = is_accepted(&mixed, &question, chance.one_in(2)).await;
            assert_eq!(allowed, granted, "seed {seed}, case {case}: {} of {told}", question.variables());
            (accepted, refused) = (accepted + usize::from(granted), refused + usize::from(!granted));
            let gates = access["gates"].as_array().into_iter().flatten();
            closed.extend(gates.filter(|gate| gate["open"] == false).map(|gate| text(&gate["gate"])));
            if granted {
                granted_last = Some(question);
            }
        }
    }
    println!("{accepted} accepted, {refused} refused; closed: {closed:?}");
    assert!(accepted >= 15 && refused >= 15, "{accepted} accepted, {refused} refused");
    assert_eq!(closed.len(), 10, "every gate was the closed one: {closed:?}");
}

/// What somebody chooses where a change leaves it to them: the week's hours besides those that are there.
async fn chosen(mixed: &Mixed, question: &Question<'_>, change: &Value) -> Value {
    assert_eq!(change["mutation"], "setWeeklyHours", "there are services: {change}");
    let hours = "query($id: ID!) { clinician(id: $id) { selfScheduling { weeklyHours {
        weekday opensAt closesAt closesNextDay serviceIds modality } } } }";
    let shown = mixed.practice.admin.run(hours, json!({ "id": question.clinician.id })).await;
    let mut windows = shown["clinician"]["selfScheduling"]["weeklyHours"].as_array().expect("windows").clone();
    windows.push(json!({ "weekday": "WEDNESDAY", "opensAt": "09:00", "closesAt": "17:00" }));
    json!({ "clinicianId": question.clinician.id, "hours": windows })
}

/// Makes the changes, but one where one is left out: by the admin, or by the clinician where the change says that they can.
async fn make(mixed: &Mixed, question: &Question<'_>, changes: &[Value], left_out: Option<usize>) {
    for (_, change) in changes.iter().enumerate().filter(|(at, _)| Some(*at) != left_out) {
        let input = match change["inputJson"].as_str() {
            Some(json) => serde_json::from_str(json).expect("JSON"),
            None => chosen(mixed, question, change).await,
        };
        let roles = change["canBeMadeBy"].as_array().expect("roles");
        let by_clinician = roles.contains(&json!("CLINICIAN")) && left_out.is_none();
        let person = if by_clinician { question.clinician } else { &mixed.practice.admin };
        let payload = person.call(&text(&change["mutation"]), "", input).await;
        assert!(left_out.is_some() || payload["errors"] == json!([]), "{change} was refused: {payload}");
    }
}

/// What became of the cases so far.
#[derive(Default)]
struct Tally {
    opened: usize,
    left_out: usize,
    hopeless: usize,
    gates: BTreeSet<String>,
}

async fn the_changes_named_let_the_client_book_and_without_any_one_of_them_they_cannot() {
    let mut tally = Tally::default();
    for seed in 100..118 {
        let mut chance = Chance::seeded("changes to open", seed);
        let mixed = Mixed::grown(&mut chance, 3).await;
        for case in 0..4 {
            let (clinician, client) = (chance.pick(&mixed.clinicians), chance.pick(&mixed.clients));
            let service = (!chance.one_in(4)).then(|| chance.pick(&mixed.services).clone());
            let start = match &service {
                Some(service) if !chance.one_in(4) => {
                    Some(some_start(&mixed, &mut chance, (client, clinician), service).await)
                }
                _ => None,
            };
            let question = Question { clinician, client, service, start, modality: Value::Null };
            open(&mixed, &mut chance, &question, &mut tally, &format!("seed {seed}, case {case}")).await;
        }
    }
    let Tally { opened, left_out, hopeless, gates } = tally;
    println!("{opened} opened, {left_out} with one left out, {hopeless} that nothing opens; gates: {gates:?}");
    assert!(opened >= 20 && left_out >= 10 && hopeless >= 5, "{opened}, {left_out}, {hopeless}");
    assert!(gates.len() >= 8, "{gates:?}");
}

/// Makes what is said to be needed: now and then all but one first, which is not enough, then all.
async fn open(mixed: &Mixed, chance: &mut Chance, question: &Question<'_>, tally: &mut Tally, case: &str) {
    let access = question.asked(mixed).await;
    let Some(changes) = access["changesToOpen"].as_array().cloned() else {
        assert!(access["allowed"] == false && access["cannotBeOpenedBecause"].is_string(), "{case}: {access}");
        tally.hopeless += 1;
        return;
    };
    assert_eq!(access["cannotBeOpenedBecause"], Value::Null, "{case}");
    assert_eq!(changes.is_empty(), access["allowed"] == true, "{case}: {access}");
    if chance.one_in(2) && !changes.is_empty() {
        let one = chance.below(changes.len());
        make(mixed, question, &changes, Some(one)).await;
        let after = question.asked(mixed).await;
        assert_eq!(after["allowed"], false, "{case}: {} was not needed of {changes:?}", changes[one]);
        tally.left_out += 1;
    }
    let changes = question.asked(mixed).await["changesToOpen"].as_array().cloned().expect("they were there before");
    make(mixed, question, &changes, None).await;
    let after = question.asked(mixed).await;
    assert_eq!(after["allowed"], true, "{case}: {changes:?} do not open {after}");
    assert!(question.start.is_none() || is_accepted(mixed, question, false).await, "{case}: {changes:?}");
    tally.opened += usize::from(!changes.is_empty());
    tally.gates.extend(changes.iter().map(|change| text(&change["gate"])));
}

async fn too_many_requests_that_wait_are_answered_oldest_first_until_there_is_room() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let mut oldest = String::new();
    for start in ["2027-01-12T19:00:00Z", "2027-01-12T20:00:00Z", "2027-01-12T21:00:00Z"] {
        let input = json!({ "clinicianId": dana.id, "serviceId": practice.service_id, "startsAt": start, "idempotencyKey": start });
        let made = casey.done("requestAppointment", "appointmentRequest { id }", input).await;
        if oldest.is_empty() {
            oldest = text(&made["appointmentRequest"]["id"]);
        }
    }
    let asked = json!({ "clinician": dana.id, "client": casey.id, "service": practice.service_id });
    let access = dana.run(ACCESS, asked.clone()).await["selfSchedulingAccess"].take();
    let expected = json!([{ "gate": "BOOKING_RULES", "mutation": "confirmAppointmentRequest",
        "inputJson": json!({ "id": oldest }).to_string(), "canBeMadeBy": ["ADMIN", "CLINICIAN"],
        "description": "Answer this request of the client's: confirm it, or decline it just as well." }]);
    assert_eq!(access["changesToOpen"], expected);
    dana.done("confirmAppointmentRequest", "", json!({ "id": oldest })).await;
    let access = dana.run(ACCESS, asked).await["selfSchedulingAccess"].take();
    assert_eq!((&access["allowed"], &access["changesToOpen"]), (&json!(true), &json!([])));
}

async fn where_no_change_helps_it_says_so_and_what_to_do_instead() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let jordan = practice.client("Jordan", &[&dana]).await;
    practice.open(&dana, &[&jordan]).await;
    let start = "2027-01-12T20:00:00Z";
    let input =
        json!({ "clinicianId": dana.id, "serviceId": practice.service_id, "startsAt": start, "idempotencyKey": "one" });
    jordan.done("requestAppointment", "", input).await;
    let ask = async |start: &str| {
        let asked = json!({ "clinician": dana.id, "client": casey.id, "service": practice.service_id, "start": start });
        practice.admin.run(ACCESS, asked).await["selfSchedulingAccess"].take()
    };
    for (start, because) in [
        (start, "The time is taken. Choose another time from availableSlots."),
        (
            "2027-01-04T15:00:00Z",
            "That time is sooner than the notice that Dana needs. Choose another time from availableSlots.",
        ),
        (
            "2026-12-01T20:00:00Z",
            "That time is sooner than the notice that Dana needs. Choose another time from availableSlots.",
        ),
    ] {
        let access = ask(start).await;
        let said = (&access["changesToOpen"], &access["cannotBeOpenedBecause"]);
        assert_eq!(said, (&Value::Null, &json!(because)), "{start}");
    }
    practice.admin.done("deactivateClient", "", json!({ "clientId": casey.id })).await;
    let access = ask("2027-01-12T22:00:00Z").await;
    let gone = "The client is no longer active. Bring the client back with reactivateClient.";
    assert_eq!((&access["changesToOpen"], &access["cannotBeOpenedBecause"]), (&Value::Null, &json!(gone)));
    practice.admin.done("reactivateClient", "", json!({ "clientId": casey.id })).await;
    practice.admin.done("archiveService", "", json!({ "id": practice.service_id })).await;
    let access = ask("2027-01-12T22:00:00Z").await;
    let archived = "The practice no longer offers this service. Choose another service.";
    assert_eq!((&access["changesToOpen"], &access["cannotBeOpenedBecause"]), (&Value::Null, &json!(archived)));
}

async fn an_audience_that_was_never_chosen_is_proposed_so_that_nobody_else_gains() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.client("Jordan", &[&dana]).await;
    practice.admin.done("setPracticeSelfScheduling", "", json!({ "enabled": true })).await;
    let asked = json!({ "clinician": dana.id, "client": casey.id, "service": practice.service_id,
        "start": "2027-01-13T16:00:00Z" });
    let access = dana.run(ACCESS, asked).await["selfSchedulingAccess"].take();
    let mut gained = Vec::new();
    for change in access["changesToOpen"].as_array().expect("changes") {
        let input = serde_json::from_str(change["inputJson"].as_str().expect("JSON")).expect("JSON");
        let impact = "impact { changes { nodes { client { displayName } } } }";
        let made = dana.done(&text(&change["mutation"]), impact, input).await;
        gained.extend(made["impact"]["changes"]["nodes"].as_array().expect("pairs").clone());
    }
    assert_eq!(gained, [json!({ "client": { "displayName": "Casey" } })], "{access}");
    let starts = Value::from("2027-01-13T11:00:00-05:00");
    let seen = casey.run(crate::support::SLOTS, json!({ "clinician": dana.id, "service": practice.service_id })).await;
    let slots = seen["clinician"]["availableSlots"]["slots"].as_array().expect("slots");
    assert!(slots.iter().any(|slot| slot["localStart"] == starts), "{slots:?}");
    assert_eq!(slots.len(), 4, "Wednesdays at eleven in January, and no other time: {slots:?}");
}

async fn on_a_date_with_hours_of_its_own_that_date_is_opened_and_not_the_week() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    dana.done("setDateException", "", json!({ "clinicianId": dana.id, "on": "2027-01-12", "windows": [] })).await;
    let asked = json!({ "clinician": dana.id, "client": casey.id, "service": practice.service_id,
        "start": "2027-01-12T20:00:00Z" });
    let access = dana.run(ACCESS, asked.clone()).await["selfSchedulingAccess"].take();
    let changes = access["changesToOpen"].as_array().expect("changes");
    assert_eq!((changes.len(), &changes[0]["mutation"]), (1, &json!("setDateException")), "{access}");
    let input = serde_json::from_str(changes[0]["inputJson"].as_str().expect("JSON")).expect("JSON");
    dana.done("setDateException", "", input).await;
    let access = dana.run(ACCESS, asked).await["selfSchedulingAccess"].take();
    assert_eq!(access["allowed"], true, "{access}");
}

async fn a_gate_that_was_not_asked_is_named_instead_of_being_called_open() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let (client, service) = (json!(casey.id), json!(practice.service_id));
    let start = json!("2027-01-12T20:00:00Z");
    let of_client = ["CARE_RELATIONSHIP", "CLIENT_ACCESS_PRACTICE", "CLIENT_ACCESS_CLINICIAN"];
    for (client, service, start, not_asked) in [
        (&client, &service, &start, vec![]),
        (&client, &service, &Value::Null, vec!["SLOT_FREE"]),
        (&client, &Value::Null, &Value::Null, vec!["BOOKING_RULES", "SLOT_FREE"]),
        (&Value::Null, &service, &start, of_client.to_vec()),
    ] {
        let asked = json!({ "clinician": dana.id, "client": client, "service": service, "start": start });
        let access = dana.run(ACCESS, asked).await["selfSchedulingAccess"].take();
        assert_eq!(access["notAsked"], json!(not_asked));
        let asked = access["gates"].as_array().expect("gates").len();
        assert_eq!(asked + not_asked.len(), 10, "every gate is asked, or said not to be");
    }
    let own = casey.run(OWN, json!({ "clinician": dana.id })).await["selfSchedulingAccess"].take();
    assert_eq!(own["notAsked"], json!(["BOOKING_RULES", "SLOT_FREE"]), "a client is not told of what is staff's");
}

async fn a_client_reads_the_same_whatever_staff_keep_from_them_and_no_change_of_theirs() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let admin = &practice.admin;
    let ask = async || casey.run(OWN, json!({ "clinician": dana.id, "service": practice.service_id })).await;
    let opt_in = |enabled: bool| json!({ "clinicianIds": [dana.id], "enabled": enabled });
    dana.done("setClinicianSelfScheduling", "", opt_in(false)).await;
    let opted_out = ask().await;
    dana.done("setClinicianSelfScheduling", "", opt_in(true)).await;
    let lock = |locked: bool| json!({ "clinicianIds": [dana.id], "locked": locked, "reason": "On leave" });
    admin.done("lockClinicianSelfScheduling", "", lock(true)).await;
    assert_eq!(ask().await, opted_out, "a hold reads like no opt-in");
    admin.done("updatePracticePolicy", "", json!({ "clinicianOptIn": "ADMIN_ONLY" })).await;
    assert_eq!(ask().await, opted_out, "the policy is the staff's to know");
    admin.done("lockClinicianSelfScheduling", "", lock(false)).await;
    let gates = opted_out["selfSchedulingAccess"]["gates"].as_array().expect("gates").clone();
    for gate in gates.iter().filter(|gate| gate["open"] == false) {
        assert_eq!((&gate["canBeOpenedBy"], &gate["remedyMutation"]), (&json!([]), &Value::Null), "{gate}");
    }
    let (_, answer) = casey.send(ACCESS, json!({ "clinician": dana.id })).await;
    let access = &answer["data"]["selfSchedulingAccess"];
    assert_eq!((&access["allowed"], &access["changesToOpen"]), (&json!(true), &Value::Null), "{answer}");
    let denied = answer["errors"].as_array().expect("denials").iter().map(|error| text(&error["extensions"]["code"]));
    assert_eq!(denied.collect::<Vec<_>>(), ["FORBIDDEN", "FORBIDDEN"], "{answer}");
}

crate::support::tests!(
    allowed_is_true_exactly_when_the_request_is_accepted,
    the_changes_named_let_the_client_book_and_without_any_one_of_them_they_cannot,
    too_many_requests_that_wait_are_answered_oldest_first_until_there_is_room,
    where_no_change_helps_it_says_so_and_what_to_do_instead,
    an_audience_that_was_never_chosen_is_proposed_so_that_nobody_else_gains,
    on_a_date_with_hours_of_its_own_that_date_is_opened_and_not_the_week,
    a_gate_that_was_not_asked_is_named_instead_of_being_called_open,
    a_client_reads_the_same_whatever_staff_keep_from_them_and_no_change_of_theirs,
);
