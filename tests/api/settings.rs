//! Settings changes: what is previewed is what happens, what is stale is refused, and what is refused changes nothing.

use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, SWITCH, TestPractice, text};

const IMPACT: &str = "impact { dryRun revision cliniciansGaining { id } cliniciansLosing { id } clientsGainingCount
    clientsLosingCount changes(first: 100) { totalCount nodes { clinician { id } client { id } before after } }
    pendingRequestsAffected { id status } appointmentsOutsideHours { id status startsAt }
    warnings { code message clinician { id } } }";
/// Tuesday 2027-01-12, 15:00 in New York.
const THREE: &str = "2027-01-12T20:00:00Z";

/// Dana can be booked by Casey, who waits for an answer, and by Jordan, and not by Robin. All are in her care.
struct Scene {
    practice: TestPractice,
    dana: Person,
    casey: Person,
    jordan: Person,
}

impl Scene {
    async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let dana = practice.clinician("Dana").await;
        let casey = practice.client("Casey", &[&dana]).await;
        let jordan = practice.client("Jordan", &[&dana]).await;
        practice.client("Robin", &[&dana]).await;
        practice.open(&dana, &[&casey, &jordan]).await;
        let scene = Self { practice, dana, casey, jordan };
        scene.ask(&scene.casey, THREE).await;
        scene
    }

    async fn ask(&self, client: &Person, starts_at: &str) -> String {
        let (clinician, service) = (&self.dana.id, &self.practice.service_id);
        let ids = json!({ "clinicianId": clinician, "serviceId": service, "startsAt": starts_at, "idempotencyKey": starts_at });
        let made = client.done("requestAppointment", "appointmentRequest { id }", ids).await;
        text(&made["appointmentRequest"]["id"])
    }

    /// Every gate between Dana and a client.
    async fn gates(&self, client: &Person) -> Vec<Value> {
        let ids = json!({ "clinician": self.dana.id, "client": client.id });
        let access = self.practice.admin.run(GATES, ids).await["selfSchedulingAccess"].take();
        access["gates"].as_array().expect("gates").clone()
    }

    async fn can_book(&self, client: &Person) -> bool {
        self.gates(client).await.iter().all(|gate| gate["open"] == true)
    }

    /// Mutation, input, and how many clients gain and lose by it. Each builds on those before it.
    fn changes(&self) -> Vec<(&'static str, Value, u64, u64)> {
        let (dana, casey, jordan) = (&self.dana.id, &self.casey.id, &self.jordan.id);
        let service = &self.practice.service_id;
        let wednesday = json!([{ "weekday": "WEDNESDAY", "opensAt": "09:00", "closesAt": "12:00" }]);
        let access = |word: &str| json!({ "clientIds": [casey], "access": word });
        let lock = |locked: bool| json!({ "clinicianIds": [dana], "locked": locked, "reason": "On leave" });
        let care = json!({ "clinicianId": dana, "clientId": jordan });
        let all = json!({ "clinicianIds": [dana], "enabled": true, "audience": "ALL_MY_CLIENTS" });
        vec![
            ("setPracticeSelfScheduling", json!({ "enabled": false }), 0, 2),
            ("setPracticeSelfScheduling", json!({ "enabled": true }), 2, 0),
            ("setClinicianSelfScheduling", all, 1, 0),
            ("setOfferedServices", json!({ "clinicianId": dana, "serviceIds": [] }), 0, 3),
            ("setOfferedServices", json!({ "clinicianId": dana, "serviceIds": [service] }), 3, 0),
            ("setWeeklyHours", json!({ "clinicianId": dana, "hours": [] }), 0, 3),
            ("setWeeklyHours", json!({ "clinicianId": dana, "hours": wednesday }), 3, 0),
            ("setBookingRules", json!({ "clinicianId": dana, "bookingHorizonDays": 20 }), 0, 0),
            ("setDateException", json!({ "clinicianId": dana, "on": "2027-01-12", "windows": [] }), 0, 0),
            ("removeDateException", json!({ "clinicianId": dana, "on": "2027-01-12" }), 0, 0),
            ("updateClinician", json!({ "clinicianId": dana, "timeZone": "Europe/London" }), 0, 0),
            ("setClientAccess", access("BLOCKED"), 0, 1),
            ("setClientAccess", access("ALLOWED"), 1, 0),
            ("lockClinicianSelfScheduling", lock(true), 0, 3),
            ("lockClinicianSelfScheduling", lock(false), 3, 0),
            ("updatePracticePolicy", json!({ "clinicianOptIn": "ADMIN_ONLY" }), 0, 0),
            ("endCare", care.clone(), 0, 1),
            ("startCare", care, 1, 0),
            ("updateService", json!({ "id": service, "durationMinutes": 45 }), 0, 0),
            ("archiveService", json!({ "id": service }), 0, 3),
        ]
    }
}

const GATES: &str =
    "query($clinician: ID!, $client: ID!) { selfSchedulingAccess(clinicianId: $clinician, clientId: $client) {
    gates { gate open explanation remedy canBeOpenedBy decidedAt decidedBy { displayName } } } }";

fn with(input: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut changed = input.clone();
    changed[field] = value.into();
    changed
}

/// What an impact says besides whether it was a dry run, and at which revision.
fn effect(mut payload: Value) -> Value {
    let mut impact = payload["impact"].take();
    let fields = impact.as_object_mut().unwrap_or_else(|| panic!("no impact: {payload}"));
    fields.remove("dryRun");
    fields.remove("revision");
    impact
}

async fn a_dry_run_saves_nothing_and_its_impact_is_that_of_the_change_itself() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    for (name, input, gaining, losing) in scene.changes() {
        let before = scene.practice.snapshot().await;
        let preview = admin.done(name, IMPACT, with(&input, "dryRun", true)).await;
        assert_eq!(scene.practice.snapshot().await, before, "{name}: the dry run saved something");
        let revision = preview["impact"]["revision"].clone();
        assert_eq!(preview["impact"]["dryRun"], true, "{name}");
        assert_eq!(revision, before["selfScheduling"]["revision"], "{name}: a dry run moves no revision");

        let done = admin.done(name, IMPACT, with(&input, "expectedRevision", revision)).await;
        let after = scene.practice.snapshot().await;
        assert_eq!(done["impact"]["dryRun"], false, "{name}");
        assert_eq!(done["impact"]["revision"], after["selfScheduling"]["revision"], "{name}");
        assert_ne!(after["selfScheduling"]["revision"], before["selfScheduling"]["revision"], "{name}");
        let counts = (&done["impact"]["clientsGainingCount"], &done["impact"]["clientsLosingCount"]);
        assert_eq!(counts, (&json!(gaining), &json!(losing)), "{name} {input}");
        assert_eq!(done["impact"]["changes"]["totalCount"], gaining + losing, "{name}: one clinician, so a pair each");
        assert_eq!(effect(preview), effect(done), "{name}: what was previewed is not what happened");
    }
}

async fn a_dry_run_shows_the_settings_as_the_change_would_leave_them() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let settings = "selfScheduling { enabled audience offeredServices { id } weeklyHours { weekday } lock { reason } }";
    for (name, input, ..) in scene.changes() {
        let shown = match name {
            "setPracticeSelfScheduling" | "updatePracticePolicy" => {
                "practice { selfScheduling { enabled clinicianOptIn } }".to_owned()
            }
            "setClinicianSelfScheduling" | "lockClinicianSelfScheduling" => format!("clinicians {{ {settings} }}"),
            // Their payloads show people, not settings.
            "setClientAccess" | "startCare" | "endCare" => "impact { clientsGainingCount }".to_owned(),
            "archiveService" | "updateService" => "service { id active durationMinutes }".to_owned(),
            _ => format!("clinician {{ {settings} }}"),
        };
        let preview = admin.done(name, &shown, with(&input, "dryRun", true)).await;
        let done = admin.done(name, &shown, input).await;
        assert_eq!(preview, done, "{name}: the preview shows the settings as they would be");
    }
}

async fn a_change_against_a_stale_revision_is_refused_and_changes_nothing() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let stale = scene.practice.snapshot().await["selfScheduling"]["revision"].take();
    admin.run(SWITCH, json!({ "on": false })).await;
    let before = scene.practice.snapshot().await;
    assert_ne!(before["selfScheduling"]["revision"], stale, "somebody else's change moved the revision");
    for (name, input, ..) in scene.changes() {
        for revision in [stale.clone(), json!("nowhere"), json!("")] {
            let payload = admin.call(name, "impact { dryRun }", with(&input, "expectedRevision", revision)).await;
            assert_eq!(payload["errors"][0]["code"], "STALE_REVISION", "{name}: {payload}");
            assert_eq!(payload["errors"][0]["field"], json!(["input", "expectedRevision"]), "{name}");
            assert_eq!(payload["impact"], Value::Null, "{name}");
        }
    }
    assert_eq!(scene.practice.snapshot().await, before, "a stale change saved something");
}

async fn a_retry_with_its_key_finds_its_first_answer_though_that_moved_the_revision() {
    let scene = Scene::set().await;
    let ida = scene.practice.clinician("Ida").await;
    let revision = scene.practice.snapshot().await["selfScheduling"]["revision"].take();
    let care = json!({ "clinicianId": ida.id, "clientId": scene.casey.id, "idempotencyKey": "once", "expectedRevision": revision });
    let first = scene.practice.admin.done("startCare", "client { id care { startedOn } }", care.clone()).await;
    let again = scene.practice.admin.done("startCare", "client { id care { startedOn } }", care).await;
    assert_eq!(again, first);
}

async fn what_is_kept_to_admins_is_refused_to_clinicians_and_what_they_decided_stays() {
    let scene = Scene::set().await;
    let (admin, dana) = (&scene.practice.admin, &scene.dana);
    let policy = json!({ "clinicianOptIn": "ADMIN_ONLY", "clientAccessControl": "ADMIN_ONLY" });
    let shown = "practice { selfScheduling { clinicianOptIn clientAccessControl } }";
    let updated = admin.done("updatePracticePolicy", &format!("{shown} {IMPACT}"), policy).await;
    assert_eq!(updated["practice"]["selfScheduling"]["clinicianOptIn"], "ADMIN_ONLY");
    assert_eq!(updated["impact"]["changes"]["totalCount"], 0, "a policy opens and closes nothing");
    assert!(scene.can_book(&scene.casey).await && scene.can_book(&scene.jordan).await, "what was decided stays");

    let before = scene.practice.snapshot().await;
    let opt_out = json!({ "clinicianIds": [dana.id], "enabled": false });
    let block = json!({ "clinicianId": dana.id, "clientIds": [scene.casey.id], "access": "BLOCKED" });
    for (name, input) in [("setClinicianSelfScheduling", &opt_out), ("setClientAccess", &block)] {
        for dry_run in [true, false] {
            let payload = dana.call(name, "impact { dryRun }", with(input, "dryRun", dry_run)).await;
            assert_eq!(payload["errors"][0]["code"], "KEPT_TO_ADMINS", "{name}: {payload}");
        }
    }
    assert_eq!(scene.practice.snapshot().await, before, "a refused change saved something");
    for (name, input) in [("setClinicianSelfScheduling", opt_out), ("setClientAccess", block)] {
        admin.done(name, "", input).await;
    }
    for gate in scene.gates(&scene.casey).await.iter().filter(|gate| gate["open"] == false) {
        assert_eq!(gate["canBeOpenedBy"], json!(["ADMIN"]), "{gate}");
    }
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": [] })).await;
}

async fn the_first_opt_in_names_its_audience_and_later_ones_keep_it() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let shown = "clinicians { selfScheduling { enabled audience } }";
    let opt = |enabled: bool| json!({ "clinicianIds": [dana.id], "enabled": enabled });
    let refused = dana.call("setClinicianSelfScheduling", shown, opt(true)).await;
    assert_eq!(refused["errors"][0]["code"], "INVALID_INPUT");
    assert_eq!(refused["errors"][0]["field"], json!(["input", "audience"]));
    dana.done("setClinicianSelfScheduling", shown, with(&opt(true), "audience", "SELECTED_CLIENTS")).await;
    for enabled in [false, true] {
        let set = dana.done("setClinicianSelfScheduling", shown, opt(enabled)).await;
        let expected = json!([{ "selfScheduling": { "enabled": enabled, "audience": "SELECTED_CLIENTS" } }]);
        assert_eq!(set["clinicians"], expected, "the audience is kept");
    }
}

async fn one_unknown_clinician_or_client_among_many_changes_none() {
    let scene = Scene::set().await;
    let (admin, idle) = (&scene.practice.admin, scene.practice.clinician("Ida").await);
    let before = scene.practice.snapshot().await;
    let nowhere = "0123456789abcdef".repeat(2);
    let clinicians = json!([scene.dana.id, format!("clinician_{nowhere}"), idle.id]);
    let clients = json!([scene.casey.id, format!("client_{nowhere}")]);
    let opt_in = json!({ "clinicianIds": clinicians, "enabled": true, "audience": "ALL_MY_CLIENTS" });
    let block = json!({ "clientIds": clients, "access": "BLOCKED" });
    for (name, input) in [("setClinicianSelfScheduling", opt_in), ("setClientAccess", block)] {
        let document = crate::support::mutation(name, "");
        let (code, _) = admin.denied(&document, json!({ "input": input })).await;
        assert_eq!(code, "NOT_FOUND", "{name}");
    }
    assert_eq!(scene.practice.snapshot().await, before, "some of them were changed");
}

async fn new_hours_tell_which_booked_meetings_they_leave_out_and_those_stay_booked() {
    let scene = Scene::set().await;
    let asked = scene.ask(&scene.jordan, "2027-01-19T20:00:00Z").await;
    let confirmed = scene.dana.run(CONFIRM, json!({ "id": asked })).await["confirmAppointmentRequest"].take();
    let booked = confirmed["appointmentRequest"]["appointment"].clone();
    assert_eq!(booked["status"], "BOOKED");
    let hours = |opens: &str, closes: &str| {
        let window = json!({ "weekday": "TUESDAY", "opensAt": opens, "closesAt": closes });
        json!({ "clinicianId": scene.dana.id, "hours": [window] })
    };
    let kept = scene.dana.done("setWeeklyHours", IMPACT, hours("15:00", "15:50")).await;
    assert_eq!(kept["impact"]["appointmentsOutsideHours"], json!([]), "it fits exactly");
    let left_out = scene.dana.done("setWeeklyHours", IMPACT, hours("15:01", "18:00")).await;
    assert_eq!(left_out["impact"]["appointmentsOutsideHours"], json!([booked]));
    let query = "query($id: ID!) { appointment(id: $id) { id status startsAt } }";
    let read = scene.jordan.run(query, json!({ "id": booked["id"] })).await;
    assert_eq!(read["appointment"], booked, "it stays booked, at its time");
}

async fn requests_whose_client_loses_access_are_listed_and_stay_decidable() {
    let scene = Scene::set().await;
    let second = scene.ask(&scene.casey, "2027-01-19T20:00:00Z").await;
    let block = json!({ "clientIds": [scene.casey.id], "access": "BLOCKED" });
    let blocked = scene.practice.admin.done("setClientAccess", IMPACT, block).await;
    let affected = blocked["impact"]["pendingRequestsAffected"].as_array().expect("a list").clone();
    assert_eq!(affected.len(), 2, "{affected:?}");
    assert!(affected.iter().all(|request| request["status"] == "PENDING"), "{affected:?}");
    assert!(affected.iter().any(|request| request["id"] == json!(second)), "{affected:?}");
    let first = affected.iter().find(|request| request["id"] != json!(second)).expect("the other one");
    let confirmed = scene.dana.run(CONFIRM, json!({ "id": first["id"] })).await["confirmAppointmentRequest"].take();
    assert_eq!(confirmed["appointmentRequest"]["status"], "CONFIRMED");
    let decline = json!({ "id": second, "reason": "OTHER" });
    let declined = scene.dana.done("declineAppointmentRequest", "appointmentRequest { status }", decline).await;
    assert_eq!(declined["appointmentRequest"]["status"], "DECLINED");
}

async fn an_end_of_care_is_moved_and_care_is_never_doubled() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let ids = json!({ "clinicianId": scene.dana.id, "clientId": scene.casey.id });
    let with = |field: &str, date: &str| {
        let mut input = ids.clone();
        input[field] = json!(date);
        input
    };
    admin.done("endCare", "", with("endsOn", "2027-03-01")).await;
    assert!(scene.can_book(&scene.casey).await, "until then");
    for start in ["2027-01-04", "2027-02-28"] {
        let refused = admin.call("startCare", "", with("startsOn", start)).await;
        assert_eq!(refused["errors"][0]["code"], "ALREADY_EXISTS", "{refused}");
    }
    admin.done("endCare", "", with("endsOn", "2027-06-01")).await;
    admin.done("endCare", "", with("endsOn", "2027-01-04")).await;
    assert!(!scene.can_book(&scene.casey).await, "ended today after all");
    let refused = admin.call("endCare", "", ids.clone()).await;
    assert_eq!(refused["errors"][0]["code"], "NOT_IN_CARE", "{refused}");
    admin.done("startCare", "", ids).await;
    assert!(scene.can_book(&scene.casey).await);
}

async fn an_end_falls_to_the_care_that_has_begun_by_then_so_that_no_two_overlap() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let ids = json!({ "clinicianId": scene.dana.id, "clientId": scene.casey.id });
    let with = |field: &str, date: &str| {
        let mut input = ids.clone();
        input[field] = json!(date);
        input
    };
    let periods = async || {
        let care = "query($id: ID!) { client(id: $id) { care { startedOn endedOn } } }";
        let shown = admin.run(care, json!({ "id": scene.casey.id })).await["client"]["care"].take();
        let dates = |one: &Value| [text(&one["startedOn"]), text(&one["endedOn"])];
        shown.as_array().expect("a list").iter().map(dates).collect::<Vec<_>>()
    };
    admin.done("endCare", "", with("endsOn", "2027-03-01")).await;
    admin.done("startCare", "", with("startsOn", "2027-04-01")).await;
    // Neither the first care is stretched over the second, nor the second begun before its time.
    for (ends_on, first, second) in [
        ("2027-05-01", "2027-03-01", "2027-05-01"),
        ("2027-03-15", "2027-03-15", "2027-05-01"),
        ("2027-02-01", "2027-02-01", "2027-05-01"),
        ("2027-04-01", "2027-02-01", "2027-04-01"),
    ] {
        admin.done("endCare", "", with("endsOn", ends_on)).await;
        assert_eq!(periods().await, [["2027-01-04", first], ["2027-04-01", second]], "after an end on {ends_on}");
    }
    // The later care never was: it stands in nobody's way.
    admin.done("startCare", "", with("startsOn", "2027-02-01")).await;
    admin.done("endCare", "", ids.clone()).await;
    let refused = admin.call("endCare", "", with("endsOn", "2027-01-31")).await;
    assert_eq!(refused["errors"][0]["field"], json!(["input", "endsOn"]), "{refused}");
}

async fn hours_in_which_no_offered_service_may_be_booked_are_no_step_done() {
    let scene = Scene::set().await;
    let other = scene.practice.service("Group session", 90).await;
    let hours = |service: &str| {
        let window = json!({ "weekday": "TUESDAY", "opensAt": "14:00", "closesAt": "18:00", "serviceIds": [service] });
        json!({ "clinicianId": scene.dana.id, "hours": [window] })
    };
    let steps = "query($id: ID!) { clinician(id: $id) { selfScheduling { bookable setupChecklist(includeDone: true) { step done } } } }";
    for (service, opens) in [(&other, false), (&scene.practice.service_id, true)] {
        scene.dana.done("setWeeklyHours", "", hours(service)).await;
        let shown = scene.dana.run(steps, json!({ "id": scene.dana.id })).await;
        let shown = &shown["clinician"]["selfScheduling"];
        let step = |one: &&Value| one["step"] == "HOURS_OPENED";
        let hours_opened = shown["setupChecklist"].as_array().expect("steps").iter().find(step).expect("the step");
        assert_eq!((&hours_opened["done"], &shown["bookable"]), (&json!(opens), &json!(opens)));
    }
}

async fn a_hundred_windows_for_more_than_a_hundred_services_are_saved() {
    let scene = Scene::set().await;
    let create = |number: usize| {
        format!(
            "n{number}: createService(input: {{ name: \"Service {number}\", durationMinutes: 50, modality: EITHER }}) {{ service {{ id }} }}"
        )
    };
    let document = format!("mutation {{ {} }}", (0..112).map(create).collect::<Vec<_>>().join(" "));
    let made = scene.practice.admin.run(&document, json!({})).await;
    let services: Vec<_> =
        made.as_object().expect("payloads").values().map(|one| one["service"]["id"].clone()).collect();
    let window = |number: usize| {
        let (hour, minute) = (number / 6, number % 6);
        format!(
            "{{ weekday: MONDAY, opensAt: \"{hour:02}:{minute}0\", closesAt: \"{hour:02}:{minute}5\", serviceIds: $s }}"
        )
    };
    let hours: Vec<_> = (0..100).map(window).collect();
    let document = format!(
        "mutation($clinician: ID!, $s: [ID!]!) {{ setWeeklyHours(input: {{ clinicianId: $clinician, hours: [{}] }}) {{
            errors {{ code }} }} }}",
        hours.join(" ")
    );
    let set = scene.dana.run(&document, json!({ "clinician": scene.dana.id, "s": services })).await;
    assert_eq!(set["setWeeklyHours"]["errors"], json!([]));
}

crate::support::tests!(
    an_end_of_care_is_moved_and_care_is_never_doubled,
    an_end_falls_to_the_care_that_has_begun_by_then_so_that_no_two_overlap,
    hours_in_which_no_offered_service_may_be_booked_are_no_step_done,
    a_hundred_windows_for_more_than_a_hundred_services_are_saved,
    a_dry_run_saves_nothing_and_its_impact_is_that_of_the_change_itself,
    a_dry_run_shows_the_settings_as_the_change_would_leave_them,
    a_change_against_a_stale_revision_is_refused_and_changes_nothing,
    a_retry_with_its_key_finds_its_first_answer_though_that_moved_the_revision,
    what_is_kept_to_admins_is_refused_to_clinicians_and_what_they_decided_stays,
    the_first_opt_in_names_its_audience_and_later_ones_keep_it,
    one_unknown_clinician_or_client_among_many_changes_none,
    new_hours_tell_which_booked_meetings_they_leave_out_and_those_stay_booked,
    requests_whose_client_loses_access_are_listed_and_stay_decidable,
);
