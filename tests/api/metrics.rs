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

crate::support::tests!(operations_are_counted_by_field_and_outcome_and_nobody_is_named,);
