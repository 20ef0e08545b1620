//! The work of a run: clients ask and withdraw, clinicians and the admin answer, often at once, and each notes what they
//! are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::chance::Chance;
use crate::door::{Doors, Person};
use crate::practice::Practice;
use crate::record::{Record, text};

/// What everybody of a run shares.
#[derive(Clone)]
pub struct Office {
    pub practice: Arc<Practice>,
    pub doors: Doors,
    pub record: Arc<Record>,
    pub is_closing: Arc<AtomicBool>,
}

/// A request that waits for an answer: its id, and the place of who is to answer it.
pub type Waiting = (String, usize);

impl Office {
    /// Who follows what happens: the admin, all clinicians, and those clients who ask last.
    pub fn watching(&self) -> Vec<Person> {
        let clients = self.practice.clients.iter().map(|client| &client.person).take(self.practice.clinicians.len());
        std::iter::once(&self.practice.admin).chain(&self.practice.clinicians).chain(clients).cloned().collect()
    }

    /// One client, until the office closes.
    pub async fn ask(self, client: usize, mut chance: Chance, waiting: mpsc::Sender<Waiting>) {
        let client = &self.practice.clients[client];
        let mut asked = Vec::new();
        while !self.is_closing.load(Ordering::Relaxed) {
            let (clinician, wish) = self.practice.wish(&mut chance, client);
            let made = self.request(&mut chance, &client.person, &wish).await;
            match made {
                Ok(request) => {
                    // Where the list is full, it goes unanswered.
                    let _ = waiting.try_send((request.clone(), clinician));
                    asked.push(request);
                }
                // So many wait that they must take some back.
                Err(code) if code == "LIMIT_REACHED" => {
                    for request in asked.drain(..) {
                        self.decide(&mut chance, &client.person, WITHDRAW, &request).await;
                    }
                }
                Err(_) => {}
            }
            if chance.one_in(4)
                && let Some(request) = asked.pop()
            {
                self.decide(&mut chance, &client.person, WITHDRAW, &request).await;
            }
        }
    }

    /// Asks for a time, now and then twice at once with one key. Answers the request's id, else the refusal's code.
    pub async fn request(&self, chance: &mut Chance, client: &Person, wish: &Value) -> Result<String, String> {
        if !chance.one_in(4) {
            return self.request_once(chance, client, wish).await;
        }
        let mut twins_chance = chance.fork();
        let (one, other) =
            tokio::join!(self.request_once(chance, client, wish), self.request_once(&mut twins_chance, client, wish));
        if let (Ok(one), Ok(other)) = (&one, &other)
            && one != other
        {
            self.record.fault(format!("one key made two requests: {one} and {other}"));
        }
        one.or(other)
    }

    async fn request_once(&self, chance: &mut Chance, client: &Person, wish: &Value) -> Result<String, String> {
        let (mut data, unanswered) = self.doors.run(chance, client, REQUEST, wish.clone()).await;
        let payload = data["requestAppointment"].take();
        if let Some(code) = payload["errors"][0]["code"].as_str() {
            let mut notes = self.record.notes();
            *notes.requests_refused.entry(code.to_owned()).or_default() += 1;
            notes.unanswered_then_refused += usize::from(unanswered > 0);
            if !matches!(code, "SLOT_TAKEN" | "CLIENT_ALREADY_BOOKED" | "LIMIT_REACHED") {
                notes.faults.push(format!("refused for no good reason: {payload}"));
            }
            return Err(code.to_owned());
        }
        if payload["appointmentRequest"].is_null() {
            return Err("NO_ANSWER".to_owned());
        }
        self.record.told(&payload["appointmentRequest"]);
        self.record.notes().requests_acknowledged += 1;
        Ok(text(&payload["appointmentRequest"]["id"]))
    }

    /// Answers requests, until nobody is left who could ask.
    pub async fn answer(self, mut chance: Chance, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
        loop {
            let next = waiting.lock().await.recv().await;
            let Some((request, clinician)) = next else { return };
            let clinician = &self.practice.clinicians[clinician];
            match chance.below(6) {
                0 | 1 => drop(self.decide(&mut chance, clinician, CONFIRM, &request).await),
                2 | 3 => drop(self.decide(&mut chance, clinician, DECLINE, &request).await),
                4 => self.race(&mut chance, clinician, &request).await,
                _ => {}
            }
        }
    }

    /// Two answers at once: at most one wins, and none where the client was quicker.
    async fn race(&self, chance: &mut Chance, clinician: &Person, request: &str) {
        let mut admins_chance = chance.fork();
        let (confirmed, declined) = tokio::join!(
            self.decide(chance, clinician, CONFIRM, request),
            self.decide(&mut admins_chance, &self.practice.admin, DECLINE, request)
        );
        if (confirmed, declined) == (Some(true), Some(true)) {
            self.record.fault(format!("{request} was both confirmed and declined"));
        }
    }

    /// Decides a request. True where the decision holds, false where another came before it.
    async fn decide(&self, chance: &mut Chance, person: &Person, mutation: &str, request: &str) -> Option<bool> {
        let (mut data, _) = self.doors.run(chance, person, mutation, json!({ "id": request })).await;
        let payload = data["decided"].take();
        if payload["appointmentRequest"].is_null() {
            self.record.fault(format!("an answer to {request} without the request: {payload}"));
            return None;
        }
        self.record.told(&payload["appointmentRequest"]);
        self.record.notes().decisions_acknowledged += 1;
        Some(payload["errors"] == json!([]))
    }

    /// The last requests of a run, one to each clinician from a client of theirs, each behind everything that came before.
    /// Answers whose last event that is for each of them, and for the admin: person and request.
    pub async fn close(&self, chance: &mut Chance) -> Vec<(Person, String)> {
        let places = 0..self.practice.clinicians.len();
        for client in &self.practice.clients[places.clone()] {
            // Room under the limit of what may wait.
            let (data, _) = self.doors.run(chance, &client.person, PENDING, json!({})).await;
            for node in data["viewer"]["client"]["appointmentRequests"]["nodes"].as_array().expect("nodes") {
                self.decide(chance, &client.person, WITHDRAW, &text(&node["id"])).await;
            }
        }
        let mut last = Vec::new();
        for place in places {
            let client = &self.practice.clients[place].person;
            let made = self.request_once(chance, client, &self.practice.last_wish(place)).await;
            let request = made.unwrap_or_else(|code| panic!("the last request was refused: {code}"));
            last.push((self.practice.clinicians[place].clone(), request.clone()));
            last.push((client.clone(), request));
        }
        let admins = last[last.len() - 1].1.clone();
        last.push((self.practice.admin.clone(), admins));
        last
    }
}

const REQUEST: &str = "mutation($clinician: ID!, $service: ID!, $startsAt: DateTime!, $key: String!) {
    requestAppointment(input: { clinicianId: $clinician, serviceId: $service, startsAt: $startsAt, idempotencyKey: $key }) {
        appointmentRequest { id status version } errors { code message } } }";
const CONFIRM: &str = "mutation($id: ID!) { decided: confirmAppointmentRequest(input: { id: $id }) {
    appointmentRequest { id status version } errors { code } } }";
const DECLINE: &str = "mutation($id: ID!) { decided: declineAppointmentRequest(input: { id: $id, reason: OTHER }) {
    appointmentRequest { id status version } errors { code } } }";
const WITHDRAW: &str = "mutation($id: ID!) { decided: withdrawAppointmentRequest(input: { id: $id }) {
    appointmentRequest { id status version } errors { code } } }";
const PENDING: &str = "{ viewer { client { appointmentRequests(filter: { status: [PENDING] }) { nodes { id } } } } }";
