//! Time before and after it is blocked: what is in the way and how much of it, what a retry hears, and where the limits are.

use chrono::{Days, Duration, NaiveDate};
use serde_json::{Value, json};

use crate::access_matrix::sums;
use crate::support::{CONFIRM, Person, TestPractice, at, text};
use frontdesk::domain::ids::{BlockId, ClinicianId, PracticeId};
use frontdesk::domain::settings::Decision;
use frontdesk::domain::time::Interval;
use frontdesk::store::{BlockRow, Store, Write};

const WAY: &str = "blockedTime { id } supersededRequests { id status startsAt } supersededRequestsCount
    pendingRequestsInTheWay { id status startsAt } pendingRequestsInTheWayCount
    appointmentsInTheWay { id startsAt } appointmentsInTheWayCount";
const LISTS: [&str; 3] = ["supersededRequests", "pendingRequestsInTheWay", "appointmentsInTheWay"];

/// On Tuesday 2027-01-12, from and to these hours in UTC.
fn block(clinician: &Person, from: &str, to: &str) -> Value {
    json!({ "clinicianId": clinician.id, "startsAt": format!("2027-01-12T{from}:00Z"), "endsAt": format!("2027-01-12T{to}:00Z") })
}

fn with(input: &Value, more: &[(&str, Value)]) -> Value {
    let mut input = input.clone();
    more.iter().for_each(|(field, value)| input[*field] = value.clone());
    input
}

async fn ask(client: &Person, clinician: &Person, service: &str, starts_at: &str) -> String {
    let input = json!({ "clinicianId": clinician.id, "serviceId": service, "startsAt": starts_at, "idempotencyKey": starts_at });
    let made = client.done("requestAppointment", "appointmentRequest { id }", input).await;
    text(&made["appointmentRequest"]["id"])
}

/// Each list's ids, and how many it says there are.
fn told(payload: &Value) -> Vec<(Vec<String>, u64)> {
    let ids = |list: &Value| list.as_array().expect("a list").iter().map(|one| text(&one["id"])).collect();
    let one = |name: &&str| (ids(&payload[*name]), payload[format!("{name}Count")].as_u64().expect("a number"));
    LISTS.iter().map(one).collect()
}

/// A write of the practice's, past the API.
async fn write(practice: &TestPractice) -> Write {
    let own = practice.admin.run("{ practice { id } }", json!({})).await;
    let own = PracticeId::parse(&text(&own["practice"]["id"])).expect("an id");
    Store::open(practice.database_url()).await.expect("a database").write(own).await.expect("the lock")
}

async fn a_dry_run_says_what_is_in_the_way_and_how_much_and_saves_nothing() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let asked = ask(&casey, &dana, &practice.service_id, "2027-01-12T19:00:00Z").await;
    let mut confirmed = dana.run(CONFIRM, json!({ "id": asked })).await["confirmAppointmentRequest"].take();
    let booked = text(&confirmed["appointmentRequest"]["appointment"]["id"].take());
    let waits = ask(&casey, &dana, &practice.service_id, "2027-01-12T20:00:00Z").await;
    let before = sums(&practice).await;
    let (nothing, dry) = ((vec![], 0), ("dryRun", json!(true)));
    for (supersede, refusal) in [(false, json!("REQUESTS_WAITING")), (true, Value::Null)] {
        let give_way = ("supersedePendingRequests", json!(supersede));
        let tried = async |from: &str, to: &str| {
            let input =
                with(&block(&dana, from, to), &[dry.clone(), give_way.clone(), ("idempotencyKey", json!("dry"))]);
            let payload = dana.call("blockTime", WAY, input).await;
            assert_eq!(payload["blockedTime"], Value::Null);
            (payload["errors"][0]["code"].clone(), told(&payload))
        };
        let (waiting, meeting) = ((vec![waits.clone()], 1), (vec![booked.clone()], 1));
        let all = vec![nothing.clone(), waiting.clone(), meeting];
        assert_eq!(tried("19:00", "22:00").await, (json!("SLOT_TAKEN"), all));
        assert_eq!(tried("20:00", "22:00").await, (refusal, vec![nothing.clone(), waiting, nothing.clone()]));
        assert_eq!(tried("21:00", "22:00").await, (Value::Null, vec![nothing.clone(); 3]), "free");
    }
    let over = with(&block(&dana, "20:00", "22:00"), &[dry, ("startsAt", json!("2027-01-01T20:00:00Z"))]);
    let over = with(&over, &[("endsAt", json!("2027-01-02T20:00:00Z"))]);
    assert_eq!(dana.call("blockTime", WAY, over).await["errors"][0]["code"], "INVALID_INPUT", "refused as for real");
    assert_eq!(sums(&practice).await, before, "a dry run saved something");
    // The key is still free, and what was shown is what becomes of it.
    let real = [("supersedePendingRequests", json!(true)), ("idempotencyKey", json!("dry"))];
    let done = dana.done("blockTime", WAY, with(&block(&dana, "20:00", "22:00"), &real)).await;
    assert_eq!(told(&done), [(vec![waits], 1), nothing.clone(), nothing]);
    assert_ne!(sums(&practice).await, before);
}

async fn a_retry_hears_the_first_answer_though_the_time_has_begun_or_was_freed() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let asked = [
        ask(&casey, &dana, &practice.service_id, "2027-01-12T20:00:00Z").await,
        ask(&casey, &dana, &practice.service_id, "2027-01-12T21:00:00Z").await,
    ];
    let other = ask(&casey, &dana, &practice.service_id, "2027-01-19T20:00:00Z").await;
    let give_way = ("supersedePendingRequests", json!(true));
    let set = with(&block(&dana, "20:00", "22:00"), &[give_way.clone(), ("idempotencyKey", json!("holiday"))]);
    let first = dana.done("blockTime", WAY, set.clone()).await;
    assert_eq!(told(&first)[0], (asked.to_vec(), 2));
    // In the same moment something else gives way for other time.
    let week = [("startsAt", json!("2027-01-19T20:00:00Z")), ("endsAt", json!("2027-01-19T22:00:00Z")), give_way];
    let second = dana.done("blockTime", WAY, with(&block(&dana, "20:00", "22:00"), &week)).await;
    assert_eq!(told(&second)[0], (vec![other], 1));
    assert_eq!(dana.done("blockTime", WAY, set.clone()).await, first);
    for (now, is_known) in
        [("2027-01-12T21:00:00Z", true), ("2027-01-12T22:00:01Z", true), ("2027-02-01T00:00:00Z", true)]
    {
        practice.clock.set(at(now));
        let before = sums(&practice).await;
        assert_eq!(dana.done("blockTime", WAY, set.clone()).await == first, is_known, "{now}");
        assert_eq!(sums(&practice).await, before, "{now}: a retry saved something");
    }
    let unknown = dana.call("blockTime", WAY, with(&set, &[("idempotencyKey", json!("new"))])).await;
    assert_eq!(unknown["errors"][0]["code"], "INVALID_INPUT", "a first try is too late");
    dana.done("unblockTime", "", json!({ "id": first["blockedTime"]["id"] })).await;
    let freed = dana.done("blockTime", WAY, set.clone()).await;
    assert_eq!((&freed["blockedTime"], told(&freed)), (&Value::Null, told(&first)));
}

async fn of_many_the_first_hundred_are_listed_and_all_are_counted() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let admin = &practice.admin;
    let service = json!({ "name": "Check-in", "durationMinutes": 5, "modality": "IN_PERSON" });
    let waits = admin.done("createService", "service { id }", service.clone()).await["service"]["id"].take();
    let at_once = [("name", json!("Drop-in")), ("confirmation", json!("AUTOMATIC"))];
    let books = admin.done("createService", "service { id }", with(&service, &at_once)).await["service"]["id"].take();
    dana.done("setOfferedServices", "", json!({ "clinicianId": dana.id, "serviceIds": [waits, books] })).await;
    let day = |day: &str| json!({ "weekday": day, "opensAt": "00:00", "closesAt": "24:00" });
    dana.done("setWeeklyHours", "", json!({ "clinicianId": dana.id, "hours": [day("TUESDAY"), day("WEDNESDAY")] }))
        .await;
    let rules = json!({ "clinicianId": dana.id, "slotIntervalMinutes": 5, "maxPendingPerClient": 200 });
    dana.done("setBookingRules", "", rules).await;
    let mut ids = Vec::new();
    for (service, midnight, count) in [(&waits, "2027-01-12T05:00:00Z", 103), (&books, "2027-01-13T05:00:00Z", 101)] {
        for number in 0..count {
            let start = (at(midnight) + Duration::minutes(5 * number)).to_rfc3339();
            ids.push(ask(&casey, &dana, &text(service), &start).await);
        }
    }
    let whole = |day: u32| {
        let (from, to) = (format!("2027-01-{day}T05:00:00Z"), format!("2027-01-{}T05:00:00Z", day + 1));
        json!({ "clinicianId": dana.id, "startsAt": from, "endsAt": to })
    };
    let refused = dana.call("blockTime", WAY, whole(12)).await;
    assert_eq!(refused["errors"][0]["code"], "REQUESTS_WAITING");
    assert_eq!(told(&refused)[1], (ids[..100].to_vec(), 103), "by start");
    let refused = dana.call("blockTime", WAY, whole(13)).await;
    assert_eq!(
        (&refused["errors"][0]["code"], told(&refused)[2].0.len(), told(&refused)[2].1),
        (&json!("SLOT_TAKEN"), 100, 101)
    );
    let last = refused["appointmentsInTheWay"][99]["startsAt"].clone();
    assert_eq!(last, "2027-01-13T13:15:00Z", "by start");
    let give_way = [("supersedePendingRequests", json!(true)), ("idempotencyKey", json!("once"))];
    let done = dana.done("blockTime", WAY, with(&whole(12), &give_way)).await;
    assert_eq!(told(&done)[0], (ids[..100].to_vec(), 103));
    assert_eq!(dana.done("blockTime", WAY, with(&whole(12), &give_way)).await, done, "a retry answers the same");
    let page = "{ practice { appointmentRequests(filter: { status: [PENDING] }) { totalCount } } }";
    assert_eq!(admin.run(page, json!({})).await["practice"]["appointmentRequests"]["totalCount"], 0, "all gave way");
}

async fn a_clinician_blocks_500_stretches_ahead_and_one_that_is_freed_makes_room() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let clinician_id = ClinicianId::parse(&dana.id).expect("an id");
    let mut write = write(&practice).await;
    // Those that are over do not count.
    for (first, count) in [("2026-12-01T00:00:00Z", 20), ("2027-02-01T00:00:00Z", 499)] {
        for number in 0..count {
            let start = at(first) + Duration::hours(2 * number);
            let stretch = Interval::new(start, start + Duration::hours(1));
            write.add_blocked_time(&BlockRow { id: BlockId::generate(), clinician_id, stretch });
        }
    }
    write.commit().await.expect("it is saved");
    let last = dana.done("blockTime", WAY, block(&dana, "14:00", "15:00")).await;
    let one_more = block(&dana, "16:00", "17:00");
    let before = sums(&practice).await;
    for dry_run in [true, false] {
        let refused = dana.call("blockTime", WAY, with(&one_more, &[("dryRun", json!(dry_run))])).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("LIMIT_REACHED"), &json!(["input", "startsAt"])));
        let message = text(&error["message"]);
        assert!(message.contains("500") && message.contains("Free some"), "it says what to do: {message}");
    }
    assert_eq!(sums(&practice).await, before, "a refused block saved something");
    dana.done("unblockTime", "", json!({ "id": last["blockedTime"]["id"] })).await;
    dana.done("blockTime", "", one_more).await;
}

async fn a_clinician_has_400_dates_of_their_own_and_one_that_is_removed_makes_room() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let id = ClinicianId::parse(&dana.id).expect("an id");
    let first: NaiveDate = "2027-01-05".parse().expect("a date");
    let mut write = write(&practice).await;
    write.move_revision().await.expect("it moves");
    for number in 0..399 {
        let decision = Decision { by: None, at: practice.clock.now() };
        write.scope().set_date_exception(id, first + Days::new(number), &[], decision).await.expect("it is set");
    }
    write.commit().await.expect("it is saved");
    let on =
        |number: u64| json!({ "clinicianId": dana.id, "on": (first + Days::new(number)).to_string(), "windows": [] });
    dana.done("setDateException", "", on(500)).await;
    let before = sums(&practice).await;
    for dry_run in [true, false] {
        let refused = dana.call("setDateException", "", with(&on(501), &[("dryRun", json!(dry_run))])).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("LIMIT_REACHED"), &json!(["input", "on"])), "{refused}");
        let message = text(&error["message"]);
        assert!(message.contains("400") && message.contains("remove other dates"), "it says what to do: {message}");
    }
    assert_eq!(sums(&practice).await, before, "a refused date saved something");
    let open = json!([{ "opensAt": "09:00", "closesAt": "12:00" }]);
    dana.done("setDateException", "", with(&on(7), &[("windows", open)])).await;
    dana.done("removeDateException", "", json!({ "clinicianId": dana.id, "on": on(7)["on"] })).await;
    dana.done("setDateException", "", on(501)).await;
}

crate::support::tests!(
    a_dry_run_says_what_is_in_the_way_and_how_much_and_saves_nothing,
    a_retry_hears_the_first_answer_though_the_time_has_begun_or_was_freed,
    of_many_the_first_hundred_are_listed_and_all_are_counted,
    a_clinician_blocks_500_stretches_ahead_and_one_that_is_freed_makes_room,
    a_clinician_has_400_dates_of_their_own_and_one_that_is_removed_makes_room,
);
