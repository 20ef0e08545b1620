//! The settings as they were: whatever was changed since, the log gives back what was read at the time.

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{Person, TestPractice, text};

const WINDOW: &str = "opensAt closesAt closesNextDay serviceIds modality";
const RULES: &str = "maxPerDay minimumNoticeMinutes bookingHorizonDays";
/// Of the clinician's rules, with where each was set.
const SOURCED: &str = "maxPerDay { value source } minimumNoticeMinutes { value source }";
const GATES: &str = "{ allowed gates { gate open explanation decidedAt decidedBy { id } } }";

/// Two clinicians, a client of both, and two services.
pub struct Scene {
    pub practice: TestPractice,
    pub clinicians: [Person; 2],
    pub casey: Person,
    services: [String; 2],
}

impl Scene {
    pub async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let clinicians = [practice.clinician("Dana").await, practice.clinician("Ida").await];
        let casey = practice.client("Casey", &[&clinicians[0], &clinicians[1]]).await;
        let services = [practice.service_id.clone(), practice.service("Intake", 90).await];
        practice.open(&clinicians[0], &[&casey]).await;
        Self { practice, clinicians, casey, services }
    }

    /// What holds now, in the shape of a snapshot.
    pub async fn now(&self) -> Value {
        let query = format!(
            "query($dana: ID!, $ida: ID!, $casey: ID!) {{ practice {{ selfScheduling {{ enabled startsAt newRequestsPaused clinicianOptIn clientAccessControl
                defaultRules {{ {RULES} }} }} services(includeArchived: true) {{ id active durationMinutes modality confirmation rules {{ {RULES} }} }} }}
             a: clinician(id: $dana) {{ ...all }} b: clinician(id: $ida) {{ ...all }}
             ga: selfSchedulingAccess(clinicianId: $dana, clientId: $casey) {GATES}
             gb: selfSchedulingAccess(clinicianId: $ida, clientId: $casey) {GATES} }}
             fragment all on Clinician {{ id active timeZone selfScheduling {{ enabled startsAt newRequestsPaused audience lock {{ reason lockedAt lockedBy {{ id }} }}
                offeredServices {{ id }} weeklyHours {{ weekday {WINDOW} }}
                dateExceptions(from: \"2027-01-01\", to: \"2027-12-31\") {{ on closed windows {{ {WINDOW} }} }}
                rules {{ {SOURCED} }} }} }}"
        );
        let read = self.practice.admin.run(&query, self.ids()).await;
        let clinician = |one: &Value| {
            let own = &one["selfScheduling"];
            json!({ "clinician": { "id": one["id"] }, "active": one["active"], "enabled": own["enabled"],
                "startsAt": own["startsAt"], "newRequestsPaused": own["newRequestsPaused"],
                "audience": own["audience"], "locked": own["lock"].is_object(), "lockReason": own["lock"]["reason"],
                "lockedAt": own["lock"]["lockedAt"], "lockedBy": own["lock"]["lockedBy"],
                "offeredServices": own["offeredServices"], "weeklyHours": own["weeklyHours"],
                "dateExceptions": own["dateExceptions"], "rules": own["rules"], "timeZone": one["timeZone"] })
        };
        let practice = &read["practice"]["selfScheduling"];
        json!({ "enabled": practice["enabled"], "startsAt": practice["startsAt"],
            "newRequestsPaused": practice["newRequestsPaused"], "clinicianOptIn": practice["clinicianOptIn"],
            "clientAccessControl": practice["clientAccessControl"], "defaultRules": practice["defaultRules"], "services": read["practice"]["services"],
            "clinicians": [clinician(&read["a"]), clinician(&read["b"])], "unknown": [], "ga": read["ga"], "gb": read["gb"] })
    }

    /// What the log says of an instant.
    async fn then(&self, at: &str) -> Value {
        let query = format!(
            "query($at: DateTime!, $dana: ID!, $ida: ID!, $casey: ID!) {{ practice {{ settingsAsOf(at: $at) {{
                enabled startsAt newRequestsPaused clinicianOptIn clientAccessControl defaultRules {{ {RULES} }} unknown
                services {{ id active durationMinutes modality confirmation rules {{ {RULES} }} }}
                clinicians(first: 10) {{ nodes {{ clinician {{ id }} active enabled startsAt newRequestsPaused audience locked lockReason lockedAt
                    lockedBy {{ id }} offeredServices {{ id }} weeklyHours {{ weekday {WINDOW} }} timeZone
                    dateExceptions {{ on closed windows {{ {WINDOW} }} }} rules {{ {SOURCED} }} }} }}
                ga: access(clinicianId: $dana, clientId: $casey) {GATES}
                gb: access(clinicianId: $ida, clientId: $casey) {GATES} }} }} }}"
        );
        let mut ids = self.ids();
        ids["at"] = json!(at);
        let mut then = self.practice.admin.run(&query, ids).await["practice"]["settingsAsOf"].take();
        then["clinicians"] = then["clinicians"]["nodes"].take();
        then
    }

    fn ids(&self) -> Value {
        json!({ "dana": self.clinicians[0].id, "ida": self.clinicians[1].id, "casey": self.casey.id })
    }

    /// One change of any kind, chosen by the dice. It may be refused.
    pub async fn change(&self, dice: &mut Dice) -> (&'static str, Value) {
        let clinician = &self.clinicians[dice.below(2)].id;
        let (on, casey) = (dice.below(2) == 0, &self.casey.id);
        let some: Vec<_> = self.services.iter().filter(|_| dice.below(2) == 0).cloned().collect();
        let word = ["ALLOWED", "BLOCKED", "BY_AUDIENCE"][dice.below(3)];
        let pair = json!({ "clinicianId": clinician, "clientId": casey });
        let control = ["CLINICIAN_OR_ADMIN", "ADMIN_ONLY"][dice.below(2)];
        let audience = ["ALL_MY_CLIENTS", "SELECTED_CLIENTS"][dice.below(2)];
        let weekday = ["MONDAY", "TUESDAY", "SUNDAY"][dice.below(3)];
        let window = json!({ "weekday": weekday, "opensAt": "22:00", "closesAt": "01:30", "closesNextDay": true,
            "serviceIds": if some.is_empty() { Value::Null } else { json!(some) },
            "modality": if on { json!("TELEHEALTH") } else { Value::Null } });
        let early = json!({ "weekday": "FRIDAY", "opensAt": "07:15", "closesAt": "24:00" });
        let hours =
            [json!([]), json!([window.clone()]), json!([early.clone()]), json!([early, window])][dice.below(4)].clone();
        let start = (self.practice.clock.now() + Duration::hours(1 + dice.below(40) as i64)).to_rfc3339();
        let (name, input) = match dice.below(25) {
            0 => ("setPracticeSelfScheduling", json!({ "enabled": on })),
            1 => ("updatePracticePolicy", json!({ "clinicianOptIn": control })),
            2 => ("updatePracticePolicy", json!({ "clientAccessControl": control })),
            3 => (
                "setClinicianSelfScheduling",
                json!({ "clinicianIds": [clinician], "enabled": on, "audience": audience }),
            ),
            4 | 5 => {
                let reason = format!("Reason {}", dice.below(1_000));
                ("lockClinicianSelfScheduling", json!({ "clinicianIds": [clinician], "locked": on, "reason": reason }))
            }
            6 => ("setOfferedServices", json!({ "clinicianId": clinician, "serviceIds": some })),
            7 | 8 => ("setWeeklyHours", json!({ "clinicianId": clinician, "hours": hours })),
            9 => ("setClientAccess", json!({ "clinicianId": clinician, "clientIds": [casey], "access": word })),
            10 => {
                ("setClientAccess", json!({ "clientIds": [casey], "access": if on { "ALLOWED" } else { "BLOCKED" } }))
            }
            11 => (if on { "startCare" } else { "endCare" }, pair),
            12 => (if on { "deactivateClinician" } else { "reactivateClinician" }, json!({ "clinicianId": clinician })),
            13 | 14 => ("setBookingRules", self.some_rules(clinician, dice)),
            15 | 16 => {
                let day = format!("2027-01-{:02}", 20 + dice.below(2));
                let late = json!({ "opensAt": "20:00", "closesAt": "01:00", "closesNextDay": true,
                    "serviceIds": if some.is_empty() { Value::Null } else { json!(some) } });
                let windows = if on { json!([late]) } else { json!([]) };
                ("setDateException", json!({ "clinicianId": clinician, "on": day, "windows": windows }))
            }
            23 => ("updateService", self.some_service(dice)),
            17 if on => ("removeDateException", json!({ "clinicianId": clinician, "on": "2027-01-20" })),
            17 => {
                let zone = ["America/New_York", "America/Chicago"][dice.below(2)];
                ("updateClinician", json!({ "clinicianId": clinician, "timeZone": zone }))
            }
            19 => ("pauseNewRequests", json!({ "clinicianId": clinician, "paused": on })),
            20 => ("pauseNewRequests", json!({ "paused": on })),
            21 => ("setPracticeSelfScheduling", json!({ "enabled": true, "startsAt": start })),
            22 => (
                "setClinicianSelfScheduling",
                json!({ "clinicianIds": [clinician], "enabled": true, "audience": audience, "startsAt": start }),
            ),
            _ => (if on { "deactivateClient" } else { "reactivateClient" }, json!({ "clientId": casey })),
        };
        self.practice.admin.call(name, "__typename", input.clone()).await;
        (name, input)
    }

    /// A service as it may become.
    fn some_service(&self, dice: &mut Dice) -> Value {
        let modality = ["IN_PERSON", "TELEHEALTH", "EITHER"][dice.below(3)];
        let confirmation = ["CLINICIAN_CONFIRMS", "AUTOMATIC"][dice.below(2)];
        json!({ "id": self.services[dice.below(2)], "durationMinutes": 45 + dice.below(3),
            "modality": modality, "confirmation": confirmation })
    }

    /// A rule of the practice, a clinician or a service; it may be taken away again.
    fn some_rules(&self, clinician: &str, dice: &mut Dice) -> Value {
        let mut input = match dice.below(3) {
            0 => json!({}),
            1 => json!({ "clinicianId": clinician }),
            _ => json!({ "serviceId": self.services[0] }),
        };
        let (rule, least) = [("maxPerDay", 1), ("minimumNoticeMinutes", 60), ("bookingHorizonDays", 30)][dice.below(3)];
        input[rule] = match dice.below(3) {
            0 => Value::Null,
            more => json!(least + more),
        };
        input
    }
}

/// Numbers that are the same in each run (a linear congruential generator, Knuth's MMIX).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

async fn after_any_changes_each_moment_reads_as_it_was_read_then() {
    let scene = Scene::set().await;
    let mut dice = Dice(7);
    let (mut moments, mut done) = (Vec::new(), Vec::new());
    for step in 0..80 {
        scene.practice.clock.set(scene.practice.clock.now() + Duration::hours(5));
        done.push(scene.change(&mut dice).await);
        if step == 40 {
            let archived = json!({ "id": scene.services[1] });
            scene.practice.admin.done("archiveService", "__typename", archived).await;
        }
        // A moment after the change, so that one of them is that of no change.
        let moment = scene.practice.clock.now() + Duration::minutes(i64::from(step % 2));
        scene.practice.clock.set(moment);
        moments.push((moment.to_rfc3339(), scene.now().await));
    }
    for ((at, read), (name, input)) in moments.iter().zip(&done) {
        assert_eq!(scene.then(at).await, *read, "at {at}, after {name} {input}");
    }
    let differ = moments.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    assert!(differ > 30, "only {differ} of the changes changed anything");
}

async fn a_date_that_was_forgotten_when_it_was_long_over_is_there_as_of_a_time_when_it_was_not() {
    let scene = Scene::set().await;
    let dana = &scene.clinicians[0];
    let set = |on: &str| {
        json!({ "clinicianId": dana.id, "on": on, "windows": [{ "opensAt": "09:00", "closesAt": "12:00",
            "serviceIds": [scene.services[1]], "modality": "TELEHEALTH" }] })
    };
    dana.done("setDateException", "__typename", set("2027-01-20")).await;
    let (at, read) = (scene.practice.clock.now().to_rfc3339(), scene.now().await);
    scene.practice.clock.set(scene.practice.clock.now() + Duration::days(60));
    dana.done("setDateException", "__typename", set("2027-03-30")).await;
    let now = scene.now().await;
    assert_eq!(now["clinicians"][0]["dateExceptions"].as_array().map(Vec::len), Some(1), "{now}");
    assert_eq!(scene.then(&at).await, read);
}

async fn who_came_later_is_not_there_yet_and_an_instant_outside_the_log_is_refused() {
    let scene = Scene::set().await;
    let before = scene.practice.clock.now();
    scene.practice.clock.set(before + Duration::days(1));
    let noor = scene.practice.clinician("Noor").await;
    scene.practice.service("Group", 90).await;
    let then = scene.then(&before.to_rfc3339()).await;
    assert_eq!(then["clinicians"].as_array().map(Vec::len), Some(2), "{then}");
    assert_eq!(then["services"].as_array().map(Vec::len), Some(2), "{then}");
    let ask = "query($at: DateTime!, $clinician: ID!, $client: ID!) { practice { settingsAsOf(at: $at) {
        access(clinicianId: $clinician, clientId: $client) { allowed } } } }";
    let late = json!({ "at": before.to_rfc3339(), "clinician": noor.id, "client": scene.casey.id });
    assert_eq!(scene.practice.admin.denied(ask, late).await.0, "NOT_FOUND");
    let elsewhere = scene.practice.admin_elsewhere().await;
    let foreign = json!({ "at": scene.practice.clock.now().to_rfc3339(), "clinician": scene.clinicians[0].id,
        "client": scene.casey.id });
    assert_eq!(elsewhere.denied(ask, foreign).await.0, "NOT_FOUND");
    let query = "query($at: DateTime!) { practice { settingsAsOf(at: $at) { enabled } } }";
    for at in [before - Duration::days(1), before + Duration::days(2)] {
        let (code, message) = scene.practice.admin.denied(query, json!({ "at": at.to_rfc3339() })).await;
        assert_eq!(code, "BAD_USER_INPUT", "{message}");
    }
    let ids = |key: &str| text(&then[key][0]["id"]);
    assert!(ids("services").starts_with("service_"));
}

crate::support::tests!(
    after_any_changes_each_moment_reads_as_it_was_read_then,
    a_date_that_was_forgotten_when_it_was_long_over_is_there_as_of_a_time_when_it_was_not,
    who_came_later_is_not_there_yet_and_an_instant_outside_the_log_is_refused,
);
