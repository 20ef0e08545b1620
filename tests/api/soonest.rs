//! The soonest slots over many clinicians: exactly those that each clinician's own list has, in one query set.

use serde_json::{Value, json};

use crate::support::{Person, REQUEST, SWITCH, TestPractice, text};

const SOONEST: &str = "query($service: ID!, $from: DateTime!, $to: DateTime!, $first: Int, $modality: Modality) {
    practice { soonestSlots(serviceId: $service, from: $from, to: $to, first: $first, modality: $modality) {
        clinicianCount slots { startsAt endsAt localStart modality clinician { id } } } } }";
const OF_ONE: &str = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) {
    clinician(id: $clinician) { displayName availableSlots(serviceId: $service, from: $from, to: $to) {
        slots { startsAt endsAt localStart modality } } } }";
const TWO_DAYS: (&str, &str) = ("2027-01-12T00:00:00Z", "2027-01-14T00:00:00Z");
const MONTH: (&str, &str) = ("2027-01-05T00:00:00Z", "2027-02-04T00:00:00Z");

async fn soonest(person: &Person, service: &str, (from, to): (&str, &str), more: Value) -> Value {
    let mut variables = json!({ "service": service, "from": from, "to": to });
    more.as_object().expect("an object").iter().for_each(|(name, value)| variables[name] = value.clone());
    person.run(SOONEST, variables).await["practice"]["soonestSlots"].take()
}

/// Numbers that look like chance and are the same each time (a linear congruential generator, Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).expect("small")]
    }
}

const WEEKDAYS: [&str; 7] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
const ZONES: [&str; 4] = ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"];

/// Clinicians with hours, zones, rules and requests as chance has it.
struct Random {
    practice: TestPractice,
    service: String,
    clinicians: Vec<Person>,
    /// One in the care of most, and the one who books what is taken.
    clients: [Person; 2],
    /// Starts that they asked for.
    taken: Vec<String>,
}

impl Random {
    async fn set(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let practice = TestPractice::begin().await;
        let input = json!({ "name": "Intake", "durationMinutes": *chance.of(&[20, 50]), "modality": "EITHER" });
        let made = practice.admin.done("createService", "service { id }", input).await;
        let service = text(&made["service"]["id"]);
        practice.admin.run(SWITCH, json!({ "on": true })).await;
        let mut clinicians = Vec::new();
        for number in 0..5 {
            clinicians.push(Self::clinician(&practice, &service, number, &mut chance).await);
        }
        let in_care: Vec<_> = clinicians.iter().take(4).collect();
        let everybody: Vec<_> = clinicians.iter().collect();
        let clients = [practice.client("Casey", &in_care).await, practice.client("Jordan", &everybody).await];
        let rules = json!({ "serviceId": service, "maxPerDay": *chance.of(&[None, Some(2)]),
            "minimumNoticeMinutes": *chance.of(&[0, 2000]), "maxPendingPerClient": 2 });
        practice.admin.done("setBookingRules", "", rules).await;
        let mut scene = Self { practice, service, clinicians, clients, taken: Vec::new() };
        scene.taken = scene.take(&mut chance).await;
        scene
    }

    async fn clinician(practice: &TestPractice, service: &str, number: usize, chance: &mut Chance) -> Person {
        // The same name twice: then the id decides.
        let email = format!("{number}@practice.test");
        let input =
            json!({ "displayName": *chance.of(&["Dana", "Ida"]), "email": email, "timeZone": chance.of(&ZONES) });
        let made = practice.admin.done("addClinician", "clinician { id }", input).await;
        let id = text(&made["clinician"]["id"]);
        let hours: Vec<_> = (0..4)
            .map(|_| {
                let opens = chance.below(20);
                let (opens, closes) =
                    (format!("{opens:02}:{:02}", 15 * chance.below(4)), format!("{:02}:00", opens + 3));
                let modality = *chance.of(&[None, Some("IN_PERSON"), Some("TELEHEALTH")]);
                json!({ "weekday": chance.of(&WEEKDAYS), "opensAt": opens, "closesAt": closes, "modality": modality })
            })
            .collect();
        let admin = &practice.admin;
        admin.done("setOfferedServices", "", json!({ "clinicianId": id, "serviceIds": [service] })).await;
        admin.done("setWeeklyHours", "", json!({ "clinicianId": id, "hours": hours })).await;
        Self::except(admin, &id, chance).await;
        let opt_in = json!({ "clinicianIds": [id], "enabled": true, "audience": "ALL_MY_CLIENTS" });
        admin.done("setClinicianSelfScheduling", "", opt_in).await;
        let week = json!({ "clinicianId": id, "maxPerWeek": *chance.of(&[None, Some(2)]),
            "bufferBeforeMinutes": *chance.of(&[0, 10]), "bufferAfterMinutes": *chance.of(&[0, 25]),
            "slotIntervalMinutes": *chance.of(&[30, 55]) });
        admin.done("setBookingRules", "", week).await;
        let token = practice.token_for(&email, chrono::Duration::days(365)).await;
        let mut person = practice.bearer(&token);
        person.id = id;
        person
    }

    /// A date is closed, another one is open for some hours, and some time is blocked.
    async fn except(admin: &Person, id: &str, chance: &mut Chance) {
        let days = 7 + chance.below(10);
        let window = json!({ "opensAt": "09:00", "closesAt": "12:00" });
        for (day, windows) in [(days, json!([])), (days + 1, json!([window]))] {
            let set = json!({ "clinicianId": id, "on": format!("2027-01-{day:02}"), "windows": windows });
            admin.done("setDateException", "", set).await;
        }
        let starts_at = format!("2027-01-{:02}T13:00:00Z", 7 + chance.below(10));
        let ends_at = (crate::support::at(&starts_at) + chrono::Duration::hours(3)).to_rfc3339();
        let block = json!({ "clinicianId": id, "startsAt": starts_at, "endsAt": ends_at });
        admin.done("blockTime", "", block).await;
    }

    /// Both clients ask for times that are free.
    async fn take(&self, chance: &mut Chance) -> Vec<String> {
        let mut taken = Vec::new();
        for client in &self.clients {
            for clinician in self.clinicians.iter().take(4) {
                let free = self.slots_of(client, clinician, MONTH).await;
                if free.is_empty() || chance.below(4) == 0 {
                    continue;
                }
                let slot = chance.of(&free);
                let modality = if slot["modality"] == "EITHER" { json!("IN_PERSON") } else { slot["modality"].clone() };
                let input = json!({ "clinicianId": clinician.id, "serviceId": self.service, "startsAt": slot["startsAt"],
                    "modality": modality, "idempotencyKey": clinician.id });
                client.done("requestAppointment", "", input).await;
                taken.push(text(&slot["startsAt"]));
            }
        }
        taken
    }

    /// Some that begin and end anywhere, and some that end where a meeting begins, and begin on the days after one: then
    /// what counts lies outside of them.
    fn ranges(&self) -> Vec<(String, String)> {
        let around = |start: &String, from: i64, to: i64| {
            let hours = |hours: i64| (crate::support::at(start) + chrono::Duration::hours(hours)).to_rfc3339();
            (hours(from), hours(to))
        };
        let fixed = [TWO_DAYS, MONTH, ("2027-01-11T13:07:00Z", "2027-03-14T13:07:00Z")];
        let fixed = fixed.map(|(from, to)| (from.to_owned(), to.to_owned()));
        let cut = self.taken.iter().take(4).flat_map(|start| [around(start, -3, 0), around(start, 1, 90)]);
        fixed.into_iter().chain(cut).collect()
    }

    async fn slots_of(&self, person: &Person, clinician: &Person, (from, to): (&str, &str)) -> Vec<Value> {
        let variables = json!({ "clinician": clinician.id, "service": self.service, "from": from, "to": to });
        let mut found = person.run(OF_ONE, variables).await["clinician"].take();
        let name = found["displayName"].take();
        let slots = found["availableSlots"]["slots"].as_array().expect("slots").clone();
        let with_clinician = |mut slot: Value| {
            slot["clinician"] = json!({ "id": clinician.id, "name": name });
            slot
        };
        slots.into_iter().map(with_clinician).collect()
    }

    /// What each clinician's own list says, put together.
    async fn union(&self, person: &Person, range: (&str, &str)) -> Vec<Value> {
        let mut all = Vec::new();
        for clinician in &self.clinicians {
            all.extend(self.slots_of(person, clinician, range).await);
        }
        let key = |slot: &Value| {
            let clinician = &slot["clinician"];
            (crate::support::at(&text(&slot["startsAt"])), text(&clinician["name"]), text(&clinician["id"]))
        };
        all.sort_by_key(key);
        let without_name = |mut slot: Value| {
            slot["clinician"].as_object_mut().expect("an object").remove("name");
            slot
        };
        all.into_iter().map(without_name).collect()
    }
}

async fn the_soonest_slots_are_those_of_each_clinicians_own_list_for_whoever_asks() {
    let mut met = [false; 3];
    for seed in [1, 2, 3] {
        let scene = Random::set(seed).await;
        let people = [&scene.practice.admin, &scene.clinicians[0], &scene.clients[0], &scene.clients[1]];
        for (place, person) in people.into_iter().enumerate() {
            for (from, to) in scene.ranges() {
                let range = (from.as_str(), to.as_str());
                let union = scene.union(person, range).await;
                for first in [1, 7, 100] {
                    for modality in [None, Some("EITHER"), Some("IN_PERSON"), Some("TELEHEALTH")] {
                        let is_met = |slot: &&Value| {
                            modality.is_none_or(|way| {
                                way == "EITHER" || slot["modality"] == "EITHER" || slot["modality"] == way
                            })
                        };
                        let expected: Vec<_> = union.iter().filter(is_met).take(first).cloned().collect();
                        let asked = json!({ "first": first, "modality": modality });
                        let found = soonest(person, &scene.service, range, asked.clone()).await;
                        assert_eq!(found["slots"], json!(expected), "seed {seed}, {place}: {range:?} {asked}");
                    }
                }
                met[0] |= union.len() > 100;
                met[1] |= union.iter().any(|slot| slot["modality"] == "EITHER");
                met[2] |= union.iter().any(|slot| slot["modality"] == "TELEHEALTH");
            }
        }
    }
    assert_eq!(met, [true; 3], "chance brought too little");
}

async fn clinicians_whom_the_client_may_not_book_are_not_looked_at() {
    let practice = TestPractice::begin().await;
    let names = ["Ada", "Bea", "Cleo", "Dana", "Eva", "Fay", "Gina"];
    let mut clinicians = Vec::new();
    for name in names {
        clinicians.push(practice.clinician(name).await);
    }
    let [ada, bea, cleo, dana, eva, fay, gina] = &clinicians[..] else { panic!("seven") };
    let casey = practice.client("Casey", &[ada, bea, cleo, dana, fay, gina]).await;
    let robin = practice.client("Robin", &[ada, bea, cleo, dana, eva, fay]).await;
    for clinician in &clinicians[..6] {
        practice.open(clinician, &[&robin]).await;
    }
    let access = |clinician: &Person, word: &str| json!({ "clinicianId": clinician.id, "clientIds": [casey.id], "access": word });
    for clinician in [ada, cleo, dana, fay] {
        practice.admin.done("setClientAccess", "", access(clinician, "ALLOWED")).await;
    }
    // Bea has not selected Casey, Cleo blocks them, Eva does not care for them, Gina never opted in; an admin holds Fay.
    practice.admin.done("setClientAccess", "", access(cleo, "BLOCKED")).await;
    let lock = json!({ "clinicianIds": [fay.id], "locked": true, "reason": "On leave" });
    practice.admin.done("lockClinicianSelfScheduling", "", lock).await;
    let found = async |person: &Person| {
        let found = soonest(person, &practice.service_id, TWO_DAYS, json!({ "first": 100 })).await;
        let slots = found["slots"].as_array().expect("slots").clone();
        let mut ids: Vec<_> = slots.iter().map(|slot| text(&slot["clinician"]["id"])).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(found["clinicianCount"], ids.len(), "each has a free Tuesday");
        ids
    };
    let ids = |people: &[&Person]| people.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(found(&casey).await, ids(&[ada, dana]), "open to Casey");
    assert_eq!(found(eva).await, ids(&[ada, bea, cleo, dana, eva]), "open to some client");
    // Three requests wait at Ada's: no fourth may be made.
    for start in ["2027-01-19T19:00:00Z", "2027-01-19T20:00:00Z", "2027-01-19T21:00:00Z"] {
        let made = casey.run(REQUEST, practice.asking(ada, start)).await;
        assert_eq!(made["requestAppointment"]["errors"], json!([]));
    }
    assert_eq!(found(&casey).await, ids(&[dana]), "as many wait as may");
    practice.admin.run(SWITCH, json!({ "on": false })).await;
    let nothing = soonest(&casey, &practice.service_id, TWO_DAYS, json!({})).await;
    assert_eq!(nothing, json!({ "clinicianCount": 0, "slots": [] }), "the practice's switch is off");
}

async fn the_clients_own_meetings_elsewhere_are_not_offered_over() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana, &ida]).await;
    practice.open(&dana, &[&casey]).await;
    practice.open(&ida, &[&casey]).await;
    let taken = "2027-01-12T19:00:00Z";
    casey.run(REQUEST, practice.asking(&dana, taken)).await;
    let starts = async |person: &Person| {
        let found = soonest(person, &practice.service_id, TWO_DAYS, json!({ "first": 3 })).await;
        let slots = found["slots"].as_array().expect("slots").clone();
        slots.iter().map(|slot| text(&slot["startsAt"])).collect::<Vec<_>>()
    };
    assert_eq!(starts(&ida).await[0], taken, "Ida is free then");
    assert_eq!(starts(&casey).await, ["2027-01-12T20:00:00Z", "2027-01-12T20:00:00Z", "2027-01-12T20:30:00Z"]);
}

async fn a_range_a_page_or_an_id_that_cannot_be_is_refused_by_its_argument() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let right = json!({ "service": practice.service_id, "from": MONTH.0, "to": MONTH.1 });
    let cases = [
        ("to", json!(MONTH.0), "BAD_USER_INPUT", "ends before it begins"),
        ("to", json!("2026-12-01T00:00:00Z"), "BAD_USER_INPUT", "ends before it begins"),
        ("to", json!("2027-03-09T00:00:00Z"), "BAD_USER_INPUT", "longer than 62 days"),
        ("from", json!("2027-01-05T00:00:00"), "BAD_USER_INPUT", "with an offset"),
        ("from", json!("tomorrow"), "BAD_USER_INPUT", "not an instant"),
        ("first", json!(0), "BAD_USER_INPUT", "1 to 100"),
        ("first", json!(-1), "BAD_USER_INPUT", "1 to 100"),
        ("service", json!(dana.id), "BAD_USER_INPUT", "not the id of a service"),
        ("service", json!(format!("service_{}", "0".repeat(32))), "NOT_FOUND", "no such service"),
        ("modality", json!("BY_LETTER"), "GRAPHQL_VALIDATION_FAILED", "Modality"),
    ];
    for (argument, value, expected, words) in cases {
        let mut variables = right.clone();
        variables[argument] = value.clone();
        let (code, message) = casey.denied(SOONEST, variables).await;
        assert_eq!(code, expected, "{argument}: {value}: {message}");
        assert!(message.contains(words), "{argument}: {value}: {message}");
    }
}

crate::support::tests!(
    the_soonest_slots_are_those_of_each_clinicians_own_list_for_whoever_asks,
    clinicians_whom_the_client_may_not_book_are_not_looked_at,
    the_clients_own_meetings_elsewhere_are_not_offered_over,
    a_range_a_page_or_an_id_that_cannot_be_is_refused_by_its_argument,
);
