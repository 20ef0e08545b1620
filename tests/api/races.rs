//! Many callers at once: one wins, every other is told so, and nothing is held or told twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use frontdesk::domain::ids::{PracticeId, RequestId};
use frontdesk::domain::requests::{Decision, Outcome};
use frontdesk::domain::time::Interval;
use frontdesk::domain::viewer::Reach;
use frontdesk::store::{Store, StoreError};

use crate::support::{CONFIRM, Person, REQUEST, TestPractice, at, text};

const DECLINE: &str = "mutation($id: ID!) { declineAppointmentRequest(input: { id: $id, reason: TIME_NOT_POSSIBLE }) {
    appointmentRequest { status version } errors { code } } }";
const WITHDRAW: &str = "mutation($id: ID!) { withdrawAppointmentRequest(input: { id: $id }) {
    appointmentRequest { status version } errors { code } } }";

/// Sends all of these at once; answers what became of each.
async fn at_once(asks: Vec<(Person, &'static str, Value)>) -> Vec<Value> {
    let mut tasks = JoinSet::new();
    for (person, query, variables) in asks {
        tasks.spawn(async move { person.run(query, variables).await });
    }
    tasks.join_all().await
}

async fn clients(practice: &TestPractice, dana: &Person, count: usize) -> Vec<Person> {
    let mut clients = Vec::new();
    for number in 0..count {
        clients.push(practice.client(&format!("Client{number}"), &[dana]).await);
    }
    practice.open(dana, &clients.iter().collect::<Vec<_>>()).await;
    clients
}

async fn of_two_hundred_requests_for_overlapping_times_one_holds_the_time_and_the_others_are_refused() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let clients = clients(&practice, &dana, 25).await;
    // 50 minutes from 15:00 and from 15:30 overlap.
    let starts = ["2027-01-12T20:00:00Z", "2027-01-12T20:30:00Z"];
    let ask = |number: usize| {
        let person = clients[number % clients.len()].clone();
        (person, REQUEST, practice.asking(&dana, starts[number % 2]))
    };
    let answers = at_once((0..200).map(ask).collect()).await;
    let (mut made, mut refused) = (0, 0);
    for answer in &answers {
        let answer = &answer["requestAppointment"];
        match answer["errors"][0]["code"].as_str() {
            None => made += 1,
            Some("SLOT_TAKEN") => {
                refused += 1;
                assert_eq!(answer["appointmentRequest"], Value::Null);
                assert!(!answer["alternatives"].as_array().expect("a list").is_empty(), "{answer}");
            }
            Some(other) => panic!("{other}: {answer}"),
        }
    }
    assert_eq!((made, refused), (1, 199));
    assert_eq!(practice.claims(&dana).await.len(), 1);
}

async fn whatever_is_asked_for_at_once_no_two_claims_overlap() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let clients = clients(&practice, &dana, 10).await;
    let ask = |number: usize| {
        let (day, half_hour) = ([12, 19, 26][number % 3], (number / 3) % 7);
        let minutes = 19 * 60 + 30 * half_hour;
        let start = format!("2027-01-{day}T{:02}:{:02}:00Z", minutes / 60, minutes % 60);
        (clients[number % clients.len()].clone(), REQUEST, practice.asking(&dana, &start))
    };
    let answers = at_once((0..120).map(ask).collect()).await;
    let made = answers.iter().filter(|answer| answer["requestAppointment"]["errors"] == json!([])).count();
    let claims = practice.claims(&dana).await;
    assert_eq!(claims.len(), made);
    for (index, claim) in claims.iter().enumerate() {
        assert!(claims[index + 1..].iter().all(|other| !claim.overlaps(other)), "{claims:?}");
    }
}

async fn of_answers_that_race_one_wins_and_the_others_are_told_how_it_stands() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    for _ in 0..10 {
        let cursor = dana.cursor().await;
        let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
        let id = json!({ "id": asked["requestAppointment"]["appointmentRequest"]["id"] });
        let asks = vec![
            (dana.clone(), CONFIRM, id.clone()),
            (practice.admin.clone(), DECLINE, id.clone()),
            (casey.clone(), WITHDRAW, id.clone()),
        ];
        let answers = at_once(asks).await;
        let payloads: Vec<_> = answers.iter().filter_map(|data| data.as_object()?.values().next()).collect();
        let won = payloads.iter().filter(|payload| payload["errors"] == json!([])).count();
        assert_eq!(won, 1, "{payloads:?}");
        let statuses: BTreeSet<_> = payloads.iter().map(|p| text(&p["appointmentRequest"]["status"])).collect();
        assert_eq!(statuses.len(), 1, "winner and losers see the same state: {payloads:?}");
        assert!(payloads.iter().all(|payload| payload["appointmentRequest"]["version"] == 2));
        assert_eq!(dana.cursor().await, advanced(&cursor, 2), "asked once, decided once");
        if statuses.contains("CONFIRMED") {
            // Its time stays held: the next round would be refused.
            return;
        }
    }
}

/// The cursor so many events on.
fn advanced(cursor: &str, events: i64) -> String {
    let (practice, number) = cursor.split_once('.').expect("a cursor");
    format!("{practice}.{:x}", i64::from_str_radix(number, 16).expect("a number") + events)
}

async fn twins_with_one_key_make_one_request() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let ask = practice.asking(&dana, "2027-01-12T20:00:00Z");
    let answers = at_once((0..20).map(|_| (casey.clone(), REQUEST, ask.clone())).collect()).await;
    let ids: BTreeSet<_> =
        answers.iter().map(|answer| text(&answer["requestAppointment"]["appointmentRequest"]["id"])).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(practice.claims(&dana).await.len(), 1);
}

/// Past every rule of ours: a claim written straight into the database.
async fn the_database_itself_refuses_two_claims_that_overlap() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let (casey, jordan) = (practice.client("Casey", &[&dana]).await, practice.client("Jordan", &[&dana]).await);
    practice.open(&dana, &[&casey]).await;
    let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    assert_eq!(asked["requestAppointment"]["errors"], json!([]));
    // Casey holds 20:00 to 20:50 with Dana.
    let cases = [
        (&dana, &jordan, "20:49", "21:49", "another claim holds the clinician's time"),
        (&dana, &jordan, "19:10", "20:01", "another claim holds the clinician's time"),
        (&dana, &jordan, "19:00", "23:00", "another claim holds the clinician's time"),
        (&dana, &jordan, "20:10", "20:20", "another claim holds the clinician's time"),
        (&ida, &casey, "20:49", "21:49", "another claim holds the client's time"),
        // What only touches passes both guards, and then stumbles over the request that there is not.
        (&dana, &casey, "20:50", "21:40", "foreign key"),
        (&dana, &casey, "19:10", "20:00", "foreign key"),
    ];
    for (clinician, client, from, until, expected) in cases {
        let day = |time: &str| at(&format!("2027-01-12T{time}:00Z"));
        let refused = practice.claim(clinician, client, Interval::new(day(from), day(until))).await;
        assert!(refused.to_string().to_lowercase().contains(expected), "{from} to {until}: {refused}");
    }
}

async fn confirming_twice_is_harmless_and_told_once() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    let id = json!({ "id": asked["requestAppointment"]["appointmentRequest"]["id"] });
    let first = dana.run(CONFIRM, id.clone()).await;
    let cursor = dana.cursor().await;
    assert_eq!(dana.run(CONFIRM, id).await, first);
    assert_eq!(dana.cursor().await, cursor);
}

async fn a_decision_on_what_holds_no_more_is_not_stored() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    let id = &asked["requestAppointment"]["appointmentRequest"]["id"];
    let own = practice.admin.run("{ practice { id } }", json!({})).await;
    let own = PracticeId::parse(&text(&own["practice"]["id"])).expect("an id");
    let store = Store::open(practice.database_url()).await.expect("a database");
    let found = store
        .read(own)
        .requests(Reach::Practice, &[RequestId::parse(&text(id)).expect("an id")])
        .await
        .expect("it reads");
    let confirm = Decision::Confirm { message: None };
    let Ok(Outcome::Changed(confirmed)) = found[0].decide(confirm, None, practice.clock.now()) else {
        panic!("it waits for an answer")
    };
    casey.run(WITHDRAW, json!({ "id": id })).await;
    let write = store.write(own).await.expect("the lock");
    let lost = write.scope().update_request(&confirmed).await.expect_err("Casey was first");
    assert!(matches!(lost, StoreError::GivenUp(_)), "{lost}");
}

async fn a_request_past_its_deadline_holds_nothing_and_reads_as_expired_before_any_sweep() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    let jordan = practice.client("Jordan", &[&dana]).await;
    practice.open(&dana, &[&casey, &jordan]).await;
    let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    let made = &asked["requestAppointment"]["appointmentRequest"];
    assert_eq!(made["respondBy"], "2027-01-07T14:00:00Z", "72 hours after Monday 09:00 in New York");
    practice.clock.set(at("2027-01-07T14:00:00Z"));
    let read = "query($id: ID!) { appointmentRequest(id: $id) { status decidedAt decidedBy { id } } }";
    let read = casey.run(read, json!({ "id": made["id"] })).await;
    assert_eq!(
        read["appointmentRequest"],
        json!({ "status": "EXPIRED", "decidedAt": made["respondBy"], "decidedBy": null })
    );
    let lists = "{ practice { waiting: appointmentRequests(filter: { status: [PENDING] }) { totalCount }
        expired: appointmentRequests(filter: { status: [EXPIRED, DECLINED] }) { totalCount }
        none: appointmentRequests(filter: { status: [] }) { totalCount } } }";
    let counted = dana.run(lists, json!({})).await;
    let expected =
        json!({ "waiting": { "totalCount": 0 }, "expired": { "totalCount": 1 }, "none": { "totalCount": 0 } });
    assert_eq!(counted["practice"], expected);
    let late = dana.run(CONFIRM, json!({ "id": made["id"] })).await;
    assert_eq!(late["confirmAppointmentRequest"]["errors"][0]["code"], "NOT_PENDING");
    let second = jordan.run(REQUEST, practice.asking(&dana, "2027-01-12T20:30:00Z")).await;
    assert_eq!(second["requestAppointment"]["errors"], json!([]), "{second}");
}

crate::support::tests!(
    of_two_hundred_requests_for_overlapping_times_one_holds_the_time_and_the_others_are_refused,
    whatever_is_asked_for_at_once_no_two_claims_overlap,
    of_answers_that_race_one_wins_and_the_others_are_told_how_it_stands,
    twins_with_one_key_make_one_request,
    the_database_itself_refuses_two_claims_that_overlap,
    confirming_twice_is_harmless_and_told_once,
    a_decision_on_what_holds_no_more_is_not_stored,
    a_request_past_its_deadline_holds_nothing_and_reads_as_expired_before_any_sweep,
);
