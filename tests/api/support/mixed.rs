//! A practice as it may have grown: whatever can be set is set at random, from a seed that is printed.

use serde_json::{Value, json};

use super::{CONFIRM, Person, TestPractice, text};

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and good enough to choose by.
pub struct Chance(u64);

impl Chance {
    /// From a seed, which is printed: the same choices can be made again.
    pub fn seeded(what: &str, seed: u64) -> Self {
        println!("{what}: seed {seed}");
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }
}

/// The practice and everybody in it.
pub struct Mixed {
    pub practice: TestPractice,
    pub clinicians: Vec<Person>,
    pub clients: Vec<Person>,
    /// In person, by telehealth, and either way.
    pub services: Vec<String>,
}

/// A pause of the practice, and one of each clinician.
fn mixed_pauses(clinicians: &[Person]) -> Vec<Value> {
    let theirs = clinicians.iter().map(|clinician| json!({ "clinicianId": clinician.id, "paused": true }));
    theirs.chain([json!({ "paused": true })]).collect()
}

/// Sixty days and a half: the booking horizon of a new practice, from the tests' Monday on.
const SLOTS: &str = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) {
    clinician(id: $clinician) { availableSlots(serviceId: $service, from: $from, to: $to) { slots { startsAt modality } } } }";

impl Mixed {
    /// Two clinicians, three clients and three services; `closed` says how seldom a thing is shut, once in so many.
    pub async fn grown(chance: &mut Chance, closed: usize) -> Self {
        let practice = TestPractice::begin().await;
        let mut services = vec![practice.service_id.clone()];
        for (name, minutes, modality) in [("Check-in", 25, "TELEHEALTH"), ("Intake", 90, "EITHER")] {
            let input = json!({ "name": name, "durationMinutes": minutes, "modality": modality });
            services.push(text(&practice.admin.done("createService", "service { id }", input).await["service"]["id"]));
        }
        let clinicians = vec![practice.clinician("Dana").await, practice.clinician("Ida").await];
        let mut clients = Vec::new();
        for name in ["Casey", "Jordan", "Robin"] {
            clients.push(practice.client(name, &[]).await);
        }
        let mixed = Self { practice, clinicians, clients, services };
        for clinician in &mixed.clinicians {
            mixed.set_up(clinician, chance, closed).await;
            for client in &mixed.clients {
                mixed.relate(clinician, client, chance, closed).await;
            }
        }
        let admin = &mixed.practice.admin;
        admin.done("setPracticeSelfScheduling", "", json!({ "enabled": !chance.one_in(closed) })).await;
        mixed.ask_here_and_there(chance).await;
        mixed.shut_down(chance, closed).await;
        mixed
    }

    async fn set_up(&self, clinician: &Person, chance: &mut Chance, closed: usize) {
        let admin = &self.practice.admin;
        if !chance.one_in(closed) {
            let audience = chance.pick(&["ALL_MY_CLIENTS", "SELECTED_CLIENTS"]);
            let input = json!({ "clinicianIds": [clinician.id], "enabled": true, "audience": audience });
            admin.done("setClinicianSelfScheduling", "", input).await;
            if chance.one_in(closed) {
                let input = json!({ "clinicianIds": [clinician.id], "enabled": false });
                clinician.done("setClinicianSelfScheduling", "", input).await;
            }
        }
        let offered: Vec<_> = self.services.iter().filter(|_| !chance.one_in(closed)).collect();
        clinician.done("setOfferedServices", "", json!({ "clinicianId": clinician.id, "serviceIds": offered })).await;
        let windows: Vec<_> = (0..chance.below(4)).map(|_| self.window(chance)).collect();
        clinician.done("setWeeklyHours", "", json!({ "clinicianId": clinician.id, "hours": windows })).await;
        self.vary(clinician, chance).await;
    }

    /// Now and then rules of their own, dates on which other hours hold or none, and time that is blocked.
    async fn vary(&self, clinician: &Person, chance: &mut Chance) {
        if chance.one_in(3) {
            let rules = json!({ "clinicianId": clinician.id, "maxPerDay": 1 + chance.below(2),
                "maxPerWeek": 2 + chance.below(3), "bufferAfterMinutes": chance.pick(&[0, 10]) });
            clinician.done("setBookingRules", "", rules).await;
        }
        let day = |chance: &mut Chance| chrono::Duration::days(i64::try_from(2 + chance.below(40)).expect("few"));
        for _ in 0..chance.below(5) {
            let on = (self.practice.clock.now() + day(chance)).date_naive().to_string();
            let mut windows: Vec<_> = (0..chance.below(3)).map(|_| self.window(chance)).collect();
            windows.iter_mut().filter_map(Value::as_object_mut).for_each(|window| {
                window.remove("weekday");
            });
            let input = json!({ "clinicianId": clinician.id, "on": on, "windows": windows });
            clinician.done("setDateException", "", input).await;
        }
        if chance.one_in(3) {
            let from = self.practice.clock.now() + day(chance);
            let until = from + chrono::Duration::days(2);
            let input =
                json!({ "clinicianId": clinician.id, "startsAt": from.to_rfc3339(), "endsAt": until.to_rfc3339() });
            clinician.done("blockTime", "", input).await;
        }
    }

    fn window(&self, chance: &mut Chance) -> Value {
        let (day, opens) = (*chance.pick(&["MONDAY", "TUESDAY", "FRIDAY"]), 8 + chance.below(10));
        let closes = opens + 1 + chance.below(4);
        let kept_to = chance.one_in(4).then(|| vec![chance.pick(&self.services)]);
        let modality = chance.one_in(4).then(|| *chance.pick(&["IN_PERSON", "TELEHEALTH"]));
        json!({ "weekday": day, "opensAt": format!("{opens:02}:{}", chance.pick(&["00", "10", "30"])),
            "closesAt": format!("{closes:02}:{}", chance.pick(&["30", "45"])), "serviceIds": kept_to, "modality": modality })
    }

    async fn relate(&self, clinician: &Person, client: &Person, chance: &mut Chance, closed: usize) {
        let admin = &self.practice.admin;
        let pair = json!({ "clinicianId": clinician.id, "clientId": client.id });
        let with = |field: &str, date: &str| {
            let mut input = pair.clone();
            input[field] = json!(date);
            input
        };
        match chance.below(closed * 2) {
            0 => {}
            1 => {
                admin.done("startCare", "", with("startsOn", "2026-12-01")).await;
                admin.done("endCare", "", with("endsOn", "2027-01-02")).await;
                if chance.one_in(2) {
                    admin.done("startCare", "", with("startsOn", "2027-01-20")).await;
                }
            }
            2 => {
                admin.done("startCare", "", with("startsOn", "2027-01-15")).await;
                admin.done("endCare", "", with("endsOn", "2027-01-18")).await;
                admin.done("startCare", "", with("startsOn", "2027-02-01")).await;
            }
            _ => {
                admin.done("startCare", "", pair).await;
            }
        }
        let access = *chance.pick(&["ALLOWED", "ALLOWED", "BY_AUDIENCE", "BLOCKED"]);
        let input = json!({ "clinicianId": clinician.id, "clientIds": [client.id], "access": access });
        admin.done("setClientAccess", "", input).await;
    }

    /// Some requests, of which some are confirmed, and some are overdue by now.
    async fn ask_here_and_there(&self, chance: &mut Chance) {
        for _ in 0..chance.below(12) {
            let (clinician, client) = (chance.pick(&self.clinicians), chance.pick(&self.clients));
            let service = chance.pick(&self.services);
            let slots = self.slots(client, clinician, service).await;
            if slots.is_empty() {
                continue;
            }
            let slot = chance.pick(&slots[..slots.len().min(12)]);
            let modality = if slot["modality"] == "EITHER" { json!("TELEHEALTH") } else { slot["modality"].clone() };
            let made = self.ask(client, clinician, service, &text(&slot["startsAt"]), modality).await;
            let id = made["appointmentRequest"]["id"].clone();
            if !id.is_null() && chance.one_in(3) {
                clinician.run(CONFIRM, json!({ "id": id })).await;
            }
        }
        let hours = i64::try_from(chance.below(80)).expect("few");
        self.practice.clock.set(self.practice.clock.now() + chrono::Duration::hours(hours));
    }

    /// What closes last, since nothing can be asked for after it.
    async fn shut_down(&self, chance: &mut Chance, closed: usize) {
        let admin = &self.practice.admin;
        for clinician in &self.clinicians {
            if chance.one_in(closed) {
                let lock = json!({ "clinicianIds": [clinician.id], "locked": true, "reason": "On leave" });
                admin.done("lockClinicianSelfScheduling", "", lock).await;
            }
            if chance.one_in(closed * 4) {
                admin.done("deactivateClinician", "", json!({ "clinicianId": clinician.id })).await;
            }
        }
        for client in &self.clients {
            if chance.one_in(closed) {
                let block = json!({ "clientIds": [client.id], "access": "BLOCKED" });
                admin.done("setClientAccess", "", block).await;
            }
            if chance.one_in(closed * 4) {
                admin.done("deactivateClient", "", json!({ "clientId": client.id })).await;
            }
        }
        if chance.one_in(closed) {
            admin.done("archiveService", "", json!({ "id": chance.pick(&self.services) })).await;
        }
        for of in mixed_pauses(&self.clinicians) {
            if chance.one_in(closed * 2) {
                admin.done("pauseNewRequests", "", of).await;
            }
        }
        self.schedule(chance, closed).await;
        let control = |chance: &mut Chance| *chance.pick(&["CLINICIAN_OR_ADMIN", "ADMIN_ONLY"]);
        let policy = json!({ "clinicianOptIn": control(chance), "clientAccessControl": control(chance) });
        admin.done("updatePracticePolicy", "", policy).await;
    }

    /// Now and then what was turned on is to begin only in two days, or has begun since.
    async fn schedule(&self, chance: &mut Chance, closed: usize) {
        let (admin, now) = (&self.practice.admin, self.practice.clock.now());
        let start = (now + chrono::Duration::hours(48)).to_rfc3339();
        if chance.one_in(closed * 3) {
            admin.done("setPracticeSelfScheduling", "", json!({ "enabled": false })).await;
            admin.done("setPracticeSelfScheduling", "", json!({ "enabled": true, "startsAt": start })).await;
        }
        for clinician in &self.clinicians {
            let mut input = json!({ "clinicianIds": [clinician.id], "enabled": false });
            if chance.one_in(closed * 2) {
                admin.done("setClinicianSelfScheduling", "", input.clone()).await;
                (input["enabled"], input["audience"]) = (json!(true), json!("ALL_MY_CLIENTS"));
                input["startsAt"] = json!(start);
                // One who has left is refused.
                admin.call("setClinicianSelfScheduling", "", input).await;
            }
        }
        if chance.one_in(2) {
            self.practice.clock.set(now + chrono::Duration::hours(48));
        }
    }

    /// The starts that a client sees until the booking horizon; none for one who has left.
    pub async fn slots(&self, client: &Person, clinician: &Person, service: &str) -> Vec<Value> {
        let (from, to) = self.until_the_horizon();
        let asked = json!({ "clinician": clinician.id, "service": service, "from": from, "to": to });
        let (_, answer) = client.send(SLOTS, asked).await;
        answer["data"]["clinician"]["availableSlots"]["slots"].as_array().cloned().unwrap_or_default()
    }

    /// Now, and an instant after the last that can be booked.
    pub fn until_the_horizon(&self) -> (String, String) {
        let now = self.practice.clock.now();
        (now.to_rfc3339(), (now + chrono::Duration::days(62)).to_rfc3339())
    }

    /// A client asks for a time; answers the payload, or null where they were denied.
    pub async fn ask(
        &self,
        client: &Person,
        clinician: &Person,
        service: &str,
        starts_at: &str,
        modality: Value,
    ) -> Value {
        let key = uuid::Uuid::now_v7().to_string();
        let input = json!({ "clinicianId": clinician.id, "serviceId": service, "startsAt": starts_at,
            "modality": modality, "idempotencyKey": key });
        let document = super::mutation("requestAppointment", "appointmentRequest { id }");
        client.send(&document, json!({ "input": input })).await.1["data"]["answer"].take()
    }
}
