//! One run: servers under load, trouble, and what must hold afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::after;
use crate::chance::Chance;
use crate::door::{Doors, Person};
use crate::history::{self, Told};
use crate::load::Office;
use crate::practice::{self, Practice};
use crate::proxy;
use crate::record::{Record, text};
use crate::server::{Installation, Server};
use crate::trouble::{self, Blows, Ground};
use crate::watcher::{Watchers, place};

/// How many answer requests at once.
const ANSWERING: usize = 4;
/// How many requests wait for somebody to answer them at most.
const WAITING: usize = 100;
/// How long whoever works may take to finish once all servers stand.
const FINISH: Duration = Duration::from_secs(60);

/// What a run is.
pub struct Run {
    pub name: &'static str,
    pub seed: u64,
    pub kills: u64,
    pub server_count: usize,
    pub ground: Ground,
}

impl Run {
    /// Runs it; fails with every fault that was found.
    pub async fn go(mut self) -> Result<(), String> {
        eprintln!("{}: seed {}, {} kills", self.name, self.seed, self.kills);
        let mut chance = Chance::new(self.seed);
        let (record, cuts) = (Arc::new(Record::default()), Arc::new(AtomicU64::new(0)));
        let folder = tempfile::tempdir().expect("a folder");
        let installation = self.installation(&folder);
        let admin = practice::found(&installation);
        let names = ["a", "b"].into_iter().take(self.server_count);
        let mut servers: Vec<_> = names.map(|name| Server::start(&installation, name)).collect();
        let direct: Vec<_> = servers.iter().map(Server::address).collect();
        let mut roads = direct.clone();
        for address in &direct {
            roads.push(proxy::open(*address, chance.fork(), cuts.clone()).await);
        }
        let direct = Doors::new(direct, record.clone());
        let practice = Arc::new(Practice::fill(&installation, &direct, admin).await);
        let (begin, _) = direct.run(&mut chance, &practice.admin, CURSOR, json!({})).await;
        let begin = text(&begin["practice"]["latestCursor"]);

        let doors = Doors::new(roads, record.clone());
        let office = Office { practice, doors, record, is_closing: Arc::new(AtomicBool::new(false)) };
        let watchers = Watchers::begin(&office.watching(), &office.doors, &office.record, &begin, &mut chance);
        let workers = begin_work(&office, &mut chance);
        let plan = (self.kills, self.name);
        let ground = &mut self.ground;
        let blows = trouble::befall(plan, &installation, &mut servers, ground, &office.record, &mut chance).await;
        let ends = end_work(&office, workers, watchers, &mut chance).await;

        // What is read now is what a new process finds.
        for server in &mut servers {
            server.kill_and_restart(&installation).unwrap_or_else(|fault| office.record.fault(fault));
        }
        let events = check(&office, &direct, &begin, &ends).await;
        for server in &servers {
            server.check_log().unwrap_or_else(|fault| office.record.fault(fault));
        }
        self.conclude(&office.record, &blows, (events, cuts.load(Ordering::Relaxed)), folder)
    }

    fn installation(&self, folder: &tempfile::TempDir) -> Installation {
        let database_url = match &self.ground.postgres {
            Some(postgres) => postgres.database("run"),
            None => format!("sqlite://{}/run.db", folder.path().display()),
        };
        let bus = self.ground.nats.as_ref().map(|nats| nats.url());
        Installation { folder: folder.path().to_owned(), database_url, bus }
    }

    /// Prints the figures; fails where there are faults, and keeps the servers' logs then.
    fn conclude(
        &self,
        record: &Record,
        blows: &Blows,
        (events, cuts): (usize, u64),
        folder: tempfile::TempDir,
    ) -> Result<(), String> {
        let notes = record.notes();
        eprintln!(
            "{}: seed {}, {} kills, {} crashes of PostgreSQL, {} stops of NATS, {cuts} connections cut; {notes}; {events} \
             events delivered; {} faults",
            self.name,
            self.seed,
            blows.kills,
            blows.database_crashes,
            blows.bus_stops,
            notes.faults.len(),
        );
        if notes.requests_acknowledged < self.kills || notes.reconnects < self.kills {
            return Err("too little was done between the kills for the run to say anything".to_owned());
        }
        if notes.faults.is_empty() {
            return Ok(());
        }
        let kept = folder.keep();
        let faults = notes.faults.iter().take(20).cloned().collect::<Vec<_>>().join("\n  ");
        Err(format!("seed {}, logs in {}:\n  {faults}", self.seed, kept.display()))
    }
}

/// What each subscriber received, and their last request's id.
type Ends = Vec<(Person, Vec<Told>, String)>;

fn begin_work(office: &Office, chance: &mut Chance) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    let (waiting, receiver) = mpsc::channel(WAITING);
    let receiver = Arc::new(Mutex::new(receiver));
    for client in 0..office.practice.clients.len() {
        workers.spawn(office.clone().ask(client, chance.fork(), waiting.clone()));
    }
    for _ in 0..ANSWERING {
        workers.spawn(office.clone().answer(chance.fork(), receiver.clone()));
    }
    workers
}

async fn end_work(office: &Office, workers: JoinSet<()>, watchers: Watchers, chance: &mut Chance) -> Ends {
    office.is_closing.store(true, Ordering::Relaxed);
    if tokio::time::timeout(FINISH, workers.join_all()).await.is_err() {
        office.record.fault(format!("the work did not end within {} s of the last blow", FINISH.as_secs()));
    }
    let last = office.close(chance).await;
    let requests: BTreeMap<_, _> = last.iter().map(|(person, request)| (&person.id, request.clone())).collect();
    let received = watchers.end(&last, &office.record).await;
    received
        .into_iter()
        .map(|(person, events)| {
            let request = requests[&person.id].clone();
            (person, events, request)
        })
        .collect()
}

/// Everything that must hold, by fresh readings. Answers how many events were delivered.
async fn check(office: &Office, direct: &Doors, begin: &str, ends: &Ends) -> usize {
    let admin = &office.practice.admin;
    let last = ends.iter().find(|(person, ..)| person.id == admin.id).map(|(.., last)| last).expect("the admin");
    let store = after::stored(direct, admin).await;
    let log = after::replayed(direct, &office.record, admin, begin, last).await;
    let whose: BTreeMap<_, _> =
        store.iter().map(|one| (&one.standing.request, (&one.clinician, &one.client))).collect();
    let mut notes = office.record.notes();
    let mut faults = history::lost(&notes.told, &store, notes.unanswered_then_refused);
    faults.extend(history::overlapping(&store));
    faults.extend(history::decided_twice(&log, &store));
    faults.extend(history::holes(&log, place(begin)));
    for (person, received, _) in ends {
        let is_theirs = |told: &Told| {
            let about = whose.get(&told.request);
            person.id == admin.id
                || about.is_some_and(|(clinician, client)| [*clinician, *client].contains(&&person.id))
        };
        let who = if person.id.is_empty() { "the admin" } else { &person.id };
        faults.extend(history::not_received(who, received, &log, is_theirs));
    }
    notes.faults.extend(faults);
    ends.iter().map(|(_, received, _)| received.len()).sum()
}

const CURSOR: &str = "{ practice { latestCursor } }";
