//! The most meetings of a day and of a week: what counts against them, and what does not.

use serde_json::{Value, json};

use crate::support::{CONFIRM, Person, REQUEST, SLOTS, TestPractice, at, text};

const CAPS: [&str; 2] = ["maxPerDay", "maxPerWeek"];

/// Dana's Mondays, Tuesdays and Sundays, 14:00 to 18:00 in New York, with a cap; Casey and Jordan may book her.
async fn capped(rule: &str, most: i64) -> (TestPractice, Person, Person, Person) {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let jordan = practice.client("Jordan", &[&dana]).await;
    practice.open(&dana, &[&casey, &jordan]).await;
    let day = |day: &str| json!({ "weekday": day, "opensAt": "14:00", "closesAt": "18:00" });
    let hours = [day("MONDAY"), day("TUESDAY"), day("SUNDAY")];
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": hours })).await;
    dana.done("setBookingRules", "", json!({ "clinicianId": dana.id, rule: most, "maxPendingPerClient": 9 })).await;
    (practice, dana, casey, jordan)
}

/// The refusal of a request, or its id.
async fn ask(practice: &TestPractice, client: &Person, dana: &Person, start: &str) -> Result<String, String> {
    let made = client.run(REQUEST, practice.asking(dana, start)).await["requestAppointment"].take();
    match made["errors"][0]["code"].as_str() {
        Some(code) => Err(code.to_owned()),
        None => Ok(text(&made["appointmentRequest"]["id"])),
    }
}

/// The starts that a client is offered from 2027-01-10 to 2027-01-18, by date in New York.
async fn offered(practice: &TestPractice, client: &Person, dana: &Person) -> Vec<String> {
    let found = client.run(SLOTS, json!({ "clinician": dana.id, "service": practice.service_id })).await;
    let slots = found["clinician"]["availableSlots"]["slots"].as_array().expect("slots").clone();
    let mut days: Vec<_> = slots.iter().map(|slot| text(&slot["localStart"])[..10].to_owned()).collect();
    days.retain(|day| ("2027-01-10".."2027-01-19").contains(&day.as_str()));
    days.dedup();
    days
}

async fn blocked_time_counts_against_no_cap() {
    for rule in CAPS {
        let (practice, dana, casey, jordan) = capped(rule, 1).await;
        let before = offered(&practice, &casey, &dana).await;
        for (from, to) in
            [("2027-01-12T19:00:00Z", "2027-01-12T20:00:00Z"), ("2027-01-11T19:00:00Z", "2027-01-11T20:00:00Z")]
        {
            dana.done("blockTime", "", json!({ "clinicianId": dana.id, "startsAt": from, "endsAt": to })).await;
        }
        assert_eq!(offered(&practice, &casey, &dana).await, before, "{rule}: what is left of those days is offered");
        ask(&practice, &casey, &dana, "2027-01-12T21:00:00Z").await.expect("the block is no meeting");
        assert_eq!(
            ask(&practice, &jordan, &dana, "2027-01-12T22:00:00Z").await,
            Err("LIMIT_REACHED".to_owned()),
            "{rule}"
        );
    }
}

async fn a_request_that_waits_and_a_meeting_count_together_and_what_ended_counts_no_more() {
    for rule in CAPS {
        let (practice, dana, casey, jordan) = capped(rule, 2).await;
        let booked = ask(&practice, &casey, &dana, "2027-01-12T19:00:00Z").await.expect("free");
        assert_eq!(dana.run(CONFIRM, json!({ "id": booked })).await["confirmAppointmentRequest"]["errors"], json!([]));
        for end in ["declineAppointmentRequest", "withdrawAppointmentRequest", "superseded", "expired"] {
            let waits = ask(&practice, &casey, &dana, "2027-01-12T20:00:00Z").await.expect(end);
            let full = ask(&practice, &jordan, &dana, "2027-01-12T21:00:00Z").await;
            assert_eq!(full, Err("LIMIT_REACHED".to_owned()), "{rule}: one waits, one is booked");
            assert!(!offered(&practice, &jordan, &dana).await.contains(&"2027-01-12".to_owned()), "{rule}: hidden");
            match end {
                "declineAppointmentRequest" => {
                    drop(dana.done(end, "", json!({ "id": waits, "reason": "OTHER" })).await)
                }
                "withdrawAppointmentRequest" => drop(casey.done(end, "", json!({ "id": waits })).await),
                "superseded" => {
                    let input = json!({ "clinicianId": dana.id, "startsAt": "2027-01-12T20:00:00Z",
                        "endsAt": "2027-01-12T20:30:00Z", "supersedePendingRequests": true });
                    let done = dana.done("blockTime", "blockedTime { id }", input).await;
                    dana.done("unblockTime", "", json!({ "id": done["blockedTime"]["id"] })).await;
                }
                // Past its deadline it counts no more, whether or not it was swept.
                _ => practice.clock.set(at("2027-01-11T19:01:00Z")),
            }
            assert!(
                offered(&practice, &jordan, &dana).await.contains(&"2027-01-12".to_owned()),
                "{rule}: {end} frees it"
            );
        }
    }
}

async fn days_and_weeks_are_the_clinicians_and_a_week_begins_on_monday() {
    let (practice, dana, casey, jordan) = capped("maxPerWeek", 1).await;
    // Sunday ends the week that Monday the 4th began, and the next Monday begins another.
    ask(&practice, &casey, &dana, "2027-01-10T19:00:00Z").await.expect("free");
    assert_eq!(offered(&practice, &jordan, &dana).await, ["2027-01-11", "2027-01-12", "2027-01-17", "2027-01-18"]);
    ask(&practice, &casey, &dana, "2027-01-11T19:00:00Z").await.expect("another week");
    assert_eq!(offered(&practice, &jordan, &dana).await, ["2027-01-18"]);
    for (start, found) in [("2027-01-17T19:00:00Z", Err("LIMIT_REACHED")), ("2027-01-18T19:00:00Z", Ok(()))] {
        let asked: Result<Value, String> = ask(&practice, &jordan, &dana, start).await.map(Value::from);
        assert_eq!(asked.map(drop), found.map_err(str::to_owned), "{start}");
    }
}

crate::support::tests!(
    blocked_time_counts_against_no_cap,
    a_request_that_waits_and_a_meeting_count_together_and_what_ended_counts_no_more,
    days_and_weeks_are_the_clinicians_and_a_week_begins_on_monday,
);
