//! Another practice in the same database, with one of everything.

use serde_json::{Value, json};

use super::{CONFIRM, OPEN, Person, REQUEST, START_CARE, SWITCH, TestPractice, text};

/// Another practice, in full swing: a clinician who can be booked, a client, a request, and an appointment.
pub struct Elsewhere {
    pub admin: Person,
    pub clinician: Person,
    pub client: Person,
    pub practice_id: String,
    pub service_id: String,
    /// One that waits for an answer.
    pub request_id: String,
    pub appointment_id: String,
}

impl Elsewhere {
    /// Every id of the practice that a node can have.
    pub fn node_ids(&self) -> [&str; 6] {
        [
            &self.practice_id,
            &self.clinician.id,
            &self.client.id,
            &self.service_id,
            &self.request_id,
            &self.appointment_id,
        ]
    }
}

impl TestPractice {
    /// Makes another practice in the same database.
    pub async fn elsewhere(&self) -> Elsewhere {
        let admin = self.admin_elsewhere().await;
        let practice = admin.run("{ practice { id } }", json!({})).await;
        let input = json!({ "name": "Consultation", "durationMinutes": 50, "modality": "IN_PERSON" });
        let service = text(&admin.done("createService", "service { id }", input).await["service"]["id"]);
        let input = json!({ "displayName": "Eli", "email": "eli@elsewhere.test" });
        let eli = text(&admin.done("addClinician", "clinician { id }", input).await["clinician"]["id"]);
        let input = json!({ "displayName": "Noa", "email": "noa@elsewhere.test" });
        let noa = text(&admin.done("addClient", "client { id }", input).await["client"]["id"]);
        admin.run(START_CARE, json!({ "clinician": eli, "client": noa })).await;
        admin.run(SWITCH, json!({ "on": true })).await;
        let clinician = self.by_email("eli@elsewhere.test", eli).await;
        let client = self.by_email("noa@elsewhere.test", noa).await;
        clinician.run(OPEN, json!({ "clinician": clinician.id, "service": service, "clients": [client.id] })).await;
        let ask = |starts_at: &str| json!({ "clinician": clinician.id, "service": service, "startsAt": starts_at, "key": starts_at });
        let waiting = requested(&client, ask("2027-01-12T20:00:00Z")).await;
        let booked = requested(&client, ask("2027-01-19T20:00:00Z")).await;
        let confirmed = clinician.run(CONFIRM, json!({ "id": booked })).await["confirmAppointmentRequest"].take();
        let appointment = &confirmed["appointmentRequest"]["appointment"]["id"];
        Elsewhere {
            practice_id: text(&practice["practice"]["id"]),
            service_id: service,
            request_id: waiting,
            appointment_id: text(appointment),
            admin,
            clinician,
            client,
        }
    }

    async fn by_email(&self, email: &str, id: String) -> Person {
        let token = self.token_for(email, chrono::Duration::days(365)).await;
        let mut person = self.bearer(&token);
        person.id = id;
        person
    }
}

async fn requested(client: &Person, asked: Value) -> String {
    let payload = client.run(REQUEST, asked).await["requestAppointment"].take();
    assert_eq!(payload["errors"], json!([]));
    text(&payload["appointmentRequest"]["id"])
}
