//! Crashes: real servers under load from real clients, killed at random moments. Whatever was acknowledged is kept, each
//! subscriber receives each event once and in order, no time is held twice, and nothing is decided twice.
//!
//! ```text
//! cargo test --test crash                                     a short run on each store
//! FRONTDESK_CRASH_KILLS=50 cargo test --features nats --test crash      the long one
//! FRONTDESK_CRASH_SEED=4711 …                                 the choices of an earlier run
//! ```

mod after;
mod chance;
mod door;
#[path = "../engines/mod.rs"]
mod engines;
mod history;
mod history_tests;
mod load;
mod practice;
mod proxy;
mod record;
mod run;
mod server;
mod trouble;
mod watcher;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use run::Run;
use trouble::Ground;

/// How many kills a run has; a few where it is not set.
const KILLS: &str = "FRONTDESK_CRASH_KILLS";
const KILLS_OF_A_SHORT_RUN: u64 = 4;
/// What a run's choices are made from; the clock where it is not set.
const SEED: &str = "FRONTDESK_CRASH_SEED";

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One after the other: each needs the whole machine to get far between two kills.
    arguments.test_threads = Some(1);
    let mut trials = history_tests::trials();
    let promise = "what_is_acknowledged_is_kept_and_told_once_and_in_order";
    let mut scenario = |name: &'static str, is_there: bool, go: fn(&'static str) -> Result<(), Failed>| {
        trials.push(Trial::test(format!("{name}::{promise}"), move || go(name)).with_ignored_flag(!is_there));
    };
    scenario("sqlite", true, |name| run(name, 1, Ground::default()));
    let postgres = engines::postgres_is_there();
    scenario("two_servers_on_postgres", postgres, |name| run(name, 2, Ground::postgres()));
    let nats = cfg!(feature = "nats") && postgres && engines::nats_is_there();
    scenario("two_servers_on_postgres_and_nats", nats, |name| run(name, 2, Ground::postgres().with_nats()));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(name: &'static str, server_count: usize, ground: Ground) -> Result<(), Failed> {
    let number = |variable| std::env::var(variable).ok().map(|text| text.parse().expect("a number"));
    let kills = number(KILLS).unwrap_or(KILLS_OF_A_SHORT_RUN);
    let seed = number(SEED).unwrap_or_else(|| u64::from(chrono::Utc::now().timestamp_subsec_nanos()));
    let run = Run { name, seed, kills, server_count, ground };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(run.go()).map_err(Failed::from)
}
