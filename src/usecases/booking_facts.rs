//! The facts that decide whether a service can be booked: loaded once, judged the same way by the slot list, the
//! explanation and the booking write.

use std::sync::Arc;

use chrono::Duration;

use super::{Denied, Refusal};
use crate::domain::gates::{self, AskedStart, Verdict};
use crate::domain::hours::Modality;
use crate::domain::ids::{ClientId, ClinicianId, RequestId, ServiceId};
use crate::domain::rollout::Moment;
use crate::domain::rules::BookingRules;
use crate::domain::settings::{ClientStanding, Clinician, PracticeSettings, Service};
use crate::domain::slots;
use crate::domain::soonest::Offers;
use crate::domain::time::{Instant, Interval, Tz};
use crate::store::{Claim, HeldTime, Scope};

/// One start that is offered. Computed, never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// In which its start is told.
    pub zone: Tz,
    /// The ways of meeting in which it is offered.
    pub modality: Modality,
}

/// Everything that bears on one service of one clinician, for one client or for none, over a range of starts.
pub(super) struct BookingFacts {
    pub settings: Arc<PracticeSettings>,
    pub clinician_id: ClinicianId,
    pub service_id: ServiceId,
    pub rules: BookingRules,
    pub now: Instant,
    range: Interval,
    moment: Moment,
    standing: Option<ClientStanding>,
    pending: u64,
    held: HeldTime,
}

impl BookingFacts {
    /// Loads them: one statement, whatever the range.
    pub async fn load(
        scope: &Scope<'_>,
        settings: Arc<PracticeSettings>,
        (clinician_id, service_id): (ClinicianId, ServiceId),
        client: Option<ClientId>,
        range: Interval,
        now: Instant,
    ) -> Result<Self, Refusal> {
        let clinician =
            settings.clinicians.get(&clinician_id).ok_or_else(|| Denied::not_found_at("clinician", "clinicianId"))?;
        let service = settings.services.get(&service_id).ok_or_else(|| Denied::not_found_at("service", "serviceId"))?;
        let rules = settings.rules_for(clinician, service);
        let moment = Moment::in_zone(settings.zone, now);
        let reach = slots::held_reach_of(&rules, service.duration);
        let around = Interval::new(range.start - reach, range.end + reach);
        let (standing, pending, held) = match client {
            Some(client) => {
                let found = scope.standing_and_held((clinician_id, client), around, moment.today, now).await?;
                let (standing, pending, held) = found.ok_or_else(|| Denied::not_found_at("client", "clientId"))?;
                (Some(standing), pending, held)
            }
            None => (None, 0, scope.held(clinician_id, None, around, now).await?),
        };
        Ok(Self { clinician_id, service_id, rules, now, range, moment, standing, pending, held, settings })
    }

    /// The same with other settings, another standing, and so many requests waiting.
    pub fn supposing(&self, settings: Arc<PracticeSettings>, standing: Option<ClientStanding>, pending: u64) -> Self {
        Self { settings, standing, pending, held: self.held.clone(), rules: self.rules.clone(), ..*self }
    }

    /// What is on record between the client and the clinician; none where no client was named.
    pub fn standing(&self) -> Option<&ClientStanding> {
        self.standing.as_ref()
    }

    /// How many of the client's requests to the clinician wait for an answer.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    pub fn clinician(&self) -> &Clinician {
        &self.settings.clinicians[&self.clinician_id]
    }

    pub fn service(&self) -> &Service {
        &self.settings.services[&self.service_id]
    }

    /// The gates that do not depend on a time, and whether the client may have one more request waiting.
    pub fn verdicts(&self, asked: Option<&AskedStart>) -> Vec<Verdict> {
        let (both, client) = ((self.clinician(), self.service()), (self.standing.as_ref(), self.pending));
        judge(&self.settings, both, &self.rules, client, asked, self.moment)
    }

    /// What is to be said of one start, met in one way or, where none is said, in any that is offered.
    pub fn ask(&self, start: Instant, modality: Option<Modality>) -> AskedStart {
        let offers = self.offers();
        let offered = offers.check(start, modality.unwrap_or(self.service().modality));
        AskedStart { offered, client_is_booked: offers.client_is_booked(start) }
    }

    /// The slots that can be booked in the range, at most `limit`. Whether the gates are open is not asked here.
    pub fn slots(&self, limit: usize) -> Vec<Slot> {
        let (clinician, service) = (self.clinician(), self.service());
        let slot = |(start, modality)| Slot::new(clinician, service, start, modality);
        self.offers().slots(self.range).take(limit).map(slot).collect()
    }

    /// The meeting that would begin at a start.
    pub fn meeting(&self, start: Instant) -> Interval {
        Interval::new(start, start + self.service().duration.span())
    }

    /// The overdue requests whose claims would make the database refuse this one.
    pub fn lapsed_in_the_way(&self, claim: &Claim) -> Vec<RequestId> {
        self.held.lapsed.iter().filter(|lapsed| lapsed.is_in_the_way_of(claim)).map(|lapsed| lapsed.id).collect()
    }

    /// The meeting with the buffers that it would hold.
    pub fn claimed(&self, meeting: Interval) -> Interval {
        slots::claimed(&self.rules, meeting)
    }

    fn offers(&self) -> Offers<'_> {
        let held = (&self.held.of_clinician[..], &self.held.of_client[..]);
        Offers::new(self.clinician(), self.service(), &self.rules, held, self.range, self.now)
    }
}

impl Slot {
    /// The slot that begins at a start.
    pub(super) fn new(clinician: &Clinician, service: &Service, starts_at: Instant, modality: Modality) -> Self {
        Self { starts_at, ends_at: starts_at + service.duration.span(), zone: clinician.zone, modality }
    }
}

/// Judges whether the client, or any with access where none is in question, may book the service: every gate, and
/// whether one more of their requests may wait beside those that do.
pub(super) fn judge(
    settings: &PracticeSettings,
    (clinician, service): (&Clinician, &Service),
    rules: &BookingRules,
    (standing, waiting): (Option<&ClientStanding>, u64),
    asked: Option<&AskedStart>,
    moment: Moment,
) -> Vec<Verdict> {
    let mut verdicts = gates::judge(settings, clinician, standing, Some(service), moment);
    let limit = u64::try_from(rules.max_pending_per_client).unwrap_or_default();
    gates::judge_time(&mut verdicts, waiting >= limit, asked);
    verdicts
}

/// The range around one start: that start alone.
pub(super) fn only(start: Instant) -> Interval {
    Interval::new(start, start + Duration::seconds(1))
}
