//! Several servers on one PostgreSQL, and wake-ups that do not come.

use serde_json::{Value, json};

use frontdesk::store::{DatabaseUrl, Store};

use crate::engines::Postgres;
use crate::support::{CONFIRM, Person, REQUEST, Stream, TestPractice, at, text};

pub const CHANGED: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
    ... on AppointmentRequestEvent { cursor type appointmentRequest { id } } } }";
pub const MISSED: &str = "frontdesk_wake_ups_missed_total";
pub const THREE: &str = "2027-01-12T20:00:00Z";
pub const FOUR: &str = "2027-01-12T21:00:00Z";

pub async fn open_practice() -> (TestPractice, Person, Person) {
    let practice = TestPractice::begin().await;
    let (dana, casey) = practice.open_practice().await;
    (practice, dana, casey)
}

pub async fn ask(practice: &TestPractice, client: &Person, clinician: &Person, starts_at: &str) -> Value {
    let asked = client.run(REQUEST, practice.asking(clinician, starts_at)).await;
    asked["requestAppointment"]["appointmentRequest"]["id"].clone()
}

pub async fn next(stream: &mut Stream) -> (String, Value) {
    let event = stream.next().await["appointmentRequestChanged"].take();
    (text(&event["type"]), event["appointmentRequest"]["id"].clone())
}

async fn a_stream_on_one_server_shows_what_is_done_on_another_without_waiting_for_the_re_check() {
    let (practice, dana, casey) = open_practice().await;
    let other = practice.another_server().await;
    let begin = json!({ "after": dana.cursor().await });
    let mut here = dana.follow(CHANGED, begin.clone()).await;
    let mut there = dana.at(&other).follow(CHANGED, begin).await;
    let first = ask(&practice, &casey, &dana, THREE).await;
    let second = ask(&practice, &casey.at(&other), &dana, FOUR).await;
    dana.at(&other).run(CONFIRM, json!({ "id": first })).await;
    for stream in [&mut here, &mut there] {
        assert_eq!(next(stream).await, ("REQUESTED".to_owned(), first.clone()));
        assert_eq!(next(stream).await, ("REQUESTED".to_owned(), second.clone()));
        assert_eq!(next(stream).await, ("CONFIRMED".to_owned(), first.clone()));
    }
    assert_eq!((practice.metric(MISSED), other.metric(MISSED)), (0, 0));
    assert!(other.metric("frontdesk_wake_ups_received_total") > 0);
}

async fn an_event_that_no_wake_up_told_of_is_found_by_the_re_check() {
    let (practice, dana, casey) = open_practice().await;
    let mut stream = dana.follow(CHANGED, json!({ "after": dana.cursor().await })).await;
    let id = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(next(&mut stream).await, ("REQUESTED".to_owned(), id.clone()));
    practice.clock.set(at("2027-01-08T00:00:00Z"));
    let silent = practice.silent_desk().await;
    // The server's own sweeper may come first, once in a while; then there is nothing to miss.
    let swept = silent.expire_overdue_requests().await.expect("it sweeps");
    assert_eq!(next(&mut stream).await, ("EXPIRED".to_owned(), id));
    assert_eq!(practice.metric(MISSED), swept as u64);
}

async fn a_line_between_servers_that_breaks_is_made_anew_and_nothing_is_lost() {
    let (practice, dana, casey) = open_practice().await;
    let other = practice.another_server().await;
    let mut there = dana.at(&other).follow(CHANGED, json!({ "after": dana.cursor().await })).await;
    let first = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(next(&mut there).await.1, first);
    let server = Postgres::shared().expect("it was found");
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE application_name = 'frontdesk wake-ups' AND datname = current_database()";
    assert_ne!(server.query(&database_name(&practice), sql), "0");
    let second = ask(&practice, &casey, &dana, FOUR).await;
    assert_eq!(next(&mut there).await.1, second);
    dana.run(CONFIRM, json!({ "id": second })).await;
    assert_eq!(next(&mut there).await, ("CONFIRMED".to_owned(), second));
}

async fn servers_that_start_at_once_on_an_empty_database_all_start() {
    let server = Postgres::shared().expect("it was found");
    let url = server.database(&format!("empty_{}", uuid::Uuid::now_v7().simple()));
    let url = DatabaseUrl::parse(&url).expect("an address");
    let opened = futures_util::future::join_all((0..4).map(|_| Store::open(&url))).await;
    for store in opened {
        store.expect("it starts").close().await.expect("it closes");
    }
}

async fn a_write_that_the_database_gives_up_in_a_deadlock_is_made_again() {
    let (practice, dana, casey) = open_practice().await;
    let id = ask(&practice, &casey, &dana, THREE).await;
    let database = database_name(&practice);
    let request = id.as_str().and_then(|id| id.strip_prefix("request_")).expect("an id");
    // Somebody else takes the request's row, waits until our write waits for it, and then wants the practice's row,
    // which our write holds: of the two, the database ends ours, since the other is in no hurry to look for a deadlock.
    let sql = format!(
        "BEGIN; SET LOCAL deadlock_timeout = '30s'; \
         SELECT version FROM appointment_requests WHERE id = '{request}' FOR UPDATE; \
         DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
         AND wait_event_type = 'Lock') LOOP PERFORM pg_sleep(0.01); END LOOP; END $$; \
         SELECT count(*) FROM (SELECT 1 FROM practices FOR UPDATE) AS held; COMMIT"
    );
    let server = Postgres::shared().expect("it was found");
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep%' \
                   AND pid <> pg_backend_pid()";
    let other = tokio::task::spawn_blocking({
        let database = database.clone();
        move || Postgres::shared().expect("it was found").query(&database, &sql)
    });
    while server.query(&database, waiting) == "0" {
        tokio::task::yield_now().await;
    }
    let confirmed = dana.run(CONFIRM, json!({ "id": id })).await;
    assert_eq!(confirmed["confirmAppointmentRequest"]["appointmentRequest"]["status"], "CONFIRMED");
    other.await.expect("the other one is done");
}

async fn one_practices_waiting_writes_leave_the_database_to_the_others() {
    let (practice, dana, casey) = open_practice().await;
    let database = database_name(&practice);
    let server = Postgres::shared().expect("it was found");
    // Somebody holds the practice's row until told to let go.
    server.query(&database, "CREATE TABLE held (it integer)");
    let hold = "BEGIN; SELECT 1 FROM practices FOR UPDATE; \
                DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM held) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$; COMMIT";
    let holder = tokio::task::spawn_blocking({
        let database = database.clone();
        move || Postgres::shared().expect("it was found").query(&database, hold)
    });
    let holding = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while server.query(&database, holding) == "0" {
        tokio::task::yield_now().await;
    }
    let asked = (0..20).map(|number| {
        let (casey, asking) =
            (casey.clone(), practice.asking(&dana, &format!("2027-01-12T{}:00:00Z", 15 + number % 5)));
        tokio::spawn(async move { casey.send(REQUEST, asking).await })
    });
    let asked: Vec<_> = asked.collect();
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while server.query(&database, waiting) == "0" {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        dana.run("{ viewer { roles } }", json!({})).await;
    }
    assert!(asked.iter().all(|asked| !asked.is_finished()), "the reads waited for the writes");
    server.query(&database, "INSERT INTO held VALUES (1)");
    holder.await.expect("it lets go");
    for asked in asked {
        asked.await.expect("it is answered");
    }
}

#[cfg(feature = "tls")]
async fn the_way_to_the_database_is_encrypted_and_only_to_whom_the_address_trusts() {
    let server = Postgres::start_with_tls().expect("it starts");
    let url = |trusted: &str| {
        let certificate = server.certificate(trusted);
        let url = format!("{}?sslmode=verify-full&sslrootcert={}", server.url("desk"), certificate.display());
        DatabaseUrl::parse(&url).expect("an address")
    };
    server.database("desk");
    let store = Store::open(&url("ca")).await.expect("it opens");
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'frontdesk'";
    assert_eq!(server.query("desk", encrypted), "t");
    store.close().await.expect("it closes");
    let Err(refused) = Store::open(&url("stranger")).await else { panic!("anybody is trusted") };
    assert!(refused.to_string().contains("Check --database-url"), "{refused}");
}

/// The name of the practice's database.
pub fn database_name(practice: &TestPractice) -> String {
    let shown = practice.database_url().to_string();
    shown.rsplit('/').next().expect("a name").to_owned()
}

crate::support::tests!(an_event_that_no_wake_up_told_of_is_found_by_the_re_check,);

/// What needs several servers, and so PostgreSQL.
pub mod on_postgres {
    use super::*;

    #[cfg(feature = "tls")]
    pub mod with_tls {
        use super::*;
        crate::support::tests!(the_way_to_the_database_is_encrypted_and_only_to_whom_the_address_trusts,);
    }

    /// None in a build without it.
    #[cfg(not(feature = "tls"))]
    pub mod with_tls {
        pub const TESTS: &[crate::support::Test] = &[];
    }

    crate::support::tests!(
        a_stream_on_one_server_shows_what_is_done_on_another_without_waiting_for_the_re_check,
        a_line_between_servers_that_breaks_is_made_anew_and_nothing_is_lost,
        servers_that_start_at_once_on_an_empty_database_all_start,
        a_write_that_the_database_gives_up_in_a_deadlock_is_made_again,
        one_practices_waiting_writes_leave_the_database_to_the_others,
    );
}

/// What needs a NATS server besides.
#[cfg(feature = "nats")]
pub mod on_nats {
    use super::*;
    use crate::engines::Nats;

    async fn wake_ups_over_nats_cross_servers_and_while_it_is_gone_the_re_check_does() {
        let mut nats = Nats::start().expect("it was found");
        let (practice, dana, casey) = open_practice().await;
        let one = practice.server_on_bus(&nats.url()).await;
        let two = practice.server_on_bus(&nats.url()).await;
        let mut there = dana.at(&two).follow(CHANGED, json!({ "after": dana.cursor().await })).await;
        let first = ask(&practice, &casey.at(&one), &dana, THREE).await;
        assert_eq!(next(&mut there).await.1, first);
        assert_eq!(two.metric(MISSED), 0);
        nats.stop();
        let second = ask(&practice, &casey.at(&one), &dana, FOUR).await;
        assert_eq!(next(&mut there).await.1, second);
        assert_eq!(two.metric(MISSED), 1);
        nats.start_again();
        dana.at(&one).run(CONFIRM, json!({ "id": second })).await;
        assert_eq!(next(&mut there).await, ("CONFIRMED".to_owned(), second));
    }

    crate::support::tests!(wake_ups_over_nats_cross_servers_and_while_it_is_gone_the_re_check_does,);
}

/// None in a build without it.
#[cfg(not(feature = "nats"))]
pub mod on_nats {
    pub const TESTS: &[crate::support::Test] = &[];
}
