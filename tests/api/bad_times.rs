//! Times, ranges, zones and dates that are none: the refusal names the field and says what to write instead.

use serde_json::{Value, json};

use crate::support::{Person, TestPractice, assert_nothing_leaks, mutation, text};

/// Ranges that no list of slots takes, with the field at fault and what the refusal says.
const RANGES: [(&str, &str, &str, &str); 12] = [
    ("2027-01-05T00:00:00Z", "2027-01-04T00:00:00Z", "to", "ends before it begins. Give a `to` after `from`"),
    ("2027-01-05T00:00:00Z", "2027-01-05T00:00:00Z", "to", "ends before it begins"),
    // Later on the wall clock, and earlier in time.
    ("2027-01-05T10:00:00-05:00", "2027-01-05T11:00:00+01:00", "to", "ends before it begins"),
    ("2027-01-04T00:00:00Z", "2027-03-07T00:00:00.001Z", "to", "longer than 62 days. Ask for less at a time"),
    ("2027-01-04T00:00:00Z", "9998-01-04T00:00:00Z", "to", "longer than 62 days"),
    ("2027-01-04T00:00:00", "2027-01-05T00:00:00Z", "from", "with an offset, such as"),
    ("2027-01-04T00:00:00Z", "2027-01-05T00:00:00", "to", "with an offset, such as"),
    ("2027-01-04", "2027-01-05T00:00:00Z", "from", "not an instant"),
    ("2027-02-29T00:00:00Z", "2027-03-05T00:00:00Z", "from", "not an instant"),
    ("2027-01-04T25:00:00Z", "2027-01-06T00:00:00Z", "from", "not an instant"),
    ("2027-01-04T00:00:00Z", "2027-01-05T00:00:00[America/New_York]", "to", "with an offset, such as"),
    ("2027-01-04T00:00:00Z", "", "to", "not an instant"),
];

/// Asks, and is refused at the top by this field with these words.
async fn assert_refused(person: &Person, query: &str, variables: Value, field: &str, words: &str) {
    let (_, answer) = person.send(query, variables.clone()).await;
    assert_nothing_leaks(&answer.to_string());
    let error = &answer["errors"][0];
    let expected = json!({ "code": "BAD_USER_INPUT", "field": [field] });
    assert_eq!(error["extensions"], expected, "{variables}: {answer}");
    assert!(text(&error["message"]).contains(words), "{variables}: {answer}");
}

async fn a_range_that_is_none_is_refused_by_the_field_that_is_wrong_with_what_to_write() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let of_one = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) {
        clinician(id: $clinician) { availableSlots(serviceId: $service, from: $from, to: $to) { timeZone } } }";
    let of_all = "query($service: ID!, $from: DateTime!, $to: DateTime!) {
        practice { soonestSlots(serviceId: $service, from: $from, to: $to) { clinicianCount } } }";
    for (from, to, field, words) in RANGES {
        let all = json!({ "service": practice.service_id, "from": from, "to": to });
        assert_refused(&casey, of_all, all.clone(), field, words).await;
        let mut one = all;
        one["clinician"] = json!(dana.id);
        assert_refused(&casey, of_one, one, field, words).await;
    }
    // The longest range and the shortest are ranges.
    for to in ["2027-03-07T00:00:00Z", "2027-01-04T00:00:00.001Z"] {
        let one =
            json!({ "clinician": dana.id, "service": practice.service_id, "from": "2027-01-04T00:00:00Z", "to": to });
        casey.run(of_one, one).await;
    }
}

async fn a_start_without_an_offset_is_refused_wherever_one_is_asked_for() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let access = "query($clinician: ID!, $service: ID!, $start: DateTime!) {
        selfSchedulingAccess(clinicianId: $clinician, serviceId: $service, startsAt: $start) { allowed } }";
    for wrong in
        ["2027-01-12T14:00:00", "2027-01-12 14:00", "2027-01-12T14:00:00 America/New_York", "2027-02-30T14:00:00Z"]
    {
        let ids = json!({ "clinician": dana.id, "service": practice.service_id, "start": wrong });
        assert_refused(&casey, access, ids, "startsAt", "with an offset, such as").await;
        let input = json!({ "clinicianId": dana.id, "serviceId": practice.service_id, "startsAt": wrong,
            "idempotencyKey": "one" });
        let refused = casey.call("requestAppointment", "appointmentRequest { id }", input).await;
        let error = &refused["errors"][0];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("INVALID_INPUT"), &json!(["input", "startsAt"])),
            "{refused}"
        );
        assert!(text(&error["message"]).contains("with an offset, such as"), "{refused}");
    }
}

async fn a_zone_that_is_unknown_and_a_date_that_is_none_are_refused_by_their_field_with_what_to_write() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ida = practice.clinician("Ida").await;
    let zone = |zone: &str| json!({ "displayName": "Nia", "email": "nia@practice.test", "timeZone": zone });
    let care = |field: &str, date: &str| {
        let clinician = if field == "endsOn" { &dana.id } else { &ida.id };
        let mut input = json!({ "clinicianId": clinician, "clientId": casey.id });
        input[field] = json!(date);
        input
    };
    let mut cases = Vec::new();
    for wrong in ["Mars/Olympus", "america/new_york", "EST5EDT", "UTC+5", "+05:45", "Etc/GMT-3", ""] {
        cases.push(("addClinician", "timeZone", zone(wrong), "Use an IANA name such as"));
    }
    for wrong in ["2027-02-29", "2027-04-31", "2027-13-01", "2027-1-4", "04.01.2027", "2027-01-04T00:00:00Z", "today"] {
        cases.push(("startCare", "startsOn", care("startsOn", wrong), "Write YYYY-MM-DD, a day that exists"));
        cases.push(("endCare", "endsOn", care("endsOn", wrong), "Write YYYY-MM-DD, a day that exists"));
    }
    for (name, field, input, words) in cases {
        let answer = practice.admin.run(&mutation(name, ""), json!({ "input": input })).await;
        let error = &answer["answer"]["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("INVALID_INPUT"), &json!(["input", field])), "{input}");
        assert!(text(&error["message"]).contains(words), "{input}: {error}");
    }
}

crate::support::tests!(
    a_range_that_is_none_is_refused_by_the_field_that_is_wrong_with_what_to_write,
    a_start_without_an_offset_is_refused_wherever_one_is_asked_for,
    a_zone_that_is_unknown_and_a_date_that_is_none_are_refused_by_their_field_with_what_to_write,
);
