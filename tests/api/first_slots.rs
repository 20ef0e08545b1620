//! The first slots that a change opens: what somebody can book after it and nobody could before, and nothing else.

use serde_json::{Value, json};

use crate::support::{Person, REQUEST, TestPractice, text};

const FIRST: &str =
    "impact { firstSlots(first: 50) { clinician { id displayName } service { id } startsAt endsAt localStart
    timeZone modality } }";
const WEEK: &str = "impact { firstSlots { localStart } }";

/// The same starts on a day of each week, wall clock in New York.
fn hours(windows: &[(&str, &str, &str)]) -> Value {
    windows.iter().map(|(day, from, to)| json!({ "weekday": day, "opensAt": from, "closesAt": to })).collect()
}

fn tried(mut input: Value) -> Value {
    input["dryRun"] = json!(true);
    input
}

/// When the slots start, on the clinician's wall clock.
fn starts(payload: &Value) -> Vec<String> {
    let slots = payload["impact"]["firstSlots"].as_array().unwrap_or_else(|| panic!("no slots: {payload}"));
    slots.iter().map(|slot| text(&slot["localStart"])).collect()
}

/// A change of Dana's week: Tuesdays as they were, and this.
async fn with_tuesdays(by: &Person, dana: &Person, more: (&str, &str, &str), dry_run: bool) -> Value {
    let hours = hours(&[("TUESDAY", "14:00", "18:00"), more]);
    by.done("setWeeklyHours", FIRST, json!({ "clinicianId": dana.id, "hours": hours, "dryRun": dry_run })).await
}

async fn opening_a_friday_shows_the_fridays_of_two_weeks_and_nothing_that_was_open() {
    let practice = TestPractice::begin().await;
    let (dana, _) = practice.open_practice().await;
    let shown = with_tuesdays(&dana, &dana, ("FRIDAY", "09:00", "12:00"), true).await;
    let told = starts(&shown);
    assert_eq!(told[0], "2027-01-08T09:00:00-05:00");
    let on = |day: &str| told.iter().filter(|start| start.starts_with(day)).count();
    assert_eq!((on("2027-01-08"), on("2027-01-15")), (told.len() / 2, told.len() / 2), "{told:?}");
    let slot = &shown["impact"]["firstSlots"][0];
    let expected = json!({ "clinician": { "id": dana.id, "displayName": "Dana" }, "service": { "id": practice.service_id },
        "startsAt": "2027-01-08T14:00:00Z", "endsAt": "2027-01-08T14:50:00Z", "localStart": "2027-01-08T09:00:00-05:00",
        "timeZone": "America/New_York", "modality": "IN_PERSON" });
    assert_eq!(slot, &expected);
    let done = with_tuesdays(&dana, &dana, ("FRIDAY", "09:00", "12:00"), false).await;
    assert_eq!(starts(&done), told);
    let again = with_tuesdays(&dana, &dana, ("FRIDAY", "09:00", "12:00"), true).await;
    assert_eq!(starts(&again), Vec::<String>::new(), "what is open does not open");
    let fewer = tried(json!({ "clinicianId": dana.id, "hours": hours(&[("THURSDAY", "09:00", "18:00")]) }));
    let ten = dana.done("setWeeklyHours", WEEK, fewer).await;
    assert_eq!(starts(&ten).len(), 10, "ten, where no number is asked for");
}

async fn opting_in_while_the_switch_is_off_opens_no_slot() {
    let practice = TestPractice::begin().await;
    let (dana, _) = practice.open_practice().await;
    let admin = &practice.admin;
    let opt_in = json!({ "clinicianIds": [dana.id], "enabled": true });
    let opt_out = json!({ "clinicianIds": [dana.id], "enabled": false });
    admin.done("setClinicianSelfScheduling", "", opt_out).await;
    let seen = admin.done("setClinicianSelfScheduling", FIRST, tried(opt_in.clone())).await;
    assert_eq!(starts(&seen)[0], "2027-01-05T14:00:00-05:00", "with the switch on it does");
    admin.done("setPracticeSelfScheduling", "", json!({ "enabled": false })).await;
    let seen = admin.done("setClinicianSelfScheduling", FIRST, opt_in).await;
    assert_eq!(starts(&seen), Vec::<String>::new());
}

async fn a_start_opens_only_where_a_client_is_free_and_may_ask() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let casey = practice.client("Casey", &[&dana, &ida]).await;
    practice.open(&dana, &[&casey]).await;
    practice.open(&ida, &[&casey]).await;
    // Casey meets Ida on a Tuesday at two.
    casey.run(REQUEST, practice.asking(&ida, "2027-01-12T19:00:00Z")).await;
    let lock = |locked: bool| json!({ "clinicianIds": [dana.id], "locked": locked, "reason": "On leave" });
    practice.admin.done("lockClinicianSelfScheduling", "", lock(true)).await;
    let told = starts(&practice.admin.done("lockClinicianSelfScheduling", FIRST, tried(lock(false))).await);
    assert!(!told.contains(&"2027-01-12T14:00:00-05:00".to_owned()), "nobody is free then: {told:?}");
    assert!(told.contains(&"2027-01-05T14:00:00-05:00".to_owned()), "{told:?}");
    let robin = practice.client("Robin", &[&dana]).await;
    let access = json!({ "clinicianId": dana.id, "clientIds": [robin.id], "access": "ALLOWED" });
    practice.admin.done("setClientAccess", "", access).await;
    let told = starts(&practice.admin.done("lockClinicianSelfScheduling", FIRST, tried(lock(false))).await);
    assert!(told.contains(&"2027-01-12T14:00:00-05:00".to_owned()), "Robin is: {told:?}");
}

async fn a_client_with_as_many_requests_as_may_wait_opens_nothing() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    practice.admin.done("setBookingRules", "", json!({ "maxPendingPerClient": 1 })).await;
    let made = casey.run(REQUEST, practice.asking(&dana, "2027-01-12T19:00:00Z")).await;
    let request = text(&made["requestAppointment"]["appointmentRequest"]["id"]);
    let lock = |locked: bool| json!({ "clinicianIds": [dana.id], "locked": locked, "reason": "On leave" });
    practice.admin.done("lockClinicianSelfScheduling", "", lock(true)).await;
    let told = practice.admin.done("lockClinicianSelfScheduling", FIRST, tried(lock(false))).await;
    assert_eq!(starts(&told), Vec::<String>::new(), "there is nobody else");
    casey.done("withdrawAppointmentRequest", "", json!({ "id": request })).await;
    let told = practice.admin.done("lockClinicianSelfScheduling", FIRST, tried(lock(false))).await;
    assert_eq!(starts(&told)[0], "2027-01-05T14:00:00-05:00");
}

async fn a_client_who_is_let_in_opens_nothing_that_others_could_book() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let robin = practice.client("Robin", &[&dana]).await;
    let access =
        |client: &Person, word: &str| json!({ "clinicianId": dana.id, "clientIds": [client.id], "access": word });
    let told = dana.done("setClientAccess", FIRST, tried(access(&robin, "ALLOWED"))).await;
    assert_eq!(starts(&told), Vec::<String>::new());
    dana.done("setClientAccess", "", access(&casey, "BLOCKED")).await;
    let told = dana.done("setClientAccess", FIRST, access(&robin, "ALLOWED")).await;
    assert_eq!(starts(&told)[0], "2027-01-05T14:00:00-05:00");
}

async fn slots_are_looked_for_at_twenty_clinicians_the_first_by_name() {
    let practice = TestPractice::begin().await;
    let mut all = Vec::new();
    for number in 0..22 {
        // The later ones come first by name.
        all.push(practice.clinician(&format!("Clinician{}", 99 - number)).await);
    }
    let casey = practice.client("Casey", &all.iter().collect::<Vec<_>>()).await;
    for clinician in &all {
        practice.open(clinician, &[&casey]).await;
    }
    practice.admin.done("setPracticeSelfScheduling", "", json!({ "enabled": false })).await;
    let told = practice.admin.done("setPracticeSelfScheduling", FIRST, tried(json!({ "enabled": true }))).await;
    let slots = told["impact"]["firstSlots"].as_array().expect("slots");
    let first = &slots[0]["startsAt"];
    let names = slots.iter().take_while(|slot| slot["startsAt"] == *first);
    let names: Vec<_> = names.map(|slot| text(&slot["clinician"]["displayName"])).collect();
    let expected: Vec<_> = (78..98).map(|number| format!("Clinician{number}")).collect();
    assert_eq!(names, expected);
}

async fn a_number_of_slots_out_of_bounds_is_refused_by_its_name() {
    let practice = TestPractice::begin().await;
    for number in [0, 51, -1] {
        let query = format!(
            "mutation {{ setPracticeSelfScheduling(input: {{ enabled: true, dryRun: true }}) {{
                impact {{ firstSlots(first: {number}) {{ startsAt }} }} }} }}"
        );
        let (code, message) = practice.admin.denied(&query, json!({})).await;
        assert_eq!((code.as_str(), message.as_str()), ("BAD_USER_INPUT", "Ask for 1 to 50 slots."));
    }
}

crate::support::tests!(
    a_client_who_is_let_in_opens_nothing_that_others_could_book,
    a_client_with_as_many_requests_as_may_wait_opens_nothing,
    a_number_of_slots_out_of_bounds_is_refused_by_its_name,
    a_start_opens_only_where_a_client_is_free_and_may_ask,
    opening_a_friday_shows_the_fridays_of_two_weeks_and_nothing_that_was_open,
    opting_in_while_the_switch_is_off_opens_no_slot,
    slots_are_looked_for_at_twenty_clinicians_the_first_by_name,
);
