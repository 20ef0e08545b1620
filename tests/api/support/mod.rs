//! A practice to test with, served for real on an address of its own, from a database of its own.
//!
//! ```ignore
//! let practice = TestPractice::begin().await;            // an admin, a service, the clock at Monday 2027-01-04 09:00
//! let dana = practice.clinician("Dana").await;           // everything off
//! let casey = practice.client("Casey", &[&dana]).await;  // in Dana's care
//! practice.open(&dana, &[&casey]).await;                 // every gate open: Tuesdays 14:00 to 18:00
//! let answer = casey.run("{ viewer { roles } }", json!({})).await;
//! let mut stream = dana.follow("subscription { … }", json!({})).await;
//! ```
//!
//! Everything goes through the API, so a test can rely on nothing that a caller could not do.

mod elsewhere;
mod engine;
mod issuer;
mod mixed;
mod outside;
mod people;
mod server;
mod socket;

pub use elsewhere::Elsewhere;
pub(crate) use engine::tests;
pub use engine::{Engine, Test, run};
pub use issuer::{AUDIENCE, Answer, ISSUER, SigningKey, TestIssuer, keys_of, sign_with_secret};
pub use mixed::{Chance, Mixed};
pub use outside::{assert_nothing_leaks, mutation, without_ids};
pub use people::Person;
pub use server::{Server, door};
pub use socket::Stream;

use std::net::SocketAddr;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::engines::Postgres;
use frontdesk::app;
use frontdesk::auth::issuer::Issuer;
use frontdesk::auth::secret::Secret;
use frontdesk::auth::token::Tokens;
use frontdesk::clock::Clock;
use frontdesk::config::Door;
use frontdesk::domain::ids::{ClientId, ClinicianId, MemberId, PracticeId, RequestId};
use frontdesk::domain::time::Interval;
use frontdesk::limits::Limit;
use frontdesk::store::{Claim, ClaimKind, DatabaseUrl, Store, StoreError};
use frontdesk::usecases::{Desk, NewPractice};

/// The wall clock of the tests: a Monday, 09:00 in New York.
pub const MONDAY: &str = "2027-01-04T09:00:00-05:00";

/// A practice of its own, served until it is dropped.
pub struct TestPractice {
    pub clock: Clock,
    pub desk: Desk,
    pub admin: Person,
    /// A therapy session of 50 minutes in person.
    pub service_id: String,
    address: SocketAddr,
    database_url: DatabaseUrl,
    tokens: Tokens,
    server: Server,
    secret: Secret,
    _folder: TempDir,
}

/// An instant from its RFC 3339 text.
pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a written instant").to_utc()
}

impl TestPractice {
    /// A practice with an admin and one service; everything off.
    pub async fn begin() -> Self {
        Self::begin_with(&[]).await
    }

    /// The same, where the server keeps these limits.
    pub async fn begin_with(limits: &[(Limit, u64)]) -> Self {
        Self::begin_at(door(limits)).await
    }

    /// The same behind a door of its own.
    pub async fn begin_at(door: Door) -> Self {
        Self::begin_where(door, None).await
    }

    /// The same, where the server accepts this issuer's tokens too.
    pub async fn begin_believing(door: Door, issuer: Issuer) -> Self {
        Self::begin_where(door, Some(issuer)).await
    }

    async fn begin_where(door: Door, issuer: Option<Issuer>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database_url = new_database(&folder);
        let clock = Clock::held(at(MONDAY));
        let secret = Secret::given(&"0123456789abcdef".repeat(2)).expect("long enough");
        let server = Server::start_with(&database_url, &secret, &clock, (None, issuer), door).await;
        let (desk, address) = (server.desk.clone(), server.address);
        let tokens = Tokens::new(secret.clone());
        let (practice, admin) = create_practice(&desk, "admin@practice.test").await;
        let admin = person(&tokens, &desk, address, practice, admin, "");
        let mut practice = Self {
            clock,
            desk,
            admin,
            service_id: String::new(),
            address,
            database_url,
            tokens,
            server,
            secret,
            _folder: folder,
        };
        practice.service_id = practice.service("Therapy session", 50).await;
        practice
    }

    /// The admin of another practice in the same database.
    pub async fn admin_elsewhere(&self) -> Person {
        let (practice, admin) = create_practice(&self.desk, "admin@elsewhere.test").await;
        person(&self.tokens, &self.desk, self.address, practice, admin, "")
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Person {
        Person::new(self.address, None, String::new())
    }

    /// Somebody with this text for a token.
    pub fn bearer(&self, token: &str) -> Person {
        Person::new(self.address, Some(token.to_owned()), String::new())
    }

    /// Where the server listens, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Another server on the same database, with wake-ups between them where the store has them.
    pub async fn another_server(&self) -> Server {
        Server::start(&self.database_url, &self.secret, &self.clock).await
    }

    /// Another server on the same database, with wake-ups over this bus.
    #[cfg(feature = "nats")]
    pub async fn server_on_bus(&self, url: &str) -> Server {
        let bus = frontdesk::config::BusUrl::parse(url).expect("an address");
        Server::start_with(&self.database_url, &self.secret, &self.clock, (Some(bus), None), door(&[])).await
    }

    /// A desk on the same database whose writes wake nobody.
    pub async fn silent_desk(&self) -> Desk {
        app::open_desk(&self.database_url, self.clock.clone()).await.expect("a database")
    }

    /// Where the data is.
    pub fn database_url(&self) -> &DatabaseUrl {
        &self.database_url
    }

    /// One number of `/metrics`.
    pub fn metric(&self, name: &str) -> u64 {
        self.server.metric(name)
    }

    /// A clinician and a client who can ask for their time.
    pub async fn open_practice(&self) -> (Person, Person) {
        let dana = self.clinician("Dana").await;
        let casey = self.client("Casey", &[&dana]).await;
        self.open(&dana, &[&casey]).await;
        (dana, casey)
    }

    /// Another server, which reaches the database at another address.
    pub async fn server_through(&self, database_url: &DatabaseUrl) -> Server {
        Server::start(database_url, &self.secret, &self.clock).await
    }

    /// Adds a service in person; answers its id.
    pub async fn service(&self, name: &str, minutes: i32) -> String {
        let made = self.admin.run(CREATE_SERVICE, json!({ "name": name, "minutes": minutes })).await;
        text(&made["createService"]["service"]["id"])
    }

    /// Adds a clinician with everything off.
    pub async fn clinician(&self, name: &str) -> Person {
        let email = format!("{}@practice.test", name.to_lowercase());
        let made = self.admin.run(ADD_CLINICIAN, json!({ "name": name, "email": email })).await;
        self.signed_in(&email, text(&made["addClinician"]["clinician"]["id"])).await
    }

    /// The same, in a zone of their own.
    pub async fn clinician_in(&self, name: &str, zone: &str) -> Person {
        let email = format!("{}@practice.test", name.to_lowercase());
        let new = json!({ "displayName": name, "email": email, "timeZone": zone });
        let made = self.admin.done("addClinician", "clinician { id }", new).await;
        self.signed_in(&email, text(&made["clinician"]["id"])).await
    }

    /// Adds a client in these clinicians' care.
    pub async fn client(&self, name: &str, clinicians: &[&Person]) -> Person {
        let email = format!("{}@practice.test", name.to_lowercase());
        let made = self.admin.run(ADD_CLIENT, json!({ "name": name, "email": email })).await;
        let client = self.signed_in(&email, text(&made["addClient"]["client"]["id"])).await;
        for clinician in clinicians {
            let ids = json!({ "clinician": clinician.id, "client": client.id });
            let started = self.admin.run(START_CARE, ids).await;
            assert_eq!(started["startCare"]["errors"], json!([]));
        }
        client
    }

    /// Opens every gate of a clinician for these clients: the switch, the opt-in, the service, Tuesdays 14:00 to 18:00.
    pub async fn open(&self, clinician: &Person, clients: &[&Person]) {
        self.admin.run(SWITCH, json!({ "on": true })).await;
        let ids: Vec<_> = clients.iter().map(|client| client.id.clone()).collect();
        let all = json!({ "clinician": clinician.id, "service": self.service_id, "clients": ids });
        let opened = clinician.run(OPEN, all).await;
        let steps = ["setClinicianSelfScheduling", "setOfferedServices", "setWeeklyHours", "setClientAccess"];
        // Nobody's access is no change of access, and refused.
        for step in &steps[..if clients.is_empty() { 3 } else { 4 }] {
            assert_eq!(opened[*step]["errors"], json!([]), "{step}");
        }
    }

    /// The variables of `REQUEST`, with a key of its own.
    pub fn asking(&self, clinician: &Person, starts_at: &str) -> Value {
        let key = uuid::Uuid::now_v7().to_string();
        json!({ "clinician": clinician.id, "service": self.service_id, "startsAt": starts_at, "key": key })
    }

    /// What holds a clinician's time now, as the database has it.
    pub async fn claims(&self, clinician: &Person) -> Vec<Interval> {
        let practice = self.admin.run("{ practice { id } }", json!({})).await;
        let practice = PracticeId::parse(&text(&practice["practice"]["id"])).expect("an id");
        let clinician = ClinicianId::parse(&clinician.id).expect("an id");
        let store = Store::open(&self.database_url).await.expect("a database");
        let always = Interval::new(at("2026-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
        let held = store.read(practice).held(clinician, None, always, self.clock.now()).await.expect("it reads");
        held.of_clinician.into_iter().map(|held| held.stretch).collect()
    }

    /// Tries to write a claim straight into the database; answers why it was refused.
    pub async fn claim(&self, clinician: &Person, client: &Person, stretch: Interval) -> StoreError {
        let practice = self.admin.run("{ practice { id } }", json!({})).await;
        let practice = PracticeId::parse(&text(&practice["practice"]["id"])).expect("an id");
        let store = Store::open(&self.database_url).await.expect("a database");
        let mut write = store.write(practice).await.expect("the lock");
        let kind = ClaimKind::Request { id: RequestId::generate(), lapses_at: stretch.start };
        let claim = Claim {
            kind,
            clinician_id: ClinicianId::parse(&clinician.id).expect("an id"),
            client_id: ClientId::parse(&client.id).expect("an id"),
            meeting: stretch,
            held: stretch,
        };
        write.add_claim(&claim);
        write.flush().await.expect_err("no such claim is lawful")
    }

    /// A socket whose first message has this payload.
    pub async fn socket(&self, payload: Value) -> Stream {
        Stream::connect(self.address, payload).await
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells the server to stop.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    async fn signed_in(&self, email: &str, id: String) -> Person {
        let found = self.desk.members_by_email(email).await.expect("it reads");
        let member = found.first().expect("just added");
        person(&self.tokens, &self.desk, self.address, member.practice_id, member.member_id, &id)
    }

    /// A token for a person that is good for so long.
    pub async fn token_for(&self, email: &str, ttl: Duration) -> String {
        let found = self.desk.members_by_email(email).await.expect("it reads");
        let member = found.first().expect("somebody has the address");
        self.tokens.issue(member.practice_id, member.member_id, self.clock.now(), ttl).expect("signed")
    }
}

/// An empty database of the kind that the test runs on.
fn new_database(folder: &TempDir) -> DatabaseUrl {
    let url = match Engine::current() {
        Engine::Sqlite => format!("sqlite://{}/test.db", folder.path().display()),
        Engine::Postgres => {
            let name = format!("test_{}", uuid::Uuid::now_v7().simple());
            Postgres::shared().expect("it was found").database(&name)
        }
    };
    DatabaseUrl::parse(&url).expect("an address")
}

async fn create_practice(desk: &Desk, email: &str) -> (PracticeId, MemberId) {
    let new = NewPractice {
        name: "Riverbend".to_owned(),
        time_zone: "America/New_York".to_owned(),
        admin_name: "Avery".to_owned(),
        admin_email: email.to_owned(),
    };
    desk.create_practice(new).await.expect("a new practice")
}

fn person(
    tokens: &Tokens,
    desk: &Desk,
    address: SocketAddr,
    practice: PracticeId,
    member: MemberId,
    id: &str,
) -> Person {
    let token = tokens.issue(practice, member, desk.clock().now(), Duration::days(365)).expect("signed");
    Person::new(address, Some(token), id.to_owned())
}

/// A string value's text.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string")).to_owned()
}

const CREATE_SERVICE: &str = "mutation($name: String!, $minutes: Int!) {
    createService(input: { name: $name, durationMinutes: $minutes, modality: IN_PERSON }) { service { id } errors { message } } }";
const ADD_CLINICIAN: &str = "mutation($name: String!, $email: String!) {
    addClinician(input: { displayName: $name, email: $email }) { clinician { id } errors { message } } }";
const ADD_CLIENT: &str = "mutation($name: String!, $email: String!) {
    addClient(input: { displayName: $name, email: $email }) { client { id } errors { message } } }";
/// Starts care today.
pub const START_CARE: &str = "mutation($clinician: ID!, $client: ID!) {
    startCare(input: { clinicianId: $clinician, clientId: $client }) { errors { code message } } }";
/// Moves the practice switch.
pub const SWITCH: &str = "mutation($on: Boolean!) {
    setPracticeSelfScheduling(input: { enabled: $on }) {
        practice { selfScheduling { enabled } }
        impact { cliniciansGaining { id } clientsGainingCount warnings { code } }
        errors { code } } }";
const OPEN: &str = "mutation($clinician: ID!, $service: ID!, $clients: [ID!]!) {
    setClinicianSelfScheduling(input: { clinicianIds: [$clinician], enabled: true, audience: SELECTED_CLIENTS }) { errors { message } }
    setOfferedServices(input: { clinicianId: $clinician, serviceIds: [$service] }) { errors { message } }
    setWeeklyHours(input: { clinicianId: $clinician, hours: [{ weekday: TUESDAY, opensAt: \"14:00\", closesAt: \"18:00\" }] }) { errors { message } }
    setClientAccess(input: { clinicianId: $clinician, clientIds: $clients, access: ALLOWED }) { errors { message } } }";
/// Asks for a time; its variables come from `TestPractice::asking`.
pub const REQUEST: &str =
    "mutation($clinician: ID!, $service: ID!, $startsAt: DateTime!, $key: String!, $note: String) {
    requestAppointment(input: { clinicianId: $clinician, serviceId: $service, startsAt: $startsAt, idempotencyKey: $key,
        noteToClinician: $note }) {
        appointmentRequest { id status startsAt respondBy version appointment { id } }
        alternatives { startsAt }
        errors { code field message } } }";
/// Confirms a request.
pub const CONFIRM: &str = "mutation($id: ID!) { confirmAppointmentRequest(input: { id: $id }) {
    appointmentRequest { id status version appointment { id status startsAt } } errors { code field message } } }";
/// A clinician's slots in January 2027.
pub const SLOTS: &str = "query($clinician: ID!, $service: ID!) { clinician(id: $clinician) {
    availableSlots(serviceId: $service, from: \"2027-01-01T00:00:00Z\", to: \"2027-02-01T00:00:00Z\") {
        slots { startsAt endsAt localStart modality } closedGates { gate open explanation remedy } timeZone } } }";
