//! What an impact warns of: each code comes with the change that brings it about, alone, and goes with the one that mends it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{TestPractice, text};
use frontdesk::domain::impact::WarningCode;

const WARNINGS: &str = "impact { dryRun warnings { code message clinician { id } } }";

async fn each_warning_comes_with_the_change_that_it_is_about_and_goes_with_the_one_that_mends_it() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let own = |field: &str, value: Value| json!({ "clinicianId": dana.id, field: value });
    let switch = |on: bool| json!({ "enabled": on });
    let opt_in = |on: bool| json!({ "clinicianIds": [dana.id], "enabled": on });
    let lock = |locked: bool| json!({ "clinicianIds": [dana.id], "locked": locked, "reason": "On leave" });
    let access = |word: &str| json!({ "clinicianId": dana.id, "clientIds": [casey.id], "access": word });
    let tuesday = json!([{ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00", "modality": "IN_PERSON" }]);
    let rules =
        |notice: Value| json!({ "clinicianId": dana.id, "minimumNoticeMinutes": notice, "bookingHorizonDays": 1 });
    let service = |modality: &str| json!({ "id": practice.service_id, "modality": modality });
    let pause = |paused: bool| json!({ "clinicianId": dana.id, "paused": paused });
    practice.admin.done("setWeeklyHours", "", own("hours", tuesday.clone())).await;
    let cases = [
        (WarningCode::NobodyCanBook, "setClinicianSelfScheduling", opt_in(false), opt_in(true)),
        (WarningCode::PracticeSwitchOff, "setPracticeSelfScheduling", switch(false), switch(true)),
        (WarningCode::ClinicianLocked, "lockClinicianSelfScheduling", lock(true), lock(false)),
        (
            WarningCode::ClinicianWithoutServices,
            "setOfferedServices",
            own("serviceIds", json!([])),
            own("serviceIds", json!([practice.service_id])),
        ),
        (WarningCode::ClinicianWithoutHours, "setWeeklyHours", own("hours", json!([])), own("hours", tuesday)),
        (WarningCode::ClinicianWithoutHours, "updateService", service("TELEHEALTH"), service("IN_PERSON")),
        (WarningCode::ClinicianWithoutClients, "setClientAccess", access("BLOCKED"), access("ALLOWED")),
        (
            WarningCode::StartsLater,
            "setPracticeSelfScheduling",
            json!({ "enabled": true, "startsAt": "2027-02-01T14:00:00Z" }),
            switch(true),
        ),
        (WarningCode::NewRequestsPaused, "setBookingRules", rules(json!(30)), rules(json!(60))),
        (WarningCode::NoticeBeyondHorizon, "setBookingRules", rules(json!(5000)), rules(json!(60))),
    ];
    let mut seen = BTreeSet::new();
    for (code, mutation, breaks, mends) in cases {
        let is_of_practice = matches!(code, WarningCode::NobodyCanBook | WarningCode::StartsLater);
        let of = if is_of_practice { Value::Null } else { json!({ "id": dana.id }) };
        // A start can be set only for what is off.
        if code == WarningCode::StartsLater {
            practice.admin.done(mutation, "", switch(false)).await;
        }
        // Who pauses knows that: whoever changes something later is told.
        if code == WarningCode::NewRequestsPaused {
            dana.done("pauseNewRequests", "", pause(true)).await;
        }
        for dry_run in [true, false] {
            let mut input = breaks.clone();
            input["dryRun"] = json!(dry_run);
            let mut warned = practice.admin.done(mutation, WARNINGS, input).await["impact"]["warnings"].take();
            assert!(text(&warned[0]["message"]).ends_with('.'), "{mutation}: {warned}");
            warned[0]["message"] = Value::Null;
            let expected = json!([{ "code": code.as_str(), "message": null, "clinician": of }]);
            assert_eq!(warned, expected, "{mutation}, on a dry run: {dry_run}");
        }
        if code == WarningCode::NewRequestsPaused {
            dana.done("pauseNewRequests", "", pause(false)).await;
        }
        let mended = practice.admin.done(mutation, WARNINGS, mends).await;
        assert_eq!(mended["impact"]["warnings"], json!([]), "{mutation} mends it");
        seen.insert(code);
    }
    assert_eq!(seen, WarningCode::ALL.iter().copied().collect(), "each code is brought about");
}

async fn nobody_is_warned_of_who_is_opted_out_or_of_a_colleague_whom_the_change_does_not_touch() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    practice
        .admin
        .done("setOfferedServices", "", json!({ "clinicianId": ida.id, "serviceIds": [practice.service_id] }))
        .await;
    let closed = practice.admin.done("setWeeklyHours", WARNINGS, json!({ "clinicianId": ida.id, "hours": [] })).await;
    assert_eq!(closed["impact"]["warnings"], json!([]), "Ida has not opted in");
    let opted = json!({ "clinicianIds": [ida.id], "enabled": true, "audience": "SELECTED_CLIENTS" });
    let opted = practice.admin.done("setClinicianSelfScheduling", WARNINGS, opted).await;
    let codes: Vec<_> =
        opted["impact"]["warnings"].as_array().expect("a list").iter().map(|one| text(&one["code"])).collect();
    assert_eq!(codes, ["CLINICIAN_WITHOUT_HOURS"], "what is told of Ida");
    let of_dana = json!({ "clinicianId": dana.id, "clientIds": [casey.id], "access": "ALLOWED" });
    let of_dana = dana.done("setClientAccess", WARNINGS, of_dana).await;
    assert_eq!(of_dana["impact"]["warnings"], json!([]), "Ida is no matter of Dana's");
}

crate::support::tests!(
    each_warning_comes_with_the_change_that_it_is_about_and_goes_with_the_one_that_mends_it,
    nobody_is_warned_of_who_is_opted_out_or_of_a_colleague_whom_the_change_does_not_touch,
);
