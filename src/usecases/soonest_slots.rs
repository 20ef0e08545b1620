//! The soonest starts that can be booked with any clinician who can be booked.

use std::sync::Arc;

use chrono::Duration;

use super::booking_facts::{self, Slot};
use super::find_slots::{RANGE_MAX_DAYS, checked_range};
use super::{Denied, Desk, Refusal};
use crate::domain::gates;
use crate::domain::hours::Modality;
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::rollout::Moment;
use crate::domain::rules::BookingRules;
use crate::domain::settings::{ClientFacts, Clinician, PracticeSettings, Service};
use crate::domain::slots;
use crate::domain::soonest::{self, Offers};
use crate::domain::standings::Standings;
use crate::domain::time::{Instant, Interval, Tz};
use crate::domain::viewer::Viewer;
use crate::store::{HeldByAll, Looking, Pairs};

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct SoonestQuery {
    pub service_id: ServiceId,
    pub from: Instant,
    pub to: Instant,
    /// How many slots at most.
    pub first: usize,
    /// Only slots that can be met in this way; none means in any.
    pub modality: Option<Modality>,
    /// The zone in which the starts are told; each clinician's own where none is given.
    pub zone: Option<Tz>,
}

/// The slots, earliest first, each with its clinician.
pub struct SoonestFound {
    pub slots: Vec<(ClinicianId, Slot)>,
    /// How many clinicians were looked at: those whose gates are open.
    pub clinicians: usize,
    pub settings: Arc<PracticeSettings>,
}

/// A clinician whose gates are open, with the rules that bind.
struct Candidate<'a> {
    clinician: &'a Clinician,
    rules: BookingRules,
    /// Judged for the viewer as a client, whose own meetings count then.
    for_client: bool,
}

impl Desk {
    /// Over every clinician whom the viewer may book, judged as `find_slots` judges each: a client by their own access,
    /// the clinician themselves and admins as a client with access would be. Held time is read once, or twice where the
    /// first window does not hold enough: however many clinicians, days and claims there are.
    pub async fn soonest_slots(
        &self,
        viewer: &Viewer,
        settings: &Arc<PracticeSettings>,
        query: SoonestQuery,
    ) -> Result<SoonestFound, Refusal> {
        let range = checked_range(query.from, query.to, RANGE_MAX_DAYS)?;
        let service = settings.services.get(&query.service_id);
        let service = service.ok_or_else(|| Denied::not_found_at("service", "serviceId"))?;
        let now = self.clock.now();
        let candidates = self.candidates(viewer, settings, service, now).await?;
        let reach = candidates.iter().map(|one| slots::held_reach_of(&one.rules, service.duration)).max();
        let reach = reach.unwrap_or_default();
        let client = viewer.client_id.filter(|_| !viewer.is_admin);
        let looking = Looking { service: service.id, client, own: viewer.clinician_id };
        let range = not_before_notice(range, &candidates, now);
        let nobodys = HeldByAll::default();
        let is_anybody_open = |window: &Interval| {
            candidates.iter().any(|one| one.offers(service, &nobodys, *window, now).slots(*window).next().is_some())
        };
        // Before anybody is open there is nothing to read.
        let first = soonest::windows(range, candidates.len()).find(is_anybody_open);
        let rest = first.map(|first| Interval::new(first.end, range.end)).filter(|rest| !rest.is_empty());
        let mut found = Vec::new();
        for window in first.into_iter().chain(rest.filter(is_anybody_open)) {
            let around = Interval::new(window.start - reach, window.end + reach);
            let held = self.store.read(viewer.practice_id).held_by_all(looking, around, now).await?;
            soonest_in(&candidates, service, &held, window, now, &query, &mut found);
            if found.len() >= query.first {
                break;
            }
        }
        Ok(SoonestFound { slots: found, clinicians: candidates.len(), settings: Arc::clone(settings) })
    }

    /// The clinicians whose gates are open, by name: two statements at most.
    async fn candidates<'a>(
        &self,
        viewer: &Viewer,
        settings: &'a PracticeSettings,
        service: &'a Service,
        now: Instant,
    ) -> Result<Vec<Candidate<'a>>, Refusal> {
        let (scope, moment) = (self.store.read(viewer.practice_id), Moment::in_zone(settings.zone, now));
        let (mut standings, mut waiting) = (Standings::default(), Default::default());
        if let Some(client) = viewer.client_id.filter(|_| !viewer.is_admin) {
            standings = scope.standings(&Pairs::OfClients(vec![client]), moment.today).await?;
            waiting = scope.waiting_of(client, now).await?;
        }
        let mut candidates: Vec<_> = settings
            .clinicians
            .values()
            .filter(|clinician| clinician.offered.contains_key(&service.id))
            .filter_map(|clinician| {
                let as_client = viewer.client_id.filter(|_| !viewer.acts_for(clinician.id));
                let facts = as_client.map(|client| standings.facts((clinician.id, client)));
                // Without care on record there is nothing to judge: that gate is closed.
                let facts = facts.map_or(Some(None), |facts| facts.map(Some))?;
                let waiting = facts.and_then(|_| waiting.get(&clinician.id)).copied().unwrap_or(0);
                Candidate::new(settings, clinician, service, (facts, waiting), moment)
            })
            .collect();
        candidates.sort_by_key(|one| (&one.clinician.display_name, one.clinician.id));
        Ok(candidates)
    }
}

impl<'a> Candidate<'a> {
    /// The clinician, where every gate is open.
    fn new(
        settings: &PracticeSettings,
        clinician: &'a Clinician,
        service: &Service,
        (facts, waiting): (Option<ClientFacts>, u64),
        moment: Moment,
    ) -> Option<Self> {
        let rules = settings.rules_for(clinician, service);
        let may = facts.is_none_or(|facts| gates::is_open_to(clinician, &facts, moment.today));
        let verdicts = booking_facts::judge(settings, (clinician, service), &rules, (None, waiting), None, moment);
        (may && gates::all_open(&verdicts)).then_some(Self { clinician, rules, for_client: facts.is_some() })
    }

    fn offers<'o>(&'o self, service: &Service, held: &'o HeldByAll, window: Interval, now: Instant) -> Offers<'o> {
        let own = held.of_clinicians.get(&self.clinician.id).map_or(&[][..], Vec::as_slice);
        let of_client = if self.for_client { &held.of_client[..] } else { &[] };
        Offers::new(self.clinician, service, &self.rules, (own, of_client), window, now)
    }
}

/// The part of a range in which the shortest notice is kept: nothing is looked for before it.
fn not_before_notice(range: Interval, candidates: &[Candidate<'_>], now: Instant) -> Interval {
    let shortest = candidates.iter().map(|one| one.rules.minimum_notice.span()).min().unwrap_or(Duration::zero());
    Interval::new(range.start.max(now + shortest), range.end)
}

/// Adds what is free in a window, until there is enough.
fn soonest_in(
    candidates: &[Candidate<'_>],
    service: &Service,
    held: &HeldByAll,
    window: Interval,
    now: Instant,
    query: &SoonestQuery,
    found: &mut Vec<(ClinicianId, Slot)>,
) {
    let offers: Vec<_> = candidates.iter().map(|one| one.offers(service, held, window, now)).collect();
    let wanted = |(_, _, way): &(Instant, usize, Modality)| {
        query.modality.is_none_or(|asked| asked.concrete().iter().any(|one| way.allows(*one)))
    };
    let merged = soonest::merge(offers.iter().map(|offers| offers.slots(window)).collect()).filter(wanted);
    found.extend(merged.take(query.first - found.len()).map(|(start, place, way)| {
        let clinician = candidates[place].clinician;
        let slot = Slot::new(clinician, service, start, way);
        (clinician.id, Slot { zone: query.zone.unwrap_or(slot.zone), ..slot })
    }));
}
