//! `cargo bench --bench push`: what push costs, measured over real sockets at the real program. First many clinicians
//! follow their own requests, while requests come in at a steady rate; then one event goes to as many sockets of one
//! practice. docs/performance.md says what the figures mean.

mod kit;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use kit::http::{self, Door};
use kit::ledger::{Ledger, Whose};
use kit::office::{self, Ask, Plan, Practice};
use kit::program::Program;
use kit::report;
use kit::stage::{Stage, Store};

/// A practice is so large.
const CLINICIANS: usize = 20;
/// What comes first is not measured: caches fill, and memory finds its size.
const WARM_UP_SECONDS: usize = 3;
const WARM_UP_EVENTS: usize = 2;

/// Measures push.
#[derive(Parser)]
struct Options {
    /// What the data is kept in; without it both, where PostgreSQL is installed.
    #[arg(long)]
    store: Vec<Store>,
    /// How many sockets are open.
    #[arg(long, default_value_t = 10_000)]
    subscribers: usize,
    /// How many requests are made in a second.
    #[arg(long, default_value_t = 200)]
    rate: usize,
    /// For how long.
    #[arg(long, default_value_t = 20)]
    seconds: usize,
    /// How many events go to all sockets of one practice, one after another.
    #[arg(long, default_value_t = 10)]
    events: usize,
    /// Say the server's process number before each measurement, and wait so many seconds: for a profiler.
    #[arg(long, default_value_t = 0)]
    pause: u64,
    /// Be the reference, at this address: what the benchmark starts beside the program.
    #[arg(long, hide = true, requires = "database_url")]
    reference: Option<SocketAddr>,
    #[arg(long, hide = true)]
    database_url: Option<String>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    kit::raise_file_limit();
    let options = Options::parse();
    if let (Some(listen), Some(url)) = (options.reference, &options.database_url) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        return runtime.block_on(kit::reference::serve(listen, url));
    }
    let run = |store| kit::runtime().block_on(measure(&options, store));
    let results: Vec<Value> = Store::chosen(&options.store).into_iter().flat_map(run).collect();
    print(&options, &results);
}

/// The program's figures, and the reference's on a copy of the same database.
async fn measure(options: &Options, store: Store) -> [Value; 2] {
    eprintln!("{}: making {} clinicians …", store.name(), options.subscribers);
    let stage = Stage::new(store);
    let desk = stage.desk().await;
    let practices = options.subscribers.div_ceil(CLINICIANS);
    let asks = (WARM_UP_SECONDS + options.seconds) * options.rate;
    let crowd = office::fill(&desk, Plan { practices, clinicians: CLINICIANS, asks }).await;
    let asks = WARM_UP_EVENTS + options.events;
    let hall = office::fill(&desk, Plan { practices: 1, clinicians: 1, asks }).await;
    desk.close().await;
    let (copy, folder) = (stage.copy(), stage.folder.path());
    let mut results = [Value::Null, Value::Null];
    for (is_reference, result) in [false, true].into_iter().zip(&mut results) {
        let name = if is_reference { format!("{} by hand", store.name()) } else { store.name().to_owned() };
        let start = async || match is_reference {
            true => Program::reference(&copy, folder).await,
            false => Program::start(&stage.database_url, folder).await,
        };
        let load_before = report::load();
        let mut figures = follow_their_own(options, &name, &start().await, &crowd).await;
        figures.extend(follow_all(options, &name, &start().await, &hall).await);
        *result =
            json!({ "store": name, "load_before": load_before, "load_after": report::load(), "figures": figures });
    }
    results
}

type Figures = serde_json::Map<String, Value>;

/// Each socket is another clinician's, and each request goes to one of them.
async fn follow_their_own(
    options: &Options,
    name: &str,
    program: &Program,
    (practices, asks): &(Vec<Practice>, Vec<Ask>),
) -> Figures {
    let whose = asks.iter().map(|ask| ask.clinician).collect();
    let ledger = Arc::new(Ledger::open(asks.len(), Whose::One(whose)));
    eprintln!("{name}: {} sockets …", options.subscribers);
    let (cpu_before, memory_before) = (program.cpu_seconds(), program.resident_kib());
    let tokens = practices.iter().flat_map(|practice| &practice.clinicians).map(String::as_str);
    let tokens = tokens.take(options.subscribers);
    let begun = Instant::now();
    let _sockets = kit::socket::subscribe(program.address, tokens, "appointmentRequested", &ledger).await;
    program.until_subscribed(options.subscribers).await;
    let subscribe_seconds = begun.elapsed().as_secs_f64();
    let subscribe_cpu = program.cpu_seconds() - cpu_before;
    let idle_kib = (program.resident_kib() - memory_before) / options.subscribers as f64;

    pause(options, program).await;
    eprintln!("{}: {} requests a second …", name, options.rate);
    let warm_up = WARM_UP_SECONDS * options.rate;
    let (answers, cpu_at_warm) = ask_at_rate(options.rate, program, asks, warm_up, &ledger).await;
    ledger.until(asks.len()).await;
    let cpu = program.cpu_seconds() - cpu_at_warm;
    let [median, p99, longest] = report::spread(ledger.delays(warm_up));
    let [answer_median, answer_p99, _] = report::spread(answers);
    let figures = json!({
        "subscribe_seconds": subscribe_seconds,
        "subscribe_cpu_seconds": subscribe_cpu,
        "idle_kib_per_subscriber": idle_kib,
        "frame_ms_median": median,
        "frame_ms_p99": p99,
        "frame_ms_max": longest,
        "answer_ms_median": answer_median,
        "answer_ms_p99": answer_p99,
        "cpu_seconds_per_1000_events": cpu * 1e3 / (asks.len() - warm_up) as f64,
        "faults": ledger.faults().await,
    });
    figures.as_object().cloned().unwrap_or_default()
}

/// Sends each request when it is due, whether or not those before it were answered; a request that waits for a slow
/// server counts from when it was due. Answers how long the answers took, and the server's time used when the warm-up
/// was over.
async fn ask_at_rate(
    rate: usize,
    program: &Program,
    asks: &[Ask],
    warm_up: usize,
    ledger: &Arc<Ledger>,
) -> (Vec<Duration>, f64) {
    let requests: Vec<_> = asks.iter().enumerate().map(|(number, ask)| http::request(ask, number)).collect();
    let (doors, mut asking) = (Arc::new(Mutex::new(Vec::<Door>::new())), JoinSet::new());
    let mut due = metronome(requests.len(), rate);
    let mut cpu_at_warm = 0.0;
    for (number, request) in requests.into_iter().enumerate() {
        let at = due.recv().await.expect("the metronome goes on to the end");
        ledger.note_sent(number, at);
        if number == warm_up {
            cpu_at_warm = program.cpu_seconds();
        }
        let (address, doors) = (program.address, doors.clone());
        asking.spawn(async move {
            let free = doors.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut door = match free.filter(Door::is_fresh) {
                Some(door) => door,
                None => Door::open(address).await.expect("the server takes connections"),
            };
            let answer = door.ask(&request).await.expect("an answer");
            let took = at.elapsed();
            assert!(http::is_made(&answer), "{answer}");
            doors.lock().unwrap_or_else(PoisonError::into_inner).push(door);
            (number, took)
        });
    }
    let answers = asking.join_all().await;
    (answers.into_iter().filter(|(number, _)| *number >= warm_up).map(|(_, took)| took).collect(), cpu_at_warm)
}

/// Ticks when each of `count` is due. A thread of its own: the runtime's timer is only good to a millisecond.
fn metronome(count: usize, rate: usize) -> mpsc::Receiver<Instant> {
    let (sender, ticks) = mpsc::channel(count.max(1));
    std::thread::spawn(move || {
        let begun = Instant::now() + Duration::from_millis(10);
        for number in 0..count {
            let due = begun + Duration::from_secs(1) * number as u32 / rate as u32;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.blocking_send(due).is_err() {
                return;
            }
        }
    });
    ticks
}

/// All sockets are of one practice, and each event goes to all of them.
async fn follow_all(
    options: &Options,
    name: &str,
    program: &Program,
    (practices, asks): &(Vec<Practice>, Vec<Ask>),
) -> Figures {
    let ledger = Arc::new(Ledger::open(asks.len(), Whose::All(options.subscribers)));
    eprintln!("{}: {} sockets of one practice …", name, options.subscribers);
    let tokens = std::iter::repeat_n(practices[0].clinicians[0].as_str(), options.subscribers);
    let _sockets = kit::socket::subscribe(program.address, tokens, "appointmentRequestChanged", &ledger).await;
    program.until_subscribed(options.subscribers).await;
    pause(options, program).await;
    let mut door = Door::open(program.address).await.expect("the server takes connections");
    let mut cpu_before = 0.0;
    for (number, ask) in asks.iter().enumerate() {
        let request = http::request(ask, number);
        if number == WARM_UP_EVENTS {
            cpu_before = program.cpu_seconds();
        }
        ledger.note_sent(number, Instant::now());
        let answer = door.ask(&request).await.expect("an answer");
        assert!(http::is_made(&answer), "{answer}");
        ledger.until((number + 1) * options.subscribers).await;
    }
    let cpu = program.cpu_seconds() - cpu_before;
    let [median, _, longest] = report::spread(ledger.delays(WARM_UP_EVENTS));
    let figures = json!({
        "all_last_frame_ms_median": median,
        "all_last_frame_ms_max": longest,
        "all_cpu_micros_per_frame": cpu * 1e6 / (options.events * options.subscribers) as f64,
        "all_faults": ledger.faults().await,
    });
    figures.as_object().cloned().unwrap_or_default()
}

async fn pause(options: &Options, program: &Program) {
    if options.pause > 0 {
        eprintln!("the server is process {}; going on in {} s", program.id(), options.pause);
        tokio::time::sleep(Duration::from_secs(options.pause)).await;
    }
}

const ROWS: [(&str, &str); 13] = [
    ("subscribe all: seconds", "subscribe_seconds"),
    ("subscribe all: server CPU, s", "subscribe_cpu_seconds"),
    ("memory of an idle subscriber, KiB", "idle_kib_per_subscriber"),
    ("request to frame: median, ms", "frame_ms_median"),
    ("request to frame: p99, ms", "frame_ms_p99"),
    ("request to frame: longest, ms", "frame_ms_max"),
    ("request to answer: median, ms", "answer_ms_median"),
    ("request to answer: p99, ms", "answer_ms_p99"),
    ("server CPU for 1,000 events, s", "cpu_seconds_per_1000_events"),
    ("one event to all: last frame, median, ms", "all_last_frame_ms_median"),
    ("one event to all: last frame, longest, ms", "all_last_frame_ms_max"),
    ("one event to all: server CPU a frame, µs", "all_cpu_micros_per_frame"),
    ("load before / after", ""),
];

fn print(options: &Options, results: &[Value]) {
    let Options { subscribers, rate, seconds, events, .. } = options;
    println!("{subscribers} subscribers; {rate} requests a second for {seconds} s; {events} events to all\n");
    let mut table = vec![vec![String::new()]];
    table[0].extend(results.iter().map(|result| result["store"].as_str().unwrap_or_default().to_owned()));
    for (words, key) in ROWS {
        let cell = |result: &Value| match result["figures"][key].as_f64() {
            Some(number) => report::shown(number),
            None => format!("{} / {}", result["load_before"], result["load_after"]),
        };
        table.push(std::iter::once(words.to_owned()).chain(results.iter().map(cell)).collect());
    }
    for (words, key) in [("lost, doubled, leaked, strange", "faults"), ("one event to all: the same", "all_faults")] {
        let cell = |result: &Value| {
            let faults = &result["figures"][key];
            ["lost", "doubled", "leaked", "strange"].map(|fault| faults[fault].to_string()).join(", ")
        };
        table.push(std::iter::once(words.to_owned()).chain(results.iter().map(cell)).collect());
    }
    report::print_table(&table);
    let scale = json!({ "subscribers": subscribers, "rate": rate, "seconds": seconds, "events": events });
    report::print_json("push", scale, results);
    let is_clean = |faults: &Value| faults.as_object().is_some_and(|all| all.values().all(|count| *count == 0));
    let is_clean = |result: &Value| ["faults", "all_faults"].iter().all(|key| is_clean(&result["figures"][key]));
    assert!(results.iter().all(is_clean), "push lost, doubled or leaked frames");
}
