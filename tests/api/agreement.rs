//! List and write agree: at one instant, a slot is never offered that a request would be refused, and never hidden that one
//! would be granted. Random practices, through the door, on both stores.
//!
//! Each practice comes from a seed, which a failure names. More of them: `FRONTDESK_AGREEMENT_SEEDS=100..200 cargo test
//! --test api agreement`.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::support::{CONFIRM, Chance, Person, REQUEST, SLOTS, TestPractice, at, text};

/// Which random practices are looked at, unless the environment says others.
const SEEDS: std::ops::Range<u64> = 0..20;

/// A few days before clocks change, in the order in which the test lives through them: it cannot go back.
const PLACES: [(&str, &str); 10] = [
    ("2027-03-11T15:00:00Z", "America/New_York"),
    ("2027-03-25T10:00:00Z", "Europe/London"),
    ("2027-04-01T02:30:00Z", "Australia/Lord_Howe"),
    ("2027-04-27T20:00:00Z", "Africa/Cairo"),
    ("2027-06-01T11:11:11.111Z", "America/Sao_Paulo"),
    ("2027-09-07T18:14:00Z", "Asia/Kathmandu"),
    ("2027-09-30T12:00:00Z", "Australia/Lord_Howe"),
    ("2027-10-26T22:00:00Z", "Africa/Cairo"),
    ("2027-11-02T04:59:59Z", "America/New_York"),
    ("2027-12-29T09:59:00Z", "Pacific/Apia"),
];

const LIST: &str =
    "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) { clinician(id: $clinician) {
    availableSlots(serviceId: $service, from: $from, to: $to) { slots { startsAt modality } closedGates { gate } } } }";
const WEEKDAYS: [&str; 7] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
const WAYS: [&str; 2] = ["IN_PERSON", "TELEHEALTH"];

/// One start, met in one way.
type Start = (DateTime<Utc>, &'static str);

/// A random clinician of the practice, their client, and what is asked.
struct Scene<'a> {
    practice: &'a TestPractice,
    seed: u64,
    chance: Chance,
    clinician: Person,
    colleague: Person,
    client: Person,
    other: Person,
    service: String,
    modality: &'static str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl<'a> Scene<'a> {
    async fn set(practice: &'a TestPractice, seed: u64, place: (&str, &str)) -> Self {
        let mut chance = Chance::seeded("agreement", seed);
        practice.clock.set(at(place.0));
        let clinician = practice.clinician_in(&format!("dana{seed}"), place.1).await;
        let colleague = practice.clinician_in(&format!("ida{seed}"), "Europe/London").await;
        let client = practice.client(&format!("casey{seed}"), &[&colleague]).await;
        let other = practice.client(&format!("robin{seed}"), &[&clinician]).await;
        if !chance.one_in(12) {
            let care = json!({ "clinicianId": clinician.id, "clientId": client.id });
            practice.admin.done("startCare", "", care).await;
        }
        let modality = *chance.pick(&["IN_PERSON", "EITHER", "TELEHEALTH"]);
        let confirmation = *chance.pick(&["CLINICIAN_CONFIRMS", "CLINICIAN_CONFIRMS", "AUTOMATIC"]);
        let minutes = *chance.pick(&[50, 15, 30, 45, 90]);
        let service = json!({ "name": format!("Service {seed}"), "durationMinutes": minutes, "modality": modality,
            "confirmation": confirmation });
        let made = practice.admin.done("createService", "service { id }", service).await;
        let service = text(&made["service"]["id"]);
        let from = practice.clock.now() + Duration::minutes(chance.below(1_500) as i64 - 300);
        let to = from + Duration::minutes(3 * 1_440 + chance.below(10 * 1_440) as i64);
        let mut scene =
            Self { practice, seed, chance, clinician, colleague, client, other, service, modality, from, to };
        scene.settle().await;
        scene.except().await;
        scene.fill().await;
        scene
    }

    /// Hours, offered services, audience and rules; now and then a gate stays closed.
    async fn settle(&mut self) {
        for person in [self.clinician.clone(), self.colleague.clone()] {
            let is_closed = person.id == self.clinician.id && self.chance.one_in(12);
            let services = if is_closed { json!([]) } else { json!([self.service]) };
            person.done("setOfferedServices", "", json!({ "clinicianId": person.id, "serviceIds": services })).await;
            let hours = Value::Array((0..4 + self.chance.below(6)).map(|_| self.window()).collect());
            person.done("setWeeklyHours", "", json!({ "clinicianId": person.id, "hours": hours })).await;
            let audience = if self.chance.one_in(8) { "SELECTED_CLIENTS" } else { "ALL_MY_CLIENTS" };
            let opt_in = json!({ "clinicianIds": [person.id], "enabled": true, "audience": audience });
            person.done("setClinicianSelfScheduling", "", opt_in).await;
        }
        if self.chance.one_in(6) {
            let word = *self.chance.pick(&["ALLOWED", "BLOCKED"]);
            let access = json!({ "clinicianId": self.clinician.id, "clientIds": [self.client.id], "access": word });
            self.practice.admin.done("setClientAccess", "", access).await;
        }
        for of in [json!({ "clinicianId": self.clinician.id }), json!({ "serviceId": self.service })] {
            let rules = self.rules(of);
            self.practice.admin.done("setBookingRules", "", rules).await;
        }
    }

    /// Some dates have hours of their own, or none; some time is blocked, unless a meeting is in the way.
    async fn except(&mut self) {
        let id = self.clinician.id.clone();
        for _ in 0..self.chance.below(4) {
            let on = (self.from + Duration::days(1 + self.chance.below(9) as i64)).date_naive().to_string();
            let mut windows: Vec<_> = (0..self.chance.below(3)).map(|_| self.window()).collect();
            for window in &mut windows {
                window.as_object_mut().expect("a window").remove("weekday");
            }
            let set = json!({ "clinicianId": id, "on": on, "windows": windows });
            self.clinician.done("setDateException", "", set).await;
        }
        for _ in 0..self.chance.below(3) {
            let start = self.from + Duration::minutes(self.chance.below(6 * 1_440) as i64 + 300);
            let end = start + Duration::minutes(15 + self.chance.below(600) as i64);
            let block = json!({ "clinicianId": id, "startsAt": written(start), "endsAt": written(end) });
            self.clinician.call("blockTime", "", block).await;
        }
    }

    /// Mostly around midday of some day, now and then at night, where clocks change.
    fn window(&mut self) -> Value {
        let opens = if self.chance.one_in(3) { self.chance.below(16) * 15 } else { 420 + self.chance.below(40) * 15 };
        let closes = opens + 60 + self.chance.below(40) * 15;
        let time = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
        let (closes, is_next_day) = if closes > 1_440 { (closes - 1_440, true) } else { (closes, false) };
        let modality = if self.chance.one_in(4) { json!(*self.chance.pick(&WAYS)) } else { json!(null) };
        let weekday = *self.chance.pick(&WEEKDAYS);
        json!({ "weekday": weekday, "opensAt": time(opens), "closesAt": time(closes), "closesNextDay": is_next_day,
            "modality": modality })
    }

    fn rules(&mut self, of: Value) -> Value {
        let mut rules = of;
        let choices: [(&str, &[i64]); 8] = [
            ("slotIntervalMinutes", &[30, 15, 20, 50]),
            ("bufferBeforeMinutes", &[0, 10, 60]),
            ("bufferAfterMinutes", &[0, 5, 45]),
            ("minimumNoticeMinutes", &[0, 60, 1_440]),
            ("bookingHorizonDays", &[60, 9, 5]),
            ("maxPerDay", &[1, 2, 5]),
            ("maxPerWeek", &[2, 5, 9]),
            ("maxPendingPerClient", &[2, 4, 9]),
        ];
        for (name, values) in choices {
            if self.chance.one_in(5) {
                rules[name] = json!(*self.chance.pick(values));
            }
        }
        rules
    }

    /// Others hold some of the clinician's time, and the client has a meeting with a colleague; some is answered.
    async fn fill(&mut self) {
        let all = (self.client.clone(), self.colleague.clone());
        for (client, clinician) in [(self.other.clone(), self.clinician.clone()), all] {
            for _ in 0..self.chance.below(3) + 1 {
                let listed = self.listed(&client, &clinician).await;
                if listed.is_empty() {
                    break;
                }
                let start = *self.chance.pick(&listed);
                let request = self.granted(&client, &clinician, start).await;
                assert!(request.is_some(), "seed {}: {start:?} is listed and was refused", self.seed);
                if self.chance.one_in(2) {
                    clinician.run(CONFIRM, json!({ "id": request })).await;
                }
            }
        }
        if self.chance.one_in(3) {
            // Some requests are overdue then.
            self.practice.clock.set(self.practice.clock.now() + Duration::hours(self.chance.below(96) as i64));
        }
        if self.chance.one_in(15) {
            let lock = json!({ "clinicianIds": [self.clinician.id], "locked": true, "reason": "On leave" });
            self.practice.admin.done("lockClinicianSelfScheduling", "", lock).await;
        }
    }

    /// The practice or the clinician waits for a start, or has paused new requests; answers how that ends.
    async fn hold_back(&mut self) -> Held {
        let (admin, id) = (&self.practice.admin, self.clinician.id.clone());
        let of = if self.chance.one_in(2) { Some(id.clone()) } else { None };
        if self.chance.one_in(2) {
            let pause = json!({ "clinicianId": of, "paused": true });
            admin.done("pauseNewRequests", "", pause.clone()).await;
            return Held::Paused(pause);
        }
        let start = self.practice.clock.now() + Duration::milliseconds(1 + self.chance.below(7_200_000) as i64);
        let (name, mut input) = match of {
            Some(id) => ("setClinicianSelfScheduling", json!({ "clinicianIds": [id] })),
            None => ("setPracticeSelfScheduling", json!({})),
        };
        input["enabled"] = json!(false);
        admin.done(name, "", input.clone()).await;
        (input["enabled"], input["startsAt"]) = (json!(true), json!(written(start)));
        admin.done(name, "", input).await;
        Held::Until(start)
    }

    /// The list and the write agree while somebody is held back, which closes everything, and once that is over.
    async fn agrees_held_back(&mut self, tally: &mut Tally) {
        let held = self.hold_back().await;
        if let Held::Until(start) = held {
            self.practice.clock.set(start - Duration::milliseconds(1));
        }
        assert!(self.listed(&self.client, &self.clinician).await.is_empty(), "seed {}", self.seed);
        self.agrees(tally).await;
        match held {
            Held::Until(start) => self.practice.clock.set(start),
            Held::Paused(mut pause) => {
                pause["paused"] = json!(false);
                self.practice.admin.done("pauseNewRequests", "", pause).await;
            }
        }
        self.agrees(tally).await;
    }

    /// What a client is offered now.
    async fn listed(&self, client: &Person, clinician: &Person) -> Vec<Start> {
        let range = json!({ "clinician": clinician.id, "service": self.service, "from": written(self.from), "to": written(self.to) });
        let found = client.run(LIST, range).await["clinician"]["availableSlots"].take();
        let slots = found["slots"].as_array().expect("slots");
        assert!(slots.is_empty() || found["closedGates"] == json!([]), "seed {}: {found}", self.seed);
        let starts = slots.iter().flat_map(|slot| {
            let start = at(&text(&slot["startsAt"]));
            let ways = WAYS.into_iter().filter(|way| slot["modality"] == "EITHER" || slot["modality"] == *way);
            ways.map(move |way| (start, way)).collect::<Vec<_>>()
        });
        starts.collect()
    }

    /// Asks for a start; answers the request's id, where it was granted.
    async fn granted(&self, client: &Person, clinician: &Person, (start, way): Start) -> Option<String> {
        let key = uuid::Uuid::now_v7().to_string();
        let input = json!({ "clinicianId": clinician.id, "serviceId": self.service, "startsAt": written(start),
            "modality": way, "idempotencyKey": key });
        let answer = client.call("requestAppointment", "appointmentRequest { id }", input).await;
        let id = answer["appointmentRequest"]["id"].as_str().map(str::to_owned);
        assert_eq!(id.is_some(), answer["errors"] == json!([]), "granted or refused: {answer}");
        id
    }

    /// Starts to try: of those that are listed, beside them, and anywhere in the range or just outside it.
    fn candidates(&mut self, listed: &[Start]) -> Vec<Start> {
        let ways: Vec<_> = WAYS.into_iter().filter(|way| self.modality == "EITHER" || self.modality == *way).collect();
        let mut candidates = Vec::new();
        for _ in 0..10 {
            if !listed.is_empty() {
                let (start, way) = *self.chance.pick(listed);
                let beside = *self.chance.pick(&[5i64, -15, 30, 50, 60, -60, 240]);
                candidates.push((start, way));
                candidates.push((start + Duration::minutes(beside), *self.chance.pick(&ways)));
            }
            let minutes = (self.to - self.from).num_minutes() as usize;
            let quarter = (self.from.timestamp() / 900 + 1) * 900 + self.chance.below(minutes / 15 + 1) as i64 * 900;
            let start = DateTime::from_timestamp(quarter, 0).expect("an instant");
            candidates.push((start, *self.chance.pick(&ways)));
        }
        candidates.retain(|(start, _)| self.from <= *start && *start < self.to);
        candidates
    }

    /// Tries them one after the other at one instant, each against the list as it stands then.
    async fn agrees(&mut self, tally: &mut Tally) {
        let mut listed = self.listed(&self.client, &self.clinician).await;
        for start in self.candidates(&listed) {
            let granted = self.granted(&self.client, &self.clinician, start).await;
            assert_eq!(
                granted.is_some(),
                listed.contains(&start),
                "seed {}, {start:?}, now {}: listed, or granted, and not the other",
                self.seed,
                self.practice.clock.now()
            );
            let Some(request) = granted else {
                tally.refused += 1;
                continue;
            };
            tally.granted += 1;
            let before = std::mem::take(&mut listed);
            let withdraw = json!({ "id": request });
            let shown = "appointmentRequest { status }";
            // What was confirmed at once stays, and so does now and then another: the list is shorter from then on.
            let is_withdrawn = !self.chance.one_in(4)
                && self.client.call("withdrawAppointmentRequest", shown, withdraw).await["errors"] == json!([]);
            listed = self.listed(&self.client, &self.clinician).await;
            assert!(!is_withdrawn || listed == before, "seed {}: what is withdrawn is free again", self.seed);
            assert!(is_withdrawn || !listed.contains(&start), "seed {}: what is taken is hidden", self.seed);
        }
    }
}

/// What holds somebody back.
enum Held {
    Until(DateTime<Utc>),
    /// The pause's input.
    Paused(Value),
}

/// What was tried.
#[derive(Default, Debug)]
struct Tally {
    granted: u32,
    refused: u32,
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("FRONTDESK_AGREEMENT_SEEDS") else { return SEEDS };
    let (from, until) = asked.split_once("..").expect("FRONTDESK_AGREEMENT_SEEDS is FROM..UNTIL");
    from.parse().expect("a number")..until.parse().expect("a number")
}

async fn a_slot_is_listed_exactly_when_the_request_for_it_is_granted() {
    let mut tally = Tally::default();
    let seeds: Vec<_> = seeds().collect();
    // The clock goes forward only, so each place's seeds come together.
    let practice = TestPractice::begin().await;
    practice.admin.done("setPracticeSelfScheduling", "", json!({ "enabled": true })).await;
    for (place, of) in PLACES.iter().enumerate() {
        for seed in seeds.iter().filter(|seed| **seed % PLACES.len() as u64 == place as u64) {
            let mut scene = Scene::set(&practice, *seed, *of).await;
            if seed % 2 == 0 {
                scene.agrees_held_back(&mut tally).await;
            } else {
                scene.agrees(&mut tally).await;
            }
        }
    }
    println!("seeds {seeds:?}: {tally:?}");
    let enough = seeds.len() as u32;
    assert!(tally.granted >= enough && tally.refused >= enough, "too little was tried: {tally:?}");
}

async fn a_full_day_and_a_full_week_are_free_again_when_a_request_is_declined_withdrawn_or_expires() {
    for rule in ["maxPerDay", "maxPerWeek"] {
        let practice = TestPractice::begin().await;
        let (dana, casey) = practice.open_practice().await;
        let jordan = practice.client("Jordan", &[&dana]).await;
        practice.open(&dana, &[&casey, &jordan]).await;
        let mut rules = json!({ "clinicianId": dana.id });
        rules[rule] = json!(1);
        dana.done("setBookingRules", "", rules).await;
        let ids = json!({ "clinician": dana.id, "service": practice.service_id });
        let tuesday = async || {
            let found = jordan.run(SLOTS, ids.clone()).await;
            let slots = found["clinician"]["availableSlots"]["slots"].as_array().expect("slots").clone();
            slots.iter().filter(|slot| text(&slot["startsAt"]).starts_with("2027-01-12")).count()
        };
        let ask = async |client: &Person, start: &str| {
            client.run(REQUEST, practice.asking(&dana, start)).await["requestAppointment"].take()
        };
        let free = tuesday().await;
        for end in ["declineAppointmentRequest", "withdrawAppointmentRequest", "expiry"] {
            let made = ask(&casey, "2027-01-12T19:00:00Z").await;
            let id = made["appointmentRequest"]["id"].clone();
            let refused = ask(&jordan, "2027-01-12T20:00:00Z").await;
            assert_eq!((tuesday().await, &refused["errors"][0]["code"]), (0, &json!("LIMIT_REACHED")), "{rule} {end}");
            match end {
                "expiry" => practice.clock.set(at(&text(&made["appointmentRequest"]["respondBy"]))),
                "declineAppointmentRequest" => {
                    dana.done(end, "", json!({ "id": id, "reason": "TIME_NOT_POSSIBLE" })).await;
                }
                _ => drop(casey.done(end, "", json!({ "id": id })).await),
            }
            assert_eq!(tuesday().await, free, "{rule} {end}: every start is listed again");
            let granted = ask(&jordan, "2027-01-12T20:00:00Z").await;
            assert_eq!(granted["errors"], json!([]), "{rule} {end}: and granted");
            let id = json!({ "id": granted["appointmentRequest"]["id"] });
            jordan.done("withdrawAppointmentRequest", "", id).await;
        }
    }
}

crate::support::tests!(
    a_slot_is_listed_exactly_when_the_request_for_it_is_granted,
    a_full_day_and_a_full_week_are_free_again_when_a_request_is_declined_withdrawn_or_expires,
);
