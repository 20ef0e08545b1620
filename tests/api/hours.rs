//! Hours as people meet them: single dates, nights, services and ways of meeting, zones, and the days on which the clock
//! changes.

use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, REQUEST, TestPractice, at, mutation, text};

/// The starts of a clinician's slots in a range of local dates, as their wall clock has them: `12 14:00`.
async fn starts(practice: &TestPractice, clinician: &Person, from: &str, to: &str) -> Vec<String> {
    let query = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) { clinician(id: $clinician) {
        availableSlots(serviceId: $service, from: $from, to: $to) { slots { localStart } } } }";
    let (from, to) = (format!("{from}T00:00:00-05:00"), format!("{to}T00:00:00-05:00"));
    let asked = json!({ "clinician": clinician.id, "service": practice.service_id, "from": from, "to": to });
    let mut found = practice.admin.run(query, asked).await;
    let slots = found["clinician"]["availableSlots"]["slots"].take();
    let local = |slot: &Value| text(&slot["localStart"]).get(8..16).expect("a local time").replace('T', " ");
    slots.as_array().expect("slots").iter().map(local).collect()
}

/// The input of an exception with windows of these ends.
fn exception(clinician: &Person, on: &str, windows: &[(&str, &str)]) -> Value {
    let window = |(opens, closes): &(&str, &str)| json!({ "opensAt": opens, "closesAt": closes, "closesNextDay": closes <= opens });
    json!({ "clinicianId": clinician.id, "on": on, "windows": windows.iter().map(window).collect::<Vec<_>>() })
}

const EXCEPTIONS: &str = "query($id: ID!, $from: LocalDate!, $to: LocalDate!) { clinician(id: $id) { displayName
    selfScheduling { dateExceptions(from: $from, to: $to) {
        on closed windows { on opensAt closesAt closesNextDay serviceIds modality } } } } }";

async fn a_closed_date_offers_nothing_the_write_refuses_it_and_every_other_date_stays() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let before = starts(&practice, &dana, "2027-01-05", "2027-02-01").await;
    assert_eq!(before.len(), 28, "seven on each of four Tuesdays");
    dana.done("setDateException", "", exception(&dana, "2027-01-12", &[])).await;
    let after = starts(&practice, &dana, "2027-01-05", "2027-02-01").await;
    let others: Vec<_> = before.iter().filter(|start| !start.starts_with("12 ")).cloned().collect();
    assert_eq!(after, others);
    let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T15:00:00-05:00")).await;
    assert_eq!(asked["requestAppointment"]["errors"][0]["code"], "OUTSIDE_HOURS", "{asked}");
    assert_eq!(asked["requestAppointment"]["alternatives"][0]["startsAt"], "2027-01-19T19:00:00Z");

    let back = json!({ "clinicianId": dana.id, "on": "2027-01-12" });
    dana.done("removeDateException", "", back.clone()).await;
    assert_eq!(starts(&practice, &dana, "2027-01-05", "2027-02-01").await, before);
    let unchanged = practice.snapshot().await;
    dana.done("removeDateException", "", back).await;
    assert_eq!(practice.snapshot().await, unchanged, "where there is none, removing it changes nothing");
}

async fn other_hours_of_a_date_replace_its_weekdays_and_read_back_as_they_were_set() {
    let practice = TestPractice::begin().await;
    let (dana, _casey) = practice.open_practice().await;
    let tuesday = exception(&dana, "2027-01-12", &[("16:00", "17:00"), ("09:00", "10:30"), ("23:00", "24:00")]);
    dana.done("setDateException", "", exception(&dana, "2027-01-12", &[("08:00", "20:00")])).await;
    dana.done("setDateException", "", tuesday).await;
    dana.done("setDateException", "", exception(&dana, "2027-01-13", &[("23:00", "00:40")])).await;
    let open = ["12 09:00", "12 09:30", "12 16:00", "12 23:00", "13 23:00", "13 23:30"];
    assert_eq!(starts(&practice, &dana, "2027-01-11", "2027-01-18").await, open);

    let range = json!({ "id": dana.id, "from": "2027-01-12", "to": "2027-01-13" });
    let mut read = dana.run(EXCEPTIONS, range).await;
    let dates = read["clinician"]["selfScheduling"]["dateExceptions"].take();
    let window = |on: &str, opens: &str, closes: &str, next_day: bool| {
        json!({ "on": on, "opensAt": opens, "closesAt": closes, "closesNextDay": next_day,
            "serviceIds": null, "modality": null })
    };
    let (twelfth, thirteenth) = ("2027-01-12", "2027-01-13");
    let windows = [("09:00", "10:30"), ("16:00", "17:00"), ("23:00", "24:00")];
    let windows = windows.map(|(opens, closes)| window(twelfth, opens, closes, false));
    let first = json!({ "on": twelfth, "closed": false, "windows": windows });
    let night = [window(thirteenth, "23:00", "00:40", true)];
    assert_eq!(dates, json!([first, { "on": thirteenth, "closed": false, "windows": night }]));
}

async fn a_date_that_is_closed_does_not_cut_the_night_before_it() {
    let practice = TestPractice::begin().await;
    let (dana, _casey) = practice.open_practice().await;
    let night = json!({ "weekday": "MONDAY", "opensAt": "22:00", "closesAt": "02:00", "closesNextDay": true });
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": [night] })).await;
    dana.done("setDateException", "", exception(&dana, "2027-01-12", &[])).await;
    let open = ["11 22:00", "11 22:30", "11 23:00", "11 23:30", "12 00:00", "12 00:30", "12 01:00"];
    assert_eq!(starts(&practice, &dana, "2027-01-11", "2027-01-16").await, open);
    dana.done("setDateException", "", exception(&dana, "2027-01-11", &[])).await;
    assert_eq!(starts(&practice, &dana, "2027-01-11", "2027-01-16").await, Vec::<String>::new());
}

async fn a_window_of_a_date_is_open_only_for_the_service_and_the_way_of_meeting_it_is_kept_to() {
    let practice = TestPractice::begin().await;
    let (dana, _casey) = practice.open_practice().await;
    let other = practice.service("Group session", 90).await;
    let kept = |field: &str, value: Value| {
        let mut set = exception(&dana, "2027-01-13", &[("09:00", "10:00")]);
        set["windows"][0][field] = value;
        set
    };
    let (from, to) = ("2027-01-13", "2027-01-14");
    for (field, value, expected) in [
        ("serviceIds", json!([practice.service_id]), 1),
        ("serviceIds", json!([other]), 0),
        ("modality", json!("IN_PERSON"), 1),
        ("modality", json!("TELEHEALTH"), 0),
        ("modality", json!("EITHER"), 1),
    ] {
        dana.done("setDateException", "", kept(field, value.clone())).await;
        assert_eq!(starts(&practice, &dana, from, to).await.len(), expected, "{field} {value}");
    }
    practice.admin.done("archiveService", "", json!({ "id": other })).await;
    let refused = dana.call("setDateException", "", kept("serviceIds", json!([other]))).await;
    assert_eq!(refused["errors"][0]["code"], "SERVICE_ARCHIVED");
    assert_eq!(refused["errors"][0]["field"], json!(["input", "windows", "0", "serviceIds", "0"]));
}

const IMPACT: &str = "impact { revision dryRun clientsLosingCount appointmentsOutsideHours { id status startsAt }
    pendingRequestsAffected { id status } }";

async fn the_impact_of_a_date_names_what_it_leaves_outside_on_that_date_alone_and_all_of_it_stays() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let mut ids = Vec::new();
    for start in ["2027-01-12T19:00:00Z", "2027-01-12T20:00:00Z", "2027-01-19T19:00:00Z"] {
        let made = casey.run(REQUEST, practice.asking(&dana, start)).await["requestAppointment"].take();
        ids.push(text(&made["appointmentRequest"]["id"]));
    }
    let mut booked = Vec::new();
    for id in [&ids[0], &ids[2]] {
        let mut confirmed = dana.run(CONFIRM, json!({ "id": id })).await["confirmAppointmentRequest"].take();
        booked.push(confirmed["appointmentRequest"]["appointment"].take());
    }
    let before = practice.snapshot().await;
    let mut closed = exception(&dana, "2027-01-12", &[]);
    closed["dryRun"] = json!(true);
    let preview = dana.done("setDateException", IMPACT, closed.clone()).await["impact"].take();
    assert_eq!(practice.snapshot().await, before, "the dry run saved something");
    assert_eq!(preview["appointmentsOutsideHours"], json!([booked[0]]));
    assert_eq!(preview["pendingRequestsAffected"], json!([{ "id": ids[1], "status": "PENDING" }]));
    assert_eq!(preview["clientsLosingCount"], 0, "other dates are open");

    closed["dryRun"] = json!(false);
    closed["expectedRevision"] = json!("1");
    let stale = dana.call("setDateException", "", closed.clone()).await;
    assert_eq!(stale["errors"][0]["code"], "STALE_REVISION");
    closed["expectedRevision"] = preview["revision"].clone();
    let done = dana.done("setDateException", IMPACT, closed).await["impact"].take();
    for field in ["appointmentsOutsideHours", "pendingRequestsAffected"] {
        assert_eq!(done[field], preview[field], "what was previewed is not what happened");
    }
    assert_ne!(done["revision"], preview["revision"]);
    let confirmed = dana.run(CONFIRM, json!({ "id": ids[1] })).await["confirmAppointmentRequest"].take();
    assert_eq!(confirmed["errors"], json!([]), "what waits stays decidable");
}

async fn who_works_on_single_dates_alone_can_be_booked_until_the_last_of_them_is_over() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": [] })).await;
    let gates = "query($clinician: ID!) { clinician(id: $clinician) { selfScheduling { bookable } } }";
    let bookable = || async { casey.run(gates, json!({ "clinician": dana.id })).await["clinician"].take() };
    let expected = |is: bool| json!({ "selfScheduling": { "bookable": is } });
    assert_eq!(bookable().await, expected(false));
    let impact = "impact { clientsGainingCount } clinician { selfScheduling { setupChecklist(includeDone: true) { step done } } }";
    let opened = dana.done("setDateException", impact, exception(&dana, "2027-01-12", &[("09:00", "10:00")])).await;
    assert_eq!(opened["impact"]["clientsGainingCount"], 1);
    let steps = &opened["clinician"]["selfScheduling"]["setupChecklist"];
    assert!(steps.as_array().is_some_and(|steps| steps.iter().all(|step| step["done"] == true)), "{steps}");
    assert_eq!(bookable().await, expected(true));
    let asked = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T09:00:00-05:00")).await;
    assert_eq!(asked["requestAppointment"]["errors"], json!([]));
    practice.clock.set(at("2027-01-16T12:00:00-05:00"));
    assert_eq!(bookable().await, expected(false));
}

async fn a_wrong_date_or_window_is_refused_by_the_name_of_its_field_and_saves_nothing() {
    let practice = TestPractice::begin().await;
    let (dana, _casey) = practice.open_practice().await;
    let set = |on: &str, windows: Value| json!({ "clinicianId": dana.id, "on": on, "windows": windows });
    let window = |opens: &str, closes: &str| json!({ "opensAt": opens, "closesAt": closes });
    let many = json!(vec![window("09:00", "10:00"); 25]);
    let of_nobody = json!({ "opensAt": "09:00", "closesAt": "10:00", "serviceIds": [dana.id] });
    let longer = json!({ "opensAt": "09:00", "closesAt": "09:01", "closesNextDay": true });
    let before = practice.snapshot().await;
    for (input, field) in [
        (set("2027-02-29", json!([])), "on"),
        (set("12.01.2027", json!([])), "on"),
        (set("2027-01-03", json!([])), "on"),
        (set("2030-01-04", json!([])), "on"),
        (set("2027-01-12", many), "windows"),
        (set("2027-01-12", json!([window("18:00", "14:00")])), "windows.0.closesAt"),
        (set("2027-01-12", json!([window("09:00", "10:00"), window("24:00", "24:00")])), "windows.1.opensAt"),
        (set("2027-01-12", json!([window("9:00", "10:00")])), "windows.0.opensAt"),
        (set("2027-01-12", json!([longer])), "windows.0.closesAt"),
        (set("2027-01-12", json!([of_nobody])), "windows.0.serviceIds.0"),
    ] {
        let refused = dana.call("setDateException", "", input.clone()).await;
        let path: Vec<_> = std::iter::once("input").chain(field.split('.')).collect();
        let expected = (json!("INVALID_INPUT"), json!(path));
        let error = &refused["errors"][0];
        assert_eq!((error["code"].clone(), error["field"].clone()), expected, "{input}: {refused}");
    }
    assert_eq!(practice.snapshot().await, before);
    let elsewhere = practice.elsewhere().await;
    let mut theirs = set("2027-01-12", json!([window("09:00", "10:00")]));
    theirs["windows"][0]["serviceIds"] = json!([elsewhere.service_id]);
    let (code, _) = dana.denied(&mutation("setDateException", ""), json!({ "input": theirs })).await;
    assert_eq!(code, "NOT_FOUND", "a service of another practice");
    // The practice is in New York, where it is still Monday; there the date is over, here it is not.
    let auckland = json!({ "clinicianId": dana.id, "timeZone": "Pacific/Auckland" });
    practice.admin.done("updateClinician", "", auckland).await;
    let refused = dana.call("setDateException", "", set("2027-01-04", json!([]))).await;
    assert_eq!(refused["errors"][0]["field"], json!(["input", "on"]), "today is the clinician's: {refused}");
}

async fn a_range_of_dates_is_bounded_and_clients_read_null_for_it() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    for (from, to, field) in [
        ("2027-01-12", "2027-01-11", "to"),
        ("2027-01-12", "2028-01-14", "to"),
        ("2027-02-29", "2027-03-01", "from"),
        ("2027-02-01", "2027-02-01T00:00:00Z", "to"),
    ] {
        let (_, answer) = dana.send(EXCEPTIONS, json!({ "id": dana.id, "from": from, "to": to })).await;
        let error = &answer["errors"][0]["extensions"];
        assert_eq!((&error["code"], &error["field"]), (&json!("BAD_USER_INPUT"), &json!([field])), "{answer}");
        assert_eq!(answer["data"]["clinician"]["displayName"], "Dana", "what stands beside it is intact");
    }
    let (_, answer) = casey.send(EXCEPTIONS, json!({ "id": dana.id, "from": "2027-01-12", "to": "2027-01-12" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let nothing = json!({ "displayName": "Dana", "selfScheduling": { "dateExceptions": null } });
    assert_eq!(answer["data"]["clinician"], nothing);
}

const CHANGES: &str =
    "query($id: ID!, $within: Int!) { clinician(id: $id) { selfScheduling { clockChanges(within: $within) {
    on at kind minutes explanation windows { on opensAt closesAt } } } } }";

async fn a_clinician_is_told_of_the_dates_on_which_their_hours_lose_or_repeat_time() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let changes = |within: Value| {
        let asked = json!({ "id": dana.id, "within": within });
        let dana = &dana;
        async move { dana.run(CHANGES, asked).await["clinician"]["selfScheduling"]["clockChanges"].take() }
    };
    assert_eq!(changes(json!(366)).await, json!([]), "Tuesday afternoons lose nothing");
    let sunday = json!({ "weekday": "SUNDAY", "opensAt": "01:30", "closesAt": "02:30" });
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": [sunday] })).await;
    let window = |on: &str| json!([{ "on": on, "opensAt": "01:30", "closesAt": "02:30" }]);
    let spring = json!({ "on": "2027-03-14", "at": "2027-03-14T07:00:00Z", "kind": "LOSES", "minutes": 30,
        "windows": window("2027-03-14"), "explanation": "On Sunday, 14 March 2027 the clock goes forward from 02:00 to \
        03:00: 30 minutes of the hours from 01:30 to 02:30 do not exist." });
    let autumn = json!({ "on": "2027-11-07", "at": "2027-11-07T06:00:00Z", "kind": "REPEATS", "minutes": 30,
        "windows": window("2027-11-07"), "explanation": "On Sunday, 7 November 2027 the clock goes back from 02:00 to \
        01:00: 30 minutes of the hours from 01:30 to 02:30 come twice, and are open both times." });
    assert_eq!(changes(json!(366)).await, json!([spring, autumn]));
    let by_default = "query($id: ID!) { clinician(id: $id) { selfScheduling { clockChanges { on } } } }";
    let half_a_year = dana.run(by_default, json!({ "id": dana.id })).await;
    assert_eq!(half_a_year["clinician"]["selfScheduling"]["clockChanges"], json!([{ "on": "2027-03-14" }]));
    assert_eq!(changes(json!(68)).await, json!([]), "it is 69 days ahead");
    assert_eq!(changes(json!(69)).await, json!([spring]));

    dana.done("setDateException", "", exception(&dana, "2027-03-14", &[])).await;
    assert_eq!(changes(json!(366)).await, json!([autumn]), "a closed date loses nothing");
    for within in [0, -1, 367] {
        let (_, answer) = dana.send(CHANGES, json!({ "id": dana.id, "within": within })).await;
        let error = &answer["errors"][0]["extensions"];
        assert_eq!((&error["code"], &error["field"]), (&json!("BAD_USER_INPUT"), &json!(["within"])), "{answer}");
    }
    let (code, _) = casey.denied(by_default, json!({ "id": dana.id })).await;
    assert_eq!(code, "FORBIDDEN", "clients see slots instead");
}

const TOLD: &str = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!, $zone: TimeZone) {
    clinician(id: $clinician) { availableSlots(serviceId: $service, from: $from, to: $to, timeZone: $zone) {
        timeZone slots { startsAt localStart } } } }";

async fn slots_are_told_in_any_zone_and_a_range_that_is_none_is_refused_by_name() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ask = |from: &str, to: &str, zone: Value| json!({ "clinician": dana.id, "service": practice.service_id, "from": from, "to": to, "zone": zone });
    let (from, to) = ("2027-01-12T00:00:00+05:45", "2027-01-13T01:00:00+05:45");
    for (asked, zone, local) in [
        (Value::Null, "America/New_York", "2027-01-12T14:00:00-05:00"),
        (json!("Asia/Kathmandu"), "Asia/Kathmandu", "2027-01-13T00:45:00+05:45"),
        (json!("UTC"), "UTC", "2027-01-12T19:00:00+00:00"),
    ] {
        let found = casey.run(TOLD, ask(from, to, asked)).await["clinician"]["availableSlots"].take();
        let slot = json!({ "startsAt": "2027-01-12T19:00:00Z", "localStart": local });
        assert_eq!(found, json!({ "timeZone": zone, "slots": [slot] }));
    }
    let wrong = [
        (ask(from, to, json!("Kathmandu")), "timeZone"),
        (ask(from, to, json!("+05:45")), "timeZone"),
        (ask(to, from, Value::Null), "to"),
        (ask(from, from, Value::Null), "to"),
        (ask("2027-01-01T00:00:00Z", "2027-03-04T00:00:00.001Z", Value::Null), "to"),
        (ask("2027-01-12T00:00:00", to, Value::Null), "from"),
        (ask(from, "2027-01-13", Value::Null), "to"),
    ];
    for (variables, field) in wrong {
        let (_, answer) = casey.send(TOLD, variables.clone()).await;
        let error = &answer["errors"][0];
        let told = (&error["extensions"]["code"], &error["extensions"]["field"]);
        assert_eq!(told, (&json!("BAD_USER_INPUT"), &json!([field])), "{variables}: {answer}");
        assert_ne!(text(&error["message"]), "");
    }
}

async fn a_clinician_who_moves_to_another_zone_keeps_what_is_booked_and_hears_what_is_now_outside() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let mut booked = Vec::new();
    // 14:00 and 17:00 in New York are 11:00 and 14:00 in Los Angeles.
    for start in ["2027-01-12T19:00:00Z", "2027-01-12T22:00:00Z"] {
        let asked = casey.run(REQUEST, practice.asking(&dana, start)).await["requestAppointment"].take();
        let id = json!({ "id": asked["appointmentRequest"]["id"] });
        let mut confirmed = dana.run(CONFIRM, id).await["confirmAppointmentRequest"].take();
        booked.push(confirmed["appointmentRequest"]["appointment"].take());
    }
    let moved = json!({ "clinicianId": dana.id, "timeZone": "America/Los_Angeles" });
    let shown = format!("clinician {{ timeZone displayName credentials }} {IMPACT}");
    let before = practice.snapshot().await;
    let mut dry = moved.clone();
    dry["dryRun"] = json!(true);
    let preview = practice.admin.done("updateClinician", &shown, dry).await;
    assert_eq!(practice.snapshot().await, before, "the dry run saved something");
    let done = practice.admin.done("updateClinician", &shown, moved).await;
    let clinician = json!({ "timeZone": "America/Los_Angeles", "displayName": "Dana", "credentials": null });
    for payload in [preview, done] {
        assert_eq!(payload["clinician"], clinician);
        assert_eq!(payload["impact"]["appointmentsOutsideHours"], json!([booked[0]]), "the other fits the new hours");
    }
    let query = "query($id: ID!) { appointment(id: $id) { id status startsAt localStart } }";
    let read = casey.run(query, json!({ "id": booked[0]["id"] })).await["appointment"].take();
    assert_eq!((&read["startsAt"], &read["status"]), (&booked[0]["startsAt"], &json!("BOOKED")));
    assert_eq!(read["localStart"], "2027-01-12T14:00:00-05:00", "as it was agreed");
    let free = starts(&practice, &dana, "2027-01-12", "2027-01-13").await;
    assert_eq!(free, ["12 15:00", "12 15:30", "12 16:00", "12 16:30", "12 17:00"], "in Los Angeles");

    let named = json!({ "clinicianId": dana.id, "displayName": " Dana Reyes ", "credentials": "LCSW" });
    let named = practice.admin.done("updateClinician", &shown, named).await;
    let expected = json!({ "timeZone": "America/Los_Angeles", "displayName": "Dana Reyes", "credentials": "LCSW" });
    assert_eq!(named["clinician"], expected);
    let bare = json!({ "clinicianId": dana.id, "credentials": "" });
    let bare = practice.admin.done("updateClinician", &shown, bare).await;
    assert_eq!(bare["clinician"]["credentials"], Value::Null);
    for (field, value) in [("timeZone", "EST"), ("displayName", " "), ("credentials", "a\u{7}b")] {
        let refused = practice.admin.call("updateClinician", "", json!({ "clinicianId": dana.id, field: value })).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("INVALID_INPUT"), &json!(["input", field])), "{refused}");
    }
}

crate::support::tests!(
    a_closed_date_offers_nothing_the_write_refuses_it_and_every_other_date_stays,
    other_hours_of_a_date_replace_its_weekdays_and_read_back_as_they_were_set,
    a_date_that_is_closed_does_not_cut_the_night_before_it,
    a_window_of_a_date_is_open_only_for_the_service_and_the_way_of_meeting_it_is_kept_to,
    the_impact_of_a_date_names_what_it_leaves_outside_on_that_date_alone_and_all_of_it_stays,
    who_works_on_single_dates_alone_can_be_booked_until_the_last_of_them_is_over,
    a_wrong_date_or_window_is_refused_by_the_name_of_its_field_and_saves_nothing,
    a_range_of_dates_is_bounded_and_clients_read_null_for_it,
    a_clinician_is_told_of_the_dates_on_which_their_hours_lose_or_repeat_time,
    slots_are_told_in_any_zone_and_a_range_that_is_none_is_refused_by_name,
    a_clinician_who_moves_to_another_zone_keeps_what_is_booked_and_hears_what_is_now_outside,
);
