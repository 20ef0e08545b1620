//! A settings change that changes nothing leaves nothing: no entry in the log, no other revision, no row that is written.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::access_matrix::sums;
use crate::support::{Person, TestPractice, text};
use crate::trail::count;
use frontdesk::graphql::print_sdl;

/// Those whose second time is refused, so that it changes nothing either.
const REFUSED_AGAIN: [(&str, &str); 3] =
    [("startCare", "ALREADY_EXISTS"), ("undoSettingsChange", "CHANGED_SINCE"), ("blockTime", "SLOT_TAKEN")];

/// Every settings change, with what is to hold; where there are two of one, the second asks for the same in other words.
fn changes(practice: &TestPractice, dana: &Person, ida: &Person, casey: &Person) -> Vec<(&'static str, Value)> {
    let (own, service, other) = (json!({ "clinicianId": dana.id }), &practice.service_id, &ida.id);
    let of_dana = |more: Value| {
        let mut input = own.clone();
        more.as_object().expect("fields").iter().for_each(|(name, value)| input[name] = value.clone());
        input
    };
    let day = |day: &str, opens: &str| json!({ "weekday": day, "opensAt": opens, "closesAt": "18:00", "serviceIds": [service] });
    let hours = [day("MONDAY", "09:00"), day("MONDAY", "08:00"), day("FRIDAY", "09:00")];
    let windows =
        [json!({ "opensAt": "13:00", "closesAt": "15:00" }), json!({ "opensAt": "09:00", "closesAt": "12:00" })];
    let (member, client) = (json!({ "clinicianId": other }), json!({ "clientId": casey.id }));
    let rules = json!({ "maxPerDay": 4, "minimumNoticeMinutes": 60 });
    let mut of_service = rules.clone();
    of_service["serviceId"] = json!(service);
    let both = json!({ "clinicianIds": [dana.id, ida.id], "enabled": true, "audience": "ALL_MY_CLIENTS" });
    vec![
        ("setPracticeSelfScheduling", json!({ "enabled": false })),
        ("pauseNewRequests", json!({ "paused": true })),
        ("pauseNewRequests", of_dana(json!({ "paused": true }))),
        ("pauseNewRequests", of_dana(json!({ "paused": false }))),
        ("setPracticeSelfScheduling", json!({ "enabled": true, "startsAt": "2027-02-01T09:00:00-05:00" })),
        ("setPracticeSelfScheduling", json!({ "enabled": true, "startsAt": "2027-02-01T14:00:00Z" })),
        ("updatePracticePolicy", json!({ "clinicianOptIn": "ADMIN_ONLY" })),
        (
            "updatePracticePolicy",
            json!({ "clinicianOptIn": "ADMIN_ONLY", "clientAccessControl": "CLINICIAN_OR_ADMIN" }),
        ),
        ("setClinicianSelfScheduling", both),
        ("setClinicianSelfScheduling", json!({ "clinicianIds": [ida.id, dana.id], "enabled": true })),
        ("lockClinicianSelfScheduling", json!({ "clinicianIds": [dana.id], "locked": true, "reason": "On leave" })),
        (
            "lockClinicianSelfScheduling",
            json!({ "clinicianIds": [dana.id, dana.id], "locked": true, "reason": " On leave " }),
        ),
        ("lockClinicianSelfScheduling", json!({ "clinicianIds": [dana.id], "locked": false })),
        ("setOfferedServices", of_dana(json!({ "serviceIds": [service] }))),
        ("setOfferedServices", of_dana(json!({ "serviceIds": [service, service] }))),
        ("setWeeklyHours", of_dana(json!({ "hours": hours }))),
        ("setWeeklyHours", of_dana(json!({ "hours": [hours[2], hours[1], hours[0]] }))),
        ("setDateException", of_dana(json!({ "on": "2027-01-20", "windows": windows }))),
        ("setDateException", of_dana(json!({ "on": "2027-01-20", "windows": [windows[1], windows[0]] }))),
        ("removeDateException", of_dana(json!({ "on": "2027-01-20" }))),
        ("setBookingRules", rules.clone()),
        ("setBookingRules", of_dana(rules)),
        ("setBookingRules", of_service),
        ("setBookingRules", of_dana(json!({ "maxPerWeek": null }))),
        ("setClientAccess", json!({ "clientIds": [casey.id], "access": "BLOCKED" })),
        ("setClientAccess", of_dana(json!({ "clientIds": [casey.id], "access": "BLOCKED" }))),
        ("setClientAccess", of_dana(json!({ "clientIds": [casey.id, casey.id], "access": "BLOCKED" }))),
        ("setClientAccess", of_dana(json!({ "clientIds": [casey.id], "access": "BY_AUDIENCE" }))),
        (
            "updateClinician",
            of_dana(json!({ "displayName": "Dana R.", "credentials": "PhD", "timeZone": "Europe/London" })),
        ),
        ("updateClinician", of_dana(json!({ "displayName": " Dana R. " }))),
        ("updateService", json!({ "id": service, "name": "Session", "durationMinutes": 45, "modality": "EITHER" })),
        ("updateService", json!({ "id": service, "confirmation": "CLINICIAN_CONFIRMS" })),
        ("endCare", of_dana(json!({ "clientId": casey.id, "endsOn": "2027-03-01" }))),
        ("deactivateClient", client.clone()),
        ("reactivateClient", client),
        ("deactivateClinician", member.clone()),
        ("reactivateClinician", member),
        ("archiveService", json!({ "id": service })),
    ]
}

/// The mutations whose input has `dryRun`.
fn settings_mutations() -> BTreeSet<String> {
    let sdl = print_sdl();
    let inputs = sdl
        .split("\ninput ")
        .skip(1)
        .filter(|input| input.split("\n}").next().is_some_and(|it| it.contains("dryRun:")));
    let name = |input: &str| {
        let name = input.split("Input").next().unwrap_or_default();
        format!("{}{}", name[..1].to_lowercase(), &name[1..])
    };
    inputs.map(name).collect()
}

async fn a_settings_change_that_changes_nothing_leaves_no_entry_and_the_revision_where_it_is() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana, &ida]).await;
    practice.open(&dana, &[&casey]).await;
    let admin = &practice.admin;
    let of_ida = admin.run("query($id: ID!) { clinician(id: $id) { member { id } } }", json!({ "id": ida.id })).await;
    let idas_member = json!({ "memberId": of_ida["clinician"]["member"]["id"] });
    let mut all = changes(&practice, &dana, &ida, &casey);
    all.push(("deactivateMember", idas_member));
    let mut tried: BTreeSet<String> = REFUSED_AGAIN.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (name, input) in &all {
        tried.insert((*name).to_owned());
        admin.done(name, "", input.clone()).await;
        let (entries, before) = (count(admin).await, sums(&practice).await);
        let revision = admin.run("{ practice { selfScheduling { revision } } }", json!({})).await;
        let revision = text(&revision["practice"]["selfScheduling"]["revision"]);
        // Another day, so that who decided when would differ.
        practice.clock.set(practice.clock.now() + chrono::Duration::minutes(1));
        let again = admin.done(name, "impact { revision clientsGainingCount clientsLosingCount }", input.clone()).await;
        let nothing = json!({ "revision": revision, "clientsGainingCount": 0, "clientsLosingCount": 0 });
        assert_eq!(again["impact"], nothing, "{name} {input}");
        assert_eq!(count(admin).await, entries, "{name} {input}: an entry tells of nothing");
        assert_eq!(sums(&practice).await, before, "{name} {input}: something was saved");
    }
    assert_eq!(tried, settings_mutations(), "every settings mutation is tried");
}

async fn what_asks_for_the_same_in_other_words_changes_nothing_and_what_differs_a_little_does() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana, &ida]).await;
    let admin = &practice.admin;
    let all = changes(&practice, &dana, &ida, &casey);
    let mut compared = 0;
    for pair in all.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let ((name, first), (_, second)) = (&pair[0], &pair[1]);
        if ["setBookingRules", "setClientAccess", "pauseNewRequests"].contains(name) || second["locked"] == false {
            continue;
        }
        admin.done(name, "", first.clone()).await;
        let entries = count(admin).await;
        admin.done(name, "", second.clone()).await;
        assert_eq!(count(admin).await, entries, "{name}: {second} is what {first} asked for");
        compared += 1;
    }
    assert_eq!(compared, 9, "the table has other pairs now");
    let lock = |reason: &str| json!({ "clinicianIds": [dana.id], "locked": true, "reason": reason });
    let entries = count(admin).await;
    admin.done("lockClinicianSelfScheduling", "", lock("On leave until June")).await;
    assert_eq!(count(admin).await, entries + 1, "another reason is a change");
    // Of a change of many, only what moved is told of.
    let allow = |clients: &[&str]| json!({ "clientIds": clients, "clinicianId": dana.id, "access": "ALLOWED" });
    let jordan = practice.client("Jordan", &[&dana]).await;
    admin.done("setClientAccess", "", allow(&[&casey.id])).await;
    let entries = count(admin).await;
    admin.done("setClientAccess", "", allow(&[&casey.id, &jordan.id])).await;
    assert_eq!(count(admin).await, entries + 1);
}

async fn what_would_change_nothing_because_it_was_done_is_refused_and_saves_nothing() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = (practice.clinician("Dana").await, practice.client("Casey", &[]).await);
    let admin = &practice.admin;
    admin.done("setPracticeSelfScheduling", "", json!({ "enabled": true })).await;
    let newest = "{ practice { auditLog(first: 1) { nodes { id } } } }";
    let entry = admin.run(newest, json!({})).await["practice"]["auditLog"]["nodes"][0]["id"].take();
    let inputs = [
        json!({ "clinicianId": dana.id, "clientId": casey.id }),
        json!({ "entryId": entry }),
        json!({ "clinicianId": dana.id, "startsAt": "2027-01-12T20:00:00Z", "endsAt": "2027-01-12T21:00:00Z" }),
    ];
    for ((name, code), input) in REFUSED_AGAIN.into_iter().zip(inputs) {
        admin.done(name, "", input.clone()).await;
        let before = sums(&practice).await;
        assert_eq!(admin.call(name, "", input).await["errors"][0]["code"], code, "{name}");
        assert_eq!(sums(&practice).await, before, "{name}");
    }
}

crate::support::tests!(
    a_settings_change_that_changes_nothing_leaves_no_entry_and_the_revision_where_it_is,
    what_asks_for_the_same_in_other_words_changes_nothing_and_what_differs_a_little_does,
    what_would_change_nothing_because_it_was_done_is_refused_and_saves_nothing,
);
