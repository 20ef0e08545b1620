//! Wrong input of every kind: the answer names the field and the code, nothing is saved, and nothing inside is told.

use serde_json::{Value, json};

use crate::support::{Person, TestPractice, assert_nothing_leaks, mutation, text};

/// Tuesday 2027-01-12, 15:00 in New York.
const THREE: &str = "2027-01-12T20:00:00Z";

/// A practice with something of everything, so that there is something to break.
struct Scene {
    practice: TestPractice,
    dana: Person,
    ida: Person,
    casey: Person,
    archived: String,
    request: String,
}

impl Scene {
    async fn set() -> Self {
        let practice = TestPractice::begin().await;
        let archived = practice.service("Group session", 90).await;
        let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
        let casey = practice.client("Casey", &[&dana]).await;
        practice.open(&dana, &[&casey]).await;
        let both = json!({ "clinicianId": dana.id, "serviceIds": [practice.service_id, archived] });
        dana.done("setOfferedServices", "", both).await;
        practice.admin.done("archiveService", "", json!({ "id": archived })).await;
        let mut scene = Self { practice, dana, ida, casey, archived, request: String::new() };
        let asked = scene.asking("2027-01-19T20:00:00Z");
        let made = scene.casey.done("requestAppointment", "appointmentRequest { id }", asked).await;
        scene.request = text(&made["appointmentRequest"]["id"]);
        scene
    }

    /// The input of a request for a time of Dana's.
    fn asking(&self, starts_at: &str) -> Value {
        let ids = (&self.dana.id, &self.practice.service_id);
        json!({ "clinicianId": ids.0, "serviceId": ids.1, "startsAt": starts_at, "idempotencyKey": starts_at })
    }
}

/// An input with one field otherwise.
fn but(input: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut changed = input.clone();
    changed[field] = value.into();
    changed
}

/// Who calls which mutation with what, and the refusal: its code, and its field below `input`.
type Case<'a> = (&'a Person, &'static str, Value, &'static str);

/// Every case is refused in the payload, by one error that names code and field; afterwards all is as it was.
async fn each_is_refused(practice: &TestPractice, cases: &[Case<'_>]) {
    let before = practice.snapshot().await;
    for (person, name, input, refusal) in cases {
        let called = format!("{name} {}", input.to_string().chars().take(300).collect::<String>());
        let (status, answer) = person.send(&mutation(name, ""), json!({ "input": input })).await;
        assert_nothing_leaks(&answer.to_string());
        assert!(status == 200 && answer.get("errors").is_none(), "{called}: {status} {answer}");
        let errors = answer["data"]["answer"]["errors"].as_array().unwrap_or_else(|| panic!("{called}: {answer}"));
        let (code, field) = refusal.split_once(' ').expect("a code and a field");
        let path: Vec<_> = std::iter::once("input").chain(field.split('.')).collect();
        assert_eq!(errors.len(), 1, "{called}: {answer}");
        assert_eq!((&errors[0]["code"], &errors[0]["field"]), (&json!(code), &json!(path)), "{called}: {answer}");
        assert_ne!(text(&errors[0]["message"]), "", "{called}");
    }
    assert_eq!(practice.snapshot().await, before, "something was saved");
}

async fn what_an_admin_types_wrong_is_refused_by_the_name_of_its_field() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let person = json!({ "displayName": "Nia", "email": "nia@practice.test" });
    let service = json!({ "name": "Intake", "durationMinutes": 50, "modality": "EITHER" });
    let cases = [
        (admin, "addClinician", but(&person, "timeZone", "Mars/Olympus"), "INVALID_INPUT timeZone"),
        (admin, "addClinician", but(&person, "timeZone", "-05:00"), "INVALID_INPUT timeZone"),
        (admin, "addClinician", but(&person, "timeZone", "EST"), "INVALID_INPUT timeZone"),
        (admin, "addClinician", but(&person, "timeZone", "Etc/GMT+5"), "INVALID_INPUT timeZone"),
        (admin, "addClinician", but(&person, "displayName", " "), "INVALID_INPUT displayName"),
        (admin, "addClinician", but(&person, "displayName", "x".repeat(201)), "INVALID_INPUT displayName"),
        (admin, "addClinician", but(&person, "credentials", "a\u{7}b"), "INVALID_INPUT credentials"),
        (admin, "addClinician", but(&person, "email", "dana@practice.test"), "ALREADY_EXISTS email"),
        (admin, "addClient", but(&person, "email", "nobody"), "INVALID_INPUT email"),
        (admin, "addClient", but(&person, "email", "casey@practice.test"), "ALREADY_EXISTS email"),
        (admin, "addClient", but(&person, "idempotencyKey", ""), "INVALID_INPUT idempotencyKey"),
        (admin, "createService", but(&service, "durationMinutes", 4), "INVALID_INPUT durationMinutes"),
        (admin, "createService", but(&service, "name", "Therapy session"), "ALREADY_EXISTS name"),
        (admin, "archiveService", json!({ "id": scene.dana.id }), "INVALID_INPUT id"),
    ];
    each_is_refused(&scene.practice, &cases).await;
}

async fn wrong_dates_reasons_and_pairs_of_a_settings_change_are_refused_by_name() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let begins = json!({ "clinicianId": scene.ida.id, "clientId": scene.casey.id });
    let ends = json!({ "clinicianId": scene.dana.id, "clientId": scene.casey.id });
    let lock = json!({ "clinicianIds": [scene.dana.id], "locked": true });
    let block = json!({ "clientIds": [scene.casey.id], "access": "BY_AUDIENCE" });
    let cases = [
        (admin, "startCare", but(&begins, "startsOn", "2027-02-29"), "INVALID_INPUT startsOn"),
        (admin, "startCare", but(&begins, "startsOn", "tomorrow"), "INVALID_INPUT startsOn"),
        (admin, "startCare", but(&begins, "clinicianId", scene.casey.id.as_str()), "INVALID_INPUT clinicianId"),
        (admin, "startCare", ends.clone(), "ALREADY_EXISTS clientId"),
        (admin, "endCare", but(&ends, "endsOn", "2027-13-01"), "INVALID_INPUT endsOn"),
        (admin, "endCare", but(&ends, "endsOn", "2027-01-03"), "INVALID_INPUT endsOn"),
        (admin, "endCare", begins, "NOT_IN_CARE clientId"),
        (admin, "lockClinicianSelfScheduling", lock.clone(), "INVALID_INPUT reason"),
        (admin, "lockClinicianSelfScheduling", but(&lock, "reason", "x".repeat(501)), "INVALID_INPUT reason"),
        (admin, "setClientAccess", block, "INVALID_INPUT access"),
    ];
    each_is_refused(&scene.practice, &cases).await;
}

async fn what_a_clinician_types_wrong_is_refused_by_the_name_of_its_field() {
    let scene = Scene::set().await;
    let (dana, ida, own_service) = (&scene.dana, &scene.ida, scene.practice.service_id.as_str());
    let hours = |windows: Value| json!({ "clinicianId": dana.id, "hours": windows });
    let window = |opens: &str, closes: &str| json!({ "weekday": "FRIDAY", "opensAt": opens, "closesAt": closes });
    let good = window("09:00", "12:00");
    let too_long = but(&window("09:00", "10:00"), "closesNextDay", true);
    let of_no_service = but(&good, "serviceIds", json!([own_service, dana.id]));
    let many = Value::Array(vec![good.clone(); 101]);
    let services = json!({ "clinicianId": ida.id, "serviceIds": [own_service, scene.archived] });
    let access = json!({ "clinicianId": dana.id, "clientIds": [], "access": "BLOCKED" });
    let opt_in = json!({ "clinicianIds": [ida.id], "enabled": true });
    let answer = json!({ "id": scene.request, "reason": "OTHER", "messageToClient": "x".repeat(5000) });
    let confirm = json!({ "id": scene.request, "messageToClient": "x".repeat(5000) });
    let cases = [
        (dana, "setWeeklyHours", hours(json!([window("18:00", "14:00")])), "INVALID_INPUT hours.0.closesAt"),
        (dana, "setWeeklyHours", hours(json!([good, window("14:00", "14:00")])), "INVALID_INPUT hours.1.closesAt"),
        (dana, "setWeeklyHours", hours(json!([good, too_long])), "INVALID_INPUT hours.1.closesAt"),
        (dana, "setWeeklyHours", hours(json!([window("9:00", "10:00")])), "INVALID_INPUT hours.0.opensAt"),
        (dana, "setWeeklyHours", hours(json!([window("24:00", "24:00")])), "INVALID_INPUT hours.0.opensAt"),
        (dana, "setWeeklyHours", hours(json!([of_no_service])), "INVALID_INPUT hours.0.serviceIds.1"),
        (dana, "setWeeklyHours", hours(many), "INVALID_INPUT hours"),
        (ida, "setOfferedServices", services, "SERVICE_ARCHIVED serviceIds.1"),
        (dana, "setClientAccess", access.clone(), "INVALID_INPUT clientIds"),
        (dana, "setClientAccess", but(&access, "clientIds", json!([scene.casey.id, 1])), "INVALID_INPUT clientIds.1"),
        (ida, "setClinicianSelfScheduling", opt_in, "INVALID_INPUT audience"),
        (dana, "confirmAppointmentRequest", confirm, "INVALID_INPUT messageToClient"),
        (dana, "declineAppointmentRequest", answer, "INVALID_INPUT messageToClient"),
        (dana, "confirmAppointmentRequest", json!({ "id": own_service }), "INVALID_INPUT id"),
    ];
    each_is_refused(&scene.practice, &cases).await;
}

async fn what_a_client_asks_wrong_is_refused_by_the_name_of_its_field() {
    let scene = Scene::set().await;
    let (casey, ask, own) = (&scene.casey, "requestAppointment", scene.asking(THREE));
    let at = |start: &str| but(&own, "startsAt", start);
    let cases = [
        (casey, ask, but(&own, "noteToClinician", "x".repeat(5000)), "INVALID_INPUT noteToClinician"),
        (casey, ask, but(&own, "serviceId", scene.archived.as_str()), "SERVICE_ARCHIVED serviceId"),
        (casey, ask, but(&own, "serviceId", scene.dana.id.as_str()), "INVALID_INPUT serviceId"),
        (casey, ask, but(&own, "clinicianId", casey.id.as_str()), "INVALID_INPUT clinicianId"),
        (casey, ask, but(&own, "modality", "TELEHEALTH"), "INVALID_INPUT modality"),
        (casey, ask, but(&own, "idempotencyKey", ""), "INVALID_INPUT idempotencyKey"),
        (casey, ask, but(&own, "idempotencyKey", "x".repeat(101)), "INVALID_INPUT idempotencyKey"),
        (casey, ask, at("2027-01-12T15:00:00"), "INVALID_INPUT startsAt"),
        (casey, ask, at("2027-02-30T20:00:00Z"), "INVALID_INPUT startsAt"),
        (casey, ask, at("2027-01-12T20:10:00Z"), "OFF_SLOT_INTERVAL startsAt"),
        (casey, ask, at("2027-01-12T20:00:01Z"), "OFF_SLOT_INTERVAL startsAt"),
        (casey, ask, at("2027-01-12T20:00:00.5Z"), "OFF_SLOT_INTERVAL startsAt"),
        (casey, ask, at("2027-01-13T20:00:00Z"), "OUTSIDE_HOURS startsAt"),
        (casey, ask, at("2027-01-12T22:30:00Z"), "OUTSIDE_HOURS startsAt"),
        (casey, ask, at("2027-06-01T19:00:00Z"), "BEYOND_BOOKING_HORIZON startsAt"),
        (casey, ask, at("2027-01-19T20:00:00Z"), "SLOT_TAKEN startsAt"),
        (casey, "withdrawAppointmentRequest", json!({ "id": casey.id }), "INVALID_INPUT id"),
    ];
    each_is_refused(&scene.practice, &cases).await;
}

async fn a_key_that_was_used_answers_the_same_body_again_and_refuses_another() {
    let scene = Scene::set().await;
    let (casey, ask, shown) = (&scene.casey, "requestAppointment", "appointmentRequest { id status version }");
    let body = but(&scene.asking(THREE), "noteToClinician", "About sleep");
    let first = casey.done(ask, shown, body.clone()).await;
    let after_first = scene.practice.snapshot().await;
    assert_eq!(casey.done(ask, shown, body.clone()).await, first, "a retry finds the first answer");
    assert_eq!(scene.practice.snapshot().await, after_first, "a retry makes nothing");
    let reused = "IDEMPOTENCY_KEY_REUSED idempotencyKey";
    let cases = [
        (casey, ask, but(&body, "noteToClinician", "About work"), reused),
        (casey, ask, but(&body, "noteToClinician", json!(null)), reused),
        (casey, ask, but(&body, "startsAt", "2027-01-26T20:00:00Z"), reused),
        (casey, ask, but(&body, "modality", "IN_PERSON"), reused),
        (casey, ask, but(&body, "clinicianId", scene.ida.id.as_str()), reused),
    ];
    each_is_refused(&scene.practice, &cases).await;
}

async fn a_retry_answers_the_first_request_also_when_its_time_is_free_again() {
    let scene = Scene::set().await;
    let (casey, ask, shown) = (&scene.casey, "requestAppointment", "appointmentRequest { id }");
    let body = scene.asking(THREE);
    let first = casey.done(ask, shown, body.clone()).await;
    let withdrawn = json!({ "id": first["appointmentRequest"]["id"] });
    casey.done("withdrawAppointmentRequest", "appointmentRequest { status }", withdrawn).await;
    let after = scene.practice.snapshot().await;
    assert_eq!(casey.done(ask, shown, body.clone()).await, first);
    let reused = "IDEMPOTENCY_KEY_REUSED idempotencyKey";
    each_is_refused(&scene.practice, &[(casey, ask, but(&body, "noteToClinician", "About work"), reused)]).await;
    assert_eq!(scene.practice.snapshot().await, after, "a retry makes nothing");
}

async fn each_creating_mutation_makes_one_thing_for_one_key_and_body() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let key = |input: Value| but(&input, "idempotencyKey", "once");
    let nia = json!({ "displayName": "Nia", "email": "nia@practice.test" });
    let kim = json!({ "displayName": "Kim", "email": "kim@practice.test" });
    let intake = json!({ "name": "Intake", "durationMinutes": 50, "modality": "EITHER" });
    let care = json!({ "clinicianId": scene.ida.id, "clientId": scene.casey.id });
    for (name, shown, input, field) in [
        ("addClinician", "clinician { id }", key(nia.clone()), "displayName"),
        ("addClient", "client { id }", key(nia), "displayName"),
        ("inviteMember", "member { id }", key(kim), "displayName"),
        ("createService", "service { id }", key(intake), "name"),
        ("startCare", "client { id }", key(care), "startsOn"),
    ] {
        let first = admin.done(name, shown, input.clone()).await;
        let after_first = scene.practice.snapshot().await;
        assert_eq!(admin.done(name, shown, input.clone()).await, first, "{name}: a retry finds the first answer");
        assert_eq!(scene.practice.snapshot().await, after_first, "{name}: a retry makes nothing");
        let other = but(&input, field, "2027-01-05");
        each_is_refused(&scene.practice, &[(admin, name, other, "IDEMPOTENCY_KEY_REUSED idempotencyKey")]).await;
    }
}

async fn a_wrong_argument_of_a_query_is_refused_by_its_name() {
    let scene = Scene::set().await;
    let (dana, casey, service) = (&scene.dana.id, &scene.casey.id, &scene.practice.service_id);
    let slots = |service: &str, from: &str, to: &str| {
        format!(
            "{{ clinician(id: \"{dana}\") {{
                availableSlots(serviceId: \"{service}\", from: \"{from}\", to: \"{to}\") {{ timeZone }} }} }}"
        )
    };
    let of_practice = |list: &str| format!("{{ practice {{ {list} {{ totalCount }} }} }}");
    let access = |more: &str| format!("{{ selfSchedulingAccess(clinicianId: \"{dana}\", {more}) {{ allowed }} }}");
    let (start, day) = ("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z");
    let cases = [
        (slots(service, day, start), "to"),
        (slots(service, start, start), "to"),
        (slots(service, start, "2027-03-07T00:00:01Z"), "to"),
        (slots(service, "2027-01-04T00:00:00", day), "from"),
        (slots(dana, start, day), "serviceId"),
        (of_practice("clinicians(first: 0)"), "first"),
        (of_practice("clinicians(last: 0)"), "last"),
        (of_practice("clinicians(first: 1, last: 1)"), "last"),
        (of_practice("clinicians(after: \"nowhere\")"), "after"),
        (of_practice(&format!("clinicians(before: \"{casey}\")")), "before"),
        (of_practice("clients(first: 0)"), "first"),
        (of_practice("clients(after: \"nowhere\")"), "after"),
        (of_practice(&format!("clients(after: \"{}\")", "é".repeat(40))), "after"),
        (of_practice(&format!("clients(search: \"{}\")", "x".repeat(201))), "search"),
        (of_practice("appointmentRequests(first: 0)"), "first"),
        (of_practice("appointmentRequests(first: -1)"), "first"),
        (of_practice("appointmentRequests(after: \"nowhere\")"), "after"),
        (format!("{{ clinician(id: \"{casey}\") {{ id }} }}"), "id"),
        (format!("{{ client(id: \"{dana}\") {{ id }} }}"), "id"),
        ("{ node(id: \"nowhere\") { id } }".to_owned(), "id"),
        ("{ node(id: \"clinician_1\") { id } }".to_owned(), "id"),
        (access(&format!("clientId: \"{dana}\"")), "clientId"),
        (access("startsAt: \"2027-01-12T20:00:00Z\""), "serviceId"),
        (access(&format!("serviceId: \"{service}\", startsAt: \"noon\"")), "startsAt"),
    ];
    for (query, field) in cases {
        let (_, answer) = scene.practice.admin.send(&query, json!({})).await;
        assert_nothing_leaks(&answer.to_string());
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(extensions, &json!({ "code": "BAD_USER_INPUT", "field": [field] }), "{query}: {answer}");
    }
}

async fn a_page_of_an_impact_is_bounded_like_any_other() {
    let scene = Scene::set().await;
    let before = scene.practice.snapshot().await;
    for (arguments, field) in [("first: 0", "first"), ("after: \"nowhere\"", "after")] {
        let query =
            mutation("setPracticeSelfScheduling", &format!("impact {{ changes({arguments}) {{ totalCount }} }}"));
        let input = json!({ "input": { "enabled": false, "dryRun": true } });
        let (_, answer) = scene.practice.admin.send(&query, input).await;
        assert_eq!(answer["errors"][0]["extensions"]["field"], json!([field]), "{arguments}: {answer}");
    }
    assert_eq!(scene.practice.snapshot().await, before);
}

async fn what_is_not_there_is_named_by_its_field_and_what_is_out_of_reach_reads_the_same() {
    let scene = Scene::set().await;
    let elsewhere = scene.practice.elsewhere().await;
    let nowhere = |id: &str| format!("{}_{}", id.split('_').next().expect("a type"), uuid::Uuid::now_v7().simple());
    let hours =
        |id: &str| json!([{ "weekday": "MONDAY", "opensAt": "09:00", "closesAt": "10:00", "serviceIds": [id] }]);
    let admin = &scene.practice.admin;
    let care = json!({ "clinicianId": scene.dana.id, "clientId": scene.casey.id });
    let asking = scene.asking(THREE);
    for known in [true, false] {
        let id = |of: &str| if known { of.to_owned() } else { nowhere(of) };
        let (client, service) = (id(&elsewhere.client.id), id(&elsewhere.service_id));
        let clinician = id(&elsewhere.clinician.id);
        let cases = [
            (admin, "startCare", but(&care, "clientId", client.clone()), json!(["input", "clientId"])),
            (admin, "endCare", but(&care, "clinicianId", clinician), json!(["input", "clinicianId"])),
            (
                admin,
                "setClientAccess",
                json!({ "clientIds": [scene.casey.id, client], "access": "BLOCKED" }),
                json!(["input", "clientIds", "1"]),
            ),
            (
                &scene.dana,
                "setWeeklyHours",
                json!({ "clinicianId": scene.dana.id, "hours": hours(&service) }),
                json!(["input", "hours", "0", "serviceIds", "0"]),
            ),
            (&scene.casey, "requestAppointment", but(&asking, "serviceId", service), json!(["input", "serviceId"])),
            (
                &scene.dana,
                "confirmAppointmentRequest",
                json!({ "id": id(&elsewhere.request_id) }),
                json!(["input", "id"]),
            ),
        ];
        for (person, name, input, field) in cases {
            let (_, answer) = person.send(&mutation(name, ""), json!({ "input": input })).await;
            let told = &answer["errors"][0]["extensions"];
            assert_eq!(*told, json!({ "code": "NOT_FOUND", "field": field }), "{name}: {answer}");
        }
        let access = "query($clinician: ID!, $client: ID, $service: ID) {
            selfSchedulingAccess(clinicianId: $clinician, clientId: $client, serviceId: $service) { allowed } }";
        let (dana, own) = (&scene.dana.id, &scene.practice.service_id);
        for (person, asked, field) in [
            (admin, json!({ "clinician": id(&elsewhere.clinician.id) }), "clinicianId"),
            (admin, json!({ "clinician": dana, "client": id(&elsewhere.client.id) }), "clientId"),
            (admin, json!({ "clinician": dana, "client": id(&elsewhere.client.id), "service": own }), "clientId"),
            (&scene.dana, json!({ "clinician": dana, "client": id(&elsewhere.client.id) }), "clientId"),
            (&scene.casey, json!({ "clinician": dana, "client": id(&elsewhere.client.id) }), "clientId"),
            (admin, json!({ "clinician": dana, "service": id(&elsewhere.service_id) }), "serviceId"),
        ] {
            let (_, answer) = person.send(access, asked.clone()).await;
            let told = &answer["errors"][0]["extensions"];
            assert_eq!(*told, json!({ "code": "NOT_FOUND", "field": [field] }), "{asked}: {answer}");
        }
    }
}

async fn hours_for_a_service_that_is_archived_are_refused_unless_they_stood() {
    let scene = Scene::set().await;
    let kept_to = |services: Value| {
        let window = json!({ "weekday": "MONDAY", "opensAt": "09:00", "closesAt": "10:00", "serviceIds": services });
        json!({ "clinicianId": scene.dana.id, "hours": [window] })
    };
    // Ids grow with time, so one of these two orders is not that of the ids.
    let (own, archived) = (&scene.practice.service_id, &scene.archived);
    for (services, place) in [(json!([own, archived]), "1"), (json!([archived, own]), "0")] {
        let refused = scene.dana.call("setWeeklyHours", "", kept_to(services)).await;
        let error = &refused["errors"][0];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("SERVICE_ARCHIVED"), &json!(["input", "hours", "0", "serviceIds", place]))
        );
    }
    scene.dana.done("setWeeklyHours", "", kept_to(json!([own]))).await;
    scene.practice.admin.done("archiveService", "", json!({ "id": own })).await;
    scene.dana.done("setWeeklyHours", "", kept_to(json!([own]))).await;
}

crate::support::tests!(
    what_is_not_there_is_named_by_its_field_and_what_is_out_of_reach_reads_the_same,
    hours_for_a_service_that_is_archived_are_refused_unless_they_stood,
    what_an_admin_types_wrong_is_refused_by_the_name_of_its_field,
    wrong_dates_reasons_and_pairs_of_a_settings_change_are_refused_by_name,
    what_a_clinician_types_wrong_is_refused_by_the_name_of_its_field,
    what_a_client_asks_wrong_is_refused_by_the_name_of_its_field,
    a_key_that_was_used_answers_the_same_body_again_and_refuses_another,
    a_retry_answers_the_first_request_also_when_its_time_is_free_again,
    each_creating_mutation_makes_one_thing_for_one_key_and_body,
    a_wrong_argument_of_a_query_is_refused_by_its_name,
    a_page_of_an_impact_is_bounded_like_any_other,
);
