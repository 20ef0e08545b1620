//! PostgreSQL that is slow, locked, silent, or not there yet.

use std::time::Duration;

use serde_json::json;

use frontdesk::store::{DatabaseUrl, Store};

use crate::engines::Postgres;
use crate::servers::{CHANGED, FOUR, MISSED, THREE, ask, database_name, next, open_practice};
use crate::support::{CONFIRM, REQUEST, TestPractice, text};

fn server() -> &'static Postgres {
    Postgres::shared().expect("it was found")
}

/// The practice's database, at the other end of a road.
fn by_road(practice: &TestPractice, road: &Road) -> DatabaseUrl {
    let (url, port) = (server().url(&database_name(practice)), format!(":{}/", server().port()));
    assert!(url.contains(&port), "{port}");
    DatabaseUrl::parse(&url.replace(&port, &format!(":{}/", road.port))).expect("an address")
}

async fn a_database_that_falls_silent_is_given_up_and_found_again() {
    let (practice, dana, casey) = open_practice().await;
    let road = Road::to(server().port()).await;
    let other = practice.server_through(&by_road(&practice, &road)).await;
    let mut there = dana.at(&other).follow(CHANGED, json!({ "after": dana.cursor().await })).await;
    let first = ask(&practice, &casey, &dana, THREE).await;
    assert_eq!(next(&mut there).await.1, first);
    road.fall_silent();
    let second = ask(&practice, &casey, &dana, FOUR).await;
    assert_eq!(next(&mut there).await.1, second);
}

async fn callers_who_leave_a_silent_database_take_no_connection_with_them() {
    let (practice, dana, casey) = open_practice().await;
    let road = Road::to(server().port()).await;
    let other = practice.server_through(&by_road(&practice, &road)).await;
    let asking = |person: &crate::support::Person| {
        let person = person.at(&other);
        async move { person.send("{ viewer { roles } }", json!({})).await }
    };
    // As many at once as there are connections, so that all of them are open.
    futures_util::future::join_all((0..20).map(|_| asking(&dana))).await;
    road.fall_silent();
    // Whoever asks now waits for an answer that does not come, and leaves.
    let leaving = (0..20).map(|_| tokio::time::timeout(Duration::from_millis(100), asking(&dana)));
    assert!(futures_util::future::join_all(leaving).await.iter().all(Result::is_err));
    let (status, answer) = asking(&dana).await;
    assert_eq!((status, &answer["errors"]), (200, &json!(null)), "a read finds a connection: {answer}");
    // A wake-up from there comes through again: the line was made anew too.
    let mut here = dana.follow(CHANGED, json!({ "after": dana.cursor().await })).await;
    let mut last = ask(&practice, &casey.at(&other), &dana, THREE).await;
    assert_eq!(next(&mut here).await.1, last);
    for hour in [15, 16, 17] {
        let missed = practice.metric(MISSED);
        last = ask(&practice, &casey.at(&other), &dana, &format!("2027-01-19T{}:00:00Z", hour + 4)).await;
        assert_eq!(next(&mut here).await.1, last);
        if practice.metric(MISSED) == missed {
            return;
        }
    }
    panic!("wake-ups did not come back");
}

async fn a_write_that_waits_too_long_for_its_practice_is_told_so_and_saves_nothing() {
    let (practice, dana, casey) = open_practice().await;
    let database = database_name(&practice);
    server().query(&database, "CREATE TABLE held (it integer)");
    let hold = "BEGIN; SELECT 1 FROM practices FOR UPDATE; \
                DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM held) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$; COMMIT";
    let holder = tokio::task::spawn_blocking({
        let database = database.clone();
        move || server().query(&database, hold)
    });
    let holding = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while server().query(&database, holding) == "0" {
        tokio::task::yield_now().await;
    }
    let (status, answer) = casey.send(REQUEST, practice.asking(&dana, THREE)).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (200, &json!("UNAVAILABLE")), "{answer}");
    assert!(text(&answer["errors"][0]["message"]).contains("nothing was saved"), "{answer}");
    server().query(&database, "INSERT INTO held VALUES (1)");
    holder.await.expect("it lets go");
    assert_eq!(practice.claims(&dana).await, []);
    ask(&practice, &casey, &dana, THREE).await;
}

async fn what_cannot_be_loaded_ends_a_stream_so_that_whoever_comes_back_misses_nothing() {
    const WITH_APPOINTMENT: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
        ... on AppointmentRequestEvent { cursor type appointmentRequest { id appointment { status } } } } }";
    let (practice, dana, casey) = open_practice().await;
    let before = dana.cursor().await;
    let id = ask(&practice, &casey, &dana, THREE).await;
    dana.run(CONFIRM, json!({ "id": id })).await;
    let database = database_name(&practice);
    server().query(&database, "ALTER TABLE appointments RENAME TO gone");
    let mut stream = dana.follow(WITH_APPOINTMENT, json!({ "after": before })).await;
    let failed = stream.payload().await;
    assert_eq!(failed["errors"][0]["extensions"]["code"], "INTERNAL", "{failed}");
    let last = stream.message().await.expect("a last word");
    assert_eq!(last["type"], "complete", "{last}");
    server().query(&database, "ALTER TABLE gone RENAME TO appointments");
    let mut stream = dana.follow(WITH_APPOINTMENT, json!({ "after": before })).await;
    assert_eq!(next(&mut stream).await, ("REQUESTED".to_owned(), id.clone()));
    assert_eq!(next(&mut stream).await, ("CONFIRMED".to_owned(), id));
}

async fn a_start_waits_for_a_database_that_is_starting_itself() {
    let practice = TestPractice::begin().await;
    let road = Road::closed_at_first(server().port(), 3).await;
    let store = Store::open(&by_road(&practice, &road)).await.expect("it opens once it can");
    store.close().await.expect("it closes");
}

/// A road to PostgreSQL on which the connections of a while ago stand still: nothing passes, and none ends.
struct Road {
    port: u16,
    era: tokio::sync::watch::Sender<u64>,
}

impl Road {
    async fn to(port: u16) -> Self {
        Self::closed_at_first(port, 0).await
    }

    /// The first connections are taken and ended, as by a server that is starting.
    async fn closed_at_first(port: u16, refused: usize) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let (era, eras) = tokio::sync::watch::channel(0);
        tokio::spawn(async move {
            for _ in 0..refused {
                drop(listener.accept().await);
            }
            while let Ok((mut near, _)) = listener.accept().await {
                let mut eras = eras.clone();
                eras.mark_unchanged();
                tokio::spawn(async move {
                    let mut far = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("a server");
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
                        changed = eras.changed() => if changed.is_err() { return },
                    }
                    // Both ends stay open, and nobody passes anything on.
                    let _ = eras.wait_for(|_| false).await;
                    drop((near, far));
                });
            }
        });
        Self { port: own, era }
    }

    fn fall_silent(&self) {
        self.era.send_modify(|era| *era += 1);
    }
}

/// All need PostgreSQL.
pub mod on_postgres {
    use super::*;

    crate::support::tests!(
        a_database_that_falls_silent_is_given_up_and_found_again,
        callers_who_leave_a_silent_database_take_no_connection_with_them,
        a_write_that_waits_too_long_for_its_practice_is_told_so_and_saves_nothing,
        what_cannot_be_loaded_ends_a_stream_so_that_whoever_comes_back_misses_nothing,
        a_start_waits_for_a_database_that_is_starting_itself,
    );
}
