//! Two practices in one database: the one that asks, and another that is none of its business.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::{Value, json};

use super::stray::ids_in;
use crate::rights::Scene;
use crate::support::{Person, START_CARE, TestPractice, text};
use frontdesk::usecases::NewPractice;

/// In every name, address, note and message of the other practice, and nowhere else.
pub const WORD: &str = "Brackenhurst";
/// By which one of its members signs in.
pub const ISSUER: &str = "https://id.elsewhere.test";

/// The other practice.
pub struct Other {
    pub admin: Person,
    pub clinician: Person,
    pub client: Person,
    pub practice_id: String,
    pub service_id: String,
    /// Every id that is told of it.
    pub ids: Vec<String>,
    /// Where its pages ended.
    pub page_cursors: Vec<String>,
}

const ENDS: &str =
    "{ practice { clients(first: 1) { pageInfo { endCursor } } members(first: 1) { pageInfo { endCursor } }
    clinicians(first: 1) { pageInfo { endCursor } } clientReads(first: 1) { pageInfo { endCursor } }
    appointmentRequests(first: 1) { pageInfo { endCursor } } } }";
const LINKS: &str = "{ practice { members(first: 100) { nodes { id links { id } } } } }";

impl Other {
    /// With one of everything, made by the same program in the same database.
    pub async fn set(practice: &TestPractice) -> Self {
        let new = NewPractice {
            name: format!("{WORD} House"),
            time_zone: "America/New_York".to_owned(),
            admin_name: format!("Avery {WORD}"),
            admin_email: address("avery"),
        };
        practice.desk.create_practice(new).await.expect("a new practice");
        let admin = signed_in(practice, "avery", String::new()).await;
        let input = json!({ "name": format!("{WORD} talk"), "durationMinutes": 50, "modality": "IN_PERSON" });
        let service_id = text(&admin.done("createService", "service { id }", input).await["service"]["id"]);
        let eli = added(&admin, "clinician", "Eli").await;
        let noa = added(&admin, "client", "Noa").await;
        let away = added(&admin, "clinician", "Una").await;
        let lock = json!({ "clinicianIds": [away], "locked": true, "reason": format!("{WORD} leave") });
        admin.done("lockClinicianSelfScheduling", "", lock).await;
        admin.run(START_CARE, json!({ "clinician": eli, "client": noa })).await;
        admin.done("setPracticeSelfScheduling", "", json!({ "enabled": true })).await;
        let (clinician, client) =
            (signed_in(practice, "eli", eli.clone()).await, signed_in(practice, "noa", noa.clone()).await);
        open(&clinician, &service_id, &noa).await;
        let mut other = Self {
            admin,
            clinician,
            client,
            practice_id: String::new(),
            service_id,
            ids: Vec::new(),
            page_cursors: Vec::new(),
        };
        other.ask("2027-01-12T20:00:00Z").await;
        let (booked, declined) = (other.ask("2027-01-12T19:00:00Z").await, other.ask("2027-01-12T21:00:00Z").await);
        let message = format!("{WORD}, first floor");
        let input = json!({ "id": booked, "messageToClient": message });
        other.clinician.done("confirmAppointmentRequest", "", input).await;
        let input = json!({ "id": declined, "reason": "OTHER", "messageToClient": message });
        other.clinician.done("declineAppointmentRequest", "", input).await;
        other.take_note(&eli).await;
        practice.desk.save_reads().await.expect("it is saved");
        other.learn().await;
        other
    }

    /// Asks for a time, with a note; answers the request's id.
    pub async fn ask(&self, starts_at: &str) -> String {
        let input = json!({ "clinicianId": self.clinician.id, "serviceId": self.service_id, "startsAt": starts_at,
            "idempotencyKey": starts_at, "noteToClinician": format!("{WORD}: about my sleep") });
        let made = self.client.done("requestAppointment", "appointmentRequest { id }", input).await;
        text(&made["appointmentRequest"]["id"])
    }

    /// Time kept free, a day of its own, and a link.
    async fn take_note(&self, eli: &str) {
        let block = json!({ "clinicianId": eli, "startsAt": "2027-01-21T20:00:00Z", "endsAt": "2027-01-21T21:00:00Z" });
        self.clinician.done("blockTime", "", block).await;
        let day = json!({ "clinicianId": eli, "on": "2027-01-13", "windows": [] });
        self.clinician.done("setDateException", "", day).await;
        let own = self.clinician.run("{ viewer { member { id } } }", json!({})).await;
        let input = json!({ "memberId": own["viewer"]["member"]["id"], "issuer": ISSUER, "subject": WORD });
        self.admin.done("linkMember", "", input).await;
    }

    async fn learn(&mut self) {
        let everything = [self.admin.snapshot().await, self.admin.run(LINKS, json!({})).await];
        let everything = Value::from(everything.to_vec()).to_string();
        self.ids = ids_in(&everything);
        self.practice_id = text(&self.admin.run("{ practice { id } }", json!({})).await["practice"]["id"]);
        let ends = self.admin.run(ENDS, json!({})).await["practice"].take();
        let ends = ends.as_object().expect("lists").values();
        self.page_cursors = ends.filter_map(|list| list["pageInfo"]["endCursor"].as_str().map(str::to_owned)).collect();
    }
}

fn address(name: &str) -> String {
    format!("{}@{}.test", name.to_lowercase(), WORD.to_lowercase())
}

async fn signed_in(practice: &TestPractice, name: &str, id: String) -> Person {
    let token = practice.token_for(&address(name), Duration::days(365)).await;
    let mut person = practice.bearer(&token);
    person.id = id;
    person
}

async fn added(admin: &Person, what: &str, name: &str) -> String {
    let mutation = format!("add{}{}", what[..1].to_uppercase(), &what[1..]);
    let input = json!({ "displayName": format!("{name} {WORD}"), "email": address(name) });
    text(&admin.done(&mutation, &format!("{what} {{ id }}"), input).await[what]["id"])
}

async fn open(clinician: &Person, service: &str, client: &str) {
    let id = &clinician.id;
    let hours = json!([{ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00" }]);
    clinician.done("setOfferedServices", "", json!({ "clinicianId": id, "serviceIds": [service] })).await;
    clinician.done("setWeeklyHours", "", json!({ "clinicianId": id, "hours": hours })).await;
    let input = json!({ "clinicianIds": [id], "enabled": true, "audience": "SELECTED_CLIENTS" });
    clinician.done("setClinicianSelfScheduling", "", input).await;
    let access = json!({ "clinicianId": id, "clientIds": [client], "access": "ALLOWED" });
    clinician.done("setClientAccess", "", access).await;
}

/// What is between Ida and Robin, who are of the asking practice and none of Dana's and Casey's business.
pub struct Between {
    pub ids: Vec<String>,
}

impl Between {
    /// With an appointment, and time that Ida keeps free.
    pub async fn set(scene: &Scene) -> Self {
        let (ida, robin) = (&scene.ida, &scene.robin);
        let input = json!({ "clinicianId": ida.id, "serviceId": scene.practice.service_id,
            "startsAt": "2027-01-19T20:00:00Z", "idempotencyKey": "between", "noteToClinician": "Robin's own" });
        let made = robin.done("requestAppointment", "appointmentRequest { id }", input).await;
        let request = text(&made["appointmentRequest"]["id"]);
        let shown = "appointmentRequest { appointment { id } }";
        let made = ida.done("confirmAppointmentRequest", shown, json!({ "id": request })).await;
        let appointment = text(&made["appointmentRequest"]["appointment"]["id"]);
        let input =
            json!({ "clinicianId": ida.id, "startsAt": "2027-01-21T20:00:00Z", "endsAt": "2027-01-21T21:00:00Z" });
        let block = text(&ida.done("blockTime", "blockedTime { id }", input).await["blockedTime"]["id"]);
        Self { ids: vec![robin.id.clone(), scene.robins_request.clone(), request, appointment, block] }
    }
}

/// The ids of the asking practice that its members name, by their kinds.
pub async fn own_ids(scene: &Scene) -> BTreeMap<String, Vec<String>> {
    let practice = scene.practice.admin.run("{ practice { id } }", json!({})).await;
    let ids = [
        ("practice", text(&practice["practice"]["id"])),
        ("clinician", scene.dana.id.clone()),
        ("client", scene.casey.id.clone()),
        ("service", scene.practice.service_id.clone()),
        ("request", scene.caseys_request.clone()),
        ("appointment", scene.caseys_appointment.clone()),
        ("member", scene.danas_member.clone()),
    ];
    ids.into_iter().map(|(kind, id)| (kind.to_owned(), vec![id])).collect()
}
