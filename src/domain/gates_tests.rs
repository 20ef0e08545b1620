//! Each gate alone closes, and no other combination than all open lets anyone pass.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::checklist::{self, Step};
use crate::domain::hours::{Hours, Modality, Weekday, WeeklyHours, Window};
use crate::domain::ids::{ClientId, ClinicianId, MemberId, PracticeId, ServiceId};
use crate::domain::rules::{BookingRules, RuleOverrides};
use crate::domain::settings::{Care, Confirmation, Control, Lock};
use crate::domain::time::{Minutes, parse_date, parse_instant, parse_zone};
use crate::domain::words::{Reader, explanation};

fn decision() -> Decision {
    Decision { by: None, at: parse_instant("2027-01-04T12:00:00Z").expect("an instant") }
}

fn today() -> NaiveDate {
    parse_date("2027-01-05").expect("a date")
}

/// Noon in New York.
fn now() -> Instant {
    parse_instant("2027-01-05T12:00:00-05:00").expect("an instant")
}

fn moment() -> Moment {
    Moment { now: now(), today: today() }
}

fn later() -> Option<Instant> {
    Some(now() + chrono::Duration::milliseconds(1))
}

struct World {
    settings: PracticeSettings,
    clinician: Clinician,
    client: ClientStanding,
    service: Service,
}

/// Everything open, for a client who was selected.
fn open_world() -> World {
    let zone = parse_zone("America/New_York").expect("a zone");
    let service = Service {
        id: ServiceId::generate(),
        name: "Therapy session".to_owned(),
        duration: Minutes(50),
        modality: Modality::Either,
        confirmation: Confirmation::ClinicianConfirms,
        active: true,
        active_decision: None,
        rules: RuleOverrides::default(),
    };
    let window = Window { opens_minute: 840, closes_minute: 1080, service_ids: BTreeSet::new(), modality: None };
    let weekly = vec![WeeklyHours { weekday: Weekday::Tuesday, window }];
    let clinician = Clinician {
        id: ClinicianId::generate(),
        member_id: MemberId::generate(),
        display_name: "Dana".to_owned(),
        credentials: None,
        zone,
        active: true,
        active_decision: None,
        enabled: true,
        audience: Some(Audience::SelectedClients),
        enabled_decision: Some(decision()),
        starts_at: None,
        pause: None,
        lock: None,
        lock_decision: None,
        offered: BTreeMap::from([(service.id, decision())]),
        offered_decision: Some(decision()),
        hours: Hours { weekly, ..Hours::default() },
        hours_decision: Some(decision()),
        rules: RuleOverrides::default(),
    };
    let client = ClientStanding {
        client_id: ClientId::generate(),
        active: true,
        active_decision: None,
        blocked: false,
        blocked_decision: None,
        care: Some(Care { started_on: today(), started: decision(), ended_on: None, ended: None }),
        access: Some((Access::Allowed, decision())),
    };
    let settings = PracticeSettings {
        practice_id: PracticeId::generate(),
        name: "Riverbend".to_owned(),
        zone,
        revision: 1,
        enabled: true,
        enabled_decision: Some(decision()),
        starts_at: None,
        pause: None,
        clinician_opt_in: Control::ClinicianOrAdmin,
        client_access_control: Control::ClinicianOrAdmin,
        default_rules: BookingRules::DEFAULT,
        services: BTreeMap::from([(service.id, service.clone())]),
        clinicians: BTreeMap::from([(clinician.id, clinician.clone())]),
    };
    World { settings, clinician, client, service }
}

impl World {
    fn judge(&self) -> Vec<Verdict> {
        judge(&self.settings, &self.clinician, Some(&self.client), Some(&self.service), moment())
    }

    fn closed(&self) -> Vec<Gate> {
        self.judge().iter().filter(|verdict| !verdict.is_open()).map(Verdict::gate).collect()
    }
}

type Shut = fn(&mut World);

/// One way to shut each gate, with the gate that it must shut.
const SHUTS: [(Gate, Shut); 16] = [
    (Gate::PracticeSwitch, |w| w.settings.enabled = false),
    (Gate::PracticeSwitch, |w| w.settings.starts_at = later()),
    (Gate::PracticeSwitch, |w| w.settings.pause = Some(decision())),
    (Gate::ClinicianOptIn, |w| w.clinician.enabled = false),
    (Gate::ClinicianOptIn, |w| w.clinician.active = false),
    (Gate::ClinicianOptIn, |w| w.clinician.starts_at = later()),
    (Gate::ClinicianOptIn, |w| w.clinician.pause = Some(decision())),
    (Gate::ClinicianLock, |w| w.clinician.lock = Some(Lock { reason: "leave".to_owned(), decision: decision() })),
    (Gate::ServiceOffered, |w| w.clinician.offered.clear()),
    (Gate::ServiceOffered, |w| w.service.active = false),
    (Gate::HoursOpen, |w| w.clinician.hours.weekly.clear()),
    (Gate::CareRelationship, |w| w.client.care = None),
    (Gate::ClientAccessPractice, |w| w.client.blocked = true),
    (Gate::ClientAccessPractice, |w| w.client.active = false),
    (Gate::ClientAccessClinician, |w| w.client.access = None),
    (Gate::ClientAccessClinician, |w| w.client.access = Some((Access::Blocked, decision()))),
];

#[test]
fn each_step_of_a_clinician_is_done_where_its_gate_is_open() {
    // The two switches have three steps each. Whether there are a service and a clinician at all is no gate's.
    let of_gates: [&[Step]; 5] = [
        &[Step::PracticeSwitchOn, Step::PracticeStarted, Step::PracticeNotPaused],
        &[Step::ClinicianOptedIn, Step::ClinicianStarted, Step::ClinicianNotPaused],
        &[Step::NotLocked],
        &[Step::ServicesOffered],
        &[Step::HoursOpened],
    ];
    for (gate, shut) in SHUTS {
        let mut world = open_world();
        shut(&mut world);
        let gates = judge(&world.settings, &world.clinician, None, None, moment());
        let steps = checklist::of(&world.settings, Some(&world.clinician), checklist::Outlook::default(), moment());
        let is_done = |step: &Step| steps.iter().any(|item| item.step == *step && item.done);
        let done: Vec<_> = of_gates.iter().map(|of_gate| of_gate.iter().all(is_done)).collect();
        assert_eq!(done, gates.iter().map(Verdict::is_open).collect::<Vec<_>>(), "{gate:?} is shut");
    }
}

#[test]
fn each_gate_alone_says_no() {
    assert_eq!(open_world().closed(), vec![]);
    for (gate, shut) in SHUTS {
        let mut world = open_world();
        shut(&mut world);
        assert_eq!(world.closed(), vec![gate]);
    }
}

#[test]
fn care_counts_from_its_first_day_until_the_day_before_its_end() {
    let mut world = open_world();
    for (started, ended, open) in [
        ("2027-01-05", None, true),
        ("2027-01-06", None, false),
        ("2027-01-04", Some("2027-01-06"), true),
        ("2027-01-04", Some("2027-01-05"), false),
    ] {
        world.client.care = Some(Care {
            started_on: parse_date(started).expect("a date"),
            started: decision(),
            ended_on: ended.map(|text| parse_date(text).expect("a date")),
            ended: ended.map(|_| decision()),
        });
        assert_eq!(world.closed().is_empty(), open, "{started} to {ended:?}");
    }
}

#[test]
fn a_block_wins_over_an_audience_of_all_clients_and_an_allowance_over_a_selection() {
    let mut world = open_world();
    world.clinician.audience = Some(Audience::AllMyClients);
    world.client.access = None;
    assert_eq!(world.closed(), vec![]);
    world.client.access = Some((Access::Blocked, decision()));
    assert_eq!(world.closed(), vec![Gate::ClientAccessClinician]);
}

#[test]
fn a_window_kept_to_another_service_or_modality_is_not_open_for_this_one() {
    let mut world = open_world();
    world.clinician.hours.weekly[0].window.service_ids = BTreeSet::from([ServiceId::generate()]);
    assert_eq!(world.closed(), vec![Gate::HoursOpen]);
    world.clinician.hours.weekly[0].window.service_ids.clear();
    world.clinician.hours.weekly[0].window.modality = Some(Modality::Telehealth);
    assert_eq!(world.closed(), vec![]);
    world.service.modality = Modality::InPerson;
    assert_eq!(world.closed(), vec![Gate::HoursOpen]);
}

#[test]
fn hours_of_single_dates_open_the_gate_until_those_dates_are_over() {
    let mut world = open_world();
    let window = world.clinician.hours.weekly.remove(0).window;
    assert_eq!(world.closed(), vec![Gate::HoursOpen]);
    for (date, expected) in [("2027-01-01", vec![Gate::HoursOpen]), ("2027-01-05", vec![]), ("2028-01-05", vec![])] {
        world.clinician.hours.exceptions = BTreeMap::from([(parse_date(date).expect("a date"), vec![window.clone()])]);
        assert_eq!(world.closed(), expected, "{date}");
    }
    for windows in world.clinician.hours.exceptions.values_mut() {
        windows.clear();
    }
    assert_eq!(world.closed(), vec![Gate::HoursOpen], "a closed date opens nothing");
}

#[test]
fn a_client_is_told_neither_of_a_lock_nor_of_a_block_nor_who_decided() {
    let told = |shut: Shut| {
        let mut world = open_world();
        shut(&mut world);
        as_told_to_client(&world.judge())
    };
    assert_eq!(
        told(|w| w.clinician.lock = Some(Lock { reason: "leave".to_owned(), decision: decision() })),
        told(|w| w.clinician.enabled = false)
    );
    assert_eq!(told(|w| w.client.blocked = true), told(|w| w.client.access = None));
    assert_eq!(told(|w| w.client.access = Some((Access::Blocked, decision()))), told(|w| w.client.access = None));
    assert!(told(|w| w.client.blocked = true).iter().all(|verdict| verdict.decision.is_none()));
}

#[test]
fn a_start_opens_its_gate_at_its_instant_and_not_a_millisecond_before() {
    let starts: [Shut; 2] = [|w| w.settings.starts_at = Some(now()), |w| w.clinician.starts_at = Some(now())];
    for start in starts {
        let mut world = open_world();
        start(&mut world);
        assert_eq!(world.closed(), vec![], "it has just begun");
        let before = Moment { now: now() - chrono::Duration::milliseconds(1), ..moment() };
        let (client, service) = (Some(&world.client), Some(&world.service));
        let verdicts = judge(&world.settings, &world.clinician, client, service, before);
        let closed: Vec<_> = verdicts.iter().filter(|verdict| !verdict.is_open()).map(|one| one.finding).collect();
        let opens = crate::domain::rollout::Start { at: now(), zone: world.settings.zone };
        let of_switch = closed == [Finding::PracticeStartsLater(opens)];
        assert!(of_switch || closed == [Finding::ClinicianStartsLater(opens)], "{closed:?}");
    }
}

#[test]
fn a_client_is_told_of_a_clinicians_pause_and_start_as_of_no_opt_in_and_of_the_practices_nothing_but_that() {
    let told = |shut: Shut| {
        let mut world = open_world();
        shut(&mut world);
        as_told_to_client(&world.judge())
    };
    let none = told(|w| w.clinician.enabled = false);
    assert_eq!(told(|w| w.clinician.pause = Some(decision())), none);
    assert_eq!(told(|w| w.clinician.starts_at = later()), none);
    let words = |shut: Shut| {
        let closed: Vec<_> = told(shut).into_iter().filter(|verdict| !verdict.is_open()).collect();
        assert!(closed.len() == 1 && closed[0].decision.is_none(), "{closed:?}");
        explanation(closed[0].finding, "Dana", Reader::Client)
    };
    assert_eq!(words(|w| w.settings.starts_at = later()), "The practice has not opened online requests yet.");
    let paused = "The practice takes no new online requests at the moment.";
    assert_eq!(words(|w| w.settings.pause = Some(decision())), paused);
}

#[test]
fn staff_read_when_a_start_is_by_the_clock_of_its_zone() {
    let read = |start: &str, zone: &str| {
        let mut world = open_world();
        world.clinician.zone = parse_zone(zone).expect("a zone");
        world.clinician.starts_at = Some(parse_instant(start).expect("an instant"));
        explanation(clinician_opt_in(&world.clinician, now()).finding, "Dana", Reader::Staff)
    };
    let text = |when: &str| format!("Dana takes online requests from {when}.");
    let new_york = "America/New_York";
    assert_eq!(read("2027-03-14T06:59:00Z", new_york), text("2027-03-14 01:59 (America/New_York, UTC-05:00)"));
    assert_eq!(read("2027-03-14T07:00:00Z", new_york), text("2027-03-14 03:00 (America/New_York, UTC-04:00)"));
    let kathmandu = text("2027-02-01 05:45:00.250 (Asia/Kathmandu, UTC+05:45)");
    assert_eq!(read("2027-02-01T00:00:00.250Z", "Asia/Kathmandu"), kathmandu);
}

#[test]
fn whoever_is_not_in_care_is_told_nothing_else_of_the_clinician() {
    let mut world = open_world();
    world.client.care = None;
    world.clinician.enabled = false;
    let gates: Vec<_> = as_told_to_client(&world.judge()).iter().map(Verdict::gate).collect();
    assert_eq!(gates, vec![Gate::PracticeSwitch, Gate::CareRelationship]);
}

proptest! {
    /// Whatever is shut together, the client's version is closed exactly when the true one is.
    #[test]
    fn what_a_client_is_told_agrees_with_what_is_true(shut in prop::collection::vec(any::<bool>(), SHUTS.len())) {
        let mut world = open_world();
        for ((_, close), _) in SHUTS.iter().zip(&shut).filter(|(_, shut)| **shut) {
            close(&mut world);
        }
        let verdicts = world.judge();
        prop_assert_eq!(all_open(&verdicts), shut.iter().all(|shut| !shut));
        prop_assert_eq!(all_open(&as_told_to_client(&verdicts)), all_open(&verdicts));
    }
}
