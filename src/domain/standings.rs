//! Who is in whose care, and what was decided for them, for as many pairs as a change can touch: only what the gates ask,
//! so that a hundred thousand pairs are judged in a moment.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::gates;
use super::ids::{ClientId, ClinicianId};
use super::rollout::Moment;
use super::settings::{Access, CareDays, ClientFacts, PracticeSettings};

/// A client and a clinician whom they may or may not book.
pub type Pair = (ClinicianId, ClientId);

/// What is on record for pairs that have or had care.
#[derive(Clone, Debug, Default)]
pub struct Standings {
    /// Each pair once, in order.
    care: Vec<(Pair, CareDays)>,
    access: HashMap<Pair, Access>,
    shut: HashMap<ClientId, Shut>,
}

/// A client who is shut out of the whole practice. Nearly nobody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shut {
    pub active: bool,
    pub blocked: bool,
}

impl Standings {
    /// From what is on record. Where a pair had care more than once, the days that cover `today` count, else the latest.
    pub fn new(
        mut care: Vec<(Pair, CareDays)>,
        access: HashMap<Pair, Access>,
        shut: HashMap<ClientId, Shut>,
        today: NaiveDate,
    ) -> Self {
        care.sort_unstable_by_key(|(pair, days)| (*pair, days.covers(today), days.started_on));
        // Of several the last stays.
        care.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                *kept = *next;
            }
            same
        });
        Self { care, access, shut }
    }

    /// The clinicians who have or had clients here, each once, in order.
    pub fn clinicians(&self) -> BTreeSet<ClinicianId> {
        self.care.iter().map(|((clinician, _), _)| *clinician).collect()
    }

    /// What is on record for a pair; none where they never had care.
    pub fn facts(&self, pair: Pair) -> Option<ClientFacts> {
        let place = self.care.binary_search_by_key(&pair, |(pair, _)| *pair).ok()?;
        Some(self.facts_of(&self.care[place]))
    }

    /// The pairs for which every gate is open that does not depend on a time, in order.
    pub fn open_pairs(&self, settings: &PracticeSettings, moment: Moment) -> Vec<Pair> {
        let mut open = Vec::new();
        for pairs in self.care.chunk_by(|one, next| one.0.0 == next.0.0) {
            let Some(clinician) = pairs.first().and_then(|(pair, _)| settings.clinicians.get(&pair.0)) else {
                continue;
            };
            if !gates::all_open(&gates::judge(settings, clinician, None, None, moment)) {
                continue;
            }
            let may = |known: &&(Pair, CareDays)| gates::is_open_to(clinician, &self.facts_of(known), moment.today);
            open.extend(pairs.iter().filter(may).map(|(pair, _)| *pair));
        }
        open
    }

    /// What is on record for those who are or were in a clinician's care.
    pub fn of_clinician(&self, clinician: ClinicianId) -> impl Iterator<Item = (ClientId, ClientFacts)> {
        let first = self.care.partition_point(|((of, _), _)| *of < clinician);
        let theirs = self.care[first..].iter().take_while(move |((of, _), _)| *of == clinician);
        theirs.map(|known| (known.0.1, self.facts_of(known)))
    }

    fn facts_of(&self, (pair, days): &(Pair, CareDays)) -> ClientFacts {
        let shut = self.shut.get(&pair.1);
        ClientFacts {
            active: shut.is_none_or(|shut| shut.active),
            blocked: shut.is_some_and(|shut| shut.blocked),
            care: Some(*days),
            access: self.access.get(pair).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::time;

    #[test]
    fn of_several_times_of_care_the_one_that_covers_today_counts_else_the_latest() {
        let date = |text| time::parse_date(text).expect("a date");
        let days = |from, until: Option<_>| CareDays { started_on: date(from), ended_on: until.map(date) };
        let pair = |n| (ClinicianId(Uuid::from_u128(1)), ClientId(Uuid::from_u128(n)));
        let now = days("2026-02-01", None);
        let (first, last) = (days("2026-01-01", Some("2026-01-02")), days("2026-03-01", Some("2026-03-02")));
        let care = vec![(pair(2), last), (pair(1), last), (pair(1), now), (pair(2), first), (pair(1), first)];
        let standings = Standings::new(care, HashMap::new(), HashMap::new(), date("2026-02-10"));
        let care = |n| standings.facts(pair(n)).and_then(|facts| facts.care);
        assert_eq!((care(1), care(2), care(3)), (Some(now), Some(last), None));
    }
}
