//! What a list of slots says of itself: in which zone, and whether it goes on.

use serde_json::{Value, json};

use crate::support::{REQUEST, TestPractice, text};

const LISTS: &str = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!, $zone: TimeZone) {
    clinician(id: $clinician) { availableSlots(serviceId: $service, from: $from, to: $to, timeZone: $zone) {
        slots { startsAt localStart timeZone } } }
    practice { soonestSlots(serviceId: $service, from: $from, to: $to, timeZone: $zone) {
        slots { startsAt localStart timeZone } } } }";
const PAGE: &str = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) {
    clinician(id: $clinician) { availableSlots(serviceId: $service, from: $from, to: $to) {
        hasMore slots { startsAt } } } }";

/// Dana's Tuesday, for whoever asks from New York, Kathmandu and Lord Howe.
const TOLD: [(Option<&str>, &str, [&str; 2]); 3] = [
    (None, "America/New_York", ["2027-01-12T14:00:00-05:00", "2027-01-12T14:30:00-05:00"]),
    (Some("Asia/Kathmandu"), "Asia/Kathmandu", ["2027-01-13T00:45:00+05:45", "2027-01-13T01:15:00+05:45"]),
    (Some("Australia/Lord_Howe"), "Australia/Lord_Howe", ["2027-01-13T06:00:00+11:00", "2027-01-13T06:30:00+11:00"]),
];

async fn a_client_asks_in_any_zone_and_each_slot_says_instant_offset_and_zone() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    for (asked, zone, [first, second]) in TOLD {
        let range = json!({ "clinician": dana.id, "service": practice.service_id, "from": "2027-01-12T19:00:00Z",
            "to": "2027-01-12T20:00:00Z", "zone": asked });
        let found = casey.run(LISTS, range).await;
        let slot = |at: &str, local: &str| json!({ "startsAt": at, "localStart": local, "timeZone": zone });
        let slots = json!([slot("2027-01-12T19:00:00Z", first), slot("2027-01-12T19:30:00Z", second)]);
        assert_eq!(found["clinician"]["availableSlots"]["slots"], slots);
        assert_eq!(found["practice"]["soonestSlots"]["slots"], slots);
    }
}

async fn what_is_offered_instead_of_a_taken_time_is_told_in_the_zone_of_whoever_asks() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let robin = practice.client("Robin", &[&dana]).await;
    practice.open(&dana, &[&robin]).await;
    robin.run(REQUEST, practice.asking(&dana, "2027-01-12T19:00:00Z")).await;
    for (asked, zone, _) in TOLD {
        let mut input = json!({ "clinicianId": dana.id, "serviceId": practice.service_id,
            "startsAt": "2027-01-12T19:00:00Z", "idempotencyKey": zone });
        if let Some(zone) = asked {
            input["timeZone"] = json!(zone);
        }
        let shown = "alternatives { startsAt localStart timeZone }";
        let refused = casey.call("requestAppointment", shown, input).await;
        assert_eq!(refused["errors"][0]["code"], "SLOT_TAKEN");
        let instead = refused["alternatives"].as_array().expect("a list");
        assert!(!instead.is_empty());
        for slot in instead {
            assert_eq!(slot["timeZone"], zone);
            let local = chrono::DateTime::parse_from_rfc3339(&text(&slot["localStart"])).expect("with its offset");
            assert_eq!(local.to_utc(), crate::support::at(&text(&slot["startsAt"])), "{slot}");
        }
        let offset =
            if asked.is_none() { "-05:00" } else { &TOLD.iter().find(|told| told.1 == zone).expect("it").2[0][19..] };
        assert!(text(&instead[0]["localStart"]).ends_with(offset), "{}", instead[0]);
    }
}

async fn a_list_that_is_cut_says_so_and_goes_on_behind_its_last_start() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let always = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
        .map(|day| json!({ "weekday": day, "opensAt": "00:00", "closesAt": "24:00" }));
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": always })).await;
    dana.done("setBookingRules", "", json!({ "clinicianId": dana.id, "slotIntervalMinutes": 5 })).await;
    // Starts every five minutes of these hours: 288 a day, so that 6,000 are through after 20 days and 20 hours.
    let ask = async |from: &str, to: &str| -> (Value, Vec<String>) {
        let range = json!({ "clinician": dana.id, "service": practice.service_id, "from": from, "to": to });
        let mut found = casey.run(PAGE, range).await["clinician"]["availableSlots"].take();
        let starts = found["slots"].as_array().expect("a list").iter().map(|slot| text(&slot["startsAt"])).collect();
        (found["hasMore"].take(), starts)
    };
    let (more, starts) = ask("2027-01-06T00:00:00Z", "2027-01-26T20:00:00Z").await;
    assert_eq!((more, starts.len()), (json!(false), 6_000), "a list that is just full ends there");
    let (more, starts) = ask("2027-01-06T00:00:00Z", "2027-01-26T21:00:00Z").await;
    assert_eq!((more, starts.len()), (json!(true), 6_000));
    let last = starts.last().expect("one").as_str();
    assert_eq!(last, "2027-01-26T19:55:00Z");
    let (more, starts) = ask("2027-01-26T19:55:00.001Z", "2027-01-26T21:00:00Z").await;
    assert_eq!((more, starts.len(), starts[0].as_str()), (json!(false), 12, "2027-01-26T20:00:00Z"));
}

crate::support::tests!(
    a_client_asks_in_any_zone_and_each_slot_says_instant_offset_and_zone,
    what_is_offered_instead_of_a_taken_time_is_told_in_the_zone_of_whoever_asks,
    a_list_that_is_cut_says_so_and_goes_on_behind_its_last_start,
);
