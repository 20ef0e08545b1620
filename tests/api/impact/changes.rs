//! Settings changes of every kind, by chance.

use chrono::Duration;
use serde_json::{Value, json};

use super::seen::Seen;
use crate::support::{Chance, Mixed, Person, text};

/// One change, and who makes it.
pub struct Change<'a> {
    pub name: &'static str,
    pub input: Value,
    pub by: &'a Person,
}

/// Every kind, those that move much more often than once.
const KINDS: [&str; 28] = [
    "setPracticeSelfScheduling",
    "setPracticeSelfScheduling",
    "updatePracticePolicy",
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
    "updateClinician",
    "undoSettingsChange",
];

/// The kinds, each once.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds = KINDS.to_vec();
    kinds.dedup();
    kinds
}

/// One of them, with whatever input.
pub async fn any<'a>(mixed: &'a Mixed, chance: &mut Chance, seen: &Seen) -> Change<'a> {
    let admin = &mixed.practice.admin;
    let clinician = chance.pick(&mixed.clinicians);
    let name = *chance.pick(&KINDS);
    let input = match name {
        "undoSettingsChange" => json!({ "entryId": entry(mixed, chance).await }),
        "archiveService" => json!({ "id": chance.pick(&mixed.services) }),
        "setPracticeSelfScheduling" => json!({ "enabled": !chance.one_in(3) }),
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
    Change { name, input, by: if by_clinician { clinician } else { admin } }
}

/// A change of one clinician's settings.
fn of_clinician(mixed: &Mixed, chance: &mut Chance, (name, clinician): (&str, &Person)) -> Value {
    let id = &clinician.id;
    match name {
        "setClinicianSelfScheduling" => opt_in(mixed, chance, id),
        "lockClinicianSelfScheduling" => {
            json!({ "clinicianId": id, "locked": chance.one_in(2), "reason": "On leave" })
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

fn opt_in(mixed: &Mixed, chance: &mut Chance, id: &str) -> Value {
    let all: Vec<_> = mixed.clinicians.iter().map(|one| one.id.as_str()).collect();
    let ids = if chance.one_in(3) { all } else { vec![id] };
    let audience = chance.pick(&["ALL_MY_CLIENTS", "SELECTED_CLIENTS"]);
    json!({ "clinicianIds": ids, "enabled": !chance.one_in(3), "audience": audience })
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
    let log = "{ practice { auditLog(first: 12) { nodes { id } } } }";
    let mut log = mixed.practice.admin.run(log, json!({})).await;
    let entries = log["practice"]["auditLog"]["nodes"].take();
    let entries = entries.as_array().expect("entries");
    let place = if chance.one_in(3) { chance.below(entries.len()) } else { 0 };
    text(&entries[place]["id"])
}
