//! How near somebody must be: a clinician reads no colleague's settings, and whoever is a clinician and a client at once
//! reads each thing as the one that they are to it.

use serde_json::{Value, json};

use crate::support::{TestPractice, assert_nothing_leaks};

/// What was denied, by its last name in the path; each as FORBIDDEN.
fn denied(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("nothing was denied: {answer}"));
    let name = |error: &'_ Value| {
        assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{error}");
        error["path"].as_array().and_then(|path| path.last()).cloned().expect("a path")
    };
    let names: std::collections::BTreeSet<_> = errors.iter().map(|error| name(error).to_string()).collect();
    let known = [
        "audience",
        "decidedAt",
        "decidedBy",
        "lock",
        "member",
        "selfSchedulingBlocked",
        "setupChecklist",
        "weeklyHours",
    ];
    let found: Vec<_> = known.into_iter().filter(|known| names.contains(&format!("\"{known}\""))).collect();
    assert_eq!(found.len(), names.len(), "{answer}");
    found
}

const SETTINGS: &str = "query($id: ID!) { clinician(id: $id) { displayName selfScheduling { enabled bookable audience
    offeredServices { name } weeklyHours { weekday } lock { reason } setupChecklist { done } } } }";

async fn a_clinician_reads_no_colleagues_hours_audience_lock_or_checklist_and_the_rest_stays() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    for other in [&ida, &casey] {
        let (_, answer) = other.send(SETTINGS, json!({ "id": dana.id })).await;
        assert_nothing_leaks(&answer.to_string());
        assert_eq!(denied(&answer), ["audience", "lock", "setupChecklist", "weeklyHours"]);
        let shown = json!({ "enabled": true, "bookable": true, "audience": null,
            "offeredServices": [{ "name": "Therapy session" }], "weeklyHours": null, "lock": null, "setupChecklist": null });
        assert_eq!(answer["data"]["clinician"], json!({ "displayName": "Dana", "selfScheduling": shown }));
    }
    for own in [&dana, &practice.admin] {
        let read = own.run(SETTINGS, json!({ "id": dana.id })).await["clinician"]["selfScheduling"].take();
        assert_eq!(
            (&read["audience"], &read["weeklyHours"]),
            (&json!("SELECTED_CLIENTS"), &json!([{ "weekday": "TUESDAY" }]))
        );
    }
}

async fn a_clinician_who_is_a_client_besides_reads_their_own_record_as_a_client() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let both = practice.client("Ida", &[&dana]).await;
    let query =
        "query($id: ID!) { client(id: $id) { displayName selfSchedulingBlocked member { id } care { startedOn } } }";
    let (_, answer) = both.send(query, json!({ "id": both.id })).await;
    assert_eq!(denied(&answer), ["member", "selfSchedulingBlocked"]);
    let read = json!({ "displayName": "Ida", "selfSchedulingBlocked": null, "member": null, "care": [{ "startedOn": "2027-01-04" }] });
    assert_eq!(answer["data"]["client"], read);
    for own in [&dana, &practice.admin] {
        let read = own.run(query, json!({ "id": both.id })).await["client"].take();
        assert_eq!(read["selfSchedulingBlocked"], false, "their clinician reads it");
    }
    let gates = "query($id: ID!) { selfSchedulingAccess(clinicianId: $id) { allowed gates { gate decidedAt decidedBy { id } } } }";
    let (_, answer) = both.send(gates, json!({ "id": dana.id })).await;
    assert_eq!(denied(&answer), ["decidedAt", "decidedBy"], "of a colleague's gates they learn what a client learns");
    let own = both.run(gates, json!({ "id": ida.id })).await;
    assert!(own["selfSchedulingAccess"]["gates"].is_array(), "of their own they learn all");
}

crate::support::tests!(
    a_clinician_reads_no_colleagues_hours_audience_lock_or_checklist_and_the_rest_stays,
    a_clinician_who_is_a_client_besides_reads_their_own_record_as_a_client,
);
