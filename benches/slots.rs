//! `cargo bench --bench slots`: what slots cost: in the domain, through the store, and over HTTP at the real program,
//! beside the same by hand. docs/performance.md says what the figures mean.

mod kit;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chrono::{DateTime, Duration as Span, NaiveTime, Utc};
use clap::Parser;
use frontdesk::domain::hours::{Hours, Modality, Weekday, WeeklyHours, Window};
use frontdesk::domain::ids::ServiceId;
use frontdesk::domain::rules::BookingRules;
use frontdesk::domain::slots::{Held, Offer, Wanted};
use frontdesk::domain::time::{Interval, Minutes, parse_zone};
use frontdesk::usecases::{Desk, SlotQuery, SoonestQuery};
use serde_json::{Value, json};

use kit::bare::Bare;
use kit::by_hand;
use kit::http::{self, Door};
use kit::office::{self, Calendars};
use kit::program::Program;
use kit::report;
use kit::stage::{Stage, Store};

const WARM_UP: usize = 20;
/// The range of a list, in days.
const DAYS: i64 = 30;

/// Measures slots.
#[derive(Parser)]
struct Options {
    /// What the data is kept in; without it both, where PostgreSQL is installed.
    #[arg(long)]
    store: Vec<Store>,
    /// How often each list is asked for.
    #[arg(long, default_value_t = 300)]
    lists: usize,
    /// How many clinicians the practices have in which the soonest slot is looked for.
    #[arg(long, value_delimiter = ',', default_values_t = [20, 200, 1_000])]
    clinicians: Vec<usize>,
    /// How often it is looked for.
    #[arg(long, default_value_t = 60)]
    searches: usize,
    /// Only compute, without a store.
    #[arg(long)]
    domain: bool,
    /// Be the server by hand, at this address: what the benchmark starts beside the program.
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
        return runtime.block_on(by_hand::serve(listen, url));
    }
    let mut rows = domain();
    if !options.domain {
        for store in Store::chosen(&options.store) {
            rows.extend(kit::runtime().block_on(measure(&options, store)));
        }
    }
    print(&options, &rows);
}

/// A weekday's midnight in UTC, days from now: past the notice.
fn first_day() -> DateTime<Utc> {
    use chrono::Datelike;
    let mut days = Utc::now().date_naive().iter_days().skip(3);
    let monday = days.find(|day| day.weekday() == chrono::Weekday::Mon).expect("a Monday comes");
    monday.and_time(NaiveTime::MIN).and_utc() + Span::hours(5)
}

/// How long one takes, the median of many batches, in microseconds.
fn microseconds<T>(mut once: impl FnMut() -> T) -> f64 {
    const BATCH: u32 = 200;
    let mut batches: Vec<_> = (0..60)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..BATCH {
                std::hint::black_box(once());
            }
            begun.elapsed() / BATCH
        })
        .collect();
    batches.sort_unstable();
    batches[batches.len() / 2].as_secs_f64() * 1e6
}

/// One clinician with 40 busy hours in a fortnight, and a grid of half hours: nothing but the computation.
fn domain() -> Vec<Value> {
    let first = first_day();
    let zone = parse_zone("America/New_York").expect("a zone");
    let window =
        Window { opens_minute: 9 * 60, closes_minute: 17 * 60, service_ids: Default::default(), modality: None };
    let day = |weekday: &Weekday| WeeklyHours { weekday: *weekday, window: window.clone() };
    let hours = Hours { weekly: Weekday::ALL[..5].iter().map(day).collect(), ..Hours::default() };
    let at = |millis| DateTime::from_timestamp_millis(millis).expect("an instant");
    let busy = by_hand::busy(first);
    let held = |(start, end): &(i64, i64)| Held {
        stretch: Interval::new(at(*start), at(*end)),
        meeting_starts_at: Some(at(*start)),
    };
    let held: Vec<_> = busy.iter().map(held).collect();
    let wanted = Wanted { service_id: ServiceId::generate(), duration: Minutes(60), modality: Modality::InPerson };
    let now = first - Span::days(2);
    let capped = BookingRules { max_per_day: Some(8), max_per_week: Some(40), ..BookingRules::DEFAULT };
    let mut rows = Vec::new();
    for (what, days, rules) in [
        ("a fortnight", 14, &BookingRules::DEFAULT),
        ("30 days", DAYS, &BookingRules::DEFAULT),
        ("30 days under both caps", DAYS, &capped),
    ] {
        let range = Interval::new(first, first + Span::days(days));
        let ours = || Offer::new(zone, &hours, &wanted, rules, &held, range, now).starts(range);
        let (from, to) = (range.start.timestamp_millis(), range.end.timestamp_millis());
        let theirs = || by_hand::starts(&busy, from, to, (now + Span::days(1)).timestamp_millis());
        let found: Vec<_> = ours().into_iter().map(|start| start.timestamp_millis()).collect();
        assert!(found == theirs() || rules.max_per_day.is_some(), "the two do not find the same");
        let (ours, theirs) = (microseconds(ours), microseconds(theirs));
        rows.push(json!({ "what": format!("domain: {what}"), "slots": found.len(), "median_us": ours,
            "by_hand_us": theirs, "ratio": ours / theirs }));
    }
    rows
}

async fn measure(options: &Options, store: Store) -> Vec<Value> {
    let stage = Stage::new(store);
    let first = first_day();
    let (mut practices, busy) = (Vec::new(), by_hand::busy(first));
    let desk = stage.desk().await;
    for clinicians in &options.clinicians {
        eprintln!("{}: a practice of {clinicians} clinicians, 40 appointments each …", store.name());
        practices.push(office::calendars(&desk, *clinicians).await);
    }
    desk.close().await;
    let bare = Bare::open(&stage.database_url).await;
    for practice in &practices {
        bare.book(practice, &busy).await;
    }
    bare.analyze().await;
    bare.close().await;
    let copy = stage.copy();
    let mut rows = Vec::new();
    let desk = stage.desk().await;
    rows.push(through_the_store(options, store, &desk, &practices[0], first).await);
    for practice in &practices {
        rows.push(soonest_through_the_store(options, store, &desk, practice, first).await);
    }
    desk.close().await;
    let folder = stage.folder.path();
    let by_hand = {
        let program = Program::reference(&copy, folder).await;
        ask(&program, &list(&practices[0], first), options.lists).await
    };
    let program = Program::start(&stage.database_url, folder).await;
    let mut row = ask(&program, &list(&practices[0], first), options.lists).await;
    row["what"] = json!(format!("{}: availableSlots of 30 days over HTTP", store.name()));
    row["by_hand_us"] = by_hand["median_us"].clone();
    row["by_hand_cpu_seconds_per_1000"] = by_hand["cpu_seconds_per_1000"].clone();
    row["ratio"] = json!(row["median_us"].as_f64().unwrap_or(f64::NAN) / by_hand["median_us"].as_f64().unwrap_or(1.0));
    rows.push(row);
    for practice in &practices {
        for (words, day) in [("a free hour soon", 3), ("three full days first", 0)] {
            let request = search(practice, first, day);
            let mut row = ask(&program, &request, options.searches).await;
            let count = practice.clinicians.len();
            row["what"] = json!(format!("{}: soonestSlots of {count} over HTTP, {words}", store.name()));
            rows.push(row);
        }
    }
    rows
}

/// As the API calls it, without the API.
async fn through_the_store(
    options: &Options,
    store: Store,
    desk: &Desk,
    practice: &Calendars,
    first: DateTime<Utc>,
) -> Value {
    let query = SlotQuery {
        clinician_id: practice.clinicians[0],
        service_id: practice.service_id,
        from: first,
        to: first + Span::days(DAYS),
        zone: None,
    };
    let (mut times, mut slots) = (Vec::new(), 0);
    for number in 0..WARM_UP + options.lists {
        let begun = Instant::now();
        let settings = desk.settings(&practice.client).await.expect("settings");
        let found = desk.find_slots(&practice.client, &settings, query).await.expect("slots");
        if number >= WARM_UP {
            times.push(begun.elapsed());
        }
        slots = found.slots.len();
    }
    let [median, p99, _] = report::spread(times);
    json!({ "what": format!("{}: availableSlots of 30 days through the store", store.name()), "slots": slots,
        "median_us": median * 1e3, "p99_us": p99 * 1e3 })
}

async fn soonest_through_the_store(
    options: &Options,
    store: Store,
    desk: &Desk,
    practice: &Calendars,
    first: DateTime<Utc>,
) -> Value {
    let from = first + Span::days(3);
    let (service_id, to) = (practice.service_id, from + Span::days(DAYS));
    let query = SoonestQuery { service_id, from, to, first: 1, modality: None, zone: None };
    let (mut times, mut slots) = (Vec::new(), 0);
    for number in 0..WARM_UP + options.searches {
        let begun = Instant::now();
        let settings = desk.settings(&practice.admin).await.expect("settings");
        let found = desk.soonest_slots(&practice.admin, &settings, query).await.expect("slots");
        if number >= WARM_UP {
            times.push(begun.elapsed());
        }
        slots = found.slots.len();
    }
    let [median, p99, _] = report::spread(times);
    let count = practice.clinicians.len();
    json!({ "what": format!("{}: the first free of {count} through the store", store.name()), "slots": slots,
        "median_us": median * 1e3, "p99_us": p99 * 1e3 })
}

fn list(practice: &Calendars, first: DateTime<Utc>) -> Vec<u8> {
    let variables = json!({ "clinician": practice.clinicians[0].to_string(), "service": practice.service_id.to_string(),
        "from": first.to_rfc3339(), "to": (first + Span::days(DAYS)).to_rfc3339() });
    http::post(&practice.client_token, LIST, &variables)
}

fn search(practice: &Calendars, first: DateTime<Utc>, day: i64) -> Vec<u8> {
    let from = first + Span::days(day);
    let variables = json!({ "service": practice.service_id.to_string(), "from": from.to_rfc3339(),
        "to": (from + Span::days(DAYS)).to_rfc3339() });
    http::post(&practice.admin_token, SEARCH, &variables)
}

const LIST: &str = "query($clinician: ID!, $service: ID!, $from: DateTime!, $to: DateTime!) {
    clinician(id: $clinician) { availableSlots(serviceId: $service, from: $from, to: $to) {
        slots { startsAt endsAt localStart modality } } } }";
const SEARCH: &str = "query($service: ID!, $from: DateTime!, $to: DateTime!) {
    practice { soonestSlots(serviceId: $service, from: $from, to: $to, first: 1) {
        slots { startsAt endsAt localStart modality clinician { id displayName } } } } }";

/// The same question again and again, by one caller.
async fn ask(program: &Program, request: &[u8], count: usize) -> Value {
    let mut door = Door::open(program.address).await.expect("the server takes connections");
    let (mut times, mut slots, mut cpu): (Vec<Duration>, _, _) = (Vec::new(), 0, 0.0);
    for number in 0..WARM_UP + count {
        if number == WARM_UP {
            cpu = program.cpu_seconds();
        }
        let begun = Instant::now();
        let answer = door.ask(request).await.expect("an answer");
        if number >= WARM_UP {
            times.push(begun.elapsed());
        }
        slots = answer.matches("startsAt").count();
        assert!(slots > 0 && !answer.contains("\"errors\""), "{answer}");
    }
    let cpu = (program.cpu_seconds() - cpu) * 1e3 / count as f64;
    let [median, p99, _] = report::spread(times);
    json!({ "slots": slots, "median_us": median * 1e3, "p99_us": p99 * 1e3, "cpu_seconds_per_1000": cpu })
}

const COLUMNS: [(&str, &str); 7] = [
    ("slots", "slots"),
    ("median µs", "median_us"),
    ("p99 µs", "p99_us"),
    ("by hand µs", "by_hand_us"),
    ("ratio", "ratio"),
    ("CPU s/1,000", "cpu_seconds_per_1000"),
    ("by hand CPU", "by_hand_cpu_seconds_per_1000"),
];

fn print(options: &Options, rows: &[Value]) {
    let mut table = vec![vec![String::new()]];
    table[0].extend(COLUMNS.map(|(words, _)| words.to_owned()));
    for row in rows {
        let cells = COLUMNS.map(|(_, key)| match (key, row[key].as_f64()) {
            (_, None) => String::new(),
            ("slots", Some(slots)) => format!("{slots:.0}"),
            (_, Some(number)) => report::shown(number),
        });
        let what = row["what"].as_str().unwrap_or_default().to_owned();
        table.push(std::iter::once(what).chain(cells).collect());
    }
    report::print_table(&table);
    println!("load {}", report::load());
    let scale = json!({ "lists": options.lists, "searches": options.searches, "clinicians": options.clinicians });
    report::print_json("slots", scale, rows);
}
