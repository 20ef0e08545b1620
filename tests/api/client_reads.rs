//! The log of reads: who looked at which client's data.

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{Person, REQUEST, TestPractice, text};
use frontdesk::store::Store;

const READS: &str = "query($filter: ClientReadFilter, $first: Int, $after: String) { practice {
    clientReads(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
        nodes { kind readAt member { displayName } client { displayName } } } } }";
const PROFILE: &str = "query($id: ID!) { client(id: $id) { displayName } }";
const REQUESTS: &str = "query($id: ID!) { client(id: $id) { appointmentRequests { nodes { id } } } }";
const APPOINTMENTS: &str = "query($id: ID!) { client(id: $id) {
    appointments(from: \"2027-01-01T00:00:00Z\", to: \"2027-02-01T00:00:00Z\") { id } } }";
const ACCESS: &str =
    "query($clinician: ID!, $id: ID!) { selfSchedulingAccess(clinicianId: $clinician, clientId: $id) { allowed } }";
const REQUESTED: &str = "subscription($after: Cursor) { appointmentRequested(after: $after) { ... on AppointmentRequestEvent { appointmentRequest { id } } } }";
const SEEN: &str = "query($clinician: ID!, $id: ID!) { seenByClient(clientId: $id) {
    clinicians { nodes { bookable } } selfSchedulingAccess(clinicianId: $clinician) { allowed } } }";

/// What is logged, newest first: who, whom, what.
async fn logged(practice: &TestPractice, filter: Value) -> Vec<String> {
    practice.desk.save_reads().await.expect("it is saved");
    let found = practice.admin.run(READS, json!({ "filter": filter })).await;
    let words = |read: &Value| {
        let name = |field: &str| text(&read[field]["displayName"]);
        format!("{} {} {}", name("member"), text(&read["kind"]), name("client"))
    };
    found["practice"]["clientReads"]["nodes"].as_array().expect("a list").iter().map(words).collect()
}

fn of(member: &str, mut found: Vec<String>) -> Vec<String> {
    found.retain(|read| read.starts_with(member));
    found.sort();
    found
}

async fn what_staff_see_of_a_client_is_logged_once_a_minute_and_what_is_ones_own_is_not() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ids = json!({ "clinician": dana.id, "id": casey.id });
    for query in [PROFILE, REQUESTS, APPOINTMENTS, ACCESS] {
        let ids = if query == ACCESS { ids.clone() } else { json!({ "id": casey.id }) };
        casey.run(query, ids.clone()).await;
        dana.run(query, ids.clone()).await;
        dana.run(query, ids).await;
    }
    let all = logged(&practice, json!(null)).await;
    assert_eq!(of("Casey", all.clone()), Vec::<String>::new());
    let once = ["Dana ACCESS Casey", "Dana APPOINTMENTS Casey", "Dana PROFILE Casey", "Dana REQUESTS Casey"];
    assert_eq!(of("Dana", all), once);
    practice.clock.set(practice.clock.now() + Duration::minutes(1));
    dana.run(SEEN, ids).await;
    let seen = of("Dana", logged(&practice, json!(null)).await);
    assert_eq!((seen.len(), seen.contains(&"Dana SEEN_AS_CLIENT Casey".to_owned())), (5, true), "{seen:?}");
    dana.run(PROFILE, json!({ "id": casey.id })).await;
    let all = of("Dana", logged(&practice, json!(null)).await);
    assert_eq!(all.iter().filter(|read| *read == "Dana PROFILE Casey").count(), 2, "{all:?}");
}

async fn what_the_trail_and_the_settings_of_the_past_show_of_a_client_is_logged() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let robin = practice.client("Robin", &[]).await;
    practice.clock.set(practice.clock.now() + Duration::minutes(1));
    let since = json!({ "from": practice.clock.now().to_rfc3339() });
    let trail = "query($id: ID, $first: Int) { practice { auditLog(first: $first, filter: { clientId: $id }) { totalCount } } }";
    practice.admin.run(trail, json!({ "id": robin.id })).await;
    let mine = |found| of("Avery", found);
    assert_eq!(mine(logged(&practice, since.clone()).await), ["Avery ACCESS Robin"]);
    practice.clock.set(practice.clock.now() + Duration::minutes(1));
    let past = "query($at: DateTime!, $clinician: ID!, $id: ID!) { practice { settingsAsOf(at: $at) {
        access(clinicianId: $clinician, clientId: $id) { allowed } } } }";
    let asked = json!({ "at": practice.clock.now().to_rfc3339(), "clinician": dana.id, "id": casey.id });
    practice.admin.run(past, asked).await;
    // The log of reads shows whom it tells of.
    let looks = ["Avery ACCESS Casey", "Avery ACCESS Robin", "Avery PROFILE Robin"];
    assert_eq!(mine(logged(&practice, since).await), looks);
}

async fn a_read_that_was_denied_is_none() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let robin = practice.client("Robin", &[]).await;
    assert_eq!(dana.run(PROFILE, json!({ "id": robin.id })).await["client"], json!(null));
    assert_eq!(robin.run(PROFILE, json!({ "id": casey.id })).await["client"], json!(null));
    let all = logged(&practice, json!(null)).await;
    assert_eq!(of("Robin", all.clone()), Vec::<String>::new());
    assert_eq!(of("Dana", all), ["Dana PROFILE Casey"], "whom Dana let in, and nobody else");
}

async fn a_list_tells_of_each_client_in_it_and_a_stream_of_each_whose_request_it_tells() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    practice.client("Robin", &[&dana]).await;
    dana.run("{ practice { clients { nodes { displayName } } } }", json!({})).await;
    let names = ["Dana PROFILE Casey", "Dana PROFILE Robin"];
    assert_eq!(of("Dana", logged(&practice, json!(null)).await), names);
    let mut stream = dana.follow(REQUESTED, json!({ "after": dana.cursor().await })).await;
    casey.run(REQUEST, practice.asking(&dana, "2027-01-05T14:00:00-05:00")).await;
    stream.next().await;
    let all = of("Dana", logged(&practice, json!(null)).await);
    assert_eq!(all, ["Dana PROFILE Casey", "Dana PROFILE Robin", "Dana REQUESTS Casey"]);
}

async fn an_admin_finds_who_looked_at_whom_and_when_page_by_page() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let robin = practice.client("Robin", &[&dana]).await;
    let avery = practice.admin.run("{ viewer { member { id } } }", json!({})).await;
    for (minutes, client) in [(0, &casey), (1, &robin), (2, &casey)] {
        practice.clock.set(practice.clock.now() + Duration::minutes(minutes));
        dana.run(PROFILE, json!({ "id": client.id })).await;
    }
    let then = practice.clock.now();
    let of_robin = logged(&practice, json!({ "clientId": robin.id })).await;
    assert_eq!(of_robin, ["Dana PROFILE Robin", "Avery PROFILE Robin"], "whoever added them saw them too");
    let member = &avery["viewer"]["member"]["id"];
    let all = logged(&practice, json!({ "memberId": member })).await;
    assert!(all.iter().all(|read| read.starts_with("Avery")), "{all:?}");
    let at = |minutes: i64| (then - Duration::minutes(minutes)).to_rfc3339();
    assert_eq!(
        logged(&practice, json!({ "from": at(2), "to": at(0), "clientId": casey.id })).await,
        Vec::<String>::new()
    );
    let dana_only = json!({ "from": at(0), "to": at(-1), "clientId": casey.id });
    assert_eq!(of("Dana", logged(&practice, dana_only).await), ["Dana PROFILE Casey"]);
    let (mut seen, mut after) = (Vec::new(), json!(null));
    loop {
        let page = practice.admin.run(READS, json!({ "first": 1, "after": after, "filter": { "to": at(0) } })).await;
        let page = &page["practice"]["clientReads"];
        seen.push(text(&page["nodes"][0]["readAt"]));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            assert_eq!(page["totalCount"], json!(seen.len()));
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert!(seen.len() >= 2 && seen.is_sorted_by(|newer, older| newer >= older), "{seen:?}");
    assert_eq!(dana.denied(READS, json!({})).await.0, "FORBIDDEN");
}

async fn nothing_of_another_practice_is_listed() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    dana.run(PROFILE, json!({ "id": casey.id })).await;
    practice.desk.save_reads().await.expect("it is saved");
    let elsewhere: Person = practice.admin_elsewhere().await;
    for filter in [json!(null), json!({ "clientId": casey.id })] {
        let found = elsewhere.run(READS, json!({ "filter": filter })).await;
        assert_eq!(found["practice"]["clientReads"]["totalCount"], 0);
    }
}

async fn a_read_waits_for_no_writer_and_its_entry_is_saved_when_it_can_be() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let store = Store::open(practice.database_url()).await.expect("a database");
    let own = practice.admin.run("{ practice { id } }", json!({})).await;
    let own = frontdesk::domain::ids::PracticeId::parse(&text(&own["practice"]["id"])).expect("an id");
    let write = store.write(own).await.expect("the lock");
    dana.run(PROFILE, json!({ "id": casey.id })).await;
    write.roll_back().await.expect("it is taken back");
    assert_eq!(of("Dana", logged(&practice, json!(null)).await), ["Dana PROFILE Casey"]);
}

async fn what_a_mutation_lists_of_a_client_is_logged() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    for start in ["2027-01-05T14:00:00-05:00", "2027-01-05T15:00:00-05:00"] {
        casey.run(REQUEST, practice.asking(&dana, start)).await;
    }
    let asked = dana.run("{ practice { appointmentRequests { nodes { id } } } }", json!({})).await;
    let id = asked["practice"]["appointmentRequests"]["nodes"][0]["id"].clone();
    let whole_day = json!({ "clinicianId": dana.id, "startsAt": "2027-01-05T10:00:00-05:00", "endsAt": "2027-01-05T22:00:00-05:00" });
    let closed = json!({ "clinicianId": dana.id, "hours": [], "dryRun": true });
    for (name, selection, input, kind) in [
        ("confirmAppointmentRequest", "appointmentRequest { status }", json!({ "id": id }), "REQUESTS"),
        ("blockTime", "pendingRequestsInTheWay { id }", whole_day.clone(), "REQUESTS"),
        ("blockTime", "appointmentsInTheWay { id }", whole_day, "APPOINTMENTS"),
        ("setWeeklyHours", "impact { appointmentsOutsideHours { id } }", closed, "APPOINTMENTS"),
    ] {
        // Another minute, so that it is another look.
        practice.clock.set(practice.clock.now() + Duration::minutes(1));
        let from = practice.clock.now().to_rfc3339();
        dana.call(name, selection, input).await;
        let looks = of("Dana", logged(&practice, json!({ "from": from })).await);
        assert!(looks.contains(&format!("Dana {kind} Casey")), "{name}: {looks:?}");
    }
}

async fn only_those_of_a_page_are_logged_whom_it_shows() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    for name in ["Casey", "Robin"] {
        practice.client(name, &[&dana]).await;
    }
    dana.run("{ practice { clients(first: 1) { nodes { displayName } } } }", json!({})).await;
    assert_eq!(of("Dana", logged(&practice, json!(null)).await), ["Dana PROFILE Casey"]);
}

async fn each_reader_of_a_stream_is_logged_with_all_that_its_items_show() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let invite = json!({ "displayName": "Blake", "email": "blake@practice.test" });
    practice.admin.done("inviteMember", "member { id }", invite).await;
    let blake = practice.bearer(&practice.token_for("blake@practice.test", Duration::days(1)).await);
    let query = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) { ... on AppointmentRequestEvent { appointmentRequest {
        client { displayName } } } } }";
    // From here on, however long it takes until they follow.
    let after = json!({ "after": practice.admin.cursor().await });
    let mut streams = [practice.admin.follow(query, after.clone()).await, blake.follow(query, after).await];
    practice.clock.set(practice.clock.now() + Duration::minutes(1));
    let from = practice.clock.now().to_rfc3339();
    casey.run(REQUEST, practice.asking(&dana, "2027-01-05T14:00:00-05:00")).await;
    for stream in &mut streams {
        stream.next().await;
    }
    let all = logged(&practice, json!({ "from": from })).await;
    for reader in ["Avery", "Blake"] {
        let looks = of(reader, all.clone());
        assert_eq!(looks, [format!("{reader} PROFILE Casey"), format!("{reader} REQUESTS Casey")]);
    }
}

crate::support::tests!(
    what_staff_see_of_a_client_is_logged_once_a_minute_and_what_is_ones_own_is_not,
    what_the_trail_and_the_settings_of_the_past_show_of_a_client_is_logged,
    a_read_that_was_denied_is_none,
    a_list_tells_of_each_client_in_it_and_a_stream_of_each_whose_request_it_tells,
    an_admin_finds_who_looked_at_whom_and_when_page_by_page,
    nothing_of_another_practice_is_listed,
    a_read_waits_for_no_writer_and_its_entry_is_saved_when_it_can_be,
    what_a_mutation_lists_of_a_client_is_logged,
    only_those_of_a_page_are_logged_whom_it_shows,
    each_reader_of_a_stream_is_logged_with_all_that_its_items_show,
);
