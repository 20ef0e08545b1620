//! The first starts that a settings change opens: those that some client can book after it, and none could before.

use std::collections::HashMap;

use chrono::Duration;

use super::booking_facts::{self, Slot};
use super::{Changed, Desk, Refusal};
use crate::domain::gates;
use crate::domain::hours::Modality;
use crate::domain::ids::{ClientId, ClinicianId, ServiceId};
use crate::domain::opening::{Side, Sides};
use crate::domain::rules::BookingRules;
use crate::domain::settings::{Clinician, Service};
use crate::domain::slots;
use crate::domain::soonest::{self, Offers};
use crate::domain::standings::{Pair, Standings};
use crate::domain::time::{Instant, Interval};
use crate::domain::viewer::Viewer;
use crate::store::{HeldAmong, Pairs};

/// How far ahead starts are looked for, in days from when the impact is judged: two weeks show every weekday twice.
const FIRST_SLOTS_DAYS: i64 = 14;

/// At how many clinicians starts are looked for: the calendar of each is read.
const FIRST_SLOTS_CLINICIANS: usize = 20;

/// A start that opens.
pub struct FirstSlot {
    pub clinician_id: ClinicianId,
    pub service: Service,
    pub slot: Slot,
}

/// What bears on the starts of the clinicians in question, on both sides of the change.
struct Facts<'a> {
    sides: &'a Sides,
    clinicians: &'a [ClinicianId],
    today: Standings,
    waiting: HashMap<Pair, u64>,
}

/// One service of one clinician, for those who may ask for it on one side.
struct Way<'a> {
    clinician: &'a Clinician,
    service: &'a Service,
    rules: BookingRules,
    clients: Vec<ClientId>,
}

impl Desk {
    /// The first so many, soonest first: three statements, however many clients and meetings there are. Held time is as it
    /// is when this is asked; the change does not move it.
    pub async fn first_slots(
        &self,
        viewer: &Viewer,
        changed: &Changed,
        first: usize,
    ) -> Result<Vec<FirstSlot>, Refusal> {
        let sides = &changed.sides;
        let mut clinicians = sides.clinicians_opening(&changed.impact.gaining);
        clinicians.truncate(FIRST_SLOTS_CLINICIANS);
        if clinicians.is_empty() {
            return Ok(Vec::new());
        }
        let (scope, now) = (self.store.read(viewer.practice_id), sides.moment.now);
        let today = scope.standings(&Pairs::OfClinicians(clinicians.clone()), sides.moment.today).await?;
        let waiting = scope.waiting_among(&clinicians, now).await?;
        let facts = Facts { sides, clinicians: &clinicians, today, waiting };
        let (before, after) = (facts.ways(&sides.before), facts.ways(&sides.after));
        let reaches = before.iter().chain(&after).map(Way::reach);
        let Some(reach) = reaches.max().filter(|_| !after.is_empty()) else { return Ok(Vec::new()) };
        let range = Interval::new(now, now + Duration::days(FIRST_SLOTS_DAYS));
        let around = Interval::new(range.start - reach, range.end + reach);
        let held = scope.held_among(&clinicians, around, now).await?;
        Ok(opening(&before, &after, &held, range, now, first))
    }
}

impl Facts<'_> {
    /// What somebody may ask for on one side, by the clinician's and the service's name.
    fn ways<'s>(&self, side: &'s Side) -> Vec<Way<'s>> {
        let mut ways = Vec::new();
        for clinician in self.clinicians.iter().filter_map(|id| side.settings.clinicians.get(id)) {
            let clients = self.sides.clients_of(clinician.id, side, &self.today);
            let mut offered: Vec<_> = side.settings.offered_services(clinician).collect();
            offered.sort_by_key(|service| (&service.name, service.id));
            ways.extend(offered.into_iter().filter_map(|service| self.way(side, (clinician, service), &clients)));
        }
        ways
    }

    /// One service of one clinician, where a client may ask for it.
    fn way<'s>(&self, side: &'s Side, both: (&'s Clinician, &'s Service), clients: &[ClientId]) -> Option<Way<'s>> {
        let (clinician, service) = both;
        let rules = side.settings.rules_for(clinician, service);
        let may_ask = |waiting| {
            let verdicts = booking_facts::judge(&side.settings, both, &rules, (None, waiting), None, self.sides.moment);
            gates::all_open(&verdicts)
        };
        let has_room =
            |client: &&ClientId| self.waiting.get(&(clinician.id, **client)).is_none_or(|waiting| may_ask(*waiting));
        if !may_ask(0) {
            return None;
        }
        let clients: Vec<_> = clients.iter().filter(has_room).copied().collect();
        (!clients.is_empty()).then_some(Way { clinician, service, rules, clients })
    }
}

impl Way<'_> {
    fn of(&self) -> (ClinicianId, ServiceId) {
        (self.clinician.id, self.service.id)
    }

    fn reach(&self) -> Duration {
        slots::held_reach_of(&self.rules, self.service.duration)
    }

    fn offers<'o>(&'o self, held: &HeldAmong, range: Interval, now: Instant) -> Offers<'o> {
        let own = held.of_clinicians.get(&self.clinician.id).map_or(&[][..], Vec::as_slice);
        Offers::new(self.clinician, self.service, &self.rules, (own, &[]), range, now)
    }

    /// Whether one of the clients is free for a meeting that starts then.
    fn somebody_is_free(&self, held: &HeldAmong, start: Instant) -> bool {
        let meeting = Interval::new(start, start + self.service.duration.span());
        let is_free = |client: &ClientId| {
            held.of_clients.get(client).is_none_or(|meetings| !meetings.iter().any(|held| held.overlaps(&meeting)))
        };
        self.clients.iter().any(is_free)
    }
}

/// The starts that can be booked after and could not be before, soonest first; at one instant by clinician and service.
fn opening(
    before: &[Way<'_>],
    after: &[Way<'_>],
    held: &HeldAmong,
    range: Interval,
    now: Instant,
    first: usize,
) -> Vec<FirstSlot> {
    let offers: Vec<_> = after.iter().map(|way| way.offers(held, range, now)).collect();
    let old: HashMap<_, _> = before.iter().map(|way| (way.of(), (way, way.offers(held, range, now)))).collect();
    let was_open = |way: &Way<'_>, start| {
        old.get(&way.of()).is_some_and(|(way, offers)| {
            offers.check(start, way.service.modality).is_ok() && way.somebody_is_free(held, start)
        })
    };
    let opens = |(start, place, _): &(Instant, usize, Modality)| {
        let way = &after[*place];
        way.somebody_is_free(held, *start) && !was_open(way, *start)
    };
    let told = |(start, place, modality): (Instant, usize, Modality)| {
        let Way { clinician, service, .. } = &after[place];
        let slot = Slot::new(clinician, service, start, modality);
        FirstSlot { clinician_id: clinician.id, service: (*service).clone(), slot }
    };
    let sources = offers.iter().map(|offers| offers.slots(range)).collect();
    soonest::merge(sources).filter(opens).take(first).map(told).collect()
}
