//! The impact tells the truth: for random practices and random settings changes, what a dry run shows is the difference of
//! what clients really see before and after the real change, pair by pair, and the dry run leaves no trace.
//!
//! Each practice comes from a seed, which a failure names. More of them: `FRONTDESK_IMPACT_SEEDS=100..200 cargo test --test
//! api impact`.

mod changes;
mod seen;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use serde_json::{Value, json};

use crate::access_matrix::sums;
use crate::support::{Chance, Mixed, at, text};
use changes::Change;
use seen::Seen;

/// Which random practices are looked at, unless the environment says others.
const SEEDS: std::ops::Range<u64> = 0..5;

/// How many changes each of them lives through.
const STEPS: usize = 13;

const IMPACT: &str = "impact { dryRun revision judgedAt cliniciansGaining { id } cliniciansLosing { id }
    cliniciansBecomingBookable { id } cliniciansCeasingBookable { id } clientsGainingCount
    clientsLosingCount changes(first: 100) { totalCount nodes { clinician { id } client { id } before after } }
    pendingRequestsAffected { id status } appointmentsOutsideHours { id status startsAt }
    firstSlots(first: 50) { clinician { id } service { id } startsAt endsAt localStart timeZone modality }
    warnings { code message clinician { id } } }";

/// As many first slots as are asked for.
const FIRST: usize = 50;

/// What was tried.
#[derive(Default, Debug)]
struct Tally {
    made: BTreeMap<&'static str, usize>,
    refused: usize,
    /// Judged at a start to come.
    ahead: usize,
    /// First slots that were told.
    opened: usize,
    gaining: usize,
    losing: usize,
}

/// What an impact says besides whether it was a dry run, and at which revision.
fn effect(payload: &Value) -> Value {
    let mut impact = payload["impact"].clone();
    for field in ["dryRun", "revision"] {
        impact.as_object_mut().unwrap_or_else(|| panic!("no impact: {payload}")).remove(field);
    }
    impact
}

fn ids(list: &Value) -> BTreeSet<String> {
    let all: Vec<_> = list.as_array().expect("a list").iter().map(|one| text(&one["id"])).collect();
    let set: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!(set.len(), all.len(), "one is named twice: {list}");
    set
}

/// Tries a change.
async fn shown(change: &Change<'_>) -> Value {
    let mut input = change.input.clone();
    input["dryRun"] = json!(true);
    change.by.call(change.name, IMPACT, input).await
}

/// Makes a change, if all is as it was shown.
async fn made(change: &Change<'_>, shown: &Value) -> Value {
    let mut input = change.input.clone();
    input["expectedRevision"] = shown["impact"]["revision"].clone();
    change.by.call(change.name, IMPACT, input).await
}

/// Holds an impact against what clients saw before and after.
fn hold(impact: &Value, before: &Seen, after: &Seen, tally: &mut Tally) {
    let gaining: BTreeSet<_> = after.pairs.difference(&before.pairs).cloned().collect();
    let losing: BTreeSet<_> = before.pairs.difference(&after.pairs).cloned().collect();
    let told = impact["changes"]["nodes"].as_array().expect("pairs");
    let of = |gains: bool| -> BTreeSet<_> {
        let theirs = told.iter().filter(|one| one["after"] == gains && one["before"] == !gains);
        theirs.map(|one| (text(&one["clinician"]["id"]), text(&one["client"]["id"]))).collect()
    };
    assert_eq!((of(true), of(false)), (gaining.clone(), losing.clone()), "the pairs that gain, and that lose");
    assert_eq!(told.len(), gaining.len() + losing.len(), "each pair once");
    assert_eq!(impact["changes"]["totalCount"], told.len());
    for (pairs, clinicians, count) in
        [(&gaining, "cliniciansGaining", "clientsGainingCount"), (&losing, "cliniciansLosing", "clientsLosingCount")]
    {
        assert_eq!(ids(&impact[clinicians]), pairs.iter().map(|(clinician, _)| clinician.clone()).collect());
        let clients: BTreeSet<_> = pairs.iter().map(|(_, client)| client).collect();
        assert_eq!(impact[count], clients.len(), "{count}");
    }
    for (told, is, was) in [
        ("cliniciansBecomingBookable", &after.bookable, &before.bookable),
        ("cliniciansCeasingBookable", &before.bookable, &after.bookable),
    ] {
        assert_eq!(ids(&impact[told]), is.difference(was).cloned().collect(), "{told}");
    }
    hold_first_slots(impact["firstSlots"].as_array().expect("slots"), before, after, tally);
    tally.gaining += gaining.len();
    tally.losing += losing.len();
}

/// The first slots are the soonest of those that some client is offered after, and none was before.
fn hold_first_slots(told: &[Value], before: &Seen, after: &Seen, tally: &mut Tally) {
    let opening = after.starts.iter().filter(|(start, _)| !before.starts.contains_key(*start));
    let mut opening: Vec<_> =
        opening.map(|((clinician, service, _), slot)| (clinician, service, slot.clone())).collect();
    opening.sort_by_key(|(.., slot)| text(&slot["startsAt"]));
    let told = told.iter().map(|one| {
        let mut slot = one.clone();
        let fields = slot.as_object_mut().expect("a slot");
        let (clinician, service) = (fields.remove("clinician"), fields.remove("service"));
        (text(&clinician.expect("whose")["id"]), text(&service.expect("which")["id"]), slot)
    });
    let told: Vec<_> = told.collect();
    let starts = |slots: &[Value]| slots.iter().map(|slot| text(&slot["startsAt"])).collect::<Vec<_>>();
    let (soonest, shown): (Vec<_>, Vec<_>) = (
        opening.iter().take(FIRST).map(|(.., slot)| slot.clone()).collect(),
        told.iter().map(|(.., slot)| slot.clone()).collect(),
    );
    assert_eq!(starts(&shown), starts(&soonest), "the soonest that open, in order");
    for (clinician, service, slot) in &told {
        let is_open = |one: &&(&String, &String, Value)| one.0 == clinician && one.1 == service && one.2 == *slot;
        assert_eq!(opening.iter().filter(is_open).count(), 1, "{clinician} {service} {slot} does not open");
    }
    let different: BTreeSet<_> = told.iter().map(|one| one.2["startsAt"].to_string() + &one.0 + &one.1).collect();
    assert_eq!(different.len(), told.len(), "each once");
    tally.opened += told.len();
}

/// Somebody's life with a random practice.
struct Life<'a> {
    mixed: &'a Mixed,
    chance: &'a mut Chance,
    seen: Seen,
    tally: &'a mut Tally,
}

impl Life<'_> {
    /// Tries a change, makes it, and holds what was told against what is seen. True where somebody lost by it.
    async fn step(&mut self, change: &Change<'_>) -> bool {
        let clock = &self.mixed.practice.clock;
        let now = clock.now();
        let shown = self.tried(change).await;
        let judged_at = shown["impact"]["judgedAt"].as_str().map_or(now, at);
        if let Some(starts_at) = change.starts_at.filter(|_| shown["impact"].is_object()) {
            assert_eq!(judged_at, starts_at, "judged when it starts");
        }
        let mut before = self.seen.clone();
        if judged_at != now {
            let has_start = !change.input["startsAt"].is_null() || change.name == "undoSettingsChange";
            assert!(judged_at > now && has_start, "judged at {judged_at}");
            clock.set(judged_at);
            before = Seen::by_all(self.mixed).await;
            clock.set(now);
            self.tally.ahead += 1;
        }
        let done = made(change, &shown).await;
        assert_eq!(shown["errors"], done["errors"], "refused, or not, as it was shown");
        clock.set(judged_at);
        let after = Seen::by_all(self.mixed).await;
        if done["errors"] != json!([]) {
            assert_eq!((&done["impact"], &shown["impact"]), (&Value::Null, &Value::Null));
            assert_eq!(after, self.seen, "what is refused changes nothing");
            self.tally.refused += 1;
            return false;
        }
        assert_eq!((&shown["impact"]["dryRun"], &done["impact"]["dryRun"]), (&json!(true), &json!(false)));
        assert_eq!(effect(&shown), effect(&done), "what was shown is not what happened");
        hold(&shown["impact"], &before, &after, self.tally);
        *self.tally.made.entry(change.name).or_default() += 1;
        let is_loss = before.pairs.len() > after.pairs.len();
        if judged_at != now && self.chance.one_in(2) {
            clock.set(now);
        }
        self.seen = if judged_at == now { after } else { settled(self.mixed).await };
        is_loss
    }

    /// Tries a change; now and then others beside it, with a look at every table before and after.
    async fn tried(&mut self, change: &Change<'_>) -> Value {
        if !self.chance.one_in(5) {
            let shown = shown(change).await;
            assert!(self.seen.is_where_it_was(self.mixed).await, "the dry run is seen");
            return shown;
        }
        let kept = sums(&self.mixed.practice).await;
        let told = shown(change).await;
        let made_so_far: Vec<_> = self.tally.made.keys().copied().collect();
        for _ in 0..5 {
            let other = changes::any(self.mixed, self.chance, &self.seen, &made_so_far).await;
            println!("    tried besides: {} {}", other.name, other.input);
            shown(&other).await;
        }
        assert_eq!(sums(&self.mixed.practice).await, kept, "a dry run left a trace");
        told
    }
}

/// Lives through random changes, each tried before it is made.
async fn live(seed: u64, tally: &mut Tally) {
    let mut chance = Chance::seeded("impact", seed);
    let closed = *chance.pick(&[4, 8, 20]);
    let mixed = Mixed::grown(&mut chance, closed).await;
    let seen = settled(&mixed).await;
    let mut life = Life { mixed: &mixed, chance: &mut chance, seen, tally };
    let mut lost = None;
    for step in 0..STEPS {
        if life.chance.one_in(8) {
            // Care begins and ends with the days, and requests wait no more.
            let days = i64::try_from(1 + life.chance.below(6)).expect("few");
            mixed.practice.clock.set(mixed.practice.clock.now() + Duration::days(days));
            life.seen = settled(&mixed).await;
        }
        if life.seen.pairs.len() < 2 && life.chance.one_in(2) {
            changes::reopen(&mixed).await;
            life.seen = settled(&mixed).await;
        }
        let made: Vec<_> = life.tally.made.keys().copied().collect();
        let change = match lost.take() {
            Some(change) if life.chance.one_in(2) => changes::opposite(&mixed, &change).await,
            _ if life.chance.one_in(5) => {
                let change = changes::staged(&mixed, life.chance).await;
                life.seen = settled(&mixed).await;
                change
            }
            _ => changes::any(&mixed, life.chance, &life.seen, &made).await,
        };
        println!("seed {seed}, step {step}: {} {}", change.name, change.input);
        lost = life.step(&change).await.then_some(change);
    }
}

/// What is seen once nothing is left that time alone would write.
async fn settled(mixed: &Mixed) -> Seen {
    mixed.practice.desk.expire_overdue_requests().await.expect("it sweeps");
    Seen::by_all(mixed).await
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("FRONTDESK_IMPACT_SEEDS") else { return SEEDS };
    let (from, until) = asked.split_once("..").expect("FRONTDESK_IMPACT_SEEDS is FROM..UNTIL");
    from.parse().expect("a number")..until.parse().expect("a number")
}

async fn an_impact_is_the_difference_of_what_clients_see_and_a_dry_run_leaves_no_trace() {
    let (mut tally, started) = (Tally::default(), std::time::Instant::now());
    for seed in seeds() {
        live(seed, &mut tally).await;
    }
    println!("{:?}: {tally:?}", started.elapsed());
    let missing: Vec<_> = changes::kinds().into_iter().filter(|kind| !tally.made.contains_key(kind)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "kinds that were never made");
    assert!(
        tally.gaining >= 20 && tally.losing >= 20 && tally.refused >= 3 && tally.ahead >= 3 && tally.opened >= 50,
        "too little was tried: {tally:?}"
    );
}

crate::support::tests!(an_impact_is_the_difference_of_what_clients_see_and_a_dry_run_leaves_no_trace,);
