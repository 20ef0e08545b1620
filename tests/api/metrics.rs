//! `/metrics`: what happened is counted under few fixed labels, and nobody is named.

use serde_json::json;

use crate::support::{REQUEST, TestPractice};

const SWITCH: &str = "mutation { setPracticeSelfScheduling(input: { enabled: true }) { errors { code } } }";

async fn operations_are_counted_by_field_and_outcome_and_nobody_is_named() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    // Taken now, denied, made up, and not even GraphQL.
    casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    casey.send(SWITCH, json!({})).await;
    casey.send("{ madeUpByTheCaller }", json!({})).await;
    casey.send("{", json!({})).await;
    let _stream = dana.follow("subscription { pendingRequestCount }", json!({})).await.next().await;
    let response = reqwest::get(format!("{}/metrics", practice.url())).await.expect("an answer");
    let kind = response.headers()["content-type"].to_str().expect("text").to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let page = response.text().await.expect("text");
    for line in [
        "frontdesk_operations_total{kind=\"mutation\",field=\"requestAppointment\",outcome=\"ok\"} 1",
        "frontdesk_operations_total{kind=\"mutation\",field=\"requestAppointment\",outcome=\"refused\"} 1",
        "frontdesk_operations_total{kind=\"mutation\",field=\"setPracticeSelfScheduling\",outcome=\"denied\"} 1",
        "frontdesk_operations_total{kind=\"query\",field=\"unknown\",outcome=\"bad_request\"} 2",
        "frontdesk_requests_refused_total{reason=\"SLOT_TAKEN\"} 1",
        "frontdesk_wake_ups_missed_total 0",
    ] {
        assert!(page.lines().any(|one| one == line), "{line} is not in\n{page}");
    }
    assert!(page.contains("frontdesk_operation_duration_seconds_count{kind=\"mutation\"}"));
    for name in ["madeUp", "Casey", &casey.id, &dana.id] {
        assert!(!page.contains(name), "{name}");
    }
}

async fn push_is_measured_from_the_write_to_the_reader_and_from_the_cursor_on() {
    const FOLLOW: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) { __typename } }";
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let before = dana.cursor().await;
    casey.run(REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    let mut live = dana.follow(FOLLOW, json!({ "after": before })).await;
    // Whoever was told what came before follows what comes.
    live.next().await;
    casey.run(REQUEST, practice.asking(&dana, "2027-01-12T21:00:00Z")).await;
    live.next().await;
    let mut late = dana.follow(FOLLOW, json!({ "after": before })).await;
    late.next().await;
    let beyond = format!("{}.ffff", before.split('.').next().expect("the practice"));
    let mut lost = dana.follow(FOLLOW, json!({ "after": beyond })).await;
    assert_eq!(lost.next().await["appointmentRequestChanged"]["__typename"], "StreamReset");
    let counted = |name: &str| practice.metric(name) > 0;
    for name in [
        "frontdesk_push_delay_seconds_count",
        "frontdesk_push_replay_lag_seconds_count",
        "frontdesk_push_subscribers",
        "frontdesk_database_connections",
        "frontdesk_stream_resets_total{reason=\"CURSOR_UNKNOWN\"}",
    ] {
        assert!(counted(name), "{name}");
    }
    assert!(
        practice.metric("frontdesk_database_connections_idle") <= practice.metric("frontdesk_database_connections")
    );
    assert_eq!(practice.metric("frontdesk_push_subscribers"), 3);
}

crate::support::tests!(
    operations_are_counted_by_field_and_outcome_and_nobody_is_named,
    push_is_measured_from_the_write_to_the_reader_and_from_the_cursor_on,
);
