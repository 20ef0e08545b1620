//! A practice in full swing, and everybody who comes to its door.

use serde_json::{Value, json};

use crate::support::{Elsewhere, Person, TestPractice, text};
use frontdesk::domain::viewer::{Role, Within};

/// Whose something is that a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Whoever asks: no path leads to anybody else's.
    Askers,
    /// Likewise, and the whole practice's.
    AdminsOwn,
    /// The practice's, by an id.
    Practices,
    /// Dana's, who is the clinician.
    Clinicians,
    /// Casey's, who is the client, in Dana's care.
    Clients,
    /// Between the two.
    Theirs,
}

/// Whether somebody, in a role, is as near as that to what is somebody's.
type Near = fn(Role, Within, Whose) -> bool;

/// Somebody at the door.
pub struct Caller {
    pub name: &'static str,
    pub person: Person,
    pub roles: &'static [Role],
    /// False where they have no token that is good.
    pub is_signed_in: bool,
    /// Whose things they are near to.
    pub is_near: Near,
    /// Where the practice's things are not even theirs to name.
    pub is_elsewhere: bool,
    /// The cursor of their own practice's log, up to its number.
    pub log: String,
    /// A service of their own practice.
    pub service: String,
    /// A clinician and a client of their own practice.
    pub pair: (String, String),
    /// A stretch of Dana's blocked time that is theirs to free, who may.
    pub block: String,
}

pub struct Scene {
    pub practice: TestPractice,
    pub elsewhere: Elsewhere,
    pub dana: Person,
    pub ida: Person,
    pub casey: Person,
    pub robin: Person,
    /// In Dana's care, and not yet allowed to book her.
    pub sam: Person,
    /// Casey's to Dana: those that wait; one that was declined; one that was confirmed.
    pub waiting: Vec<String>,
    pub declined: String,
    pub confirmed: String,
    pub appointment: String,
    /// Lee's to Dana; another one was handed to Ida.
    pub lees: String,
    /// Somebody who has left, as a member, a clinician and a client.
    pub gone: (String, String, String),
    pub danas_member: String,
    pub lees_member: String,
    pub link: String,
    /// Time that Dana blocked: one for herself to free, one for an admin.
    pub blocks: Vec<String>,
    /// The entry of a change of Ida's hours, which nothing else is built on.
    pub change: String,
    /// The log's number behind which everybody has heard of something.
    pub mark: i64,
}

/// The Sunday on which New York's clock skips from two to three: Dana has hours of their own then.
pub const EXCEPTION: &str = "2027-03-14";

const JANUARY: [&str; 8] = [
    "2027-01-12T19:00:00Z",
    "2027-01-12T20:00:00Z",
    "2027-01-12T21:00:00Z",
    "2027-01-19T19:00:00Z",
    "2027-01-19T20:00:00Z",
    "2027-01-19T21:00:00Z",
    "2027-01-26T19:00:00Z",
    "2027-01-26T20:00:00Z",
];

impl Scene {
    pub async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let elsewhere = practice.elsewhere().await;
        let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
        let casey = practice.client("Casey", &[&dana]).await;
        let (robin, lee) = (practice.client("Robin", &[&ida]).await, practice.client("Lee", &[&dana, &ida]).await);
        practice.open(&dana, &[&casey, &lee]).await;
        practice.open(&ida, &[&robin, &lee]).await;
        let sam = practice.client("Sam", &[&dana]).await;
        let gone = gone(&practice, &casey).await;
        let hours = json!([{ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00" }, { "weekday": "FRIDAY",
            "opensAt": "09:00", "closesAt": "12:00", "serviceIds": [practice.service_id], "modality": "IN_PERSON" }]);
        dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": hours })).await;
        let blocks = other_settings(&practice, &dana).await;
        let hours = json!([{ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00" },
            { "weekday": "THURSDAY", "opensAt": "09:00", "closesAt": "12:00" }]);
        ida.done("setWeeklyHours", "", json!({ "clinicianId": ida.id, "hours": hours })).await;
        let newest = "{ practice { auditLog(first: 1) { nodes { id } } } }";
        let newest = practice.admin.run(newest, json!({})).await;
        let change = text(&newest["practice"]["auditLog"]["nodes"][0]["id"]);
        let own = "{ viewer { member { id } } }";
        let danas_member = text(&dana.run(own, json!({})).await["viewer"]["member"]["id"]);
        let lees_member = text(&lee.run(own, json!({})).await["viewer"]["member"]["id"]);
        let input = json!({ "memberId": danas_member, "issuer": "https://id.test", "subject": "dana" });
        let link = text(&practice.admin.done("linkMember", "link { id }", input).await["link"]["id"]);
        let confirmed = ask(&practice, &casey, &dana, JANUARY[0]).await;
        let input = json!({ "id": confirmed, "messageToClient": "See you then" });
        let shown = "appointmentRequest { appointment { id } }";
        let made = dana.done("confirmAppointmentRequest", shown, input).await;
        let appointment = text(&made["appointmentRequest"]["appointment"]["id"]);
        let declined = ask(&practice, &casey, &dana, JANUARY[1]).await;
        let input = json!({ "id": declined, "reason": "OTHER", "messageToClient": "Another day?" });
        practice.admin.done("declineAppointmentRequest", "", input).await;
        let handed = ask(&practice, &lee, &dana, JANUARY[1]).await;
        let input = json!({ "id": handed, "clinicianId": ida.id });
        practice.admin.done("reassignAppointmentRequest", "", input).await;
        let lees = ask(&practice, &lee, &dana, JANUARY[2]).await;
        let mark = number(&practice.admin.cursor().await);
        let mut waiting = Vec::new();
        for starts_at in &JANUARY[3..6] {
            waiting.push(ask(&practice, &casey, &dana, starts_at).await);
        }
        ask(&practice, &robin, &ida, JANUARY[6]).await;
        ask(&practice, &lee, &dana, JANUARY[7]).await;
        let scene = Self {
            practice,
            elsewhere,
            dana,
            ida,
            casey,
            robin,
            sam,
            waiting,
            declined,
            confirmed,
            appointment,
            lees,
            gone,
            danas_member,
            lees_member,
            link,
            blocks,
            change,
            mark,
        };
        scene.lock(true).await;
        scene
    }

    /// The ids that nobody is told but Casey, Dana and the admin.
    pub fn secrets(&self) -> Vec<&str> {
        let others = [&self.casey.id, &self.declined, &self.confirmed, &self.appointment, &self.link];
        others.into_iter().chain(&self.waiting).map(String::as_str).collect()
    }

    /// An admin holds Dana off, or no longer.
    pub async fn lock(&self, locked: bool) {
        let input = json!({ "clinicianIds": [self.dana.id], "locked": locked, "reason": locked.then_some("On leave") });
        let admin = &self.practice.admin;
        admin.done("lockClinicianSelfScheduling", "", input).await;
        let start = locked.then_some("2027-03-01T14:00:00Z");
        let (switch, opt_in) = ("setPracticeSelfScheduling", "setClinicianSelfScheduling");
        let dana = &self.dana.id;
        admin.done(switch, "", json!({ "enabled": false })).await;
        admin.done(switch, "", json!({ "enabled": true, "startsAt": start })).await;
        admin.done(opt_in, "", json!({ "clinicianIds": [dana], "enabled": false })).await;
        admin.done(opt_in, "", json!({ "clinicianIds": [dana], "enabled": true, "startsAt": start })).await;
        for of in [json!({ "paused": locked }), json!({ "clinicianId": dana, "paused": locked })] {
            admin.done("pauseNewRequests", "", of).await;
        }
    }

    /// The eight kinds of callers.
    pub async fn callers(&self) -> Vec<Caller> {
        let nobody: Near = |_, _, _| false;
        let as_client: Near = |role, _, whose| role == Role::Client && matches!(whose, Whose::Clients | Whose::Theirs);
        let as_clinician: Near = |role, within, whose| {
            let is_own = matches!(whose, Whose::Clinicians | Whose::Theirs);
            role == Role::Clinician && (is_own || whose == Whose::Clients && within == Within::OwnClient)
        };
        let expired = self.practice.token_for("casey@practice.test", chrono::Duration::seconds(-60)).await;
        let expired = self.practice.bearer(&expired);
        let home = self.practice.admin.run("{ practice { id } }", json!({})).await;
        let home = text(&home["practice"]["id"]);
        let caller = |name, person: &Person, roles, is_near| Caller {
            name,
            person: person.clone(),
            roles,
            is_signed_in: true,
            is_near,
            is_elsewhere: false,
            log: home.trim_start_matches("practice_").to_owned(),
            service: self.practice.service_id.clone(),
            pair: (self.dana.id.clone(), self.casey.id.clone()),
            block: self.blocks[1].clone(),
        };
        let unknown = |name, person| Caller { is_signed_in: false, ..caller(name, person, &[], nobody) };
        let log = self.elsewhere.practice_id.trim_start_matches("practice_").to_owned();
        let admin = caller("admin of another practice", &self.elsewhere.admin, &[Role::Admin], nobody);
        vec![
            unknown("anonymous", &self.practice.anonymous()),
            unknown("expired token", &expired),
            caller("client", &self.casey, &[Role::Client], as_client),
            caller("another client", &self.robin, &[Role::Client], nobody),
            Caller {
                block: self.blocks[0].clone(),
                ..caller("clinician", &self.dana, &[Role::Clinician], as_clinician)
            },
            caller("another clinician", &self.ida, &[Role::Clinician], nobody),
            caller("admin", &self.practice.admin, &[Role::Admin], nobody),
            Caller {
                is_elsewhere: true,
                log,
                service: self.elsewhere.service_id.clone(),
                pair: (self.elsewhere.clinician.id.clone(), self.elsewhere.client.id.clone()),
                ..admin
            },
        ]
    }
}

/// A cursor's number.
pub fn number(cursor: &str) -> i64 {
    let number = cursor.split('.').nth(1).expect("two parts");
    i64::from_str_radix(number, 16).expect("a number")
}

async fn ask(practice: &TestPractice, client: &Person, clinician: &Person, starts_at: &str) -> String {
    let input = json!({ "clinicianId": clinician.id, "serviceId": practice.service_id, "startsAt": starts_at,
        "idempotencyKey": starts_at, "noteToClinician": "About my sleep" });
    let made = client.done("requestAppointment", "appointmentRequest { id }", input).await;
    text(&made["appointmentRequest"]["id"])
}

/// Sets every booking rule, of the practice and of the service, opens a Sunday on which the clock changes, and blocks time
/// that nobody asks for: answers the blocks.
async fn other_settings(practice: &TestPractice, dana: &Person) -> Vec<String> {
    let caps = json!({ "maxPerDay": 20, "maxPerWeek": 60 });
    practice.admin.done("setBookingRules", "", caps).await;
    let rules = json!({ "serviceId": practice.service_id, "slotIntervalMinutes": 60, "bufferBeforeMinutes": 0,
        "bufferAfterMinutes": 0, "minimumNoticeMinutes": 60, "bookingHorizonDays": 60, "maxPerDay": 20,
        "maxPerWeek": 60, "maxPendingPerClient": 3, "responseDeadlineHours": 48, "cancellationNoticeHours": 24 });
    practice.admin.done("setBookingRules", "", rules).await;
    let window = json!({ "opensAt": "01:00", "closesAt": "04:00", "serviceIds": [practice.service_id],
        "modality": "IN_PERSON" });
    let exception = json!({ "clinicianId": dana.id, "on": EXCEPTION, "windows": [window] });
    dana.done("setDateException", "", exception).await;
    let mut blocks = Vec::new();
    for day in ["2027-01-13", "2027-01-14"] {
        let input = json!({ "clinicianId": dana.id, "startsAt": format!("{day}T19:00:00Z"),
            "endsAt": format!("{day}T20:00:00Z") });
        blocks.push(text(&dana.done("blockTime", "blockedTime { id }", input).await["blockedTime"]["id"]));
    }
    blocks
}

/// A member, a clinician and a client who have left. Casey was in that clinician's care.
async fn gone(practice: &TestPractice, casey: &Person) -> (String, String, String) {
    let admin = &practice.admin;
    let person = |name: &str| json!({ "displayName": name, "email": format!("{name}@practice.test") });
    let member = text(&admin.done("inviteMember", "member { id }", person("Kim")).await["member"]["id"]);
    admin.done("deactivateMember", "", json!({ "memberId": member })).await;
    let mut gil = person("Gil");
    gil["credentials"] = json!("LCSW");
    let clinician = text(&admin.done("addClinician", "clinician { id }", gil).await["clinician"]["id"]);
    let mut care = json!({ "clinicianId": clinician, "clientId": casey.id, "startsOn": "2026-12-01" });
    admin.done("startCare", "", care.clone()).await;
    care.as_object_mut().expect("an input").remove("startsOn");
    admin.done("endCare", "", care).await;
    admin.done("deactivateClinician", "", json!({ "clinicianId": clinician })).await;
    let client = text(&admin.done("addClient", "client { id }", person("Max")).await["client"]["id"]);
    admin.done("deactivateClient", "", json!({ "clientId": client })).await;
    (member, clinician, client)
}

/// A client's question for a time with Dana.
pub fn asking(scene: &Scene, starts_at: &str) -> Value {
    json!({ "clinicianId": scene.dana.id, "serviceId": scene.practice.service_id, "startsAt": starts_at,
        "idempotencyKey": format!("again {starts_at}") })
}
