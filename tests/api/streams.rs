//! Streams: no hole, no double, nobody else's, and an end that says why.

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{CONFIRM, MONDAY, Person, REQUEST, Stream, TestPractice, at, text};

const CHANGED: &str =
    "subscription($clinician: ID, $after: Cursor) { appointmentRequestChanged(clinicianId: $clinician, after: $after) {
    __typename ... on AppointmentRequestEvent { cursor type actor { displayName } appointmentRequest { id status } }
    ... on StreamReset { cursor reason message } } }";
const COUNT: &str = "subscription($clinician: ID) { pendingRequestCount(clinicianId: $clinician) }";
const WITHDRAW: &str = "mutation($id: ID!) { withdrawAppointmentRequest(input: { id: $id }) {
    appointmentRequest { status } errors { code } } }";
const THREE: &str = "2027-01-12T20:00:00Z";

async fn next(stream: &mut Stream) -> Value {
    stream.next().await["appointmentRequestChanged"].take()
}

async fn ask(practice: &TestPractice, client: &Person, clinician: &Person, starts_at: &str) -> String {
    let asked = client.run(REQUEST, practice.asking(clinician, starts_at)).await;
    text(&asked["requestAppointment"]["appointmentRequest"]["id"])
}

/// Dana and Ida, each open for a client of their own.
async fn two_clinicians() -> (TestPractice, [Person; 2], [Person; 2]) {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let (casey, robin) = (practice.client("Casey", &[&dana]).await, practice.client("Robin", &[&ida]).await);
    practice.open(&dana, &[&casey]).await;
    practice.open(&ida, &[&robin]).await;
    (practice, [dana, ida], [casey, robin])
}

async fn a_long_replay_comes_whole_in_order_and_goes_on_live() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let begin = dana.cursor().await;
    let mut expected = Vec::new();
    // 130 events: more than one page of the log.
    for _ in 0..65 {
        let id = ask(&practice, &casey, &dana, THREE).await;
        casey.run(WITHDRAW, json!({ "id": id })).await;
        expected.extend([("REQUESTED", id.clone()), ("WITHDRAWN", id)]);
    }
    let mut stream = dana.follow(CHANGED, json!({ "after": begin })).await;
    let mut cursors = Vec::new();
    for (r#type, id) in &expected {
        let event = next(&mut stream).await;
        assert_eq!((text(&event["type"]).as_str(), &text(&event["appointmentRequest"]["id"])), (*r#type, id));
        cursors.push(text(&event["cursor"]));
    }
    let live = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(next(&mut stream).await["appointmentRequest"]["id"], live);
    let mut middle = dana.follow(CHANGED, json!({ "after": cursors[99] })).await;
    assert_eq!(next(&mut middle).await["cursor"], cursors[100], "from any cursor, the very next");
}

async fn each_reader_gets_their_own_events_and_nobody_elses() {
    let (practice, [dana, ida], [casey, robin]) = two_clinicians().await;
    let begin = json!({ "after": dana.cursor().await });
    let first = ask(&practice, &casey, &dana, THREE).await;
    let second = ask(&practice, &robin, &ida, THREE).await;
    for (reader, expected) in [
        (&dana, vec![&first]),
        (&ida, vec![&second]),
        (&casey, vec![&first]),
        (&robin, vec![&second]),
        (&practice.admin, vec![&first, &second]),
    ] {
        let mut stream = reader.follow(CHANGED, begin.clone()).await;
        for id in expected {
            let event = next(&mut stream).await;
            assert_eq!(event["appointmentRequest"]["id"], *id);
        }
    }
    // Dana's next event is her own, though Ida's came before it.
    let mut danas = dana.follow(CHANGED, json!({ "after": dana.cursor().await })).await;
    ida.run(CONFIRM, json!({ "id": second })).await;
    dana.run(CONFIRM, json!({ "id": first })).await;
    let event = next(&mut danas).await;
    assert_eq!((&event["appointmentRequest"]["id"], &event["actor"]["displayName"]), (&json!(first), &json!("Dana")));
}

async fn a_stream_ends_with_its_token_and_says_so() {
    let (practice, [dana, _], _) = two_clinicians().await;
    let short = practice.bearer(&practice.token_for("dana@practice.test", Duration::hours(1)).await);
    let mut events = short.follow(CHANGED, json!({})).await;
    let mut count = short.follow(COUNT, json!({ "clinician": dana.id })).await;
    assert_eq!(count.next().await["pendingRequestCount"], 0);
    practice.clock.set(practice.clock.now() + Duration::hours(1));
    for stream in [&mut events, &mut count] {
        let (code, reason) = stream.closed().await;
        assert!(code == 4401 && reason.contains("expired"), "{code} {reason}");
    }
}

async fn a_cursor_beyond_the_log_resets_the_stream_which_then_goes_on() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let here = dana.cursor().await;
    let beyond = format!("{}.ffff", here.split('.').next().expect("the practice"));
    let mut stream = dana.follow(CHANGED, json!({ "after": beyond })).await;
    let reset = next(&mut stream).await;
    assert_eq!(
        (&reset["__typename"], &reset["cursor"], &reset["reason"]),
        (&json!("StreamReset"), &json!(here), &json!("CURSOR_UNKNOWN"))
    );
    let id = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(next(&mut stream).await["appointmentRequest"]["id"], id);
}

async fn a_cursor_older_than_what_is_replayed_resets_the_stream_though_the_log_still_has_its_events() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let before = dana.cursor().await;
    let id = ask(&practice, &casey, &dana, THREE).await;
    let after = dana.cursor().await;
    practice.clock.set(at(MONDAY) + Duration::days(30));
    let mut stream = dana.follow(CHANGED, json!({ "after": before })).await;
    assert_eq!(next(&mut stream).await["appointmentRequest"]["id"], id, "30 days old to the second");
    practice.clock.set(practice.clock.now() + Duration::seconds(1));
    practice.desk.expire_overdue_requests().await.expect("it sweeps");
    let mut stream = dana.follow(CHANGED, json!({ "after": before })).await;
    let reset = next(&mut stream).await;
    assert_eq!((&reset["reason"], &reset["cursor"]), (&json!("CURSOR_EXPIRED"), &json!(dana.cursor().await)));
    assert!(text(&reset["message"]).contains("Query again what you show"), "{reset}");
    // What came since is replayed as ever.
    let mut stream = dana.follow(CHANGED, json!({ "after": after })).await;
    assert_eq!(next(&mut stream).await["type"], "EXPIRED");
}

/// A subscription whose frames have 100,000 bytes, so that the buffers between server and reader are soon full.
fn large() -> String {
    let notes: Vec<_> = (0..100).map(|number| format!("n{number}: noteToClinician")).collect();
    format!(
        "subscription($after: Cursor) {{ appointmentRequestChanged(after: $after) {{ ... on StreamReset {{ reason }}
        ... on AppointmentRequestEvent {{ cursor type appointmentRequest {{ id {} }} }} }} }}",
        notes.join(" ")
    )
}

/// Writes 1,000 events that no follower of requests gets.
async fn a_thousand_other_events(practice: &TestPractice) {
    let set = |number: i32| {
        let word = if number % 2 == 0 { "ADMIN_ONLY" } else { "CLINICIAN_OR_ADMIN" };
        format!("n{number}: updatePracticePolicy(input: {{ clinicianOptIn: {word} }}) {{ errors {{ code }} }}")
    };
    let document = format!("mutation {{ {} }}", (0..100).map(set).collect::<Vec<_>>().join(" "));
    for _ in 0..10 {
        practice.admin.run(&document, json!({})).await;
    }
}

async fn a_reader_who_does_not_read_costs_a_bounded_queue_and_is_told_to_start_over() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let mut stream = dana.follow(&large(), json!({ "after": dana.cursor().await })).await;
    // One event is read, so that the stream has begun.
    let first = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(next(&mut stream).await["appointmentRequest"]["id"], first);
    casey.run(WITHDRAW, json!({ "id": first })).await;
    let (mut made, note) = (vec![("WITHDRAWN", first)], "n".repeat(1_000));
    for _ in 0..120 {
        let mut asking = practice.asking(&dana, THREE);
        asking["note"] = json!(note);
        let asked = casey.run(REQUEST, asking).await;
        let id = text(&asked["requestAppointment"]["appointmentRequest"]["id"]);
        casey.run(WITHDRAW, json!({ "id": id })).await;
        made.extend([("REQUESTED", id.clone()), ("WITHDRAWN", id)]);
    }
    a_thousand_other_events(&practice).await;
    let mut read = 0;
    let reset = loop {
        let item = next(&mut stream).await;
        if item["reason"].is_string() {
            break item;
        }
        let (r#type, id) = &made[read];
        assert_eq!(
            (&item["type"], &item["appointmentRequest"]["id"]),
            (&json!(r#type), &json!(id)),
            "no hole, no double"
        );
        read += 1;
    };
    assert_eq!(reset["reason"], "FELL_BEHIND");
    assert!(read < made.len(), "only what lay in buffers and the queue: {read}");
    let live = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(next(&mut stream).await["appointmentRequest"]["id"], live);
    assert_eq!(practice.metric("frontdesk_push_subscribers"), 1);
}

async fn a_member_whose_roles_change_is_told_so_at_once_and_nobody_elses_stream_ends() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let begin = json!({ "after": dana.cursor().await });
    let (mut danas, mut caseys) = (dana.follow(CHANGED, begin.clone()).await, casey.follow(CHANGED, begin).await);
    let id = ask(&practice, &casey, &dana, THREE).await;
    for stream in [&mut danas, &mut caseys] {
        assert_eq!(next(stream).await["appointmentRequest"]["id"], id);
    }
    // Casey becomes a clinician besides.
    let input = json!({ "displayName": "Casey", "email": "casey@practice.test" });
    practice.admin.done("addClinician", "clinician { id }", input).await;
    let ended = caseys.payload().await;
    assert_eq!(ended["errors"][0]["extensions"]["code"], "FORBIDDEN", "{ended}");
    assert_eq!(caseys.message().await.expect("its end")["type"], "complete");
    dana.run(CONFIRM, json!({ "id": id })).await;
    assert_eq!(next(&mut danas).await["type"], "CONFIRMED");
}

async fn the_count_follows_every_change_and_the_sweeper_tells_both_sides() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let mut count = dana.follow(COUNT, json!({})).await;
    let mut caseys = casey.follow(CHANGED, json!({ "after": casey.cursor().await })).await;
    assert_eq!(count.next().await["pendingRequestCount"], 0);
    let id = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(count.next().await["pendingRequestCount"], 1);
    assert_eq!(next(&mut caseys).await["type"], "REQUESTED");
    practice.clock.set(at("2027-01-08T00:00:00Z"));
    assert_eq!(practice.desk.expire_overdue_requests().await.expect("it sweeps"), 1);
    assert_eq!(practice.desk.expire_overdue_requests().await.expect("it sweeps"), 0, "expiring twice changes nothing");
    let expired = next(&mut caseys).await;
    assert_eq!((&expired["type"], &expired["appointmentRequest"]["id"]), (&json!("EXPIRED"), &json!(id)));
    assert_eq!(expired["actor"], Value::Null);
    assert_eq!(count.next().await["pendingRequestCount"], 0);
}

async fn a_field_that_the_reader_may_not_see_is_null_in_each_event_with_its_error_beside() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let query =
        "subscription($after: Cursor) { appointmentRequestChanged(after: $after) { ... on AppointmentRequestEvent {
        type appointmentRequest { client { displayName selfSchedulingBlocked } } } } }";
    let begin = json!({ "after": casey.cursor().await });
    // Two readers who see the same: each gets the error.
    let mut streams = [casey.follow(query, begin.clone()).await, casey.follow(query, begin).await];
    for event in ["REQUESTED", "CONFIRMED"] {
        match event {
            "REQUESTED" => drop(ask(&practice, &casey, &dana, THREE).await),
            _ => drop(dana.run(CONFIRM, json!({ "id": waiting(&dana).await })).await),
        }
        for stream in &mut streams {
            let payload = stream.payload().await;
            let client = &payload["data"]["appointmentRequestChanged"]["appointmentRequest"]["client"];
            assert_eq!(*client, json!({ "displayName": "Casey", "selfSchedulingBlocked": null }), "{payload}");
            assert_eq!(payload["errors"].as_array().map(Vec::len), Some(1), "{payload}");
            let path = json!(["appointmentRequestChanged", "appointmentRequest", "client", "selfSchedulingBlocked"]);
            assert_eq!(payload["errors"][0]["path"], path);
            assert_eq!(payload["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
    }
}

/// The one request that waits for this clinician.
async fn waiting(clinician: &Person) -> Value {
    let query = "{ practice { appointmentRequests(filter: { status: [PENDING] }) { nodes { id } } } }";
    clinician.run(query, json!({})).await["practice"]["appointmentRequests"]["nodes"][0]["id"].take()
}

async fn an_event_is_loaded_and_rendered_once_for_all_who_see_the_same() {
    let (practice, [dana, _], [casey, _]) = two_clinicians().await;
    let mut streams = Vec::new();
    let mut statements = Vec::new();
    for (readers, starts_at) in [(2, THREE), (20, "2027-01-19T20:00:00Z")] {
        while streams.len() < readers {
            let begin = json!({ "after": practice.admin.cursor().await });
            streams.push(practice.admin.follow(CHANGED, begin.clone()).await);
            // The same document, asked for by somebody who sees less.
            streams.push(casey.follow(CHANGED, begin).await);
        }
        let before = practice.desk.statements();
        let id = ask(&practice, &casey, &dana, starts_at).await;
        for stream in &mut streams {
            assert_eq!(next(stream).await["appointmentRequest"]["id"], id);
        }
        statements.push(practice.desk.statements() - before);
        dana.run(CONFIRM, json!({ "id": id })).await;
        for (index, stream) in streams.iter_mut().enumerate() {
            let seen = if index % 2 == 0 { json!("Dana") } else { Value::Null };
            let event = next(stream).await;
            assert_eq!((&event["type"], &event["actor"]["displayName"]), (&json!("CONFIRMED"), &seen));
        }
    }
    // Loads that come within a moment of each other go in one statement, so the number can differ a little.
    assert!(statements[1] < statements[0] + 6, "statements for 2 and for 20 readers: {statements:?}");
}

async fn a_bad_token_opens_no_socket() {
    let practice = TestPractice::begin().await;
    for payload in [json!({ "Authorization": "Bearer forged" }), json!({ "authorization": "Basic eA==" })] {
        assert_eq!(practice.socket(payload).await.closed().await.0, 4403);
    }
}

crate::support::tests!(
    a_long_replay_comes_whole_in_order_and_goes_on_live,
    each_reader_gets_their_own_events_and_nobody_elses,
    a_stream_ends_with_its_token_and_says_so,
    a_cursor_beyond_the_log_resets_the_stream_which_then_goes_on,
    a_cursor_older_than_what_is_replayed_resets_the_stream_though_the_log_still_has_its_events,
    a_reader_who_does_not_read_costs_a_bounded_queue_and_is_told_to_start_over,
    a_member_whose_roles_change_is_told_so_at_once_and_nobody_elses_stream_ends,
    the_count_follows_every_change_and_the_sweeper_tells_both_sides,
    a_field_that_the_reader_may_not_see_is_null_in_each_event_with_its_error_beside,
    an_event_is_loaded_and_rendered_once_for_all_who_see_the_same,
    a_bad_token_opens_no_socket,
);
