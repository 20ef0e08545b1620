//! A practice to copy, and what the API says of it.

use std::sync::OnceLock;

use crate::program::{Place, Server, answer, call};

/// A practice that has been worked in.
pub struct Sample {
    pub place: Place,
    pub url: String,
    secret: String,
    pub admin: String,
    pub dana: String,
    pub casey: String,
    pub clinician: String,
    pub service: String,
}

impl Sample {
    /// The one that all tests read; nobody writes to it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Sample> = OnceLock::new();
        SHARED.get_or_init(|| {
            let (sample, server) = Self::served();
            assert!(server.stop("-TERM").0);
            sample
        })
    }

    /// One of one's own, with its server.
    pub fn served() -> (Self, Server) {
        let place = Place::new();
        let server = Server::start(&place, &["demo", "--listen", "127.0.0.1:0", "--no-console"]);
        let url = format!("sqlite://{}", place.path().join("frontdesk-demo.db").display());
        let token = |name: &str| place.ok(&["token", &format!("{name}@demo.test"), "--database-url", &url]);
        let (admin, dana, casey) = (token("admin"), token("dana"), token("casey"));
        let run = |token: &str, query: &str, path: &str| call(&place, &server.url(), token, query, path);
        let clinician = run(&dana, "{ viewer { clinician { id } } }", "viewer.clinician.id");
        let jordan = run(&token("jordan"), "{ viewer { client { id } } }", "viewer.client.id");
        let service = run(&dana, "{ practice { services { id } } }", "practice.services.1.id");
        let url_of_api = server.url();
        let act = |token: &str, query: &str| answer(&place, &url_of_api, token, query);
        act(&admin, "mutation { setPracticeSelfScheduling(input: { enabled: true }) { errors { code } } }");
        act(&dana, &open(&clinician, &service, &jordan));
        let noor = run(&admin, ADD_NOOR, "addClinician.clinician.id");
        act(&admin, &later_and_paused(&noor));
        // The keys stand in another order for a person than by their bytes.
        for key in ["a", "Z", "é"] {
            let asked = ask(&place, &url_of_api, &casey, [&clinician, &service, key]);
            if key == "a" {
                let confirm = format!(
                    "mutation {{ confirmAppointmentRequest(input: {{ id: \"{asked}\" }}) {{ errors {{ code }} }} }}"
                );
                act(&dana, &confirm);
            }
        }
        let link = ["member", "link", "dana@demo.test", "--issuer", "https://id.test", "--subject", "dana"];
        place.ok(&[&link[..], &["--database-url", &url]].concat());
        let secret = std::fs::read_to_string(place.path().join("frontdesk-demo.db.secret")).expect("it is kept there");
        (Self { place, url, secret, admin, dana, casey, clinician, service }, server)
    }

    pub fn copy(&self, from: &str, to: &str) -> String {
        self.place.ok(&["copy", "--from", from, "--to", to])
    }

    pub fn copy_fails(&self, from: &str, to: &str) -> String {
        self.place.fails(&["copy", "--from", from, "--to", to])
    }

    /// Serves a copy with the sample's own secret.
    pub fn serve(&self, database: &str) -> Server {
        let arguments =
            ["serve", "--listen", "127.0.0.1:0", "--database-url", database, "--signing-secret", &self.secret];
        Server::start(&self.place, &arguments)
    }

    /// What the API answers from a database, to tokens that were issued before any copy.
    pub fn answers(&self, database: &str) -> [String; 3] {
        let server = self.serve(database);
        let asked = [(&self.admin, EVERYTHING), (&self.admin, CLIENTS), (&self.casey, OWN_REQUESTS)];
        let answers = asked.map(|(token, query)| answer(&self.place, &server.url(), token, query));
        assert!(server.stop("-TERM").0);
        answers
    }

    /// Adds a service, which is an event of the practice too.
    pub fn add_service(&self, server: &Server, name: &str) {
        let create = format!(
            "mutation {{ createService(input: {{ name: \"{name}\", durationMinutes: 30, modality: IN_PERSON }}) {{ errors {{ code }} }} }}"
        );
        answer(&self.place, &server.url(), &self.admin, &create);
    }
}

const EVERYTHING: &str = "{ practice {
    id name timeZone latestCursor
    selfScheduling { enabled startsAt newRequestsPaused pause { pausedAt pausedBy { id } } revision }
    services { id name durationMinutes modality }
    clinicians(first: 50) { totalCount nodes { id displayName credentials timeZone active
        selfScheduling { enabled startsAt newRequestsPaused pause { pausedAt pausedBy { id } } audience bookable offeredServices { id } weeklyHours { weekday opensAt closesAt } } } }
    appointmentRequests(first: 50) { totalCount nodes { id status startsAt localStart requestedAt respondBy
        decidedAt version client { displayName } clinician { displayName } service { name } appointment { id status } } } } }";
const CLIENTS: &str = "{ practice { clients(first: 100) { totalCount nodes {
    id displayName email active selfSchedulingBlocked care { startedOn clinician { id } } } } } }";
const OWN_REQUESTS: &str =
    "{ viewer { client { id appointmentRequests(first: 50) { nodes { id status noteToClinician } } } } }";

fn open(clinician: &str, service: &str, blocked: &str) -> String {
    // Further ahead than slots are looked for, so that these are as before.
    let (on, closed) = (in_days(50), in_days(51));
    format!(
        "mutation {{
        a: setClinicianSelfScheduling(input: {{ clinicianIds: [\"{clinician}\"], enabled: true, audience: ALL_MY_CLIENTS }}) {{ errors {{ code }} }}
        b: setOfferedServices(input: {{ clinicianId: \"{clinician}\", serviceIds: [\"{service}\"] }}) {{ errors {{ code }} }}
        c: setWeeklyHours(input: {{ clinicianId: \"{clinician}\", hours: [{{ weekday: TUESDAY, opensAt: \"14:00\", closesAt: \"18:00\" }}] }}) {{ errors {{ code }} }}
        e: setDateException(input: {{ clinicianId: \"{clinician}\", on: \"{on}\", windows: [
            {{ opensAt: \"09:00\", closesAt: \"12:00\", serviceIds: [\"{service}\"], modality: EITHER }}, {{ opensAt: \"22:00\", closesAt: \"01:00\", closesNextDay: true }}] }}) {{ errors {{ code }} }}
        f: setDateException(input: {{ clinicianId: \"{clinician}\", on: \"{closed}\", windows: [] }}) {{ errors {{ code }} }}
        g: blockTime(input: {{ clinicianId: \"{clinician}\", startsAt: \"{on}T14:00:00Z\", endsAt: \"{closed}T14:00:00Z\" }}) {{ errors {{ code }} }}
        d: setClientAccess(input: {{ clinicianId: \"{clinician}\", clientIds: [\"{blocked}\"], access: BLOCKED }}) {{ errors {{ code }} }} }}"
    )
}

const ADD_NOOR: &str =
    "mutation { addClinician(input: { displayName: \"Noor\", email: \"noor@demo.test\" }) { clinician { id } } }";

/// Opts a clinician in for later, and pauses new requests to them.
fn later_and_paused(clinician: &str) -> String {
    let start = in_days(90);
    format!(
        "mutation {{
        a: setClinicianSelfScheduling(input: {{ clinicianIds: [\"{clinician}\"], enabled: true, audience: ALL_MY_CLIENTS,
            startsAt: \"{start}T14:00:00Z\" }}) {{ errors {{ code }} }}
        b: pauseNewRequests(input: {{ clinicianId: \"{clinician}\", paused: true }}) {{ errors {{ code }} }} }}"
    )
}

fn in_days(days: i64) -> chrono::NaiveDate {
    chrono::Utc::now().date_naive() + chrono::Duration::days(days)
}

fn slots(clinician: &str, service: &str) -> String {
    let now = chrono::Utc::now();
    let (from, to) = (now.to_rfc3339(), (now + chrono::Duration::days(30)).to_rfc3339());
    format!(
        "{{ clinician(id: \"{clinician}\") {{ availableSlots(serviceId: \"{service}\", from: \"{from}\", to: \"{to}\") {{ slots {{ startsAt }} }} }} }}"
    )
}

/// Asks for the first time that is free; answers the request's id.
pub fn ask(place: &Place, url: &str, casey: &str, [clinician, service, key]: [&str; 3]) -> String {
    let start = call(place, url, casey, &slots(clinician, service), "clinician.availableSlots.slots.0.startsAt");
    call(place, url, casey, &request(clinician, service, &start, key), "requestAppointment.appointmentRequest.id")
}

fn request(clinician: &str, service: &str, start: &str, key: &str) -> String {
    format!(
        "mutation {{ requestAppointment(input: {{ clinicianId: \"{clinician}\", serviceId: \"{service}\", startsAt: \"{start}\",
            idempotencyKey: \"{key}\", noteToClinician: \"Über “die” Zeit 🕐\" }}) {{ appointmentRequest {{ id }} errors {{ message }} }} }}"
    )
}
