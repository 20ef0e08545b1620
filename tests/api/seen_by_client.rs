//! Staff see as a client exactly what the client reads, and only who may.

use serde_json::{Value, json};

use crate::support::{Chance, Mixed, Person, TestPractice, text};

const LIST: &str =
    "{ practice { services { id name durationMinutes modality } clinicians(first: 100) { totalCount nodes {
    id displayName credentials selfScheduling { bookable offeredServices { id name } } } } } }";
const LIST_SEEN: &str = "query($client: ID!) { seenByClient(clientId: $client) { client { id }
    services { id name durationMinutes modality } clinicians(first: 100) { totalCount nodes {
    clinician { id displayName credentials } bookable offeredServices { id name } } } } }";
const SLOTS: &str = "slots { startsAt endsAt localStart modality } timeZone
    closedGates { gate open explanation remedy remedyMutation canBeOpenedBy }";
const ACCESS: &str = "allowed notAsked gates { gate open explanation remedy remedyMutation canBeOpenedBy }";

/// The list of clinicians in the shape in which the client reads it.
fn as_read(seen: &Value) -> Value {
    let nodes = seen["clinicians"]["nodes"].as_array().expect("nodes").iter().map(|node| {
        let mut clinician = node["clinician"].clone();
        clinician["selfScheduling"] =
            json!({ "bookable": node["bookable"], "offeredServices": node["offeredServices"] });
        clinician
    });
    let clinicians = json!({ "totalCount": seen["clinicians"]["totalCount"], "nodes": nodes.collect::<Vec<_>>() });
    json!({ "services": seen["services"], "clinicians": clinicians })
}

/// What a client reads of one clinician and service, and what is shown of it to whoever sees as them.
async fn of_one(
    mixed: &Mixed,
    (client, clinician, service): (&Person, &Person, &str),
    staff: &Person,
) -> (Value, Value) {
    let (from, to) = mixed.until_the_horizon();
    let ids = json!({ "client": client.id, "clinician": clinician.id, "service": service, "from": from, "to": to });
    let own = format!(
        "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) {{
            clinician(id: $clinician) {{ availableSlots(serviceId: $service, from: $from, to: $to) {{ {SLOTS} }} }}
            selfSchedulingAccess(clinicianId: $clinician, serviceId: $service) {{ {ACCESS} }} }}"
    );
    let seen = format!(
        "query($client: ID!, $clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) {{
            seenByClient(clientId: $client) {{
                availableSlots(clinicianId: $clinician, serviceId: $service, from: $from, to: $to) {{ {SLOTS} }}
                selfSchedulingAccess(clinicianId: $clinician, serviceId: $service) {{ {ACCESS} }} }} }}"
    );
    let mut own = client.run(&own, ids.clone()).await;
    own["availableSlots"] = own["clinician"]["availableSlots"].take();
    let seen = staff.run(&seen, ids).await["seenByClient"].take();
    let kept = |answer: &Value| json!([answer["availableSlots"], answer["selfSchedulingAccess"]]);
    (kept(&own), kept(&seen))
}

async fn what_staff_see_as_a_client_is_what_the_client_reads_letter_by_letter() {
    let (mut with_slots, mut without) = (0, 0);
    for seed in 200..208 {
        let mut chance = Chance::seeded("seen by client", seed);
        let mixed = Mixed::grown(&mut chance, 8).await;
        let admin = &mixed.practice.admin;
        let before = admin.cursor().await;
        for client in &mixed.clients {
            let (_, answer) = admin.send(LIST_SEEN, json!({ "client": client.id })).await;
            let seen = &answer["data"]["seenByClient"];
            if seen.is_null() {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "they have left: {answer}");
                continue;
            }
            let own = client.run(LIST, json!({})).await["practice"].take();
            assert_eq!(as_read(seen).to_string(), own.to_string(), "seed {seed}");
            for clinician in &mixed.clinicians {
                for service in &mixed.services {
                    let (own, seen) = of_one(&mixed, (client, clinician, service), admin).await;
                    assert_eq!(seen.to_string(), own.to_string(), "seed {seed}");
                    let is_empty = own[0]["slots"] == json!([]);
                    (with_slots, without) = (with_slots + usize::from(!is_empty), without + usize::from(is_empty));
                }
            }
        }
        assert_eq!(admin.cursor().await, before, "looking changes nothing");
    }
    println!("{with_slots} lists with slots, {without} without");
    assert!(with_slots >= 10 && without >= 10, "{with_slots}, {without}");
}

async fn a_clinician_sees_as_their_own_clients_what_concerns_themselves_and_nothing_of_a_colleague() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    let robin = practice.client("Robin", &[&ida]).await;
    practice.open(&ida, &[&robin]).await;
    let seen = dana.run(LIST_SEEN, json!({ "client": casey.id })).await["seenByClient"].take();
    let nodes = seen["clinicians"]["nodes"].as_array().expect("nodes").clone();
    assert_eq!(nodes.len(), 1, "{seen}");
    assert_eq!((&nodes[0]["clinician"]["id"], &nodes[0]["bookable"]), (&json!(dana.id), &json!(true)));
    let stranger = dana.run(LIST_SEEN, json!({ "client": robin.id })).await;
    assert_eq!(stranger["seenByClient"], Value::Null, "it reads like a client who does not exist");
    let of_colleague = "query($client: ID!, $clinician: ID!) { seenByClient(clientId: $client) {
        selfSchedulingAccess(clinicianId: $clinician) { allowed } } }";
    let asked = json!({ "client": casey.id, "clinician": ida.id });
    assert_eq!(dana.denied(of_colleague, asked).await.0, "FORBIDDEN");
    assert_eq!(casey.denied(LIST_SEEN, json!({ "client": casey.id })).await.0, "FORBIDDEN", "a client reads their own");
    let elsewhere = practice.admin_elsewhere().await;
    let there = elsewhere.run(LIST_SEEN, json!({ "client": casey.id })).await;
    assert_eq!(there["seenByClient"], Value::Null, "nor does another practice's admin");
}

async fn seen_as_a_client_an_admin_who_is_one_besides_has_a_clients_rights_and_no_more() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let seen = "query($client: ID!, $clinician: ID!) { seenByClient(clientId: $client) {
        selfSchedulingAccess(clinicianId: $clinician) { gates { gate } } } }";
    let asked = json!({ "client": casey.id, "clinician": dana.id });
    let before = practice.admin.run(seen, asked.clone()).await;
    let gates = before["seenByClient"]["selfSchedulingAccess"]["gates"].as_array().expect("gates").clone();
    let gates: Vec<_> = gates.iter().map(|gate| text(&gate["gate"])).collect();
    let told = [
        "PRACTICE_SWITCH",
        "CLINICIAN_OPT_IN",
        "SERVICE_OFFERED",
        "HOURS_OPEN",
        "CARE_RELATIONSHIP",
        "CLIENT_ACCESS_CLINICIAN",
    ];
    assert_eq!(gates, told, "a hold and a block are not told of");
    let member = casey.run("{ viewer { member { id } } }", json!({})).await["viewer"]["member"]["id"].take();
    practice.admin.done("updateMemberRoles", "", json!({ "memberId": member, "admin": true })).await;
    assert_eq!(practice.admin.run(seen, asked).await, before, "nor once they are an admin");
}

crate::support::tests!(
    what_staff_see_as_a_client_is_what_the_client_reads_letter_by_letter,
    a_clinician_sees_as_their_own_clients_what_concerns_themselves_and_nothing_of_a_colleague,
    seen_as_a_client_an_admin_who_is_one_besides_has_a_clients_rights_and_no_more,
);
