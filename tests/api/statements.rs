//! The number of statements does not grow with the data.

use serde_json::{Value, json};

use crate::support::{Person, REQUEST, TestPractice};

const INBOX: &str = "{ practice { appointmentRequests(first: 100) { totalCount nodes { id status noteToClinician
    client { displayName care { startedOn } } clinician { displayName } service { name } decidedBy { displayName }
    appointment { id request { id } } } } } }";
const CLINICIANS: &str = "{ practice { services { name } clinicians(first: 100) { nodes { displayName selfScheduling { enabled
    bookable audience offeredServices { name } weeklyHours { opensAt } rules { slotIntervalMinutes { value } } } } } } }";
const CLIENTS: &str =
    "{ practice { clients(first: 100) { totalCount nodes { displayName care { clinician { displayName } } } } } }";
const SLOTS: &str =
    "query($clinician: ID!, $service: ID!) { clinician(id: $clinician) { availableSlots(serviceId: $service,
    from: \"2027-01-01T00:00:00Z\", to: \"2027-02-01T00:00:00Z\") { slots { startsAt } closedGates { gate } } } }";
const SWITCH: &str = "mutation { setPracticeSelfScheduling(input: { enabled: false, dryRun: true }) {
    impact { clientsLosingCount cliniciansLosing { displayName } pendingRequestsAffected { client { displayName } }
    changes(first: 100) { nodes { client { displayName } clinician { displayName } } } } } }";

const OPENING: &str =
    "mutation($clinician: ID!) { setWeeklyHours(input: { clinicianId: $clinician, dryRun: true, hours: [
    { weekday: FRIDAY, opensAt: \"09:00\", closesAt: \"12:00\" }] }) {
    impact { firstSlots(first: 50) { startsAt clinician { displayName } service { name } } } } }";
/// Without notice more starts are open, at everybody.
const OPENING_ALL: &str = "mutation { setBookingRules(input: { minimumNoticeMinutes: 0, dryRun: true }) {
    impact { firstSlots(first: 50) { startsAt clinician { displayName } service { name } } } } }";

const LEAVING: &str =
    "mutation($clinician: ID!) { deactivateClinician(input: { clinicianId: $clinician, dryRun: true }) {
    pendingRequests { client { displayName } } comingAppointments { client { displayName } }
    impact { clientsLosingCount pendingRequestsAffected { client { displayName } } } } }";
const DATES: &str = "query($clinician: ID!) { clinician(id: $clinician) {
    selfScheduling { dateExceptions(from: \"2027-01-01\", to: \"2027-02-01\") { on windows { serviceIds } } clockChanges { on } }
    blockedTime(from: \"2027-01-01T00:00:00Z\", to: \"2027-02-01T00:00:00Z\") { id } } }";
const TRAIL: &str = "{ practice { auditLog(first: 100) { totalCount nodes { summary actor { displayName } member { id }
    client { displayName } clinician { displayName } service { name } appointmentRequest { id } appointment { id }
    changes { field } } } } }";
const AS_OF: &str =
    "query($clinician: ID!, $client: ID!) { practice { settingsAsOf(at: \"2027-01-04T14:00:00Z\") { enabled
    clinicians { nodes { clinician { displayName } offeredServices { name } weeklyHours { opensAt } lockedBy { displayName } } }
    access(clinicianId: $clinician, clientId: $client) { allowed gates { gate decidedBy { displayName } } } } } }";
const MEMBERS: &str = "{ practice { members(first: 100) { totalCount nodes { displayName active roles } } } }";

const CHECKLISTS: &str = "{ practice { selfScheduling { setupChecklist { step } }
    clinicians(first: 100) { nodes { selfScheduling { setupChecklist { step } } } } } }";
const EXPLANATION: &str = "query($clinician: ID!, $client: ID!, $service: ID!) {
    selfSchedulingAccess(clinicianId: $clinician, clientId: $client, serviceId: $service, startsAt: \"2027-01-14T20:00:00Z\") {
        allowed gates { open decidedBy { displayName } } changesToOpen { mutation } } }";
const SEEN: &str = "query($clinician: ID!, $client: ID!, $service: ID!) { seenByClient(clientId: $client) {
    services { name } clinicians(first: 100) { nodes { bookable offeredServices { name } clinician { displayName } } }
    availableSlots(clinicianId: $clinician, serviceId: $service, from: \"2027-01-01T00:00:00Z\",
        to: \"2027-02-01T00:00:00Z\") { slots { startsAt } } } }";

/// How many statements each operation takes alone: now and then the sweeper or the re-check of the log adds its own.
async fn fewest(practice: &TestPractice, dana: &Person, casey: &Person) -> Vec<(&'static str, u64)> {
    let mut fewest = counts(practice, dana, casey).await;
    for _ in 0..2 {
        let again = counts(practice, dana, casey).await;
        fewest.iter_mut().zip(again).for_each(|(least, (_, count))| least.1 = count.min(least.1));
    }
    fewest
}

/// How many statements each operation takes now.
async fn counts(practice: &TestPractice, dana: &Person, casey: &Person) -> Vec<(&'static str, u64)> {
    let slots = json!({ "clinician": dana.id, "service": practice.service_id });
    let pair = json!({ "clinician": dana.id, "client": casey.id, "service": practice.service_id });
    let operations = [
        ("checklists", &practice.admin, CHECKLISTS, json!({})),
        ("explanation", &practice.admin, EXPLANATION, pair.clone()),
        ("seen by client", &practice.admin, SEEN, pair),
        ("inbox", dana, INBOX, json!({})),
        ("clinicians", &practice.admin, CLINICIANS, json!({})),
        ("clients", &practice.admin, CLIENTS, json!({})),
        ("slots", casey, SLOTS, slots),
        ("impact", &practice.admin, SWITCH, json!({})),
        ("first slots", &practice.admin, OPENING, json!({ "clinician": dana.id })),
        ("first slots of all", &practice.admin, OPENING_ALL, json!({})),
        ("leaving", &practice.admin, LEAVING, json!({ "clinician": dana.id })),
        ("dates", dana, DATES, json!({ "clinician": dana.id })),
        ("members", &practice.admin, MEMBERS, json!({})),
        ("trail", &practice.admin, TRAIL, json!({})),
        ("as of", &practice.admin, AS_OF, json!({ "clinician": dana.id, "client": casey.id })),
    ];
    let mut counts = Vec::new();
    for (name, person, query, variables) in operations {
        let before = practice.desk.statements();
        person.run(query, variables).await;
        counts.push((name, practice.desk.statements() - before));
    }
    counts
}

/// Another clinician with hours, three more clients of Dana's, and a request of each.
async fn grow(practice: &TestPractice, dana: &Person, round: usize) {
    let other = practice.clinician(&format!("Clinician{round}")).await;
    for day in 20..24 {
        let on = format!("2027-01-{:02}", day + round);
        let windows = json!([{ "opensAt": "09:00", "closesAt": "12:00", "serviceIds": [practice.service_id] }]);
        dana.done("setDateException", "", json!({ "clinicianId": dana.id, "on": on, "windows": windows })).await;
        let (starts_at, ends_at) = (format!("{on}T{:02}:00:00Z", 14), format!("{on}T{:02}:30:00Z", 14));
        let block = json!({ "clinicianId": dana.id, "startsAt": starts_at, "endsAt": ends_at });
        dana.call("blockTime", "", block).await;
    }
    for number in 0..3 {
        let client = practice.client(&format!("Client{round}x{number}"), &[dana, &other]).await;
        practice.open(dana, &[&client]).await;
        let minutes = 19 * 60 + 60 * number;
        let start = format!("2027-01-{:02}T{:02}:00:00Z", 5 + 7 * (round % 4), minutes / 60);
        let made: Value = client.run(REQUEST, practice.asking(dana, &start)).await;
        assert!(made["requestAppointment"].is_object());
    }
}

async fn statements_do_not_grow_with_clinicians_clients_or_requests() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    grow(&practice, &dana, 1).await;
    let few = fewest(&practice, &dana, &casey).await;
    let slots = few.iter().find(|(name, _)| *name == "slots").expect("it is asked for");
    assert_eq!(slots.1, 2, "who asks, with where the settings stand; what is on record of both, with what is held");
    for round in 2..6 {
        grow(&practice, &dana, round).await;
    }
    let many = fewest(&practice, &dana, &casey).await;
    for ((name, few), (_, many)) in few.iter().zip(&many) {
        assert!(many <= few, "{name}: {few} statements, then {many} with more data");
    }
}

crate::support::tests!(statements_do_not_grow_with_clinicians_clients_or_requests,);
