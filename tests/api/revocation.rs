//! A right that is taken ends the streams that it opened, in under a second, on this server and on others.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::servers::{ask, next, open_practice};
use crate::support::{Person, Stream, TestPractice, text};

const CHANGED: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
    ... on AppointmentRequestEvent { cursor type appointmentRequest { id } } } }";
const THREE: &str = "2027-01-12T20:00:00Z";
const FOUR: &str = "2027-01-12T21:00:00Z";
const AT_ONCE: Duration = Duration::from_secs(1);

/// Fails unless the stream ends now, with its reason and nothing before it.
async fn ends_at_once(stream: &mut Stream, since: Instant) {
    let ended = stream.payload().await;
    assert_eq!(ended["errors"][0]["extensions"]["code"], "FORBIDDEN", "{ended}");
    assert_eq!(stream.message().await.expect("its end")["type"], "complete");
    let took = since.elapsed();
    assert!(took < AT_ONCE, "it took {took:?}");
}

/// Opens streams of these people that have begun, for sure: each has shown Casey's request.
async fn streams(practice: &TestPractice, dana: &Person, casey: &Person, readers: &[&Person]) -> (Vec<Stream>, Value) {
    let begin = json!({ "after": dana.cursor().await });
    let id = ask(practice, casey, dana, THREE).await;
    let mut streams = Vec::new();
    for reader in readers {
        let mut stream = reader.follow(CHANGED, begin.clone()).await;
        assert_eq!(next(&mut stream).await, ("REQUESTED".to_owned(), id.clone()));
        streams.push(stream);
    }
    (streams, id)
}

async fn member_id(practice: &TestPractice, email: &str) -> String {
    let query = "query($search: String!) { practice { members(search: $search) { nodes { id } } } }";
    let found = practice.admin.run(query, json!({ "search": email })).await;
    text(&found["practice"]["members"]["nodes"][0]["id"])
}

async fn a_members_streams_end_at_once_when_they_leave_and_nobody_elses_do() {
    let (practice, dana, casey) = open_practice().await;
    let (mut open, id) = streams(&practice, &dana, &casey, &[&dana, &casey]).await;
    let member = member_id(&practice, "dana@practice.test").await;
    let since = Instant::now();
    practice.admin.done("deactivateMember", "member { id }", json!({ "memberId": member })).await;
    ends_at_once(&mut open[0], since).await;
    practice.admin.run(crate::support::CONFIRM, json!({ "id": id })).await;
    assert_eq!(next(&mut open[1]).await.0, "CONFIRMED", "Casey's goes on");
    assert_eq!(dana.send("{ viewer { roles } }", json!({})).await.0, 401);
}

async fn a_role_that_is_taken_ends_the_streams_of_whoever_held_it() {
    let (practice, dana, casey) = open_practice().await;
    let (mut open, _) = streams(&practice, &dana, &casey, &[&dana, &casey]).await;
    let since = Instant::now();
    practice.admin.done("deactivateClinician", "clinician { id }", json!({ "clinicianId": dana.id })).await;
    ends_at_once(&mut open[0], since).await;
    let since = Instant::now();
    practice.admin.done("deactivateClient", "client { id }", json!({ "clientId": casey.id })).await;
    ends_at_once(&mut open[1], since).await;
}

async fn an_admins_streams_end_when_that_role_is_taken_though_they_stay_a_clinician() {
    let (practice, dana, casey) = open_practice().await;
    let member = member_id(&practice, "dana@practice.test").await;
    let admin = |admin: bool| json!({ "memberId": member, "admin": admin });
    practice.admin.done("updateMemberRoles", "member { id }", admin(true)).await;
    let (mut open, id) = streams(&practice, &dana, &casey, &[&dana]).await;
    let since = Instant::now();
    practice.admin.done("updateMemberRoles", "member { id }", admin(false)).await;
    ends_at_once(&mut open[0], since).await;
    // As a clinician they subscribe again, and miss nothing of their own.
    let mut again = dana.follow(CHANGED, json!({ "after": dana.cursor().await })).await;
    dana.run(crate::support::CONFIRM, json!({ "id": id })).await;
    assert_eq!(next(&mut again).await.0, "CONFIRMED");
}

async fn a_clients_streams_end_when_care_ends_and_the_next_shows_what_is_still_their_own() {
    let (practice, dana, casey) = open_practice().await;
    let (mut open, id) = streams(&practice, &dana, &casey, &[&dana, &casey]).await;
    let begin = json!({ "after": casey.cursor().await });
    let since = Instant::now();
    practice.admin.done("endCare", "client { id }", json!({ "clinicianId": dana.id, "clientId": casey.id })).await;
    ends_at_once(&mut open[1], since).await;
    // What waits stays decidable, and its client hears of it.
    let mut again = casey.follow(CHANGED, begin).await;
    dana.run(crate::support::CONFIRM, json!({ "id": id })).await;
    for stream in [&mut open[0], &mut again] {
        assert_eq!(next(stream).await.0, "CONFIRMED");
    }
}

async fn a_right_that_is_taken_on_one_server_ends_the_streams_on_another() {
    let (practice, dana, casey) = open_practice().await;
    let other = practice.another_server().await;
    let (dana_there, casey_there) = (dana.at(&other), casey.at(&other));
    let (mut open, _) = streams(&practice, &dana, &casey, &[&dana_there, &casey_there]).await;
    let member = member_id(&practice, "dana@practice.test").await;
    let since = Instant::now();
    practice.admin.done("deactivateMember", "member { id }", json!({ "memberId": member })).await;
    ends_at_once(&mut open[0], since).await;
    let since = Instant::now();
    practice.admin.done("endCare", "client { id }", json!({ "clinicianId": dana.id, "clientId": casey.id })).await;
    ends_at_once(&mut open[1], since).await;
    let refused = casey_there.run(crate::support::REQUEST, practice.asking(&dana, FOUR)).await;
    assert_eq!(refused["requestAppointment"]["errors"][0]["code"], "ACCESS_CLOSED");
}

crate::support::tests!(
    a_members_streams_end_at_once_when_they_leave_and_nobody_elses_do,
    a_role_that_is_taken_ends_the_streams_of_whoever_held_it,
    an_admins_streams_end_when_that_role_is_taken_though_they_stay_a_clinician,
    a_clients_streams_end_when_care_ends_and_the_next_shows_what_is_still_their_own,
);

/// What needs several servers, and so PostgreSQL.
pub mod on_postgres {
    use super::*;

    crate::support::tests!(a_right_that_is_taken_on_one_server_ends_the_streams_on_another,);
}
