//! What must hold after a run, as pure functions over what clients were told, what subscribers received, and what is in
//! the store. Each answers its faults, for people to read; none is none.

use std::collections::{BTreeMap, BTreeSet};

/// How a request stood when somebody was told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub request: String,
    pub status: String,
    pub version: i64,
}

/// A request in the store.
#[derive(Clone, Debug)]
pub struct Stored {
    pub standing: Standing,
    pub clinician: String,
    pub client: String,
    /// Half-open, in seconds. The practice of the run has no buffers.
    pub from: i64,
    pub until: i64,
    /// Its appointment's id and status.
    pub appointment: Option<(String, String)>,
}

impl Stored {
    /// True while it holds time: a pending request does, and an appointment that stands.
    fn holds(&self) -> bool {
        let is_booked = self.appointment.as_ref().is_some_and(|(_, status)| status == "BOOKED");
        self.standing.status == "PENDING" || is_booked
    }
}

/// An event as a subscriber received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number in the practice's log.
    pub place: i64,
    /// REQUESTED, or the status that the request came to.
    pub what: String,
    pub request: String,
}

/// Everything that was acknowledged is in the store as it was told, or further on. What nobody was told of may be there
/// only where an attempt went unanswered and its repetition was refused: so many times.
pub fn lost(told: &[Standing], store: &[Stored], unanswered_then_refused: usize) -> Vec<String> {
    let stored: BTreeMap<_, _> = store.iter().map(|one| (&one.standing.request, &one.standing)).collect();
    let mut faults = Vec::new();
    for seen in told {
        match stored.get(&seen.request) {
            None => faults.push(format!("acknowledged, and not in the store: {seen:?}")),
            Some(now) if now.version < seen.version => faults.push(format!("told {seen:?}, and it is {now:?}")),
            Some(now) if now.version == seen.version && now.status != seen.status => {
                faults.push(format!("told {seen:?}, and it is {now:?}"));
            }
            Some(_) => {}
        }
    }
    let known: BTreeSet<_> = told.iter().map(|seen| &seen.request).collect();
    let unknown: Vec<_> = stored.keys().filter(|request| !known.contains(*request)).collect();
    if unknown.len() > unanswered_then_refused {
        faults.push(format!("{} in the store that nobody was told of, such as {}", unknown.len(), unknown[0]));
    }
    faults
}

/// No two that hold time overlap, of one clinician or of one client.
pub fn overlapping(store: &[Stored]) -> Vec<String> {
    let mut faults = Vec::new();
    for (whose, key) in [("clinician", (|one| &one.clinician) as fn(&Stored) -> &String), ("client", |one| &one.client)]
    {
        let mut held: Vec<_> = store.iter().filter(|one| one.holds()).collect();
        held.sort_unstable_by(|one, other| (key(one), one.from).cmp(&(key(other), other.from)));
        // The one that reaches furthest so far, which is not always the one before.
        let mut furthest: Option<&Stored> = None;
        for one in held {
            let before = furthest.filter(|before| key(before) == key(one));
            if let Some(before) = before.filter(|before| one.from < before.until) {
                faults.push(format!("of one {whose}: {:?} overlaps {:?}", one.standing, before.standing));
            }
            furthest = Some(before.filter(|before| before.until > one.until).unwrap_or(one));
        }
    }
    faults
}

/// The log and the store tell the same story: each request was made once and decided at most once, its version counts
/// its events, its status is the last of them, and it has an appointment where it was confirmed, and nowhere else.
pub fn decided_twice(log: &[Told], store: &[Stored]) -> Vec<String> {
    let mut events: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for told in log {
        events.entry(&told.request).or_default().push(&told.what);
    }
    let mut faults = Vec::new();
    for one in store {
        let story = events.remove(&one.standing.request).unwrap_or_default();
        let expected = match one.standing.status.as_str() {
            "PENDING" => vec!["REQUESTED"],
            status => vec!["REQUESTED", status],
        };
        if story != expected || one.standing.version != story.len() as i64 {
            faults.push(format!("{:?} has the events {story:?}", one.standing));
        }
        if one.appointment.is_some() != (one.standing.status == "CONFIRMED") {
            faults.push(format!("{:?} has the appointment {:?}", one.standing, one.appointment));
        }
    }
    faults.extend(events.keys().map(|request| format!("the log tells of {request}, which is not in the store")));
    let mut appointments: Vec<_> = store.iter().filter_map(|one| Some(&one.appointment.as_ref()?.0)).collect();
    appointments.sort();
    let doubles = appointments.windows(2).filter(|pair| pair[0] == pair[1]);
    faults.extend(doubles.map(|pair| format!("two requests have the appointment {}", pair[0])));
    faults
}

/// A log that tells of requests alone has no number twice and leaves none out, from the one after `begin` on.
pub fn holes(log: &[Told], begin: i64) -> Vec<String> {
    let expected = begin + 1..;
    let wrong = log.iter().zip(expected).find(|(told, place)| told.place != *place);
    wrong.map(|(told, place)| format!("the log has {told:?} where {place} is due")).into_iter().collect()
}

/// A subscriber received each event of theirs exactly once and in order.
pub fn not_received(who: &str, received: &[Told], log: &[Told], is_theirs: impl Fn(&Told) -> bool) -> Vec<String> {
    let due: Vec<_> = log.iter().filter(|told| is_theirs(told)).collect();
    let same = received.iter().zip(&due).take_while(|(got, due)| got == *due).count();
    if same == received.len() && same == due.len() {
        return Vec::new();
    }
    let told = |told: Option<&Told>| told.map_or("nothing".to_owned(), |told| format!("{told:?}"));
    vec![format!(
        "{who} received {} of {} events; after {same} comes {} where {} is due",
        received.len(),
        due.len(),
        told(received.get(same)),
        told(due.get(same).copied()),
    )]
}
