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
use crate::support::{Chance, Mixed, text};
use changes::Change;
use seen::Seen;

/// Which random practices are looked at, unless the environment says others.
const SEEDS: std::ops::Range<u64> = 0..6;

/// How many changes each of them lives through.
const STEPS: usize = 24;

pub const IMPACT: &str = "impact { dryRun revision cliniciansGaining { id } cliniciansLosing { id } clientsGainingCount
    clientsLosingCount changes(first: 100) { totalCount nodes { clinician { id } client { id } before after } }
    pendingRequestsAffected { id status } appointmentsOutsideHours { id status startsAt }
    warnings { code message clinician { id } } }";

/// What was tried.
#[derive(Default, Debug)]
struct Tally {
    made: BTreeMap<&'static str, usize>,
    refused: usize,
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

/// Makes a change, or tries it.
async fn made(change: &Change<'_>, dry_run: bool) -> Value {
    let mut input = change.input.clone();
    input["dryRun"] = json!(dry_run);
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
    for (pairs, clinicians, count) in [
        (&gaining, "cliniciansGaining", "clientsGainingCount"),
        (&losing, "cliniciansLosing", "clientsLosingCount"),
    ] {
        assert_eq!(ids(&impact[clinicians]), pairs.iter().map(|(clinician, _)| clinician.clone()).collect());
        let clients: BTreeSet<_> = pairs.iter().map(|(_, client)| client).collect();
        assert_eq!(impact[count], clients.len(), "{count}");
    }
    tally.gaining += gaining.len();
    tally.losing += losing.len();
}

/// Lives through random changes, each tried before it is made.
async fn live(seed: u64, tally: &mut Tally) {
    let mut chance = Chance::seeded("impact", seed);
    let closed = *chance.pick(&[4, 8, 20]);
    let mixed = Mixed::grown(&mut chance, closed).await;
    let mut seen = settled(&mixed).await;
    let mut kept = sums(&mixed.practice).await;
    for step in 0..STEPS {
        if chance.one_in(8) {
            // Care begins and ends with the days, and requests wait no more.
            let days = i64::try_from(1 + chance.below(6)).expect("few");
            mixed.practice.clock.set(mixed.practice.clock.now() + Duration::days(days));
            seen = settled(&mixed).await;
            kept = sums(&mixed.practice).await;
        }
        let change = changes::any(&mixed, &mut chance, &seen).await;
        println!("seed {seed}, step {step}: {} {}", change.name, change.input);
        let shown = made(&change, true).await;
        assert_eq!(sums(&mixed.practice).await, kept, "the dry run left a trace");
        let done = made(&change, false).await;
        assert_eq!(shown["errors"], done["errors"], "refused, or not, as it was shown");
        let after = Seen::by_all(&mixed).await;
        if done["errors"] != json!([]) {
            assert_eq!((&done["impact"], &shown["impact"]), (&Value::Null, &Value::Null));
            assert_eq!(after, seen, "what is refused changes nothing");
            tally.refused += 1;
            continue;
        }
        assert_eq!((&shown["impact"]["dryRun"], &done["impact"]["dryRun"]), (&json!(true), &json!(false)));
        assert_eq!(effect(&shown), effect(&done), "what was shown is not what happened");
        hold(&shown["impact"], &seen, &after, tally);
        *tally.made.entry(change.name).or_default() += 1;
        (seen, kept) = (after, sums(&mixed.practice).await);
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
    assert!(tally.gaining >= 20 && tally.losing >= 20 && tally.refused >= 3, "too little was tried: {tally:?}");
}

crate::support::tests!(an_impact_is_the_difference_of_what_clients_see_and_a_dry_run_leaves_no_trace,);
