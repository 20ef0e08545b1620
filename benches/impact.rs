//! `cargo bench --bench impact`: what a settings change does to who can book, shown before it is made, in practices of
//! growing size, over HTTP at the real program. docs/performance.md says what the figures mean.

mod kit;

use std::time::Instant;

use clap::Parser;
use serde_json::{Value, json};

use kit::crowd::{self, Crowd};
use kit::http::Door;
use kit::program::Program;
use kit::report;
use kit::stage::{Stage, Store};

/// Not measured.
const WARM_UP: usize = 3;

/// Measures the impact of the practice switch.
#[derive(Parser)]
struct Options {
    /// What the data is kept in; without it both, where PostgreSQL is installed.
    #[arg(long)]
    store: Vec<Store>,
    /// How many clinicians the practices have, one after another. Each has 100 clients.
    #[arg(long, value_delimiter = ',', default_values_t = [20, 200, 1_000])]
    clinicians: Vec<u32>,
    /// How often each is asked.
    #[arg(long, default_value_t = 20)]
    times: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

const CLIENTS_EACH: u32 = 100;

fn main() {
    let options = Options::parse();
    let run = |store| kit::runtime().block_on(measure(&options, store));
    let results: Vec<Value> = Store::chosen(&options.store).into_iter().map(run).collect();
    print(&options, &results);
}

async fn measure(options: &Options, store: Store) -> Value {
    let load_before = report::load();
    let mut cells = Vec::new();
    for clinicians in &options.clinicians {
        let crowd = Crowd { clinicians: *clinicians, clients: clinicians * CLIENTS_EACH };
        eprintln!("{}: making {} clinicians and {} clients in care …", store.name(), crowd.clinicians, crowd.clients);
        let stage = Stage::new(store);
        let (_, token) = crowd::fill(&stage, crowd).await;
        let program = Program::start(&stage.database_url, stage.folder.path()).await;
        let mut door = Door::open(program.address).await.expect("the server takes connections");
        let request = request(&token);
        for _ in 0..WARM_UP {
            door.ask(&request).await.expect("an answer");
        }
        let (mut times, cpu_before) = (Vec::new(), program.cpu_seconds());
        for _ in 0..options.times {
            let asked = Instant::now();
            let answer = door.ask(&request).await.expect("an answer");
            times.push(asked.elapsed());
            let gaining = format!("\"clientsGainingCount\":{}", crowd.clients);
            assert!(answer.contains(&gaining) && answer.contains("\"errors\":[]"), "{answer}");
        }
        let cpu = (program.cpu_seconds() - cpu_before) / options.times as f64;
        let [median, p99, longest] = report::spread(times);
        cells.push(json!({
            "clinicians": crowd.clinicians, "clients": crowd.clients, "median_ms": median, "p99_ms": p99,
            "max_ms": longest, "cpu_ms": cpu * 1e3, "resident_mib": program.resident_kib() / 1024.0,
        }));
    }
    json!({ "store": store.name(), "load_before": load_before, "load_after": report::load(), "cells": cells })
}

/// The dry run, with the first page of whom it touches.
fn request(token: &str) -> Vec<u8> {
    let query = "mutation { setPracticeSelfScheduling(input: { enabled: true, dryRun: true }) { impact { revision
        clientsGainingCount clientsLosingCount warnings { code } pendingRequestsAffected { id }
        changes(first: 100) { totalCount nodes { before after } } } errors { message } } }";
    let body = json!({ "query": query }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Accept: application/graphql-response+json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

const COLUMNS: [(&str, &str); 7] = [
    ("clinicians", "clinicians"),
    ("clients in care", "clients"),
    ("median ms", "median_ms"),
    ("p99 ms", "p99_ms"),
    ("longest ms", "max_ms"),
    ("server CPU ms", "cpu_ms"),
    ("server MiB", "resident_mib"),
];

fn print(options: &Options, results: &[Value]) {
    println!("a dry run of the practice switch, {} times at each size\n", options.times);
    let mut table = vec![vec![String::new()]];
    table[0].extend(COLUMNS.map(|(words, _)| words.to_owned()));
    for result in results {
        let store = result["store"].as_str().unwrap_or_default().to_owned();
        for cell in result["cells"].as_array().into_iter().flatten() {
            let cells = COLUMNS.map(|(_, key)| match (key, &cell[key]) {
                ("clinicians" | "clients", count) => count.to_string(),
                (_, number) => report::shown(number.as_f64().unwrap_or(f64::NAN)),
            });
            table.push(std::iter::once(store.clone()).chain(cells).collect());
        }
    }
    report::print_table(&table);
    for result in results {
        let load = format!("load {} before, {} after", result["load_before"], result["load_after"]);
        println!("{}: {load}", result["store"].as_str().unwrap_or_default());
    }
    report::print_json("impact", json!({ "times": options.times }), results);
}
