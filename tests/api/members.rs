//! Members come, change their roles, leave and come back; and a practice is never without an admin.

use chrono::Duration;
use serde_json::{Value, json};

use frontdesk::domain::hours::Modality;
use frontdesk::domain::ids::{LinkId, MemberId, PracticeId};
use frontdesk::domain::settings::Confirmation;
use frontdesk::store::{Store, StoreError};
use frontdesk::usecases::{Denied, EndOfLink, NewLink, NewService, Refusal};

use crate::engines::Postgres;
use crate::servers::database_name;
use crate::support::{CONFIRM, Person, REQUEST, SLOTS, TestPractice, mutation, text};

const THREE: &str = "2027-01-12T20:00:00Z";
const FOUR: &str = "2027-01-12T21:00:00Z";

/// The member with an address, as the admin sees them.
async fn member(admin: &Person, email: &str) -> Value {
    let query = "query($search: String!) { practice { members(search: $search) { totalCount
        nodes { id displayName email active roles } } } }";
    let mut found = admin.run(query, json!({ "search": email })).await["practice"]["members"].take();
    assert_eq!(found["totalCount"], 1, "{email}: {found}");
    found["nodes"][0].take()
}

async fn member_id(practice: &TestPractice, email: &str) -> String {
    text(&member(&practice.admin, email).await["id"])
}

/// Invites an admin, who signs in.
async fn invited(practice: &TestPractice, name: &str) -> Person {
    let email = format!("{}@practice.test", name.to_lowercase());
    let input = json!({ "displayName": name, "email": email });
    let made = practice.admin.done("inviteMember", "member { id active roles }", input).await;
    assert_eq!((&made["member"]["active"], &made["member"]["roles"]), (&json!(true), &json!(["ADMIN"])));
    let mut person = practice.bearer(&practice.token_for(&email, Duration::days(1)).await);
    person.id = text(&made["member"]["id"]);
    person
}

async fn own_ids(practice: &TestPractice) -> (PracticeId, MemberId) {
    let own = practice.admin.run("{ practice { id } viewer { member { id } } }", json!({})).await;
    let practice = PracticeId::parse(&text(&own["practice"]["id"])).expect("an id");
    (practice, MemberId::parse(&text(&own["viewer"]["member"]["id"])).expect("an id"))
}

async fn an_invited_member_is_an_admin_until_that_role_is_taken() {
    let practice = TestPractice::begin().await;
    let blake = invited(&practice, "Blake").await;
    assert_eq!(blake.run("{ viewer { roles } }", json!({})).await["viewer"]["roles"], json!(["ADMIN"]));
    let again = json!({ "displayName": "Blake", "email": "Blake@practice.test" });
    let refused = practice.admin.call("inviteMember", "member { id }", again).await;
    assert_eq!((&refused["errors"][0]["code"], &refused["member"]), (&json!("ALREADY_EXISTS"), &Value::Null));
    let demote = json!({ "memberId": blake.id, "admin": false });
    let demoted = practice.admin.done("updateMemberRoles", "member { roles }", demote.clone()).await;
    assert_eq!(demoted["member"]["roles"], json!([]));
    let log = practice.admin.cursor().await;
    practice.admin.done("updateMemberRoles", "member { roles }", demote).await;
    assert_eq!(practice.admin.cursor().await, log, "doing it twice changes nothing");
    let service = json!({ "name": "Intake", "durationMinutes": 50, "modality": "EITHER" });
    let (code, _) = blake.denied(&mutation("createService", ""), json!({ "input": service })).await;
    assert_eq!(code, "FORBIDDEN");
}

async fn members_are_listed_by_name_page_by_page_with_their_roles() {
    let practice = TestPractice::begin().await;
    practice.clinician("Dana").await;
    practice.client("Casey", &[]).await;
    let page = "query($after: String) { practice { members(first: 2, after: $after) { totalCount
        nodes { displayName roles } pageInfo { hasNextPage endCursor } } } }";
    let first = practice.admin.run(page, json!({})).await["practice"]["members"].take();
    let named = |name: &str, role: &str| json!({ "displayName": name, "roles": [role] });
    assert_eq!(first["nodes"], json!([named("Avery", "ADMIN"), named("Casey", "CLIENT")]));
    assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)));
    let second = practice.admin.run(page, json!({ "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(second["practice"]["members"]["nodes"], json!([named("Dana", "CLINICIAN")]));
}

async fn the_last_admin_can_neither_be_demoted_nor_leave_until_there_is_another() {
    let practice = TestPractice::begin().await;
    let avery = member_id(&practice, "admin@practice.test").await;
    let before = practice.snapshot().await;
    for (name, input) in [
        ("updateMemberRoles", json!({ "memberId": avery, "admin": false })),
        ("deactivateMember", json!({ "memberId": avery })),
        ("deactivateMember", json!({ "memberId": avery, "dryRun": true })),
    ] {
        let refused = practice.admin.call(name, "member { id }", input).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("LAST_ADMIN"), &json!(["input", "memberId"])), "{name}");
    }
    assert_eq!(practice.snapshot().await, before);
    // One who has left is none.
    let blake = invited(&practice, "Blake").await;
    practice.admin.done("deactivateMember", "member { id }", json!({ "memberId": blake.id })).await;
    let refused = practice.admin.call("deactivateMember", "member { id }", json!({ "memberId": avery })).await;
    assert_eq!(refused["errors"][0]["code"], "LAST_ADMIN");
    let corey = invited(&practice, "Corey").await;
    corey.done("deactivateMember", "member { id }", json!({ "memberId": avery })).await;
    assert_eq!(practice.admin.send("{ viewer { roles } }", json!({})).await.0, 401);
}

async fn of_two_admins_who_demote_each_other_at_once_one_stays() {
    let practice = TestPractice::begin().await;
    let avery = member_id(&practice, "admin@practice.test").await;
    let blake = invited(&practice, "Blake").await;
    for _ in 0..16 {
        let demote = |who: &str| json!({ "input": { "memberId": who, "admin": false } });
        let document = mutation("updateMemberRoles", "");
        let (one, two) =
            tokio::join!(practice.admin.send(&document, demote(&blake.id)), blake.send(&document, demote(&avery)),);
        let admins = [&practice.admin, &blake];
        let mut left = Vec::new();
        for admin in admins {
            if admin.send("{ viewer { roles } }", json!({})).await.1["data"]["viewer"]["roles"] == json!(["ADMIN"]) {
                left.push(admin);
            }
        }
        assert_eq!(left.len(), 1, "{one:?} {two:?}");
        for id in [&avery, &blake.id] {
            left[0].done("updateMemberRoles", "member { id }", json!({ "memberId": id, "admin": true })).await;
        }
    }
}

async fn the_database_itself_keeps_the_last_admin() {
    let practice = TestPractice::begin().await;
    let (own, avery) = own_ids(&practice).await;
    let store = Store::open(practice.database_url()).await.expect("a database");
    let write = store.write(own).await.expect("the lock");
    let refused = write.scope().set_admin(avery, false).await;
    assert!(matches!(refused, Err(StoreError::LastAdmin)), "{refused:?}");
    write.roll_back().await.expect("it is taken back");
    let write = store.write(own).await.expect("the lock");
    let refused = write.scope().set_member_active(avery, false).await;
    assert!(matches!(refused, Err(StoreError::LastAdmin)), "{refused:?}");
}

async fn a_right_that_was_lost_while_a_change_waited_is_no_right_to_make_it() {
    let practice = TestPractice::begin().await;
    let blake = invited(&practice, "Blake").await;
    let (own, _) = own_ids(&practice).await;
    let id = MemberId::parse(&blake.id).expect("an id");
    let input = json!({ "memberId": blake.id, "issuer": "https://id.test", "subject": "blake" });
    let made = practice.admin.done("linkMember", "link { id }", input).await;
    let link_id = LinkId::parse(&text(&made["link"]["id"])).expect("an id");
    // Who Blake was when the change began.
    let then = practice.desk.viewer(own, id).await.expect("it reads").expect("a member");
    practice.admin.done("updateMemberRoles", "member { id }", json!({ "memberId": blake.id, "admin": false })).await;
    let before = practice.snapshot().await;
    let service = NewService {
        name: "Intake".to_owned(),
        duration_minutes: 50,
        modality: Modality::Either,
        confirmation: Confirmation::ClinicianConfirms,
        idempotency_key: None,
    };
    let link = NewLink {
        member_id: id,
        issuer: "https://id.test".to_owned(),
        subject: "another".to_owned(),
        idempotency_key: None,
    };
    let refusals = [
        practice.desk.create_service(&then, service).await.err(),
        practice.desk.update_member_roles(&then, id, true).await.err(),
        practice.desk.reactivate_member(&then, id).await.err(),
        practice.desk.link_member(&then, link).await.err(),
        practice.desk.unlink_member(&then, EndOfLink { link_id, idempotency_key: None }).await.err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Some(Refusal::Denied(Denied::Forbidden(_)))), "{refusal:?}");
    }
    assert_eq!(practice.snapshot().await, before);
}

async fn a_clinician_who_leaves_is_not_bookable_at_that_moment_and_what_is_open_is_listed() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let ask =
        async |starts_at| casey.run(REQUEST, practice.asking(&dana, starts_at)).await["requestAppointment"].take();
    let (waiting, booked) = (ask(THREE).await, ask(FOUR).await);
    dana.run(CONFIRM, json!({ "id": booked["appointmentRequest"]["id"] })).await;
    let shown = "clinician { active selfScheduling { bookable } } pendingRequests { id client { displayName } }
        comingAppointments { startsAt client { displayName } }
        impact { dryRun revision clientsLosingCount cliniciansLosing { id } pendingRequestsAffected { id } }";
    let before = practice.snapshot().await;
    let input = json!({ "clinicianId": dana.id, "dryRun": true });
    let preview = practice.admin.done("deactivateClinician", shown, input).await;
    assert_eq!(practice.snapshot().await, before, "a dry run saves nothing");
    let open = json!([{ "id": waiting["appointmentRequest"]["id"], "client": { "displayName": "Casey" } }]);
    assert_eq!(preview["pendingRequests"], open);
    assert_eq!(preview["comingAppointments"], json!([{ "startsAt": FOUR, "client": { "displayName": "Casey" } }]));
    assert_eq!(preview["impact"]["cliniciansLosing"], json!([{ "id": dana.id }]));
    let input = json!({ "clinicianId": dana.id, "expectedRevision": preview["impact"]["revision"] });
    let done = practice.admin.done("deactivateClinician", shown, input).await;
    assert_eq!((&done["pendingRequests"], &done["clinician"]["active"]), (&open, &json!(false)));
    assert_eq!(done["impact"]["clientsLosingCount"], preview["impact"]["clientsLosingCount"]);

    let slots = json!({ "clinician": dana.id, "service": practice.service_id });
    let slots = casey.run(SLOTS, slots).await["clinician"]["availableSlots"].take();
    assert_eq!(slots["slots"], json!([]));
    assert_eq!(ask("2027-01-19T20:00:00Z").await["errors"][0]["code"], "ACCESS_CLOSED");
    assert_eq!(dana.denied("{ viewer { roles } }", json!({})).await.0, "FORBIDDEN", "no role is left");
    let log = practice.admin.cursor().await;
    let again = practice.admin.done("deactivateClinician", shown, json!({ "clinicianId": dana.id })).await;
    assert_eq!((practice.admin.cursor().await, &again["pendingRequests"]), (log, &open), "it stays to be handed over");
    let id = json!({ "id": waiting["appointmentRequest"]["id"] });
    let confirmed = practice.admin.run(CONFIRM, id).await["confirmAppointmentRequest"].take();
    assert_eq!(confirmed["appointmentRequest"]["status"], "CONFIRMED", "what waits stays decidable by admins");
}

async fn a_member_who_comes_back_holds_no_role_until_it_is_given() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    let id = member_id(&practice, "dana@practice.test").await;
    practice.admin.done("updateMemberRoles", "member { id }", json!({ "memberId": id, "admin": true })).await;
    let left = "member { active roles } pendingRequests { id } impact { cliniciansLosing { id } }";
    let left = practice.admin.done("deactivateMember", left, json!({ "memberId": id })).await;
    assert_eq!(left["member"], json!({ "active": false, "roles": [] }));
    assert_eq!(left["impact"]["cliniciansLosing"], json!([{ "id": dana.id }]));
    assert_eq!(dana.send("{ viewer { roles } }", json!({})).await.0, 401);
    for (name, input) in [
        ("reactivateClinician", json!({ "clinicianId": dana.id })),
        ("updateMemberRoles", json!({ "memberId": id, "admin": true })),
        ("addClient", json!({ "displayName": "Dana", "email": "dana@practice.test" })),
        ("addClinician", json!({ "displayName": "Dana", "email": "dana@practice.test" })),
    ] {
        assert_eq!(practice.admin.call(name, "", input).await["errors"][0]["code"], "INACTIVE", "{name}");
    }
    let back = practice.admin.done("reactivateMember", "member { active roles }", json!({ "memberId": id })).await;
    assert_eq!(back["member"], json!({ "active": true, "roles": [] }));
    let shown = "clinician { active selfScheduling { enabled audience offeredServices { name } } } impact { clientsGainingCount }";
    let back = practice.admin.done("reactivateClinician", shown, json!({ "clinicianId": dana.id })).await;
    let settings =
        json!({ "enabled": false, "audience": "SELECTED_CLIENTS", "offeredServices": [{ "name": "Therapy session" }] });
    assert_eq!(back["clinician"], json!({ "active": true, "selfScheduling": settings }));
    assert_eq!(back["impact"]["clientsGainingCount"], 0, "they opt in again themselves");
    assert_eq!(dana.run("{ viewer { roles } }", json!({})).await["viewer"]["roles"], json!(["CLINICIAN"]));
    let input = json!({ "clinicianIds": [dana.id], "enabled": true });
    dana.done("setClinicianSelfScheduling", "clinicians { id }", input).await;
    let asked = casey.run(REQUEST, practice.asking(&dana, THREE)).await;
    assert_eq!(asked["requestAppointment"]["errors"], json!([]));
}

async fn a_client_who_leaves_can_book_nobody_and_books_again_when_they_come_back() {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    casey.run(REQUEST, practice.asking(&dana, THREE)).await;
    let shown =
        "client { active } pendingRequests { startsAt } comingAppointments { id } impact { clientsLosingCount }";
    let left = practice.admin.done("deactivateClient", shown, json!({ "clientId": casey.id })).await;
    assert_eq!(left["client"]["active"], false);
    assert_eq!(left["pendingRequests"], json!([{ "startsAt": THREE }]));
    assert_eq!(left["impact"]["clientsLosingCount"], 1);
    let (code, _) = casey.denied(REQUEST, practice.asking(&dana, FOUR)).await;
    assert_eq!(code, "FORBIDDEN", "they are no client any more");
    let back = practice
        .admin
        .done("reactivateClient", "impact { clientsGainingCount }", json!({ "clientId": casey.id }))
        .await;
    assert_eq!(back["impact"]["clientsGainingCount"], 1);
    let asked = casey.run(REQUEST, practice.asking(&dana, FOUR)).await;
    assert_eq!(asked["requestAppointment"]["errors"], json!([]));
}

async fn of_two_hands_in_the_database_that_demote_both_admins_at_once_the_second_is_refused() {
    let practice = TestPractice::begin().await;
    invited(&practice, "Blake").await;
    let (database, server) = (database_name(&practice), Postgres::shared().expect("it was found"));
    server.query(&database, "CREATE TABLE let_go (it integer)");
    // The first has demoted Avery, and commits once it is told to.
    let first = "BEGIN; UPDATE members SET is_admin = false WHERE email = 'admin@practice.test'; \
                 DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM let_go) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$; COMMIT";
    let second = "DO $$ BEGIN UPDATE members SET is_admin = false WHERE email = 'blake@practice.test'; \
                  EXCEPTION WHEN raise_exception THEN NULL; END $$";
    let run = |sql: &'static str| {
        let database = database.clone();
        tokio::task::spawn_blocking(move || Postgres::shared().expect("it was found").query(&database, sql))
    };
    let until = async |sign: &str| {
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {sign}");
        while server.query(&database, &sql) == "0" {
            tokio::task::yield_now().await;
        }
    };
    let first = run(first);
    until("wait_event = 'PgSleep'").await;
    let second = run(second);
    until("wait_event_type = 'Lock'").await;
    server.query(&database, "INSERT INTO let_go VALUES (1)");
    first.await.expect("it commits");
    second.await.expect("it is refused");
    assert_eq!(server.query(&database, "SELECT email FROM members WHERE is_admin AND active"), "blake@practice.test");
}

crate::support::tests!(
    an_invited_member_is_an_admin_until_that_role_is_taken,
    members_are_listed_by_name_page_by_page_with_their_roles,
    the_last_admin_can_neither_be_demoted_nor_leave_until_there_is_another,
    of_two_admins_who_demote_each_other_at_once_one_stays,
    the_database_itself_keeps_the_last_admin,
    a_right_that_was_lost_while_a_change_waited_is_no_right_to_make_it,
    a_clinician_who_leaves_is_not_bookable_at_that_moment_and_what_is_open_is_listed,
    a_member_who_comes_back_holds_no_role_until_it_is_given,
    a_client_who_leaves_can_book_nobody_and_books_again_when_they_come_back,
);

/// What needs two hands in one database, and so PostgreSQL.
pub mod on_postgres {
    use super::*;

    crate::support::tests!(of_two_hands_in_the_database_that_demote_both_admins_at_once_the_second_is_refused,);
}
