//! Settings changes of every kind, by chance.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::seen::Seen;
use crate::support::{Chance, Mixed, Person, at, text};

/// One change, and who makes it.
pub struct Change<'a> {
    pub name: &'static str,
    pub input: Value,
    pub by: &'a Person,
    /// The start that it sets where nothing was open, so that it is judged then.
    pub starts_at: Option<DateTime<Utc>>,
}

/// Every kind, those that move much more often than once.
const KINDS: [&str; 32] = [
    "setPracticeSelfScheduling",
    "setPracticeSelfScheduling",
    "updatePracticePolicy",
    "pauseNewRequests",
    "pauseNewRequests",
    "pauseNewRequests",
    "setClinicianSelfScheduling",
    "setClinicianSelfScheduling",
    "setClinicianSelfScheduling",
    "lockClinicianSelfScheduling",
    "lockClinicianSelfScheduling",
    "setOfferedServices",
    "setOfferedServices",
    "setWeeklyHours",
    "setWeeklyHours",
    "setDateException",
    "setDateException",
    "removeDateException",
    "setBookingRules",
    "setBookingRules",
    "setClientAccess",
    "setClientAccess",
    "startCare",
    "endCare",
    "deactivateClinician",
    "reactivateClinician",
    "deactivateClient",
    "reactivateClient",
    "archiveService",
    "updateService",
    "updateClinician",
    "undoSettingsChange",
];

/// The kinds, each once.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds = KINDS.to_vec();
    kinds.dedup();
    kinds
}

/// What makes up for a change: its opposite, or to take it back.
pub async fn opposite<'a>(mixed: &'a Mixed, of: &Change<'_>) -> Change<'a> {
    let mut input = of.input.clone();
    let name = match of.name {
        "deactivateClinician" => "reactivateClinician",
        "deactivateClient" => "reactivateClient",
        "lockClinicianSelfScheduling" => {
            input["locked"] = json!(false);
            of.name
        }
        "endCare" => {
            input = json!({ "clinicianId": input["clinicianId"], "clientId": input["clientId"] });
            "startCare"
        }
        _ => {
            input = json!({ "entryId": text(&log(mixed).await[0]["id"]) });
            "undoSettingsChange"
        }
    };
    Change { name, input, by: &mixed.practice.admin, starts_at: None }
}

/// Opens whatever can be opened, so that there is something to lose.
pub async fn reopen(mixed: &Mixed) {
    let admin = &mixed.practice.admin;
    let mut all = vec![("pauseNewRequests", json!({ "paused": false }))];
    for client in &mixed.clients {
        all.push(("reactivateClient", json!({ "clientId": client.id })));
        all.push(("setClientAccess", json!({ "clientIds": [client.id], "access": "ALLOWED" })));
    }
    for clinician in &mixed.clinicians {
        let id = &clinician.id;
        all.push(("reactivateClinician", json!({ "clinicianId": id })));
        all.push(("pauseNewRequests", json!({ "clinicianId": id, "paused": false })));
        all.push(("lockClinicianSelfScheduling", json!({ "clinicianIds": [id], "locked": false })));
        all.push(("setOfferedServices", json!({ "clinicianId": id, "serviceIds": mixed.services })));
        let hours = ["MONDAY", "FRIDAY"].map(|day| json!({ "weekday": day, "opensAt": "09:00", "closesAt": "12:00" }));
        all.push(("setWeeklyHours", json!({ "clinicianId": id, "hours": hours })));
        let opt_in = json!({ "clinicianIds": [id], "enabled": true, "audience": "ALL_MY_CLIENTS" });
        all.push(("setClinicianSelfScheduling", opt_in));
        for client in &mixed.clients {
            all.push(("startCare", json!({ "clinicianId": id, "clientId": client.id })));
        }
    }
    all.push(("setPracticeSelfScheduling", json!({ "enabled": true })));
    for (name, input) in all {
        // What is open already may be refused, and so are services that are archived.
        admin.call(name, "", input).await;
    }
}

/// Turns something off or ends it; answers what turns it on again, a switch from a start to come.
pub async fn staged<'a>(mixed: &'a Mixed, chance: &mut Chance) -> Change<'a> {
    let (admin, clinician) = (&mixed.practice.admin, &chance.pick(&mixed.clinicians).id);
    if chance.one_in(4) {
        let input = json!({ "clinicianId": clinician, "clientId": chance.pick(&mixed.clients).id });
        admin.call("endCare", "", input.clone()).await;
        return Change { name: "startCare", input, by: admin, starts_at: None };
    }
    let all: Vec<_> = mixed.clinicians.iter().map(|one| &one.id).collect();
    let (name, mut input) = match chance.below(3) {
        0 => ("setPracticeSelfScheduling", json!({})),
        1 => ("setClinicianSelfScheduling", json!({ "clinicianIds": all })),
        _ => ("setClinicianSelfScheduling", json!({ "clinicianIds": [clinician] })),
    };
    input["enabled"] = json!(false);
    admin.call(name, "", input.clone()).await;
    (input["enabled"], input["startsAt"]) = (json!(true), start(mixed, chance));
    if name == "setClinicianSelfScheduling" {
        input["audience"] = json!("ALL_MY_CLIENTS");
    }
    let starts_at = Some(at(&text(&input["startsAt"])));
    Change { name, input, by: admin, starts_at }
}

/// One of them, with whatever input: now and then one that has not been `made`.
pub async fn any<'a>(mixed: &'a Mixed, chance: &mut Chance, seen: &Seen, made: &[&'static str]) -> Change<'a> {
    let admin = &mixed.practice.admin;
    let clinician = chance.pick(&mixed.clinicians);
    let missing = KINDS.iter().find(|kind| !made.contains(kind)).filter(|_| chance.one_in(2));
    let name = *missing.unwrap_or_else(|| chance.pick(&KINDS));
    // What is archived stays so: seldom.
    let name = if name == "archiveService" && !chance.one_in(3) { "setOfferedServices" } else { name };
    let input = match name {
        "undoSettingsChange" => json!({ "entryId": entry(mixed, chance).await }),
        "archiveService" => json!({ "id": chance.pick(&mixed.services) }),
        "updateService" => {
            let (minutes, way) = (*chance.pick(&[25, 50, 90]), *chance.pick(&["IN_PERSON", "TELEHEALTH", "EITHER"]));
            json!({ "id": chance.pick(&mixed.services), "durationMinutes": minutes, "modality": way })
        }
        "setPracticeSelfScheduling" => switched(mixed, chance, json!({})),
        "pauseNewRequests" => pause(chance, clinician),
        "updatePracticePolicy" => policy(chance),
        "deactivateClient" | "reactivateClient" => json!({ "clientId": chance.pick(&mixed.clients).id }),
        "setClientAccess" => access(mixed, chance, clinician),
        "startCare" | "endCare" => care(mixed, chance, (name, clinician)),
        _ => of_clinician(mixed, chance, (name, clinician)),
    };
    // An own change of a clinician's, now and then, where it is theirs to make.
    let is_own = match name {
        "setOfferedServices" | "setWeeklyHours" | "setDateException" | "removeDateException" => true,
        "setBookingRules" => input.get("clinicianId").is_some(),
        "setClinicianSelfScheduling" => input["clinicianIds"].as_array().is_some_and(|ids| ids.len() == 1),
        _ => false,
    };
    let by_clinician = is_own && seen.active.contains(&clinician.id) && chance.one_in(3);
    Change { name, input, by: if by_clinician { clinician } else { admin }, starts_at: None }
}

/// A change of one clinician's settings.
fn of_clinician(mixed: &Mixed, chance: &mut Chance, (name, clinician): (&str, &Person)) -> Value {
    let id = &clinician.id;
    match name {
        "setClinicianSelfScheduling" => opt_in(mixed, chance, id),
        "lockClinicianSelfScheduling" => {
            json!({ "clinicianIds": one_or_all(mixed, chance, id), "locked": chance.one_in(2), "reason": "On leave" })
        }
        "setOfferedServices" => {
            let offered: Vec<_> = mixed.services.iter().filter(|_| !chance.one_in(3)).collect();
            json!({ "clinicianId": id, "serviceIds": offered })
        }
        "setWeeklyHours" => {
            let hours: Vec<_> = (0..chance.below(4)).map(|_| mixed.window(chance)).collect();
            json!({ "clinicianId": id, "hours": hours })
        }
        "setDateException" => {
            let windows: Vec<_> = (0..chance.below(3)).map(|_| without_weekday(mixed.window(chance))).collect();
            json!({ "clinicianId": id, "on": date(mixed, chance), "windows": windows })
        }
        "removeDateException" => json!({ "clinicianId": id, "on": date(mixed, chance) }),
        "setBookingRules" => rules(mixed, chance, id),
        "updateClinician" => {
            let zone = chance.pick(&["America/New_York", "Europe/London", "Asia/Kathmandu"]);
            json!({ "clinicianId": id, "timeZone": zone })
        }
        "deactivateClinician" | "reactivateClinician" => json!({ "clinicianId": id }),
        _ => panic!("no input is made for {name}"),
    }
}

fn one_or_all<'a>(mixed: &'a Mixed, chance: &mut Chance, id: &'a str) -> Vec<&'a str> {
    if chance.one_in(3) { mixed.clinicians.iter().map(|one| one.id.as_str()).collect() } else { vec![id] }
}

fn opt_in(mixed: &Mixed, chance: &mut Chance, id: &str) -> Value {
    let ids = one_or_all(mixed, chance, id);
    let audience = chance.pick(&["ALL_MY_CLIENTS", "SELECTED_CLIENTS"]);
    switched(mixed, chance, json!({ "clinicianIds": ids, "audience": audience }))
}

/// Off, on, or on from a start to come, which is refused where it is on already.
fn switched(mixed: &Mixed, chance: &mut Chance, mut input: Value) -> Value {
    input["enabled"] = json!(!chance.one_in(3));
    if input["enabled"] == true && chance.one_in(2) {
        input["startsAt"] = start(mixed, chance);
    }
    input
}

/// In a minute, today or tomorrow, or in some days.
fn start(mixed: &Mixed, chance: &mut Chance) -> Value {
    let minutes = *chance.pick(&[1, 600, 3_000, 14_000]);
    json!((mixed.practice.clock.now() + Duration::minutes(minutes)).to_rfc3339())
}

/// Lifted more often than not, or everything is paused in the end.
fn pause(chance: &mut Chance, clinician: &Person) -> Value {
    let of = if chance.one_in(3) { None } else { Some(&clinician.id) };
    json!({ "clinicianId": of, "paused": chance.one_in(3) })
}

fn policy(chance: &mut Chance) -> Value {
    let control = |chance: &mut Chance| *chance.pick(&["CLINICIAN_OR_ADMIN", "CLINICIAN_OR_ADMIN", "ADMIN_ONLY"]);
    json!({ "clinicianOptIn": control(chance), "clientAccessControl": control(chance) })
}

/// Of one clinician's, or in the whole practice; of one client or of several.
fn access(mixed: &Mixed, chance: &mut Chance, clinician: &Person) -> Value {
    let mut clients: Vec<_> = mixed.clients.iter().filter(|_| chance.one_in(2)).map(|one| one.id.as_str()).collect();
    if clients.is_empty() {
        clients.push(&chance.pick(&mixed.clients).id);
    }
    if chance.one_in(3) {
        return json!({ "clientIds": clients, "access": chance.pick(&["ALLOWED", "ALLOWED", "BLOCKED"]) });
    }
    let access = chance.pick(&["ALLOWED", "ALLOWED", "BY_AUDIENCE", "BLOCKED"]);
    json!({ "clinicianId": clinician.id, "clientIds": clients, "access": access })
}

/// From today on, from another day, or as the mutation takes it.
fn care(mixed: &Mixed, chance: &mut Chance, (name, clinician): (&str, &Person)) -> Value {
    let mut input = json!({ "clinicianId": clinician.id, "clientId": chance.pick(&mixed.clients).id });
    if chance.one_in(3) {
        let field = if name == "startCare" { "startsOn" } else { "endsOn" };
        let days = i64::try_from(chance.below(12)).expect("few") - 4;
        input[field] = json!((mixed.practice.clock.now() + Duration::days(days)).date_naive().to_string());
    }
    input
}

/// Rules that open or close times, of the practice, a service or a clinician.
fn rules(mixed: &Mixed, chance: &mut Chance, id: &str) -> Value {
    let mut input = match chance.below(4) {
        0 => json!({}),
        1 => json!({ "serviceId": chance.pick(&mixed.services) }),
        _ => json!({ "clinicianId": id }),
    };
    let choices: [(&str, &[i64]); 6] = [
        ("minimumNoticeMinutes", &[0, 60, 1_440, 7_200]),
        ("bookingHorizonDays", &[5, 20, 60]),
        ("slotIntervalMinutes", &[15, 30, 50]),
        ("bufferAfterMinutes", &[0, 10]),
        ("maxPerDay", &[1, 3]),
        ("maxPendingPerClient", &[1, 2, 5]),
    ];
    for _ in 0..=chance.below(2) {
        let (rule, values) = *chance.pick(&choices);
        input[rule] = json!(*chance.pick(values));
    }
    input
}

/// One of few dates, so that some have other hours already.
fn date(mixed: &Mixed, chance: &mut Chance) -> String {
    let days = i64::try_from(1 + chance.below(9)).expect("few");
    (mixed.practice.clock.now() + Duration::days(days)).date_naive().to_string()
}

fn without_weekday(mut window: Value) -> Value {
    window.as_object_mut().expect("a window").remove("weekday");
    window
}

/// An entry of the log: mostly the last, which nothing has been built on.
async fn entry(mixed: &Mixed, chance: &mut Chance) -> String {
    let entries = log(mixed).await;
    let place = if chance.one_in(3) { chance.below(entries.len()) } else { 0 };
    text(&entries[place]["id"])
}

/// The log's last entries, the latest first.
async fn log(mixed: &Mixed) -> Vec<Value> {
    let mut log = mixed.practice.admin.run("{ practice { auditLog(first: 12) { nodes { id } } } }", json!({})).await;
    log["practice"]["auditLog"]["nodes"].as_array_mut().map(std::mem::take).expect("entries")
}
