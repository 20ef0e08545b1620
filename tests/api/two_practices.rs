//! Two practices in one database: members of one try random operations with the other's ids, and learn nothing of it: not
//! from an answer, an error, a stream or a count, nor from the work that an answer takes. The same within a practice, with
//! what is between a colleague and their clients.
//!
//! `FRONTDESK_FUZZ_SEED=4711` makes the choices of an earlier run again; a failure says its seed.

#[path = "../crash/chance.rs"]
mod chance;
mod schema;
mod stray;
mod worlds;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::access_matrix::sums;
use crate::rights::{Scene, mutations};
use crate::support::{Person, REQUEST, Stream, TestPractice, text};
use chance::Chance;
use schema::{Schema, Words};
use stray::{How, Stray, asked, digits, hold_secret, operation};
use worlds::{Between, ISSUER, Other, WORD, own_ids};

const SEED: &str = "FRONTDESK_FUZZ_SEED";
/// How often each mutation and each root field is tried by each caller.
const TRIES: usize = 2;
/// What is read by its id, each with its kind.
const NAMED: [(&str, &str); 10] = [
    ("clinician", "clinician"),
    ("client", "client"),
    ("service", "service"),
    ("appointmentRequest", "request"),
    ("appointment", "appointment"),
    ("node", "practice"),
    ("node", "client"),
    ("node", "service"),
    ("node", "request"),
    ("node", "appointment"),
];

fn seed() -> u64 {
    let given = std::env::var(SEED).ok().map(|seed| seed.parse().expect("a number"));
    // The end of a new id is random.
    given.unwrap_or_else(|| uuid::Uuid::now_v7().as_u64_pair().1)
}

/// Every mutation with inputs that would do something; those that take ids in lists with more than one.
fn acts(scene: &Scene) -> Vec<(&'static str, Value)> {
    let (dana, casey, service) = (&scene.dana.id, &scene.casey.id, &scene.practice.service_id);
    let hours = json!([{ "weekday": "MONDAY", "opensAt": "09:00", "closesAt": "12:00", "serviceIds": [service] },
        { "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00", "serviceIds": [service, service] }]);
    let windows = json!([{ "opensAt": "09:00", "closesAt": "12:00", "serviceIds": [service, service] }]);
    let more = [
        ("setOfferedServices", json!({ "clinicianId": dana, "serviceIds": [service, service] })),
        ("setWeeklyHours", json!({ "clinicianId": dana, "hours": hours })),
        ("setDateException", json!({ "clinicianId": dana, "on": "2027-01-12", "windows": windows })),
        ("setBookingRules", json!({ "serviceId": service, "bufferAfterMinutes": 10 })),
        ("setClinicianSelfScheduling", json!({ "clinicianIds": [dana, dana], "enabled": false })),
        ("setClientAccess", json!({ "clinicianId": dana, "clientIds": [casey, casey], "access": "BLOCKED" })),
        ("setClientAccess", json!({ "clientIds": [casey, casey], "access": "BLOCKED" })),
    ];
    mutations::all(scene).into_iter().chain(more).collect()
}

/// Who tries, with whose ids, and what they must not learn.
struct Fuzz<'a> {
    scene: &'a Scene,
    schema: Schema,
    words: Words,
    others: Vec<String>,
    secrets: Vec<String>,
}

impl Fuzz<'_> {
    /// Everything, by one caller; answers how many operations named what is others'.
    async fn run(&self, name: &str, caller: &Person, seed: u64, chance: &mut Chance) -> u32 {
        let told = format!("as {name}, {SEED}={seed}");
        let mut count = 0;
        let acts = acts(self.scene);
        for (mutation, input) in acts.iter().cycle().take(TRIES * acts.len()) {
            let mut input = input.clone();
            if self.schema.is_previewable(mutation) && chance.one_in(2) {
                input["dryRun"] = json!(true);
            }
            let variables = json!({ "input": input });
            let plain = operation(&crate::support::mutation(mutation, ""), &variables);
            count += self.hold(caller, &plain, &told, How::Plain, chance).await;
            let random = operation(&self.schema.mutation(mutation, &self.words, chance), &variables);
            count += self.hold(caller, &random, &told, How::Racing, chance).await;
        }
        for (root, kind) in NAMED {
            let id = &self.words.ids[kind][0];
            let plain =
                operation(&format!("query($id: ID!) {{ {root}(id: $id) {{ __typename }} }}"), &json!({ "id": id }));
            count += self.hold(caller, &plain, &told, How::Plain, chance).await;
        }
        let roots = self.schema.fields("Query");
        for root in roots.iter().cycle().take(2 * TRIES * roots.len()) {
            let random = operation(&self.schema.query(root, &self.words, chance), &json!({}));
            hold_secret(&asked(caller, &random).await, &self.secrets, &format!("{told}\n{random}"));
            count += self.hold(caller, &random, &told, How::Racing, chance).await;
        }
        count
    }

    async fn hold(&self, caller: &Person, operation: &Value, told: &str, how: How, chance: &mut Chance) -> u32 {
        let Some(stray) = Stray::of(operation, &self.others, chance) else { return 0 };
        stray.hold(&self.scene.practice, caller, &self.secrets, told, how).await;
        1
    }
}

async fn words(scene: &Scene, other: &Other) -> Words {
    Words { ids: own_ids(scene).await, page_cursors: other.page_cursors.clone(), search: WORD.to_owned() }
}

async fn no_random_operation_with_another_practices_ids_tells_or_changes_anything() {
    let scene = Scene::set().await;
    let other = Other::set(&scene.practice).await;
    let schema = Schema::read(&scene.practice.admin).await;
    let tried: BTreeSet<_> = acts(&scene).iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(tried, schema.fields("Mutation"), "every mutation is tried: give its input in rights/mutations.rs");
    let secrets = [digits(&other.ids), vec![WORD.to_owned()]].concat();
    let words = words(&scene, &other).await;
    let fuzz = Fuzz { scene: &scene, schema, words, others: other.ids.clone(), secrets };
    let (seed, before) = (seed(), sums(&scene.practice).await);
    let mut chance = Chance::new(seed);
    for (name, caller) in [("admin", &scene.practice.admin), ("clinician", &scene.dana), ("client", &scene.casey)] {
        let count = fuzz.run(name, caller, seed, &mut chance.fork()).await;
        assert!(count > 60, "only {count} operations named the other practice's, {SEED}={seed}");
    }
    assert_eq!(sums(&scene.practice).await, before, "something was saved, {SEED}={seed}");
}

async fn no_random_operation_with_a_colleagues_or_another_clients_ids_tells_or_changes_anything() {
    let scene = Scene::set().await;
    let other = Other::set(&scene.practice).await;
    let between = Between::set(&scene).await;
    let schema = Schema::read(&scene.practice.admin).await;
    let secrets = [digits(&between.ids), vec!["Robin".to_owned()]].concat();
    let words = words(&scene, &other).await;
    let fuzz = Fuzz { scene: &scene, schema, words, others: between.ids, secrets };
    let (seed, before) = (seed(), sums(&scene.practice).await);
    let mut chance = Chance::new(seed);
    for (name, caller) in [("clinician", &scene.dana), ("client", &scene.casey)] {
        let count = fuzz.run(name, caller, seed, &mut chance.fork()).await;
        assert!(count > 20, "only {count} operations named what is between others, {SEED}={seed}");
    }
    assert_eq!(sums(&scene.practice).await, before, "something was saved, {SEED}={seed}");
}

const CHANGED: &str = "subscription($after: Cursor, $clinicianId: ID) { item: appointmentRequestChanged(after: $after,
    clinicianId: $clinicianId) { __typename ... on StreamReset { reason message cursor } ... on AppointmentRequestEvent {
        type cursor appointmentRequest { id startsAt client { displayName } clinician { displayName } } } } }";
const COUNT: &str = "subscription($clinicianId: ID) { item: pendingRequestCount(clinicianId: $clinicianId) }";
const LISTS: &str = "{ practice { latestCursor clients(search: \"a\") { totalCount nodes { id } } clinicians { totalCount }
    members(first: 100) { totalCount nodes { displayName } } appointmentRequests { totalCount nodes { id client { displayName } } } } }";

/// What a stream says first, without the id of its request.
async fn first(mut stream: Stream) -> String {
    let mut message = stream.message().await.expect("an answer");
    if let Some(errors) = message["payload"]["errors"].as_array_mut() {
        errors.iter_mut().for_each(|error| drop(error["extensions"]["requestId"].take()));
    }
    message.to_string()
}

async fn a_stream_that_names_another_practices_clinician_or_place_begins_like_one_that_names_nobodys() {
    let scene = Scene::set().await;
    let other = Other::set(&scene.practice).await;
    let secrets = [digits(&other.ids), vec![WORD.to_owned()]].concat();
    let after = scene.practice.admin.cursor().await;
    let (nobody, no_log) = (uuid::Uuid::now_v7().simple(), uuid::Uuid::now_v7().simple());
    let nobody = format!("clinician_{nobody}");
    let log = other.admin.cursor().await;
    let unknown_log = log.replace(other.practice_id.trim_start_matches("practice_"), &no_log.to_string());
    assert_ne!(log, unknown_log);
    for reader in [&scene.practice.admin, &scene.dana, &scene.casey] {
        for document in [CHANGED, COUNT] {
            let of = |id: &str| {
                let mut named = json!({ "clinicianId": id });
                if document == CHANGED {
                    named["after"] = json!(after);
                }
                named
            };
            let theirs = first(reader.follow(document, of(&other.clinician.id)).await).await;
            let nobodys = first(reader.follow(document, of(&nobody)).await).await;
            let theirs = theirs.replace(&other.clinician.id, &nobody);
            assert_eq!(theirs, nobodys, "{document}");
            hold_secret(&theirs, &secrets, document);
        }
        let theirs = first(reader.follow(CHANGED, json!({ "after": log })).await).await.replace(&log, "LOG");
        let nobodys = first(reader.follow(CHANGED, json!({ "after": unknown_log })).await).await;
        assert_eq!(theirs, nobodys.replace(&unknown_log, "LOG"), "a cursor of another practice's log");
        hold_secret(&theirs, &secrets, CHANGED);
    }
}

/// How many statements the lists take alone, and what they hold.
async fn lists(practice: &TestPractice, reader: &Person) -> (u64, String) {
    let mut least = (u64::MAX, String::new());
    for _ in 0..5 {
        let before = practice.desk.statements();
        let answer = reader.send(LISTS, json!({})).await.1.to_string();
        least = (least.0.min(practice.desk.statements() - before), answer);
    }
    least
}

async fn while_another_practice_works_no_stream_list_count_or_work_of_ones_own_moves() {
    let scene = Scene::set().await;
    let other = Other::set(&scene.practice).await;
    let readers = [&scene.practice.admin, &scene.dana, &scene.casey];
    let begin = json!({ "after": scene.practice.admin.cursor().await });
    let (mut streams, mut counts, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for reader in readers {
        streams.push(reader.follow(CHANGED, begin.clone()).await);
        let mut count = reader.follow(COUNT, json!({})).await;
        let now = count.next().await["item"].take();
        counts.push((count, now.as_u64().expect("a number")));
        seen.push(lists(&scene.practice, reader).await);
    }
    let before = scene.practice.snapshot().await;
    let (one, two) = (other.ask("2027-01-19T19:00:00Z").await, other.ask("2027-01-19T20:00:00Z").await);
    other.clinician.done("confirmAppointmentRequest", "", json!({ "id": one })).await;
    other.client.done("withdrawAppointmentRequest", "", json!({ "id": two })).await;
    let person = json!({ "displayName": format!("Abel {WORD}"), "email": "abel@elsewhere.test" });
    other.admin.done("addClient", "", person).await;
    other.ask("2027-01-26T19:00:00Z").await;
    assert_eq!(scene.practice.snapshot().await, before);
    for (reader, seen) in readers.into_iter().zip(seen) {
        assert_eq!(lists(&scene.practice, reader).await, seen, "the same answer, by the same statements");
    }
    let secrets = [digits(&other.ids), vec![WORD.to_owned()]].concat();
    let made = scene.casey.run(REQUEST, scene.practice.asking(&scene.dana, "2027-01-19T20:00:00Z")).await;
    let made = text(&made["requestAppointment"]["appointmentRequest"]["id"]);
    for stream in &mut streams {
        let event = stream.next().await;
        hold_secret(&event.to_string(), &secrets, "the first event");
        assert_eq!(event["item"]["appointmentRequest"]["id"], json!(made), "the first event is one's own: {event}");
    }
    for (stream, waiting) in &mut counts {
        assert_eq!(stream.next().await["item"], json!(*waiting + 1), "the count goes from one's own to one's own");
    }
}

async fn names_addresses_keys_and_subjects_of_another_practice_are_as_good_as_new() {
    let scene = Scene::set().await;
    let other = Other::set(&scene.practice).await;
    let (admin, before) = (&scene.practice.admin, other.admin.snapshot().await);
    let cases = [("addClient", "noa"), ("addClinician", "eli"), ("inviteMember", "avery")];
    for (mutation, name) in cases {
        let person = |host: &str| json!({ "displayName": "Nia", "email": format!("{name}@{host}.test") });
        let theirs = admin.call(mutation, "", person(&WORD.to_lowercase())).await;
        assert_eq!(theirs, admin.call(mutation, "", person("fresh")).await, "{mutation}");
        assert_eq!(theirs["errors"], json!([]), "{mutation}");
    }
    // A subject names one member over all practices: that it is taken says nothing of where.
    let link =
        |subject: &str, issuer: &str| json!({ "memberId": scene.danas_member, "issuer": issuer, "subject": subject });
    let theirs = admin.call("linkMember", "link { id }", link(WORD, ISSUER)).await;
    let own = admin.call("linkMember", "link { id }", link("dana", "https://id.test")).await;
    assert_eq!(theirs, own);
    assert_eq!(theirs["errors"][0]["code"], "ALREADY_EXISTS");
    // The other practice's client has used this key.
    let key = "2027-01-12T21:00:00Z";
    let input = json!({ "clinicianId": scene.dana.id, "serviceId": scene.practice.service_id,
        "startsAt": "2027-01-19T20:00:00Z", "idempotencyKey": key });
    let made = scene.casey.done("requestAppointment", "appointmentRequest { id }", input).await;
    let made = text(&made["appointmentRequest"]["id"]);
    assert!(!other.ids.contains(&made), "a key is its member's own");
    let search = "query($word: String!) { practice { clients(search: $word) { totalCount } members(search: $word) { totalCount } } }";
    let found = admin.run(search, json!({ "word": WORD.to_uppercase() })).await["practice"].take();
    // Of the addresses above, the practice's own client and members.
    let own = json!({ "clients": { "totalCount": 1 }, "members": { "totalCount": 3 } });
    assert_eq!(found, own);
    assert_eq!(other.admin.snapshot().await, before);
}

crate::support::tests!(
    no_random_operation_with_another_practices_ids_tells_or_changes_anything,
    no_random_operation_with_a_colleagues_or_another_clients_ids_tells_or_changes_anything,
    a_stream_that_names_another_practices_clinician_or_place_begins_like_one_that_names_nobodys,
    while_another_practice_works_no_stream_list_count_or_work_of_ones_own_moves,
    names_addresses_keys_and_subjects_of_another_practice_are_as_good_as_new,
);
