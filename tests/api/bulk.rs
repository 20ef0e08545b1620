//! One change of many: all of them or none, an entry for each who was not so before, one impact, and as many statements as
//! for two.

use serde_json::{Value, json};

use crate::support::{Person, TestPractice, mutation, text};
use frontdesk::domain::ids::{CareId, ClientId, ClinicianId, MemberId, PracticeId};
use frontdesk::domain::settings::{Care, Decision};
use frontdesk::domain::time;
use frontdesk::store::{CareRow, Store};

const IMPACT: &str = "impact { clientsGainingCount clientsLosingCount changes { totalCount } }";
const LOG: &str =
    "query($kinds: [AuditKind!]) { practice { auditLog(first: 100, filter: { kinds: $kinds }) { totalCount
    nodes { clinician { id } client { id } changes { field before after } reason } } } }";
const DECIDED: &str =
    "query($clinician: ID!, $client: ID) { selfSchedulingAccess(clinicianId: $clinician, clientId: $client) {
    gates { gate decidedAt } } }";

/// The three mutations that take many, each with what else its input has, its way back, and the field that names them.
fn changes(clinicians: &[String], clients: &[String]) -> [(&'static str, &'static str, Value, Value); 4] {
    let of = |field: &str, ids: &[String], more: Value| {
        let mut input = more;
        input[field] = json!(ids);
        input
    };
    let opt = |enabled: bool| json!({ "enabled": enabled, "audience": "ALL_MY_CLIENTS" });
    let lock = |locked: bool| json!({ "locked": locked, "reason": "Until the training" });
    let everywhere = |word: &str| json!({ "access": word });
    let with_one = |word: &str| json!({ "clinicianId": clinicians[0], "access": word });
    let there = |field, ids, more: [Value; 2]| more.map(|more| of(field, ids, more));
    let [opt_in, opt_out] = there("clinicianIds", clinicians, [opt(true), opt(false)]);
    let [held, lifted] = there("clinicianIds", clinicians, [lock(true), lock(false)]);
    let [blocked, unblocked] = there("clientIds", clients, [everywhere("BLOCKED"), everywhere("ALLOWED")]);
    let [denied, cleared] = there("clientIds", clients, [with_one("BLOCKED"), with_one("BY_AUDIENCE")]);
    [
        ("setClinicianSelfScheduling", "clinicianIds", opt_in, opt_out),
        ("lockClinicianSelfScheduling", "clinicianIds", held, lifted),
        ("setClientAccess", "clientIds", blocked, unblocked),
        ("setClientAccess", "clientIds", denied, cleared),
    ]
}

/// Three clinicians, each with hours, a service and two clients in care.
async fn scene() -> (TestPractice, Vec<Person>, Vec<Person>) {
    let practice = TestPractice::begin().await;
    let (dana, ida, noor) =
        (practice.clinician("Dana").await, practice.clinician("Ida").await, practice.clinician("Noor").await);
    let mut clients = Vec::new();
    for name in ["Casey", "Jordan"] {
        clients.push(practice.client(name, &[&dana, &ida, &noor]).await);
    }
    for clinician in [&dana, &ida, &noor] {
        practice.open(clinician, &[]).await;
        let opt_out = json!({ "clinicianIds": [clinician.id], "enabled": false });
        clinician.done("setClinicianSelfScheduling", "", opt_out).await;
    }
    (practice, vec![dana, ida, noor], clients)
}

fn ids(people: &[Person]) -> Vec<String> {
    people.iter().map(|person| person.id.clone()).collect()
}

async fn log(practice: &TestPractice, kinds: Value) -> (i64, Vec<Value>) {
    let log = practice.admin.run(LOG, json!({ "kinds": kinds })).await["practice"]["auditLog"].take();
    (log["totalCount"].as_i64().expect("a number"), log["nodes"].as_array().expect("nodes").clone())
}

async fn many_are_changed_at_once_with_an_entry_for_each_and_one_impact() {
    let (practice, clinicians, clients) = scene().await;
    let all = ids(&clinicians);
    let selected = json!({ "clinicianIds": all, "enabled": true, "audience": "ALL_MY_CLIENTS" });
    let shown = format!("clinicians {{ id selfScheduling {{ enabled lock {{ reason }} }} }} {IMPACT}");
    let done = practice.admin.done("setClinicianSelfScheduling", &shown, selected).await;
    let impact = json!({ "clientsGainingCount": 2, "clientsLosingCount": 0, "changes": { "totalCount": 6 } });
    assert_eq!(done["impact"], impact, "two clients, with three clinicians each");
    let (_, entries) = log(&practice, json!(["CLINICIAN_SELF_SCHEDULING_SET"])).await;
    let whom: Vec<_> = entries[..3].iter().map(|entry| text(&entry["clinician"]["id"])).collect();
    assert_eq!(whom, all.iter().rev().cloned().collect::<Vec<_>>(), "an entry each");

    let hold = json!({ "clinicianIds": all, "locked": true, "reason": "Until the training" });
    let held = practice.admin.done("lockClinicianSelfScheduling", &shown, hold).await;
    let expected = |id: &String| json!({ "id": id, "selfScheduling": { "enabled": true, "lock": { "reason": "Until the training" } } });
    assert_eq!(held["clinicians"], json!(all.iter().map(expected).collect::<Vec<_>>()), "their opt-in stays under it");
    assert_eq!(held["impact"]["clientsLosingCount"], 2);
    assert_eq!(held["impact"]["changes"]["totalCount"], 6);
    let (count, entries) = log(&practice, json!(["CLINICIAN_LOCKED"])).await;
    assert_eq!(count, 3, "an entry each");
    assert!(entries.iter().all(|entry| entry["reason"] == "Until the training"), "{entries:?}");
    let lift = json!({ "clinicianIds": all, "locked": false });
    let lifted = practice.admin.done("lockClinicianSelfScheduling", &shown, lift).await;
    assert_eq!(lifted["impact"], impact);
    assert_eq!(log(&practice, json!(["CLINICIAN_UNLOCKED"])).await.0, 3);

    let block = json!({ "clientIds": ids(&clients), "access": "BLOCKED" });
    let blocked = practice.admin.done("setClientAccess", &format!("clients {{ id }} {IMPACT}"), block).await;
    assert_eq!(blocked["clients"], json!(ids(&clients).iter().map(|id| json!({ "id": id })).collect::<Vec<_>>()));
    assert_eq!(
        (&blocked["impact"]["clientsLosingCount"], &blocked["impact"]["changes"]["totalCount"]),
        (&json!(2), &json!(6))
    );
    let (_, entries) = log(&practice, json!(["CLIENT_ACCESS_SET"])).await;
    let access = json!([{ "field": "access", "before": "ALLOWED", "after": "BLOCKED" }]);
    assert_eq!([&entries[0]["changes"], &entries[1]["changes"]], [&access, &access]);
}

async fn one_who_is_not_there_refuses_all_and_is_named_by_their_place() {
    let (practice, clinicians, clients) = scene().await;
    let elsewhere = practice.admin_elsewhere().await;
    let there = json!({ "displayName": "Eli", "email": "eli@elsewhere.test" });
    let eli = text(&elsewhere.done("addClinician", "clinician { id }", there.clone()).await["clinician"]["id"]);
    let mut there = there;
    there["email"] = json!("eve@elsewhere.test");
    let eve = text(&elsewhere.done("addClient", "client { id }", there).await["client"]["id"]);
    let before = practice.snapshot().await;
    let nowhere = "0123456789abcdef".repeat(2);
    for (name, field, input, _) in changes(&ids(&clinicians), &ids(&clients)) {
        let (kind, foreign) = if field == "clinicianIds" { ("clinician", &eli) } else { ("client", &eve) };
        for missing in [format!("{kind}_{nowhere}"), foreign.clone()] {
            let mut input = input.clone();
            let named = input[field].as_array_mut().expect("ids");
            // The one named twice moves the place, and is not the one to blame.
            let first = named[0].clone();
            named.splice(1..1, [first, json!(missing)]);
            let (_, answer) = practice.admin.send(&mutation(name, ""), json!({ "input": input })).await;
            let told = &answer["errors"][0]["extensions"];
            assert_eq!(*told, json!({ "code": "NOT_FOUND", "field": ["input", field, "2"] }), "{name}");
        }
        let mut input = input.clone();
        input[field].as_array_mut().expect("ids").push(json!(practice.service_id));
        let refused = practice.admin.call(name, "", input.clone()).await;
        let last = (input[field].as_array().expect("ids").len() - 1).to_string();
        assert_eq!(refused["errors"][0]["code"], "INVALID_INPUT", "{name}");
        assert_eq!(refused["errors"][0]["field"], json!(["input", field, last]), "{name}: an id of another kind");
    }
    practice.admin.done("deactivateClinician", "", json!({ "clinicianId": clinicians[2].id })).await;
    let left = practice.snapshot().await;
    let opt_in = json!({ "clinicianIds": ids(&clinicians), "enabled": true, "audience": "ALL_MY_CLIENTS" });
    let refused = practice.admin.call("setClinicianSelfScheduling", IMPACT, opt_in).await;
    assert_eq!(refused["errors"][0]["code"], "INACTIVE", "{refused}");
    assert_eq!(refused["errors"][0]["field"], json!(["input", "clinicianIds", "2"]), "{refused}");
    assert_eq!(practice.snapshot().await, left, "a refused change saved something");
    practice.admin.done("reactivateClinician", "", json!({ "clinicianId": clinicians[2].id })).await;
    let settings = |shot: &Value| [shot["clinicians"].clone(), shot["clients"].clone()];
    assert_eq!(settings(&practice.snapshot().await), settings(&before), "a refused change saved something");
}

async fn one_who_is_named_twice_counts_once() {
    let (practice, clinicians, clients) = scene().await;
    for (name, field, input, _) in changes(&ids(&clinicians)[..2], &ids(&clients)) {
        let mut input = input;
        let named = input[field].as_array_mut().expect("ids");
        named.extend([named[1].clone(), named[0].clone()]);
        let shown = if field == "clinicianIds" { "clinicians { id }" } else { "clients { id }" };
        let before = log(&practice, Value::Null).await.0;
        let done = practice.admin.done(name, shown, input).await;
        let people = &done[shown.split_once(' ').expect("a field").0];
        assert_eq!(people.as_array().map(Vec::len), Some(2), "{name}: {people}");
        assert_eq!(log(&practice, Value::Null).await.0, before + 2, "{name}: an entry for each");
    }
}

async fn who_was_so_before_gets_no_entry_and_keeps_the_day_on_which_it_was_decided() {
    let (practice, clinicians, clients) = scene().await;
    let (all, all_clients) = (ids(&clinicians), ids(&clients));
    for (name, _, input, _) in changes(&all[..1], &all_clients[..1]) {
        practice.admin.done(name, "", input).await;
    }
    practice.clock.set(practice.clock.now() + chrono::Duration::days(1));
    let pair = json!({ "clinician": all[0], "client": all_clients[0] });
    let decided = practice.admin.run(DECIDED, pair.clone()).await;
    for (name, field, input, _) in changes(&all, &all_clients) {
        let before = log(&practice, Value::Null).await.0;
        practice.admin.done(name, "", input.clone()).await;
        let others = input[field].as_array().expect("ids").len() as i64 - 1;
        assert_eq!(log(&practice, Value::Null).await.0, before + others, "{name}: the first was so already");
        let revision = practice.snapshot().await["selfScheduling"]["revision"].take();
        let again = practice.admin.done(name, "impact { revision changes { totalCount } }", input).await;
        assert_eq!(
            again["impact"],
            json!({ "revision": revision, "changes": { "totalCount": 0 } }),
            "{name}: all were"
        );
    }
    assert_eq!(practice.admin.run(DECIDED, pair).await, decided);
    let held = json!({ "clinicianIds": all, "locked": true, "reason": "Until June" });
    let before = log(&practice, Value::Null).await.0;
    practice.admin.done("lockClinicianSelfScheduling", "", held).await;
    assert_eq!(log(&practice, Value::Null).await.0, before + 3, "another reason is another hold");
}

async fn a_change_of_one_of_many_is_taken_back_alone() {
    let (practice, clinicians, _) = scene().await;
    let hold = json!({ "clinicianIds": ids(&clinicians), "locked": true, "reason": "Until the training" });
    practice.admin.done("lockClinicianSelfScheduling", "", hold).await;
    let entry = "{ practice { auditLog(first: 1) { nodes { id clinician { id } } } } }";
    let last = practice.admin.run(entry, json!({})).await["practice"]["auditLog"]["nodes"][0].take();
    practice.admin.done("undoSettingsChange", "", json!({ "entryId": last["id"] })).await;
    let locks = "{ practice { clinicians(first: 10) { nodes { id selfScheduling { lock { reason } } } } } }";
    let shown = practice.admin.run(locks, json!({})).await["practice"]["clinicians"]["nodes"].take();
    for one in shown.as_array().expect("clinicians") {
        assert_eq!(one["selfScheduling"]["lock"].is_null(), one["id"] == last["clinician"]["id"], "{shown}");
    }
}

/// So many clinicians and clients, every client in the care of the first clinician; written straight into the database,
/// where making them one by one is not what is tried.
async fn crowd(practice: &TestPractice, count: usize) -> (Vec<String>, Vec<String>) {
    let id = text(&practice.admin.run("{ practice { id } }", json!({})).await["practice"]["id"]);
    let store = Store::open(practice.database_url()).await.expect("a database");
    let mut write = store.write(PracticeId::parse(&id).expect("an id")).await.expect("the lock");
    let now = practice.clock.now();
    let zone = time::parse_zone("America/New_York").expect("a zone");
    let (mut clinicians, mut clients) = (Vec::<ClinicianId>::new(), Vec::new());
    for number in 0..count {
        let (member, clinician) = (MemberId::generate(), ClinicianId::generate());
        let scope = write.scope();
        scope.insert_member(member, &format!("Clinician {number}"), None, false, now).await.expect("a member");
        scope.insert_clinician(clinician, member, None, zone, now).await.expect("a clinician");
        clinicians.push(clinician);
        let (member, client) = (MemberId::generate(), ClientId::generate());
        scope.insert_member(member, &format!("Client {number}"), None, false, now).await.expect("a member");
        scope.insert_client(client, member, now).await.expect("a client");
        let started = Decision { by: None, at: now };
        let care = Care { started_on: time::local_date(zone, now), started, ended_on: None, ended: None };
        let care = CareRow { id: CareId::generate(), clinician_id: clinicians[0], client_id: client, care };
        scope.insert_care(&care).await.expect("care");
        clients.push(client);
    }
    write.move_revision().await.expect("it moves");
    write.commit().await.expect("it holds");
    (clinicians.iter().map(ToString::to_string).collect(), clients.iter().map(ToString::to_string).collect())
}

async fn a_change_of_sixty_takes_as_many_statements_as_one_of_two() {
    let practice = TestPractice::begin().await;
    let (clinicians, clients) = crowd(&practice, 60).await;
    let counted = async |count: usize| {
        let mut counted = Vec::new();
        for (name, field, there, back) in changes(&clinicians[..count], &clients[..count]) {
            // Now and then the sweeper or the re-check of the log adds its own.
            let mut fewest = u64::MAX;
            let shown = if field == "clinicianIds" { "clinicians" } else { "clients" };
            let shown = format!("{shown} {{ id displayName }} {IMPACT}");
            for input in [&there, &back, &there, &back, &there, &back] {
                let (before, entries) = (practice.desk.statements(), log(&practice, Value::Null).await.0);
                let reading = practice.desk.statements() - before;
                let before = practice.desk.statements();
                practice.admin.done(name, &shown, input.clone()).await;
                fewest = fewest.min(practice.desk.statements() - before);
                assert!(reading > 0, "statements are counted");
                assert_eq!(log(&practice, Value::Null).await.0, entries + count as i64, "{name}: an entry for each");
            }
            counted.push((name, fewest));
        }
        counted
    };
    assert_eq!(counted(2).await, counted(60).await);
}

async fn a_thousand_are_changed_at_once_and_not_one_more() {
    let practice = TestPractice::begin().await;
    let (clinicians, clients) = crowd(&practice, 1_001).await;
    for (name, field, there, back) in changes(&clinicians, &clients) {
        let before = log(&practice, Value::Null).await.0;
        let none = {
            let mut none = there.clone();
            none[field] = json!([]);
            none
        };
        let what = field.replace("Ids", "s");
        for input in [&there, &none] {
            let refused = practice.admin.call(name, IMPACT, input.clone()).await;
            let message = format!("Name 1 to 1000 {what}.");
            let expected = json!([{ "code": "INVALID_INPUT", "field": ["input", field], "message": message }]);
            assert_eq!(refused["errors"], expected, "{name}");
        }
        assert_eq!(log(&practice, Value::Null).await.0, before);
        for (mut input, times) in [(there, 1), (back, 2)] {
            // With one named twice, that they are counted once.
            let named = input[field].as_array_mut().expect("ids");
            named[1_000] = named[0].clone();
            practice.admin.done(name, IMPACT, input).await;
            assert_eq!(log(&practice, Value::Null).await.0, before + 1_000 * times, "{name}");
        }
    }
}

crate::support::tests!(
    many_are_changed_at_once_with_an_entry_for_each_and_one_impact,
    one_who_is_not_there_refuses_all_and_is_named_by_their_place,
    one_who_is_named_twice_counts_once,
    who_was_so_before_gets_no_entry_and_keeps_the_day_on_which_it_was_decided,
    a_change_of_one_of_many_is_taken_back_alone,
    a_change_of_sixty_takes_as_many_statements_as_one_of_two,
    a_thousand_are_changed_at_once_and_not_one_more,
);
