//! A practice seen from outside: any mutation by its name, all that can be observed, and what must never be.

use serde_json::{Value, json};

use super::{Person, TestPractice, text};

/// What no answer may hold: names of the parts inside, of the database, and of a crash.
const INSIDE: [&str; 11] =
    ["sqlx", "sea_orm", "SQL", "SELECT ", "constraint", "panicked", "src/", "thread", "Decode", "DbErr", "stack"];

/// Fails where an answer tells of what is inside.
pub fn assert_nothing_leaks(answer: &str) {
    for inside in INSIDE {
        assert!(!answer.contains(inside), "“{inside}” is told to a caller: {answer}");
    }
}

/// An answer without the request's id, which is in each of its errors and in its header.
pub fn without_ids(mut answer: Value, headers: &reqwest::header::HeaderMap) -> Value {
    let id = headers["x-request-id"].to_str().expect("a text");
    for error in answer.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        let told = error["extensions"].as_object_mut().and_then(|extensions| extensions.remove("requestId"));
        assert_eq!(told, Some(json!(id)), "every error says its request's id: {error}");
    }
    answer
}

/// A mutation's document, with `$input` for its one variable; its payload's errors are always asked for.
pub fn mutation(name: &str, selection: &str) -> String {
    let input = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    format!(
        "mutation($input: {input}!) {{ answer: {name}(input: $input) {{ {selection} errors {{ code field message }} }} }}"
    )
}

impl Person {
    /// Calls a mutation that may be refused and must not be denied; answers this selection of its payload, and `errors`.
    pub async fn call(&self, name: &str, selection: &str, input: Value) -> Value {
        self.run(&mutation(name, selection), json!({ "input": input })).await["answer"].take()
    }

    /// Calls a mutation that must be neither refused nor denied.
    pub async fn done(&self, name: &str, selection: &str, input: Value) -> Value {
        let payload = self.call(name, selection, input).await;
        assert_eq!(payload["errors"], json!([]), "{name} was refused");
        payload
    }
}

impl TestPractice {
    /// What its admin can observe.
    pub async fn snapshot(&self) -> Value {
        self.admin.snapshot().await
    }
}

impl Person {
    /// Everything that an admin can observe of their practice: its people, services, settings, requests and appointments,
    /// the verdict of every gate for every client and clinician, and where the log stands. Two that are equal say that
    /// nothing was saved between them.
    pub async fn snapshot(&self) -> Value {
        let mut practice = self.run(EVERYTHING, json!({})).await["practice"].take();
        let ids = |list: &Value| -> Vec<String> {
            list["nodes"].as_array().expect("nodes").iter().map(|node| text(&node["id"])).collect()
        };
        let mut access = Vec::new();
        for clinician in ids(&practice["clinicians"]) {
            for client in ids(&practice["clients"]) {
                let pair = json!({ "clinician": clinician, "client": client });
                access.push(self.run(GATES, pair).await["selfSchedulingAccess"].take());
            }
        }
        practice["access"] = Value::Array(access);
        practice
    }
}

const EVERYTHING: &str = "{ practice { id name timeZone latestCursor
    selfScheduling { enabled startsAt newRequestsPaused clinicianOptIn clientAccessControl revision
        defaultRules { slotIntervalMinutes minimumNoticeMinutes bookingHorizonDays maxPendingPerClient } }
    services(includeArchived: true) { id name active durationMinutes modality confirmation }
    clinicians(first: 20) { totalCount nodes { id displayName credentials timeZone active selfScheduling {
        enabled startsAt newRequestsPaused audience bookable lock { reason lockedAt lockedBy { id } } offeredServices { id }
        weeklyHours { weekday opensAt closesAt closesNextDay serviceIds modality }
        dateExceptions(from: \"2027-01-01\", to: \"2027-12-31\") { on windows { opensAt closesAt } } }
        blockedTime(from: \"2027-01-01T00:00:00Z\", to: \"2027-12-31T00:00:00Z\") { id startsAt endsAt } } }
    members(first: 100) { totalCount nodes { id displayName email active roles } }
    clients(first: 50) { totalCount nodes { id displayName email active selfSchedulingBlocked
        care { clinician { id } startedOn endedOn } } }
    appointmentRequests(first: 100) { totalCount nodes { id status startsAt modality messageToClient decisionReason
        version decidedAt clinician { id } client { id } service { id } appointment { id status startsAt endsAt } } } } }";
const GATES: &str = "query($clinician: ID!, $client: ID!) {
    selfSchedulingAccess(clinicianId: $clinician, clientId: $client) {
        allowed gates { gate open explanation decidedAt decidedBy { id } } } }";
