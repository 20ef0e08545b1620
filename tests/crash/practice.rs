//! The practice of a run: clinicians open all day, and clients in the care of several of them.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::door::{Doors, Person};
use crate::record::text;
use crate::server::Installation;

const CLINICIANS: usize = 4;
const CLIENTS: usize = 16;
/// How many clinicians each client is in the care of.
const CARE: usize = 2;
/// Requests are for these days from today on: past a day's notice, and short of the two months that a new practice
/// books ahead.
const DAYS: std::ops::Range<i64> = 2..58;
/// Kept for the last requests of a run, which must not be refused.
const LAST_DAY: i64 = 58;
/// Starts are every half hour, meetings of 50 minutes overlap the next one.
const STARTS_A_DAY: u64 = 47;

/// Who is there.
pub struct Practice {
    pub admin: Person,
    pub clinicians: Vec<Person>,
    pub clients: Vec<Client>,
    service: String,
    today: DateTime<Utc>,
}

/// A client, and in whose care they are.
pub struct Client {
    pub person: Person,
    /// Places in the practice's list.
    pub clinicians: Vec<usize>,
}

/// Makes the empty practice in the database; answers its admin.
pub fn found(installation: &Installation) -> Person {
    let create = ["practice", "create", "--name", "Riverbend", "--time-zone", "UTC", "--admin-email", "admin@run.test"];
    installation.run(&create);
    Person { id: String::new(), token: token(installation, "admin@run.test") }
}

impl Practice {
    /// Fills it, and opens every gate.
    pub async fn fill(installation: &Installation, doors: &Doors, admin: Person) -> Self {
        let run = async |query: &str, variables: Value| {
            let (data, _) = doors.run(&mut Chance::new(0), &admin, query, variables).await;
            let payloads = data.as_object().unwrap_or_else(|| panic!("{query} was not done: {data}"));
            assert!(payloads.values().all(|payload| payload["errors"] == json!([])), "{data}");
            data
        };
        let service = text(&run(CREATE_SERVICE, json!({})).await["createService"]["service"]["id"]);
        let mut clinicians = Vec::new();
        for number in 0..CLINICIANS {
            let email = format!("clinician{number}@run.test");
            let made = run(ADD_CLINICIAN, json!({ "email": email })).await;
            let id = text(&made["addClinician"]["clinician"]["id"]);
            run(OPEN, json!({ "clinician": id, "service": service, "hours": hours() })).await;
            clinicians.push(Person { id, token: token(installation, &email) });
        }
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let email = format!("client{number}@run.test");
            let made = run(ADD_CLIENT, json!({ "email": email })).await;
            let id = text(&made["addClient"]["client"]["id"]);
            let of: Vec<_> = (number..number + CARE).map(|place| place % CLINICIANS).collect();
            for place in &of {
                run(START_CARE, json!({ "clinician": clinicians[*place].id, "client": id })).await;
            }
            clients.push(Client { person: Person { id, token: token(installation, &email) }, clinicians: of });
        }
        run(SWITCH, json!({})).await;
        Self { admin, clinicians, clients, service, today: Utc::now() }
    }

    /// What a client asks for: a time with one of their clinicians, half of them near enough to be in each other's way.
    pub fn wish(&self, chance: &mut Chance, client: &Client) -> (usize, Value) {
        let clinician = *chance.pick(&client.clinicians);
        let days = if chance.one_in(2) { 3 } else { (DAYS.end - DAYS.start) as u64 };
        let start = self.start(DAYS.start + chance.below(days) as i64, chance.below(STARTS_A_DAY));
        (clinician, self.asking(clinician, start))
    }

    /// The last request to a clinician: nobody else asks for that day.
    pub fn last_wish(&self, clinician: usize) -> Value {
        self.asking(clinician, self.start(LAST_DAY, 0))
    }

    fn asking(&self, clinician: usize, start: DateTime<Utc>) -> Value {
        let (clinician, key) = (&self.clinicians[clinician].id, uuid::Uuid::now_v7());
        json!({ "clinician": clinician, "service": self.service, "startsAt": start.to_rfc3339(), "key": key })
    }

    fn start(&self, day: i64, place: u64) -> DateTime<Utc> {
        let midnight = self.today.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        midnight + Duration::days(day) + Duration::minutes(30 * place as i64)
    }
}

fn token(installation: &Installation, email: &str) -> String {
    installation.run(&["token", email, "--ttl", "1d"])
}

fn hours() -> Value {
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    days.map(|day| json!({ "weekday": day, "opensAt": "00:00", "closesAt": "24:00" })).as_slice().into()
}

const CREATE_SERVICE: &str = "mutation { createService(input: { name: \"Session\", durationMinutes: 50,
    modality: IN_PERSON }) { service { id } errors { message } } }";
const ADD_CLINICIAN: &str = "mutation($email: String!) {
    addClinician(input: { displayName: \"Clinician\", email: $email }) { clinician { id } errors { message } } }";
const ADD_CLIENT: &str = "mutation($email: String!) {
    addClient(input: { displayName: \"Client\", email: $email }) { client { id } errors { message } } }";
const START_CARE: &str = "mutation($clinician: ID!, $client: ID!) {
    startCare(input: { clinicianId: $clinician, clientId: $client }) { errors { message } } }";
const SWITCH: &str = "mutation { setPracticeSelfScheduling(input: { enabled: true }) { errors { message } } }";
const OPEN: &str = "mutation($clinician: ID!, $service: ID!, $hours: [WeeklyHoursInput!]!) {
    setClinicianSelfScheduling(input: { clinicianIds: [$clinician], enabled: true, audience: ALL_MY_CLIENTS }) { errors { message } }
    setOfferedServices(input: { clinicianId: $clinician, serviceIds: [$service] }) { errors { message } }
    setWeeklyHours(input: { clinicianId: $clinician, hours: $hours }) { errors { message } } }";
