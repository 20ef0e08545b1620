//! The state machine: every pair of status and decision, and every order of several.

use proptest::prelude::*;

use super::*;
use crate::domain::time::parse_instant;

fn at(text: &str) -> Instant {
    parse_instant(text).expect("a written instant")
}

fn pending() -> AppointmentRequest {
    AppointmentRequest {
        id: RequestId::generate(),
        status: RequestStatus::Pending,
        client_id: ClientId::generate(),
        clinician_id: ClinicianId::generate(),
        service_id: ServiceId::generate(),
        starts_at: at("2027-01-12T20:00:00Z"),
        ends_at: at("2027-01-12T20:50:00Z"),
        time_zone: "America/New_York".to_owned(),
        local_start: "2027-01-12T15:00:00-05:00".to_owned(),
        modality: Modality::InPerson,
        note_to_clinician: None,
        message_to_client: None,
        decline_reason: None,
        requested_at: at("2027-01-05T12:00:00Z"),
        requested_by: MemberId::generate(),
        respond_by: at("2027-01-08T12:00:00Z"),
        decided_at: None,
        decided_by: None,
        appointment_id: None,
        reschedules: None,
        version: 1,
    }
}

const IN_TIME: &str = "2027-01-06T12:00:00Z";
const TOO_LATE: &str = "2027-01-08T12:00:00Z";

fn decisions() -> [Decision; 4] {
    let decline = Decision::Decline { reason: DeclineReason::Other, message: None };
    [Decision::Confirm { message: None }, decline, Decision::Withdraw, Decision::Expire]
}

#[test]
fn a_pending_request_takes_one_answer_until_its_deadline_and_only_expiry_after_it() {
    for decision in decisions() {
        let expires = decision == Decision::Expire;
        assert_eq!(pending().decide(decision.clone(), None, at(IN_TIME)).is_ok(), !expires, "{decision:?} in time");
        assert_eq!(pending().decide(decision.clone(), None, at(TOO_LATE)).is_ok(), expires, "{decision:?} too late");
    }
}

#[test]
fn a_pending_request_reads_as_expired_from_its_deadline_on() {
    assert_eq!(pending().status_at(at(IN_TIME)), RequestStatus::Pending);
    assert_eq!(pending().status_at(at(TOO_LATE)), RequestStatus::Expired);
}

#[test]
fn only_a_confirmed_request_makes_an_appointment() {
    for decision in decisions().into_iter().take(3) {
        let confirms = matches!(decision, Decision::Confirm { .. });
        let Ok(Outcome::Changed(next)) = pending().decide(decision, None, at(IN_TIME)) else {
            panic!("it was pending")
        };
        assert_eq!(next.appointment().is_some(), confirms);
        assert_eq!(next.version, 2);
    }
}

#[test]
fn an_answer_is_due_at_the_deadline_or_when_the_notice_begins() {
    let rules = BookingRules::DEFAULT;
    let asked = at("2027-01-05T12:00:00Z");
    assert_eq!(respond_by(&rules, asked, at("2027-01-12T12:00:00Z")), at("2027-01-08T12:00:00Z"));
    assert_eq!(respond_by(&rules, asked, at("2027-01-07T12:00:00Z")), at("2027-01-06T12:00:00Z"));
}

proptest! {
    /// Of any sequence of decisions the first lawful one wins; later ones change nothing.
    #[test]
    fn of_many_decisions_one_wins(order in prop::collection::vec(0usize..4, 1..8), late in any::<bool>()) {
        let now = at(if late { TOO_LATE } else { IN_TIME });
        let mut request = pending();
        let mut changes = 0;
        for index in order {
            match request.decide(decisions()[index].clone(), None, now) {
                Ok(Outcome::Changed(next)) => { request = *next; changes += 1; }
                Ok(Outcome::AlreadySo) => prop_assert_eq!(request.status, decisions()[index].status()),
                Err(rejection) => prop_assert_eq!(rejection.code, Code::NotPending),
            }
        }
        prop_assert!(changes <= 1);
        prop_assert_eq!(request.version, 1 + changes);
    }
}
