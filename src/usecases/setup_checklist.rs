//! What is still missing before a client sees a slot, of a clinician or of the whole practice. Nothing is missing exactly
//! when a client sees one: it is judged by the gates and the slots that the client's own list is made of.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::Duration;

use super::{Desk, Refusal};
use crate::domain::checklist::{self, ChecklistItem, Outlook};
use crate::domain::gates;
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::rollout::Moment;
use crate::domain::settings::{Clinician, PracticeSettings};
use crate::domain::slots::{self, Held};
use crate::domain::soonest::Offers;
use crate::domain::standings::{Pair, Standings};
use crate::domain::time::{Instant, Interval};
use crate::domain::viewer::Viewer;
use crate::store::{Pairs, Scope};

/// How many clinicians are looked at before all others are. Of so many who are ready one has a free time, but in a practice
/// where next to nothing is free.
const FIRST_LOOKED_AT: usize = 20;

/// How much of a calendar is looked through at once, in days: most have a free time in the first part.
const PART_DAYS: i64 = 14;

impl Desk {
    /// The practice's list: that of the clinician who is nearest to being booked. An admin reads it as it is; a clinician
    /// reads of a hold on a colleague as of no opt-in.
    pub async fn practice_checklist(
        &self,
        viewer: &Viewer,
        settings: &Arc<PracticeSettings>,
    ) -> Result<Vec<ChecklistItem>, Refusal> {
        let mut nearest: Option<(&Clinician, Vec<ChecklistItem>)> = None;
        let moment = self.moment(settings);
        let candidates = candidates(settings, moment);
        let (first, others) = candidates.split_at(candidates.len().min(FIRST_LOOKED_AT));
        for part in [first, others].into_iter().filter(|part| !part.is_empty()) {
            let ids: Vec<_> = part.iter().map(|clinician| clinician.id).collect();
            let outlooks = self.outlooks(viewer, settings, &ids).await?;
            for clinician in part {
                let items = checklist::of(settings, Some(clinician), outlooks.of(clinician), moment);
                let is_nearer = |(_, kept): &(_, Vec<_>)| checklist::count_open(&items) < checklist::count_open(kept);
                if nearest.as_ref().is_none_or(is_nearer) {
                    nearest = Some((clinician, items));
                }
                if nearest.as_ref().is_some_and(|(_, items)| checklist::is_ready(items)) {
                    break;
                }
            }
            if nearest.as_ref().is_some_and(|(_, items)| checklist::is_ready(items)) {
                break;
            }
        }
        Ok(match nearest {
            Some((clinician, items)) if !viewer.acts_for(clinician.id) => checklist::as_told_to_colleague(&items),
            Some((_, items)) => items,
            None => checklist::of(settings, None, Outlook::default(), moment),
        })
    }

    /// These clinicians' lists: as many statements for many as for one.
    pub async fn clinician_checklists(
        &self,
        viewer: &Viewer,
        settings: &Arc<PracticeSettings>,
        clinicians: &[ClinicianId],
    ) -> Result<HashMap<ClinicianId, Vec<ChecklistItem>>, Refusal> {
        let known: Vec<_> = clinicians.iter().filter_map(|id| settings.clinicians.get(id)).collect();
        let ids: Vec<_> = known.iter().map(|clinician| clinician.id).collect();
        let outlooks = self.outlooks(viewer, settings, &ids).await?;
        let list = |one: &&Clinician| (one.id, checklist::of(settings, Some(one), outlooks.of(one), outlooks.moment));
        Ok(known.iter().map(list).collect())
    }

    async fn outlooks(
        &self,
        viewer: &Viewer,
        settings: &Arc<PracticeSettings>,
        clinicians: &[ClinicianId],
    ) -> Result<Outlooks, Refusal> {
        Outlooks::load(&self.store.read(viewer.practice_id), settings.clone(), clinicians, self.clock.now()).await
    }
}

/// The active clinicians whose own settings leave the fewest steps missing, by name.
fn candidates(settings: &PracticeSettings, moment: Moment) -> Vec<&Clinician> {
    let missing = |one: &&Clinician| checklist::missing_in_settings(settings, one, moment);
    let mut active: Vec<_> = settings.clinicians_by_name().into_iter().filter(|one| one.active).collect();
    let fewest = active.iter().map(missing).min();
    active.retain(|one| Some(missing(one)) == fewest);
    active
}

/// What bears on whether clients see slots of some clinicians.
struct Outlooks {
    settings: Arc<PracticeSettings>,
    standings: Standings,
    waiting: HashMap<Pair, u64>,
    held: HashMap<ClinicianId, Vec<Held>>,
    meetings: HashMap<ClientId, Vec<Interval>>,
    now: Instant,
    moment: Moment,
}

impl Outlooks {
    /// Loads it: four statements, however many clinicians and clients there are.
    async fn load(
        scope: &Scope<'_>,
        settings: Arc<PracticeSettings>,
        clinicians: &[ClinicianId],
        now: Instant,
    ) -> Result<Self, Refusal> {
        let moment = Moment::in_zone(settings.zone, now);
        let mut found = Self {
            standings: Standings::default(),
            waiting: HashMap::new(),
            held: HashMap::new(),
            meetings: HashMap::new(),
            now,
            moment,
            settings,
        };
        if clinicians.is_empty() {
            return Ok(found);
        }
        let horizon =
            clinicians.iter().filter_map(|id| found.settings.clinicians.get(id)).map(|one| found.horizon(one)).max();
        let range = Interval::new(now - slots::held_reach(), horizon.unwrap_or(now) + slots::held_reach());
        found.standings = scope.standings(&Pairs::OfClinicians(clinicians.to_vec()), moment.today).await?;
        found.held = scope.held_of_clinicians(clinicians, range, now).await?;
        found.meetings = scope.meetings_of_clients_of(clinicians, range, now).await?;
        for request in scope.pending_requests(Some(clinicians), now).await? {
            *found.waiting.entry((request.clinician_id, request.client_id)).or_insert(0) += 1;
        }
        Ok(found)
    }

    fn of(&self, clinician: &Clinician) -> Outlook {
        let theirs = || self.standings.of_clinician(clinician.id);
        let allowed: Vec<_> = theirs()
            .filter(|(_, facts)| gates::is_open_to(clinician, facts, self.moment.today))
            .map(|(client, _)| client)
            .collect();
        let time_free = self.has_free_time(clinician, &allowed);
        Outlook {
            client_in_care: theirs().any(|(_, facts)| gates::is_in_care(&facts, self.moment.today)),
            client_allowed: !allowed.is_empty(),
            time_offered: time_free || self.offers_time(clinician),
            time_free,
        }
    }

    /// True where one of these clients sees a slot; where there are none, where somebody else might.
    fn has_free_time(&self, clinician: &Clinician, clients: &[ClientId]) -> bool {
        let held = self.held.get(&clinician.id).map_or(&[][..], Vec::as_slice);
        self.settings.offered_services(clinician).any(|service| {
            let rules = self.settings.rules_for(clinician, service);
            let limit = u64::try_from(rules.max_pending_per_client).unwrap_or_default();
            let waiting = |client: &ClientId| self.waiting.get(&(clinician.id, *client)).copied().unwrap_or(0);
            let may_ask: Vec<_> = clients.iter().filter(|client| waiting(client) < limit).collect();
            let is_free = |client: &ClientId, meeting: &Interval| {
                !self.meetings.get(client).is_some_and(|own| own.iter().any(|held| held.overlaps(meeting)))
            };
            self.parts(clinician).any(|part| {
                Offers::new(clinician, service, &rules, (held, &[]), part, self.now).slots(part).any(|(start, _)| {
                    let meeting = Interval::new(start, start + service.duration.span());
                    clients.is_empty() || may_ask.iter().any(|client| is_free(client, &meeting))
                })
            })
        })
    }

    /// True where the hours hold a start at all.
    fn offers_time(&self, clinician: &Clinician) -> bool {
        self.settings.offered_services(clinician).any(|service| {
            let rules = self.settings.rules_for(clinician, service);
            self.parts(clinician).any(|part| {
                Offers::new(clinician, service, &rules, (&[], &[]), part, self.now).slots(part).next().is_some()
            })
        })
    }

    /// The time until the horizon, part by part.
    fn parts(&self, clinician: &Clinician) -> impl Iterator<Item = Interval> + use<> {
        let (mut from, until) = (self.now, self.horizon(clinician));
        std::iter::from_fn(move || {
            let part = Interval::new(from, (from + Duration::days(PART_DAYS)).min(until));
            from = part.end;
            (!part.is_empty()).then_some(part)
        })
    }

    /// An instant past the last that can be booked with the clinician. The horizon counts calendar days, which the rules
    /// check; one day more is the rest of the last, and one is for a zone's longest.
    fn horizon(&self, clinician: &Clinician) -> Instant {
        let days = self.settings.offered_services(clinician).map(|service| {
            let rules = self.settings.rules_for(clinician, service);
            i64::from(rules.booking_horizon_days)
        });
        self.now + Duration::days(days.max().unwrap_or(0) + 2)
    }
}
