//! A change against settings that have moved on is refused with what it would do now, and can be made from there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::access_matrix::printed::Printed;
use crate::access_matrix::sums;
use crate::support::{Person, TestPractice, text};

const IMPACT: &str = "impact { dryRun revision judgedAt clientsGainingCount clientsLosingCount
    changes(first: 100) { nodes { clinician { id } client { id } before after } } pendingRequestsAffected { id }
    appointmentsOutsideHours { id } warnings { code message } }";

/// Dana can be booked by Casey and by Jordan.
struct Scene {
    practice: TestPractice,
    dana: Person,
    jordan: Person,
}

impl Scene {
    async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let dana = practice.clinician("Dana").await;
        let casey = practice.client("Casey", &[&dana]).await;
        let jordan = practice.client("Jordan", &[&dana]).await;
        practice.open(&dana, &[&casey, &jordan]).await;
        Self { practice, dana, jordan }
    }

    /// Every settings change there is, each on top of those before it; each does something.
    fn changes(&self) -> Vec<(&'static str, Value)> {
        let (dana, jordan) = (&self.dana.id, &self.jordan.id);
        let of = |fields: Value| {
            let mut input = json!({ "clinicianId": dana });
            input.as_object_mut().expect("fields").append(&mut fields.as_object().expect("fields").clone());
            input
        };
        let hours = json!([{ "weekday": "WEDNESDAY", "opensAt": "09:00", "closesAt": "12:00" }]);
        let opt_in = json!({ "clinicianIds": [dana], "enabled": true, "audience": "ALL_MY_CLIENTS" });
        vec![
            ("setPracticeSelfScheduling", json!({ "enabled": false })),
            ("setPracticeSelfScheduling", json!({ "enabled": true })),
            ("updatePracticePolicy", json!({ "clinicianOptIn": "ADMIN_ONLY" })),
            ("pauseNewRequests", of(json!({ "paused": true }))),
            ("pauseNewRequests", of(json!({ "paused": false }))),
            ("setClinicianSelfScheduling", opt_in),
            ("lockClinicianSelfScheduling", json!({ "clinicianIds": [dana], "locked": true, "reason": "On leave" })),
            ("lockClinicianSelfScheduling", json!({ "clinicianIds": [dana], "locked": false })),
            ("setOfferedServices", of(json!({ "serviceIds": [] }))),
            ("setOfferedServices", of(json!({ "serviceIds": [self.practice.service_id] }))),
            ("setWeeklyHours", of(json!({ "hours": [] }))),
            ("setWeeklyHours", of(json!({ "hours": hours }))),
            ("setDateException", of(json!({ "on": "2027-01-12", "windows": [] }))),
            ("removeDateException", of(json!({ "on": "2027-01-12" }))),
            ("setClientAccess", of(json!({ "clientIds": [jordan], "access": "BLOCKED" }))),
            ("setClientAccess", of(json!({ "clientIds": [jordan], "access": "ALLOWED" }))),
            ("updateClinician", of(json!({ "timeZone": "Europe/London" }))),
            ("setBookingRules", of(json!({ "bookingHorizonDays": 20 }))),
            ("undoSettingsChange", json!({})),
            ("endCare", of(json!({ "clientId": jordan }))),
            ("startCare", of(json!({ "clientId": jordan, "idempotencyKey": "once" }))),
            ("deactivateClient", json!({ "clientId": jordan })),
            ("reactivateClient", json!({ "clientId": jordan })),
            ("deactivateClinician", of(json!({}))),
            ("reactivateClinician", of(json!({}))),
            ("updateService", json!({ "id": self.practice.service_id, "durationMinutes": 60 })),
            ("archiveService", json!({ "id": self.practice.service_id })),
            ("deactivateMember", json!({})),
        ]
    }

    /// The input, with what is known only now.
    async fn input(&self, name: &str, mut input: Value) -> Value {
        let admin = &self.practice.admin;
        if name == "undoSettingsChange" {
            let log = admin.run("{ practice { auditLog(first: 1) { nodes { id } } } }", json!({})).await;
            input["entryId"] = log["practice"]["auditLog"]["nodes"][0]["id"].clone();
        }
        if name == "deactivateMember" {
            let query = "query($id: ID!) { client(id: $id) { member { id } } }";
            input["memberId"] =
                admin.run(query, json!({ "id": self.jordan.id })).await["client"]["member"]["id"].take();
        }
        input
    }
}

fn at_revision(input: &Value, revision: &Value) -> Value {
    let mut input = input.clone();
    input["expectedRevision"] = revision.clone();
    input
}

/// What an impact says besides whether it was a dry run, and at which revision.
fn effect(payload: &Value) -> Value {
    let mut impact = payload["impact"].clone();
    let fields = impact.as_object_mut().unwrap_or_else(|| panic!("no impact: {payload}"));
    fields.remove("dryRun");
    fields.remove("revision");
    impact
}

async fn revision(practice: &TestPractice) -> Value {
    practice.snapshot().await["selfScheduling"]["revision"].take()
}

async fn what_is_stale_is_refused_with_a_fresh_impact_from_which_it_can_be_made() {
    let scene = Scene::set().await;
    let (practice, admin) = (&scene.practice, &scene.practice.admin);
    let stale = revision(practice).await;
    admin.done("setBookingRules", "", json!({ "maxPerDay": 20 })).await;
    let schema = Printed::read();
    let tells =
        |payload: &str| schema.objects[payload].get("impact").is_some_and(|impact| impact.of == "SelfSchedulingImpact");
    let mutations = schema.objects["Mutation"].iter().filter(|(_, field)| tells(&field.of));
    let all: BTreeSet<_> = mutations.map(|(name, _)| name.as_str()).collect();
    assert_eq!(scene.changes().iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), all, "each is tried");
    for (name, input) in scene.changes() {
        let input = scene.input(name, input).await;
        let (now, kept) = (revision(practice).await, sums(practice).await);
        assert_ne!(now, stale);
        let mut fresh = Value::Null;
        for expected in [&stale, &json!("nowhere"), &json!("")] {
            fresh = admin.call(name, IMPACT, at_revision(&input, expected)).await;
            assert_eq!(fresh["errors"][0]["code"], "STALE_REVISION", "{name}: {fresh}");
            assert_eq!(fresh["errors"][0]["field"], json!(["input", "expectedRevision"]), "{name}");
            let told = (&fresh["impact"]["dryRun"], &fresh["impact"]["revision"]);
            assert_eq!(told, (&json!(true), &now), "{name}: the revision that holds now");
        }
        assert_eq!(sums(practice).await, kept, "{name}: it was refused, and saved something");
        let done = admin.done(name, IMPACT, at_revision(&input, &fresh["impact"]["revision"])).await;
        assert_eq!(effect(&fresh), effect(&done), "{name}: what was shown is what happened");
        assert_eq!(done["impact"]["dryRun"], false, "{name}");
        assert_ne!(revision(practice).await, now, "{name}: it did something");
    }
}

async fn what_is_refused_on_the_new_facts_is_refused_for_that() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let care = json!({ "clinicianId": scene.dana.id, "clientId": scene.jordan.id, "expectedRevision": "0" });
    let on = "2027-01-02";
    let windows = json!([{ "opensAt": "12:00", "closesAt": "11:00" }]);
    let exception = json!({ "clinicianId": scene.dana.id, "on": on, "windows": windows, "expectedRevision": "0" });
    for (name, input, code) in [("startCare", care, "ALREADY_EXISTS"), ("setDateException", exception, "INVALID_INPUT")]
    {
        let refused = admin.call(name, IMPACT, input).await;
        assert_eq!(text(&refused["errors"][0]["code"]), code, "{name}");
        assert_eq!(refused["impact"], Value::Null, "{name}: what cannot be made has no impact");
    }
}

crate::support::tests!(
    what_is_refused_on_the_new_facts_is_refused_for_that,
    what_is_stale_is_refused_with_a_fresh_impact_from_which_it_can_be_made,
);
