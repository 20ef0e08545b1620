//! Each check finds the fault that it is for: histories that are right, and then broken in one place.

use libtest_mimic::Trial;

use crate::history::{Standing, Stored, Told, decided_twice, holes, lost, not_received, overlapping};

fn standing(request: &str, status: &str) -> Standing {
    let version = if status == "PENDING" { 1 } else { 2 };
    Standing { request: request.to_owned(), status: status.to_owned(), version }
}

/// Dana has Casey from 0 to 30 and waits for an answer to Robin from 30 to 60; Jordan's request in between was declined.
fn store() -> Vec<Stored> {
    let one = |request, status, client: &str, (from, until)| Stored {
        standing: standing(request, status),
        clinician: "dana".to_owned(),
        client: client.to_owned(),
        from,
        until,
        appointment: (status == "CONFIRMED").then(|| ("appointment of a".to_owned(), "BOOKED".to_owned())),
    };
    vec![
        one("a", "CONFIRMED", "casey", (0, 30)),
        one("b", "DECLINED", "jordan", (10, 40)),
        one("c", "PENDING", "robin", (30, 60)),
    ]
}

fn log() -> Vec<Told> {
    let story = [("REQUESTED", "a"), ("CONFIRMED", "a"), ("REQUESTED", "b"), ("DECLINED", "b"), ("REQUESTED", "c")];
    let told = |((what, request), place): ((&str, &str), i64)| Told {
        place,
        what: what.to_owned(),
        request: request.to_owned(),
    };
    story.into_iter().zip(8..).map(told).collect()
}

fn received(change: impl Fn(&mut Vec<Told>)) -> Vec<String> {
    let mut received = log();
    change(&mut received);
    not_received("dana", &received, &log(), |_| true)
}

fn a_history_that_is_right_has_no_fault() {
    let told = store().iter().map(|one| one.standing.clone()).chain([standing("b", "PENDING")]).collect::<Vec<_>>();
    assert_eq!(lost(&told, &store(), 0), [""; 0]);
    assert_eq!(overlapping(&store()), [""; 0]);
    assert_eq!(decided_twice(&log(), &store()), [""; 0]);
    assert_eq!(holes(&log(), 7), [""; 0]);
    assert_eq!(received(|_| {}), [""; 0]);
    let casey = [log()[0].clone(), log()[1].clone()];
    assert_eq!(not_received("casey", &casey, &log(), |told| told.request == "a"), [""; 0]);
}

fn what_was_acknowledged_and_is_gone_is_found() {
    assert_eq!(lost(&[standing("z", "PENDING")], &store(), 3).len(), 1, "not there at all");
    assert_eq!(lost(&[standing("c", "DECLINED")], &store(), 3).len(), 1, "back to an earlier state");
    assert_eq!(lost(&[standing("b", "CONFIRMED")], &store(), 3).len(), 1, "another state of the same version");
    assert_eq!(lost(&[], &store(), 2).len(), 1, "made without anybody's being told");
}

fn time_that_is_held_twice_is_found() {
    let mut of_clinician = store();
    of_clinician[2].from = 29;
    assert_eq!(overlapping(&of_clinician).len(), 1);
    let mut of_client = store();
    (of_client[2].from, of_client[2].clinician, of_client[2].client) = (29, "ida".to_owned(), "casey".to_owned());
    assert_eq!(overlapping(&of_client).len(), 1);
    let mut under_a_long_one = store();
    under_a_long_one[0].until = 100;
    under_a_long_one.push(Stored { from: 70, until: 80, client: "kim".to_owned(), ..store()[2].clone() });
    assert_eq!(overlapping(&under_a_long_one).len(), 2, "each that lies under the long one");
}

fn what_was_decided_twice_is_found() {
    let mut twice = log();
    twice.push(Told { place: 13, ..log()[3].clone() });
    assert_eq!(decided_twice(&twice, &store()).len(), 1, "declined twice");
    let mut unmade = log();
    unmade.remove(4);
    assert_eq!(decided_twice(&unmade, &store()).len(), 1, "a request of which the log does not tell");
    assert_eq!(decided_twice(&log(), &store()[..2]).len(), 1, "a request of which only the log tells");
    let mut versions = store();
    versions[0].standing.version = 3;
    assert_eq!(decided_twice(&log(), &versions).len(), 1, "a version without an event");
    let mut unbooked = store();
    unbooked[0].appointment = None;
    assert_eq!(decided_twice(&log(), &unbooked).len(), 1, "confirmed without an appointment");
    let mut shared = (log(), store());
    shared.0[3].what = "CONFIRMED".to_owned();
    (shared.1[1].standing.status, shared.1[1].appointment) = ("CONFIRMED".to_owned(), shared.1[0].appointment.clone());
    assert_eq!(decided_twice(&shared.0, &shared.1).len(), 1, "one appointment of two requests");
}

fn a_hole_in_the_log_is_found() {
    assert_eq!(holes(&log(), 6).len(), 1, "before its beginning");
    let mut log = log();
    log.remove(2);
    assert_eq!(holes(&log, 7).len(), 1);
}

fn an_event_that_a_subscriber_missed_or_got_twice_or_out_of_order_is_found() {
    assert_eq!(received(|events| drop(events.remove(2))).len(), 1, "missed");
    assert_eq!(received(|events| drop(events.pop())).len(), 1, "missed at the end");
    assert_eq!(received(|events| events.insert(2, log()[1].clone())).len(), 1, "twice");
    assert_eq!(received(|events| events.push(log()[4].clone())).len(), 1, "twice at the end");
    assert_eq!(received(|events| events.swap(1, 2)).len(), 1, "out of order");
    assert_eq!(received(|events| events[1].what = "DECLINED".to_owned()).len(), 1, "another event at its place");
    assert_eq!(not_received("robin", &log(), &log(), |told| told.request == "c").len(), 1, "somebody else's");
}

/// The tests of this file, for the run's own list.
pub fn trials() -> Vec<Trial> {
    macro_rules! trials {
        ($($name:ident),+ $(,)?) => {
            vec![$(Trial::test(concat!("checks::", stringify!($name)), || { $name(); Ok(()) })),+]
        };
    }
    trials![
        a_history_that_is_right_has_no_fault,
        what_was_acknowledged_and_is_gone_is_found,
        time_that_is_held_twice_is_found,
        what_was_decided_twice_is_found,
        a_hole_in_the_log_is_found,
        an_event_that_a_subscriber_missed_or_got_twice_or_out_of_order_is_found,
    ]
}
