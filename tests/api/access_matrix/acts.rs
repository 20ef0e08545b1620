//! Every mutation with inputs that would do something, and one that its rules refuse.

use serde_json::{Value, json};

use super::paths::{Path, act};
use super::printed::Printed;
use super::scene::{EXCEPTION, Scene, Whose, asking};

/// A mutation as the matrix tries it.
#[derive(Clone)]
pub struct Act {
    pub name: &'static str,
    /// Whose the things are that it names.
    whose: Whose,
    /// What it answers who has the role and is not near.
    refused: &'static str,
    /// Inputs that would do something.
    pub good: Vec<Value>,
    /// One that a rule refuses.
    bad: Value,
}

impl Act {
    /// The ways to its payload, previewed where it can be, and to its payload's errors.
    pub fn paths(&self, printed: &Printed, saves: bool) -> Vec<Path> {
        let kind = format!("{}{}", self.name[..1].to_uppercase(), &self.name[1..]);
        let preview = |input: &Value| {
            let mut input = input.clone();
            if !saves && printed.is_previewable(self.name) && input["dryRun"].is_null() {
                input["dryRun"] = json!(true);
            }
            input
        };
        let (payload, error) = (format!("{kind}Payload"), format!("{kind}Error"));
        // What is wrong in itself names nobody's: whoever has the role is told so.
        let refusal = act(&error, Whose::Askers, self.name, "errors { @ }", self.bad.clone());
        let good = self.good.iter().map(|input| act(&payload, self.whose, self.name, "@", preview(input)));
        std::iter::once(refusal).chain(good).map(|path| Path { refused: self.refused, ..path }).collect()
    }
}

/// A revision that the settings are not at: nothing else of some inputs can be wrong.
const STALE: &str = "0";

/// All of them, in an order in which each still finds what it is about.
pub fn all(scene: &Scene) -> Vec<Act> {
    [
        of_settings(scene),
        of_pauses(scene),
        of_rules(scene),
        of_dates(scene),
        of_blocked_time(scene),
        of_leaving(scene),
        of_requests(scene),
        of_care(scene),
        of_people(scene),
    ]
    .concat()
}

fn made(name: &'static str, whose: Whose, refused: &'static str, good: Value, bad: Value) -> Act {
    Act { name, whose, refused, good: vec![good], bad }
}

fn of_settings(scene: &Scene) -> Vec<Act> {
    let (dana, casey) = (&scene.dana.id, &scene.casey.id);
    let service = &scene.practice.service_id;
    let own = |name, good, bad| made(name, Whose::Clinicians, "FORBIDDEN", good, bad);
    let ours = |name, whose, good, bad| made(name, whose, "NOT_FOUND", good, bad);
    let off = json!({ "enabled": false, "expectedRevision": STALE });
    let kept = json!({ "clinicianOptIn": "ADMIN_ONLY", "expectedRevision": STALE });
    let service_made = json!({ "name": "Intake", "durationMinutes": 50, "modality": "EITHER" });
    vec![
        ours("setPracticeSelfScheduling", Whose::Askers, json!({ "enabled": false }), off),
        ours("updatePracticePolicy", Whose::Askers, json!({ "clinicianOptIn": "ADMIN_ONLY" }), kept),
        ours(
            "lockClinicianSelfScheduling",
            Whose::Clinicians,
            json!({ "clinicianIds": [dana], "locked": true, "reason": "On leave" }),
            json!({ "clinicianIds": ["dana"], "locked": true }),
        ),
        ours(
            "updateClinician",
            Whose::Clinicians,
            json!({ "clinicianId": dana, "credentials": "PhD" }),
            json!({ "clinicianId": "dana", "credentials": "PhD" }),
        ),
        ours(
            "createService",
            Whose::Askers,
            service_made,
            json!({ "name": "", "durationMinutes": 50, "modality": "EITHER" }),
        ),
        ours(
            "updateService",
            Whose::Practices,
            json!({ "id": service, "durationMinutes": 60 }),
            json!({ "id": service, "durationMinutes": 4 }),
        ),
        ours("archiveService", Whose::Practices, json!({ "id": service }), json!({ "id": "service" })),
        own(
            "setClinicianSelfScheduling",
            json!({ "clinicianIds": [dana], "enabled": false }),
            json!({ "clinicianIds": ["dana"], "enabled": false }),
        ),
        own(
            "setOfferedServices",
            json!({ "clinicianId": dana, "serviceIds": [] }),
            json!({ "clinicianId": "dana", "serviceIds": [] }),
        ),
        own(
            "setWeeklyHours",
            json!({ "clinicianId": dana, "hours": [] }),
            json!({ "clinicianId": "dana", "hours": [] }),
        ),
        own(
            "setClientAccess",
            json!({ "clinicianId": dana, "clientIds": [casey], "access": "BLOCKED" }),
            json!({ "clinicianId": "dana", "clientIds": [casey], "access": "BLOCKED" }),
        ),
        ours("undoSettingsChange", Whose::Practices, json!({ "entryId": scene.change }), json!({ "entryId": "entry" })),
    ]
}

/// Pauses are the practice's or a clinician's.
fn of_pauses(scene: &Scene) -> Vec<Act> {
    let bad = || json!({ "clinicianId": "dana", "paused": true });
    let pause = |whose, good| made("pauseNewRequests", whose, "FORBIDDEN", good, bad());
    vec![
        pause(Whose::Clinicians, json!({ "clinicianId": scene.dana.id, "paused": true })),
        pause(Whose::AdminsOwn, json!({ "paused": true })),
    ]
}

/// Rules are the practice's, a service's or a clinician's.
fn of_rules(scene: &Scene) -> Vec<Act> {
    let rules = |whose, good| {
        let bad = json!({ "clinicianId": "dana", "maxPerDay": 4 });
        made("setBookingRules", whose, "FORBIDDEN", good, bad)
    };
    vec![
        rules(Whose::AdminsOwn, json!({ "maxPerDay": 4 })),
        rules(Whose::Practices, json!({ "serviceId": scene.practice.service_id, "maxPerDay": 4 })),
        rules(Whose::Clinicians, json!({ "clinicianId": scene.dana.id, "maxPerDay": 4 })),
    ]
}

fn of_dates(scene: &Scene) -> Vec<Act> {
    let own = |name, good, bad| made(name, Whose::Clinicians, "FORBIDDEN", good, bad);
    let closed = |dana: &str| json!({ "clinicianId": dana, "on": "2027-02-02", "windows": [] });
    let week = |dana: &str| json!({ "clinicianId": dana, "on": EXCEPTION });
    vec![
        own("setDateException", closed(&scene.dana.id), closed("dana")),
        own("removeDateException", week(&scene.dana.id), week("dana")),
    ]
}

/// Time is blocked for good: a preview would free nobody's. What is in the way answers first.
fn of_blocked_time(scene: &Scene) -> Vec<Act> {
    let hour = |day: &str, hour: u8, supersede: bool| {
        let (starts_at, ends_at) = (format!("{day}T{hour}:00:00Z"), format!("{day}T{}:00:00Z", hour + 1));
        json!({ "clinicianId": scene.dana.id, "startsAt": starts_at, "endsAt": ends_at,
            "supersedePendingRequests": supersede, "dryRun": false })
    };
    // The confirmed appointment; one that waits; and Lee's last one, which gives way.
    let good = vec![hour("2027-01-12", 19, false), hour("2027-01-19", 20, false), hour("2027-01-26", 20, true)];
    let bad = json!({ "clinicianId": "dana", "startsAt": "2027-02-02T19:00:00Z", "endsAt": "2027-02-02T20:00:00Z" });
    let freed = json!({ "id": "THEIR_BLOCK" });
    vec![
        Act { good, ..made("blockTime", Whose::Clinicians, "FORBIDDEN", json!({}), bad) },
        made("unblockTime", Whose::Clinicians, "NOT_FOUND", freed, json!({ "id": "block" })),
    ]
}

fn of_requests(scene: &Scene) -> Vec<Act> {
    let theirs = |name, good, bad| made(name, Whose::Theirs, "NOT_FOUND", good, bad);
    let id = |id: &str| json!({ "id": id });
    // The second is refused, and answered with other times.
    let asks = vec![asking(scene, "2027-01-26T21:00:00Z"), asking(scene, "2027-01-19T19:00:00Z")];
    let mut no_time = asking(scene, "2027-01-26T21:00:00Z");
    no_time["startsAt"] = json!("at noon");
    vec![
        theirs("confirmAppointmentRequest", id(&scene.waiting[0]), id("request")),
        theirs(
            "declineAppointmentRequest",
            json!({ "id": scene.waiting[1], "reason": "OTHER" }),
            json!({ "id": "request", "reason": "OTHER" }),
        ),
        theirs("withdrawAppointmentRequest", id(&scene.waiting[2]), id("request")),
        theirs(
            "reassignAppointmentRequest",
            json!({ "id": scene.lees, "clinicianId": scene.ida.id }),
            json!({ "id": "request", "clinicianId": scene.ida.id }),
        ),
        Act { good: asks, ..made("requestAppointment", Whose::Askers, "NOT_FOUND", json!({}), no_time) },
    ]
}

fn of_care(scene: &Scene) -> Vec<Act> {
    let care = |clinician: &str| json!({ "clinicianId": clinician, "clientId": scene.casey.id });
    vec![
        made("startCare", Whose::Theirs, "NOT_FOUND", care(&scene.ida.id), care("clinician")),
        made("endCare", Whose::Theirs, "NOT_FOUND", care(&scene.dana.id), care("clinician")),
    ]
}

fn of_people(scene: &Scene) -> Vec<Act> {
    let person = |name: &str| json!({ "displayName": name, "email": format!("{}@practice.test", name.to_lowercase()) });
    let nobody = json!({ "displayName": "", "email": "nobody@practice.test" });
    let theirs = |name, good, bad| made(name, Whose::Practices, "NOT_FOUND", good, bad);
    let free = |name, who: &str| made(name, Whose::Askers, "NOT_FOUND", person(who), nobody.clone());
    let link = |member: &str| json!({ "memberId": member, "issuer": "https://id.test", "subject": "another" });
    vec![
        free("addClinician", "Nia"),
        free("addClient", "Uma"),
        free("inviteMember", "Kai"),
        theirs(
            "updateClient",
            json!({ "clientId": scene.casey.id, "displayName": "Casey" }),
            json!({ "clientId": "casey", "displayName": "Casey" }),
        ),
        theirs("linkMember", link(&scene.danas_member), link("dana")),
        theirs("unlinkMember", json!({ "linkId": scene.link }), json!({ "linkId": "link" })),
        theirs(
            "updateMemberRoles",
            json!({ "memberId": scene.lees_member, "admin": true }),
            json!({ "memberId": "lee", "admin": true }),
        ),
    ]
}

fn of_leaving(scene: &Scene) -> Vec<Act> {
    let theirs = |name, field: &str, good: &str| {
        made(name, Whose::Practices, "NOT_FOUND", json!({ field: good }), json!({ field: "somebody" }))
    };
    let (member, clinician, client) = &scene.gone;
    vec![
        theirs("deactivateMember", "memberId", &scene.danas_member),
        theirs("deactivateClinician", "clinicianId", &scene.dana.id),
        theirs("deactivateClient", "clientId", &scene.casey.id),
        theirs("reactivateMember", "memberId", member),
        theirs("reactivateClinician", "clinicianId", clinician),
        theirs("reactivateClient", "clientId", client),
    ]
}
