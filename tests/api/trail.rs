//! Everything that can be done in a practice, and the entry that each deed leaves.

use serde_json::{Value, json};

use crate::support::{Person, TestPractice, text};

/// A page of the trail.
pub const LOG: &str =
    "query($first: Int, $after: String, $filter: AuditFilter) { practice { auditLog(first: $first, after: $after,
    filter: $filter) { totalCount pageInfo { hasNextPage endCursor } nodes { id at kind summary reason
    actor { displayName } member { id } clinician { id } client { id } service { id }
    appointmentRequest { id } appointment { id } changes { field before after } } } } }";

/// The entries that a filter admits, newest first, at most 100.
pub async fn log(reader: &Person, filter: Value) -> Vec<Value> {
    let mut page = reader.run(LOG, json!({ "first": 100, "filter": filter })).await["practice"]["auditLog"].take();
    let nodes = page["nodes"].take();
    nodes.as_array().expect("nodes").clone()
}

/// How many entries there are.
pub async fn count(reader: &Person) -> u64 {
    let page = reader.run(LOG, json!({ "first": 1 })).await["practice"]["auditLog"].take();
    page["totalCount"].as_u64().expect("a number")
}

/// An entry's changes, each as one word: `enabled: false → true`.
pub fn changes(entry: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let one = |change: &Value| {
        format!("{}: {} → {}", text(&change["field"]), text(&change["before"]), text(&change["after"]))
    };
    entry["changes"].as_array().expect("changes").iter().map(one).collect()
}

/// What is done, by whom, and the entry that tells of it.
pub struct Deed {
    pub mutation: &'static str,
    pub by: Person,
    pub input: Value,
    pub kind: &'static str,
    pub changes: Vec<String>,
}

/// A deed by its parts.
pub fn deed(mutation: &'static str, by: &Person, input: Value, kind: &'static str, changes: &[String]) -> Deed {
    Deed { mutation, by: by.clone(), input, kind, changes: changes.to_vec() }
}

/// Changes as they are written here.
pub fn said(changes: &[&str]) -> Vec<String> {
    changes.iter().map(|change| (*change).to_owned()).collect()
}

/// Does it; its one entry has who, what, before and after.
pub async fn leaves_one_entry(practice: &TestPractice, deed: &Deed) -> Value {
    let before = count(&practice.admin).await;
    deed.by.done(deed.mutation, "__typename", deed.input.clone()).await;
    let after = count(&practice.admin).await;
    // A request that is handed over is told of to both clinicians.
    let expected = if deed.mutation == "reassignAppointmentRequest" { 2 } else { 1 };
    assert_eq!(after - before, expected, "{}: one entry", deed.mutation);
    let entries = log(&practice.admin, json!({ "kinds": [deed.kind] })).await;
    let entry = entries.first().unwrap_or_else(|| panic!("{}: no {}", deed.mutation, deed.kind));
    assert_eq!(text(&entry["at"]), practice.clock.now().to_rfc3339().replace("+00:00", "Z"), "{}", deed.mutation);
    assert!(entry["actor"]["displayName"].is_string(), "{}: {entry}", deed.mutation);
    let told = changes(entry);
    for change in &deed.changes {
        assert!(told.contains(change), "{}: {told:?} does not say {change}", deed.mutation);
    }
    assert_eq!(told.is_empty(), deed.changes.is_empty(), "{}: {told:?}", deed.mutation);
    entry.clone()
}

/// Dana and Ida, Casey in the care of both, every gate of Dana's open.
pub struct Scene {
    pub practice: TestPractice,
    pub dana: Person,
    pub ida: Person,
    pub casey: Person,
}

impl Scene {
    pub async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
        let casey = practice.client("Casey", &[&dana, &ida]).await;
        practice.open(&dana, &[&casey]).await;
        practice.open(&ida, &[&casey]).await;
        Self { practice, dana, ida, casey }
    }

    pub async fn ask(&self, starts_at: &str) -> Deed {
        let input = json!({ "clinicianId": self.dana.id, "serviceId": self.practice.service_id, "startsAt": starts_at,
            "idempotencyKey": starts_at, "noteToClinician": "About my sleep" });
        deed("requestAppointment", &self.casey, input, "APPOINTMENT_REQUESTED", &said(&["status: – → PENDING"]))
    }

    pub async fn member_of(&self, person: &Person) -> String {
        text(&person.run("{ viewer { member { id } } }", json!({})).await["viewer"]["member"]["id"])
    }

    /// Changes of settings; they build on each other.
    pub fn of_settings(&self) -> Vec<Deed> {
        [self.of_gates(), self.of_clients(), self.of_time(), self.of_services()].into_iter().flatten().collect()
    }

    fn of_gates(&self) -> Vec<Deed> {
        let (admin, dana) = (&self.practice.admin, &self.dana.id);
        let lock = |locked: bool| json!({ "clinicianIds": [dana], "locked": locked, "reason": "On leave" });
        let opt_out = json!({ "clinicianIds": [dana], "enabled": false, "audience": "ALL_MY_CLIENTS" });
        let opted = said(&["enabled: true → false", "audience: SELECTED_CLIENTS → ALL_MY_CLIENTS"]);
        let policy = json!({ "clientAccessControl": "ADMIN_ONLY" });
        let kept = said(&["clientAccessControl: CLINICIAN_OR_ADMIN → ADMIN_ONLY"]);
        let off = said(&["enabled: true → false"]);
        let (held, lifted) = (said(&["locked: false → true"]), said(&["locked: true → false"]));
        let switch = json!({ "enabled": false });
        let later = json!({ "enabled": true, "startsAt": "2027-02-01T09:00:00-05:00" });
        let start = "2027-02-01T14:00:00+00:00";
        let told = [String::from("enabled: false → true"), format!("startsAt: – → {start}")];
        let called_off = [String::from("enabled: true → false"), format!("startsAt: {start} → –")];
        let (paused, resumed) =
            (said(&["newRequestsPaused: false → true"]), said(&["newRequestsPaused: true → false"]));
        let pause = |paused: bool| json!({ "paused": paused });
        let pause_of = |paused: bool| json!({ "clinicianId": dana, "paused": paused });
        vec![
            deed("setPracticeSelfScheduling", admin, switch.clone(), "PRACTICE_SELF_SCHEDULING_SET", &off),
            deed("setPracticeSelfScheduling", admin, later, "PRACTICE_SELF_SCHEDULING_SET", &told),
            deed("setPracticeSelfScheduling", admin, switch, "PRACTICE_SELF_SCHEDULING_SET", &called_off),
            deed("pauseNewRequests", admin, pause(true), "PRACTICE_PAUSED", &paused),
            deed("pauseNewRequests", admin, pause(false), "PRACTICE_RESUMED", &resumed),
            deed("pauseNewRequests", &self.dana, pause_of(true), "CLINICIAN_PAUSED", &paused),
            deed("pauseNewRequests", admin, pause_of(false), "CLINICIAN_RESUMED", &resumed),
            deed("updatePracticePolicy", admin, policy, "PRACTICE_POLICY_UPDATED", &kept),
            deed("setClinicianSelfScheduling", &self.dana, opt_out, "CLINICIAN_SELF_SCHEDULING_SET", &opted),
            deed("lockClinicianSelfScheduling", admin, lock(true), "CLINICIAN_LOCKED", &held),
            deed("lockClinicianSelfScheduling", admin, lock(false), "CLINICIAN_UNLOCKED", &lifted),
        ]
    }

    fn of_clients(&self) -> Vec<Deed> {
        let (admin, dana, casey) = (&self.practice.admin, &self.dana.id, &self.casey.id);
        let care = json!({ "clinicianId": dana, "clientId": casey });
        let here = json!({ "clinicianId": dana, "clientIds": [casey], "access": "BLOCKED" });
        let everywhere = json!({ "clientIds": [casey], "access": "BLOCKED" });
        let blocked = said(&["access: ALLOWED → BLOCKED"]);
        let (ended, begun) = (said(&["endedOn: – → 2027-01-04"]), said(&["startedOn: – → 2027-01-04"]));
        vec![
            deed("setClientAccess", admin, here, "CLIENT_ACCESS_SET", &blocked),
            deed("setClientAccess", admin, everywhere, "CLIENT_ACCESS_SET", &blocked),
            deed("endCare", admin, care.clone(), "CARE_ENDED", &ended),
            deed("startCare", admin, care, "CARE_STARTED", &begun),
        ]
    }

    fn of_time(&self) -> Vec<Deed> {
        let (admin, dana, service) = (&self.practice.admin, &self.dana.id, &self.practice.service_id);
        let date = |more: Value| {
            let mut input = json!({ "clinicianId": dana, "on": "2027-01-20" });
            if more.is_array() {
                input["windows"] = more;
            }
            input
        };
        let window = json!([{ "opensAt": "09:00", "closesAt": "12:00", "serviceIds": [service] }]);
        let (open, closed) = (format!("2027-01-20 540-720 ANY {service}"), "2027-01-20 closed".to_owned());
        let hours = |before: &str, after: &str| vec![format!("hours: {before} → {after}")];
        let blocked =
            json!({ "clinicianId": dana, "startsAt": "2027-02-01T14:00:00Z", "endsAt": "2027-02-01T15:00:00Z" });
        let mut rules = json!({ "maxPerDay": 3, "minimumNoticeMinutes": 60 });
        let practice = deed(
            "setBookingRules",
            admin,
            rules.clone(),
            "BOOKING_RULES_SET",
            &said(&["maxPerDay: – → 3", "minimumNoticeMinutes: 1440 → 60"]),
        );
        rules["clinicianId"] = json!(dana);
        let own = said(&["maxPerDay: – → 3", "minimumNoticeMinutes: – → 60"]);
        let of_service = json!({ "serviceId": service, "maxPerDay": 2 });
        let named = [format!("serviceId: {service} → {service}"), "maxPerDay: – → 2".to_owned()];
        let moved = json!({ "clinicianId": dana, "displayName": "Dana R.", "timeZone": "America/Chicago" });
        let zone = said(&["displayName: – → changed", "timeZone: America/New_York → America/Chicago"]);
        let told = said(&["startsAt: – → 2027-02-01T14:00:00+00:00", "endsAt: – → 2027-02-01T15:00:00+00:00"]);
        vec![
            practice,
            deed("setBookingRules", &self.dana, rules, "BOOKING_RULES_SET", &own),
            deed("setBookingRules", admin, of_service, "BOOKING_RULES_SET", &named),
            deed("setDateException", &self.dana, date(window), "DATE_EXCEPTION_SET", &hours("–", &open)),
            deed("setDateException", &self.dana, date(json!([])), "DATE_EXCEPTION_SET", &hours(&open, &closed)),
            deed("removeDateException", admin, date(Value::Null), "DATE_EXCEPTION_REMOVED", &hours(&closed, "–")),
            deed("updateClinician", admin, moved, "CLINICIAN_UPDATED", &zone),
            deed("blockTime", &self.dana, blocked, "TIME_BLOCKED", &told),
        ]
    }

    fn of_services(&self) -> Vec<Deed> {
        let (admin, dana, service) = (&self.practice.admin, &self.dana.id, &self.practice.service_id);
        let window =
            json!({ "weekday": "WEDNESDAY", "opensAt": "09:00", "closesAt": "12:00", "serviceIds": [service] });
        let none = json!({ "clinicianId": dana, "serviceIds": [] });
        let hours = json!({ "clinicianId": dana, "hours": [window] });
        let told = [format!("hours: TUESDAY 840-1080 ANY 0 → WEDNESDAY 540-720 ANY {service}")];
        let group = json!({ "name": "Group", "durationMinutes": 90, "modality": "TELEHEALTH" });
        let made =
            said(&["durationMinutes: – → 90", "modality: – → TELEHEALTH", "confirmation: – → CLINICIAN_CONFIRMS"]);
        let longer = json!({ "id": service, "name": "Session", "durationMinutes": 60, "modality": "EITHER" });
        let updated = said(&["name: – → changed", "durationMinutes: 50 → 60", "modality: IN_PERSON → EITHER"]);
        let archived = said(&["active: true → false"]);
        vec![
            deed(
                "setOfferedServices",
                &self.dana,
                none,
                "OFFERED_SERVICES_SET",
                &[format!("serviceIds: {service} → ")],
            ),
            deed("setWeeklyHours", &self.dana, hours, "WEEKLY_HOURS_SET", &told),
            deed("createService", admin, group, "SERVICE_CREATED", &made),
            deed("updateService", admin, longer, "SERVICE_UPDATED", &updated),
            deed("archiveService", admin, json!({ "id": service }), "SERVICE_ARCHIVED", &archived),
        ]
    }

    /// What becomes of people.
    pub async fn of_people(&self) -> Vec<Deed> {
        let (admin, dana, casey) =
            (&self.practice.admin, json!({ "clinicianId": self.dana.id }), json!({ "clientId": self.casey.id }));
        let member = self.member_of(&self.ida).await;
        let of = |more: Value| {
            let mut input = json!({ "memberId": member });
            more.as_object().expect("fields").iter().for_each(|(name, value)| input[name] = value.clone());
            input
        };
        let named = |name: &str| json!({ "displayName": name, "email": format!("{name}@practice.test") });
        let renamed = json!({ "clientId": self.casey.id, "displayName": "Casey R.", "email": "casey.r@practice.test" });
        let told = said(&["displayName: – → changed", "email: – → changed"]);
        let about = format!("memberId: – → {member}");
        let (gone, back) = (said(&["active: true → false"]), said(&["active: false → true"]));
        vec![
            deed("addClinician", admin, named("Noor"), "CLINICIAN_ADDED", &said(&["timeZone: – → America/New_York"])),
            deed("inviteMember", admin, named("Blake"), "MEMBER_INVITED", &said(&["roles: – → ADMIN"])),
            deed(
                "linkMember",
                admin,
                of(json!({ "issuer": "https://id.test", "subject": "ida" })),
                "MEMBER_LINKED",
                std::slice::from_ref(&about),
            ),
            deed(
                "updateMemberRoles",
                admin,
                of(json!({ "admin": true })),
                "MEMBER_ROLES_UPDATED",
                &[about.clone(), "admin: false → true".to_owned()],
            ),
            deed(
                "deactivateMember",
                admin,
                of(json!({})),
                "MEMBER_DEACTIVATED",
                &[about.clone(), "roles: ADMIN CLINICIAN → ".to_owned()],
            ),
            deed("reactivateMember", admin, of(json!({})), "MEMBER_REACTIVATED", &[about, back[0].clone()]),
            deed("deactivateClinician", admin, dana.clone(), "CLINICIAN_DEACTIVATED", &gone),
            deed("reactivateClinician", admin, dana, "CLINICIAN_REACTIVATED", &back),
            deed("updateClient", admin, renamed, "CLIENT_UPDATED", &told),
            deed("deactivateClient", admin, casey.clone(), "CLIENT_DEACTIVATED", &gone),
            deed("reactivateClient", admin, casey, "CLIENT_REACTIVATED", &back),
        ]
    }

    /// Requests and what becomes of them; answers the mutations that it tried.
    pub async fn of_requests(&self) -> Vec<&'static str> {
        let mut tried = vec!["requestAppointment"];
        let reason = json!({ "reason": "TIME_NOT_POSSIBLE", "messageToClient": "Perhaps on Friday" });
        let ends: [(_, &Person, _, _, _); 4] = [
            (
                "confirmAppointmentRequest",
                &self.dana,
                json!({}),
                "APPOINTMENT_REQUEST_CONFIRMED",
                "status: PENDING → CONFIRMED",
            ),
            (
                "declineAppointmentRequest",
                &self.dana,
                reason,
                "APPOINTMENT_REQUEST_DECLINED",
                "status: PENDING → DECLINED",
            ),
            (
                "withdrawAppointmentRequest",
                &self.casey,
                json!({}),
                "APPOINTMENT_REQUEST_WITHDRAWN",
                "status: PENDING → WITHDRAWN",
            ),
            (
                "reassignAppointmentRequest",
                &self.practice.admin,
                json!({ "clinicianId": self.ida.id }),
                "APPOINTMENT_REQUEST_REASSIGNED",
                "",
            ),
        ];
        for (place, (mutation, by, mut input, kind, change)) in ends.into_iter().enumerate() {
            let asked = self.ask(&format!("2027-01-12T{}:00:00Z", 19 + place)).await;
            let entry = leaves_one_entry(&self.practice, &asked).await;
            assert_eq!(entry["client"]["id"], json!(self.casey.id));
            input["id"] = entry["appointmentRequest"]["id"].clone();
            let handed = format!("clinicianId: {} → {}", self.dana.id, self.ida.id);
            let change = if change.is_empty() { handed } else { change.to_owned() };
            let entry = leaves_one_entry(&self.practice, &deed(mutation, by, input, kind, &[change])).await;
            let reason = if kind.ends_with("DECLINED") { json!("TIME_NOT_POSSIBLE") } else { Value::Null };
            assert_eq!(entry["reason"], reason, "{mutation}");
            assert_eq!(entry["appointment"].is_object(), kind.ends_with("CONFIRMED"), "{mutation}");
            tried.push(mutation);
        }
        tried
    }
}
