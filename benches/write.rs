//! `cargo bench --bench write`: requests made in a second, over HTTP at the real program with push on, beside the bare
//! insert of the same rows into a copy of the same database. docs/performance.md says what the figures mean.

mod kit;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use kit::bare::Bare;
use kit::http::{self, Door};
use kit::ledger::{Ledger, Whose};
use kit::office::{self, Ask, Plan};
use kit::program::Program;
use kit::report;
use kit::stage::{Stage, Store};

const PRACTICES: usize = 50;
const CLINICIANS: usize = 20;
/// Not measured.
const WARM_UP: usize = 300;

/// Measures writing.
#[derive(Parser)]
struct Options {
    /// What the data is kept in; without it both, where PostgreSQL is installed.
    #[arg(long)]
    store: Vec<Store>,
    /// How many requests are made at each number of callers.
    #[arg(long, default_value_t = 3_000)]
    requests: usize,
    /// How many callers ask at once, one number after another.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32, 64])]
    callers: Vec<usize>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    kit::raise_file_limit();
    let options = Options::parse();
    let run = |store| kit::runtime().block_on(measure(&options, store));
    let results: Vec<Value> = Store::chosen(&options.store).into_iter().map(run).collect();
    print(&options, &results);
}

async fn measure(options: &Options, store: Store) -> Value {
    let count = WARM_UP + options.requests * options.callers.len();
    eprintln!("{}: making {count} free times …", store.name());
    let stage = Stage::new(store);
    let desk = stage.desk().await;
    let (practices, asks) =
        office::fill(&desk, Plan { practices: PRACTICES, clinicians: CLINICIANS, asks: count }).await;
    desk.close().await;
    let bare = Arc::new(Bare::open(&stage.copy()).await);
    let load_before = report::load();
    let program = Program::start(&stage.database_url, stage.folder.path()).await;
    // Every clinician follows, so that each request is pushed once.
    let whose = asks.iter().map(|ask| ask.clinician).collect();
    let ledger = Arc::new(Ledger::open(count, Whose::One(whose)));
    let tokens = practices.iter().flat_map(|practice| &practice.clinicians).map(String::as_str);
    let _sockets = kit::socket::subscribe(program.address, tokens, "appointmentRequestChanged", &ledger).await;
    program.until_subscribed(PRACTICES * CLINICIANS).await;

    let asks: Arc<[Ask]> = asks.into();
    let mut from = 0;
    let mut cells = Vec::new();
    for (callers, requests) in
        std::iter::once((8, WARM_UP)).chain(options.callers.iter().map(|n| (*n, options.requests)))
    {
        let range = from..from + requests;
        from += requests;
        eprintln!("{}: {callers} callers …", store.name());
        let (seconds, times, cpu) = ask(&program, &asks, range.clone(), callers).await;
        ledger.until(from).await;
        let bare_seconds = insert(&bare, &asks, range, callers).await;
        let [median, p99, longest] = report::spread(times);
        let (rate, bare_rate) = (requests as f64 / seconds, requests as f64 / bare_seconds);
        cells.push(json!({
            "callers": callers, "per_second": rate, "bare_per_second": bare_rate, "ratio": rate / bare_rate,
            "answer_ms_median": median, "answer_ms_p99": p99, "answer_ms_max": longest,
            "cpu_seconds_per_1000": cpu * 1e3 / requests as f64,
        }));
    }
    json!({
        "store": store.name(), "load_before": load_before, "load_after": report::load(),
        "cells": cells[1..], "faults": ledger.faults().await,
    })
}

/// So many callers, each asking again as soon as they are answered. Answers how long all of it took, how long each
/// answer took, and the server's time used.
async fn ask(
    program: &Program,
    asks: &[Ask],
    range: std::ops::Range<usize>,
    callers: usize,
) -> (f64, Vec<Duration>, f64) {
    let requests: Arc<[Vec<u8>]> = range.map(|number| http::request(&asks[number], number)).collect();
    let (next, mut all) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    let mut doors = Vec::new();
    for _ in 0..callers {
        doors.push(Door::open(program.address).await.expect("the server takes connections"));
    }
    let (cpu_before, begun) = (program.cpu_seconds(), Instant::now());
    for mut door in doors {
        let (requests, next) = (requests.clone(), next.clone());
        all.spawn(async move {
            let mut times = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let asked = Instant::now();
                let answer = door.ask(request).await.expect("an answer");
                times.push(asked.elapsed());
                assert!(http::is_made(&answer), "{answer}");
            }
            times
        });
    }
    let times = all.join_all().await.concat();
    (begun.elapsed().as_secs_f64(), times, program.cpu_seconds() - cpu_before)
}

/// The same rows by hand, so many at once. Answers how long it took.
async fn insert(bare: &Arc<Bare>, asks: &Arc<[Ask]>, range: std::ops::Range<usize>, callers: usize) -> f64 {
    let next = Arc::new(AtomicUsize::new(range.start));
    let (mut all, begun) = (JoinSet::new(), Instant::now());
    for _ in 0..callers {
        let (bare, asks, next, end) = (bare.clone(), asks.clone(), next.clone(), range.end);
        all.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return;
                }
                bare.insert(&asks[number], uuid::Uuid::now_v7().to_string(), "by hand")
                    .await
                    .expect("the rows are lawful");
            }
        });
    }
    all.join_all().await;
    begun.elapsed().as_secs_f64()
}

const COLUMNS: [(&str, &str); 8] = [
    ("callers", "callers"),
    ("frontdesk/s", "per_second"),
    ("bare insert/s", "bare_per_second"),
    ("ratio", "ratio"),
    ("median ms", "answer_ms_median"),
    ("p99 ms", "answer_ms_p99"),
    ("longest ms", "answer_ms_max"),
    ("server CPU s/1,000", "cpu_seconds_per_1000"),
];

fn print(options: &Options, results: &[Value]) {
    println!("{} requests at each number of callers; each is pushed to one subscriber\n", options.requests);
    let mut table = vec![vec![String::new()]];
    table[0].extend(COLUMNS.map(|(words, _)| words.to_owned()));
    for result in results {
        let store = result["store"].as_str().unwrap_or_default().to_owned();
        for cell in result["cells"].as_array().into_iter().flatten() {
            let cells = COLUMNS.map(|(_, key)| match (key, &cell[key]) {
                ("callers", callers) => callers.to_string(),
                (_, number) => report::shown(number.as_f64().unwrap_or(f64::NAN)),
            });
            table.push(std::iter::once(store.clone()).chain(cells).collect());
        }
    }
    report::print_table(&table);
    for result in results {
        let load = format!("load {} before, {} after", result["load_before"], result["load_after"]);
        println!("{}: {load}; frames {}", result["store"].as_str().unwrap_or_default(), result["faults"]);
    }
    report::print_json("write", json!({ "requests": options.requests }), results);
    let is_clean =
        |result: &Value| result["faults"].as_object().is_some_and(|all| all.values().all(|count| *count == 0));
    assert!(results.iter().all(is_clean), "push lost, doubled or leaked frames");
}
