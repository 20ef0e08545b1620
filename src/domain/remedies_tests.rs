//! The smallest set of changes opens every gate, and no part of it does.

use proptest::prelude::*;

use super::*;
use crate::domain::gates::{AskedStart, all_open, judge, judge_time};
use crate::domain::hours::{Hours, Weekday};
use crate::domain::ids::{ClientId, MemberId, PracticeId};
use crate::domain::rules::BookingRules;
use crate::domain::settings::Lock;
use crate::domain::slots::{Offer, Wanted};
use crate::domain::time::{Interval, parse_date, parse_instant, parse_zone};

/// Monday, 09:00 in New York.
const NOW: &str = "2027-01-04T14:00:00Z";

/// What is shut of a pair, and what is asked of it.
#[derive(Clone, Debug)]
struct Shut {
    switch: bool,
    opted_in: Option<bool>,
    locked: bool,
    offered: bool,
    window: Option<(i32, i32)>,
    /// Of the Tuesday alone; one without a window is closed.
    exception: Option<Option<(i32, i32)>>,
    care: Option<i64>,
    blocked: bool,
    access: Option<Access>,
    pending: u64,
    service_named: bool,
    start_hour: Option<i64>,
    selected: bool,
    /// Of the practice, and of the clinician: a start to come, and a pause.
    waits: (bool, bool),
    paused: (bool, bool),
}

prop_compose! {
    fn shut()(
        (switch, opted_in, locked, offered) in any::<(bool, Option<bool>, bool, bool)>(),
        window in prop::option::of((0..23 * 60, 10..600)),
        exception in prop::option::of(prop::option::of((0..23 * 60, 10..600))),
        care in prop::option::of(-3_i64..4),
        blocked in any::<bool>(),
        access in prop_oneof![Just(None), Just(Some(Access::Allowed)), Just(Some(Access::Blocked))],
        (pending, service_named, selected) in (0_u64..6, any::<bool>(), any::<bool>()),
        start_hour in prop::option::of(20_i64..200),
        (waits, paused) in any::<((bool, bool), (bool, bool))>(),
    ) -> Shut {
        Shut { switch, opted_in, locked, offered, window, exception, care, blocked, access, pending, service_named, start_hour, selected, waits, paused }
    }
}

fn standing_of(shut: &Shut, care_from: Option<NaiveDate>, decision: Decision) -> ClientStanding {
    ClientStanding {
        client_id: ClientId::generate(),
        active: true,
        active_decision: None,
        blocked: shut.blocked,
        blocked_decision: None,
        care: care_from.map(|started_on| Care { started_on, started: decision, ended_on: None, ended: None }),
        access: shut.access.map(|access| (access, decision)),
    }
}

fn case_of(shut: &Shut) -> Case {
    let (now, today) = (parse_instant(NOW).expect("an instant"), parse_date("2027-01-04").expect("a date"));
    let decision = Decision { by: None, at: now };
    let start = |waits: bool| waits.then_some(now + chrono::Duration::days(3));
    let service = Service { id: ServiceId::generate(), ..to_be_created() };
    let window = |(opens_minute, minutes): (i32, i32)| {
        let closes_minute = opens_minute + minutes;
        Window { opens_minute, closes_minute, ..some_window().window }
    };
    let weekly = shut.window.map(|at| WeeklyHours { weekday: Weekday::Tuesday, window: window(at) });
    let tuesday = shut.exception.map(|at| (today + chrono::Duration::days(1), at.map(window).into_iter().collect()));
    let audience = if shut.selected { Audience::SelectedClients } else { Audience::AllMyClients };
    let zone = parse_zone("America/New_York").expect("a zone");
    let clinician = Clinician {
        id: ClinicianId::generate(),
        member_id: MemberId::generate(),
        display_name: "Dana".to_owned(),
        credentials: None,
        zone,
        active: true,
        active_decision: None,
        enabled: shut.opted_in == Some(true),
        audience: shut.opted_in.map(|_| audience),
        enabled_decision: None,
        starts_at: start(shut.waits.1 && shut.opted_in == Some(true)),
        pause: shut.paused.1.then_some(decision),
        lock: shut.locked.then(|| Lock { reason: "leave".to_owned(), decision }),
        lock_decision: None,
        offered: shut.offered.then_some((service.id, decision)).into_iter().collect(),
        offered_decision: None,
        hours: Hours { weekly: weekly.into_iter().collect(), exceptions: tuesday.into_iter().collect() },
        hours_decision: None,
        rules: RuleOverrides::default(),
    };
    let care_from = shut.care.map(|days| today + chrono::Duration::days(days));
    let standing = standing_of(shut, care_from, decision);
    let named = shut.service_named.then_some(service.id);
    let (clinician_id, pending) = (clinician.id, if named.is_some() { shut.pending } else { 0 });
    let settings = PracticeSettings {
        practice_id: PracticeId::generate(),
        name: "Riverbend".to_owned(),
        zone,
        revision: 1,
        enabled: shut.switch,
        enabled_decision: None,
        starts_at: start(shut.waits.0 && shut.switch),
        pause: shut.paused.0.then_some(decision),
        clinician_opt_in: Control::ClinicianOrAdmin,
        client_access_control: Control::ClinicianOrAdmin,
        default_rules: BookingRules::DEFAULT,
        services: [(service.id, service)].into(),
        clinicians: [(clinician_id, clinician)].into(),
    };
    Case {
        settings: Arc::new(settings),
        clinician_id,
        service_id: named,
        start: shut.start_hour.and(named).and(shut.start_hour).map(|hours| now + chrono::Duration::hours(hours)),
        standing: Some(standing),
        care_to_come: care_from.filter(|from| *from > today).into_iter().collect(),
        pending,
        waiting: (0..pending).map(|_| RequestId::generate()).collect(),
        moment: Moment { now, today },
    }
}

/// The gates, as the booking asks them.
fn verdicts(case: &Case) -> Vec<Verdict> {
    let (settings, clinician) = (&case.settings, case.clinician());
    let service = case.service_id.map(|id| &settings.services[&id]);
    let mut verdicts = judge(settings, clinician, case.standing.as_ref(), service, case.moment);
    let Some(service) = service else { return verdicts };
    let rules = settings.rules_for(clinician, service);
    let asked = case.start.map(|start| {
        let range = Interval::new(start, start + chrono::Duration::seconds(1));
        let wanted = Wanted { service_id: service.id, duration: service.duration, modality: Modality::InPerson };
        let offer = Offer::new(clinician.zone, &clinician.hours, &wanted, &rules, &[], range, case.moment.now);
        AskedStart { offered: offer.check(start), client_is_booked: false }
    });
    judge_time(&mut verdicts, case.pending >= 3, asked.as_ref());
    verdicts
}

/// What a mutation would refuse is not made: care that overlaps other care.
fn make(case: &mut Case, remedy: &Remedy) {
    match remedy {
        Remedy::StartCare if case.standing.as_ref().is_some_and(|client| client.care.is_some()) => {}
        _ => case.suppose(remedy),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]
    #[test]
    fn the_changes_open_every_gate_and_without_any_one_of_them_some_stay_closed(shut in shut()) {
        let case = case_of(&shut);
        match smallest(case.clone(), verdicts) {
            Err(finding) => prop_assert!(
                matches!(finding, Finding::InsideMinimumNotice | Finding::StartOffSlotInterval),
                "{finding:?} can be opened"
            ),
            Ok(needed) => {
                let with = |left_out: Option<usize>| {
                    let mut case = case.clone();
                    let made = needed.iter().enumerate().filter(|(at, _)| Some(*at) != left_out);
                    made.for_each(|(_, needed)| make(&mut case, &needed.remedy));
                    all_open(&verdicts(&case))
                };
                prop_assert!(with(None), "{needed:?}");
                for (at, idle) in needed.iter().enumerate() {
                    prop_assert!(!with(Some(at)), "{idle:?} is not needed");
                }
            }
        }
    }
}
