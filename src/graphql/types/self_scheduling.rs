//! The settings of self-scheduling: the practice's and a clinician's.

use async_graphql::{Context, ID, Object, Result};

use super::Settings;
use super::checklist::{ChecklistItem, shown};
use super::clock_change::ClockChange;
use super::date_exception::DateException;
use super::member::Member;
use super::requests_pause::NewRequestsPause;
use super::rules::{BookingRules, EffectiveBookingRules};
use super::service::Service;
use super::weekly_hours::WeeklyHours;
use crate::domain::gates;
use crate::domain::ids::ClinicianId;
use crate::domain::settings;
use crate::domain::viewer::Whose;
use crate::domain::{clock_changes, ranges, time};
use crate::graphql::context::Asking;
use crate::graphql::enums::{Audience, ClientAccessControl, OptInControl};
use crate::graphql::error::{denial, top_level};
use crate::graphql::guard::Of;
use crate::graphql::input;
use crate::graphql::loaders::{BookableOf, ChecklistOf};
use crate::graphql::scalars::{DateTime, LocalDate};
use crate::usecases::{Denied, Refusal};

/// The practice's settings for self-scheduling.
pub struct PracticeSelfScheduling(pub Settings);

/// The practice's settings for self-scheduling. The switch alone opens nothing: each clinician opts in.
#[Object]
impl PracticeSelfScheduling {
    /// The practice switch, as it was set: also while it waits for `startsAt`, or new requests are paused. False for every
    /// new practice.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// From when on the switch counts, as it was set: kept when that has passed; null where it was turned on at once, or is
    /// off.
    async fn starts_at(&self) -> Option<DateTime> {
        self.0.starts_at.map(DateTime::from)
    }

    /// True while the practice takes no new requests: `pauseNewRequests`. Every setting stays under it.
    async fn new_requests_paused(&self) -> bool {
        self.0.pause.is_some()
    }

    /// Who paused new requests, and when; null where they are not paused.
    async fn pause(&self) -> Option<NewRequestsPause> {
        self.0.pause.map(NewRequestsPause)
    }

    /// Who may opt clinicians in and out.
    async fn clinician_opt_in(&self) -> Option<OptInControl> {
        Some(self.0.clinician_opt_in.into())
    }

    /// Who may allow and block clients for one clinician.
    async fn client_access_control(&self) -> Option<ClientAccessControl> {
        Some(self.0.client_access_control.into())
    }

    /// The booking rules that hold where neither the clinician nor the service sets others.
    async fn default_rules(&self) -> BookingRules {
        BookingRules(self.0.default_rules.clone())
    }

    /// What is still missing before a client of the practice sees a slot, in the order in which it is done, and who can do
    /// it. Empty exactly when some client sees one now, within the booking horizon: the steps are judged by the gates and
    /// the slots themselves, so a fully booked calendar is a step too. Those of a clinician are those of the one who is
    /// nearest to it. Whoever is not an admin reads of a hold on a colleague as of no opt-in.
    async fn setup_checklist(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "True lists every step, done or not. Else those are left out that cannot be told yet: whether a time is \
                          free, while no hours are open.",
            default = false
        )]
        include_done: bool,
    ) -> Option<Result<Vec<ChecklistItem>>> {
        let found = async {
            let list = ctx.desk().practice_checklist(ctx.viewer()?, &self.0).await?;
            Ok::<_, Refusal>(shown(&list, include_done))
        };
        Some(found.await.map_err(top_level))
    }

    /// Moves with every settings change of the practice, unless it changes nothing. Give it back as `expectedRevision`, unchanged.
    async fn revision(&self) -> String {
        self.0.revision.to_string()
    }
}

/// A clinician's settings for self-scheduling.
pub struct ClinicianSelfScheduling {
    pub settings: Settings,
    pub id: ClinicianId,
}

impl ClinicianSelfScheduling {
    fn clinician(&self) -> &settings::Clinician {
        &self.settings.clinicians[&self.id]
    }

    /// True for the clinician themselves and for admins.
    fn is_told_all(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer().is_ok_and(|viewer| viewer.acts_for(self.id))
    }

    fn service(&self, id: Option<&ID>) -> Result<Option<&settings::Service>, Refusal> {
        let Some(id) = id else { return Ok(None) };
        let service = self.settings.services.get(&input::id("serviceId", id)?);
        let missing = || Denied::NotFoundAt("service", vec!["serviceId".to_owned()]);
        Ok(Some(service.ok_or_else(missing)?))
    }
}

/// A clinician's settings for self-scheduling: their own, kept as they are while an admin holds them off.
#[Object(guard = Of("ClinicianSelfScheduling", Whose::clinician(self.id)))]
impl ClinicianSelfScheduling {
    /// The clinician's opt-in; false for every new clinician. Like the offered services and the rules it is no secret in
    /// the practice: every member may read it. Whoever is neither the clinician nor an admin reads false
    /// too while an admin holds the clinician off, new requests are paused, or a start is to come.
    async fn enabled(&self, ctx: &Context<'_>) -> bool {
        let clinician = self.clinician();
        match self.is_told_all(ctx) {
            true => clinician.enabled,
            false => clinician.enabled && gates::is_opted_in_to_others(clinician, ctx.desk().clock().now()),
        }
    }

    /// From when on the opt-in counts, as it was set: kept when that has passed; null where it was made at once, or there is
    /// none.
    async fn starts_at(&self) -> Option<DateTime> {
        self.clinician().starts_at.map(DateTime::from)
    }

    /// True while new requests to the clinician are paused: `pauseNewRequests`. Their settings stay under it. Whoever is
    /// neither the clinician nor an admin reads false: to them it is like no opt-in.
    async fn new_requests_paused(&self, ctx: &Context<'_>) -> bool {
        self.is_told_all(ctx) && self.clinician().pause.is_some()
    }

    /// Who paused new requests, and when; null where they are not paused.
    async fn pause(&self) -> Option<NewRequestsPause> {
        self.clinician().pause.map(NewRequestsPause)
    }

    /// An admin's hold, with its reason; null where there is none. Another clinician is denied it whether there is a hold
    /// or not.
    async fn lock(&self) -> Option<ClinicianLock> {
        self.clinician().lock.clone().map(|lock| ClinicianLock { lock })
    }

    /// Whom the opt-in is for; null before the first opt-in.
    async fn audience(&self) -> Option<Audience> {
        self.clinician().audience.map(Audience::from)
    }

    /// The services that clients can ask this clinician for, by name, without archived ones. Empty for every new
    /// clinician.
    async fn offered_services(&self) -> Vec<Service> {
        offered_services(&self.settings, self.id)
    }

    /// The weekly hours, in order of weekday and time, wall clock in the clinician's zone. Empty for every new
    /// clinician. Others see slots instead.
    async fn weekly_hours(&self) -> Option<Vec<WeeklyHours>> {
        Some(self.clinician().hours.weekly.iter().map(WeeklyHours::from).collect())
    }

    /// The dates in a range on which other hours hold than the week's, or none, in order. Those that are over are kept for 31
    /// days at least. Others see slots instead.
    async fn date_exceptions(
        &self,
        #[graphql(desc = "The range's first date, in the clinician's zone.")] from: LocalDate,
        #[graphql(desc = "The range's last date, not before `from` and at most 366 days later.")] to: LocalDate,
    ) -> Option<Result<Vec<DateException>>> {
        let range = input::date("from", &from).and_then(|from| ranges::dates(from, input::date("to", &to)?));
        let range = match range {
            Ok(range) => range,
            Err(wrong) => return Some(Err(top_level(wrong.into()))),
        };
        let dates = self.clinician().hours.exceptions.range(range);
        Some(Ok(dates.map(|(on, windows)| DateException::new(*on, windows)).collect()))
    }

    /// The dates from today on on which the hours lose or repeat time, because the clock of the clinician's zone changes;
    /// empty where it never does.
    async fn clock_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 180, desc = "How many days from today on to look at, 1 to 366.")] within: i32,
    ) -> Option<Result<Vec<ClockChange>>> {
        let clinician = self.clinician();
        let days = match ranges::days_ahead(time::local_date(clinician.zone, ctx.desk().clock().now()), within) {
            Ok(days) => days,
            Err(wrong) => return Some(Err(top_level(wrong.into()))),
        };
        let changes = clock_changes::of(clinician.zone, &clinician.hours, *days.start(), *days.end());
        Some(Ok(changes.iter().map(ClockChange::from).collect()))
    }

    /// The booking rules that bind clients who book this clinician, each with where it was set.
    async fn rules(
        &self,
        #[graphql(
            desc = "With the values that this service sets, which come before the clinician's; one that does not \
                          exist is NOT_FOUND. Without it, what holds for services that set none."
        )]
        service_id: Option<ID>,
    ) -> Result<EffectiveBookingRules> {
        let service = self.service(service_id.as_ref()).map_err(top_level)?;
        let own = service.map(|service| service.rules.clone()).unwrap_or_default();
        Ok(EffectiveBookingRules::new(&self.settings.default_rules, &self.clinician().rules, &own))
    }

    /// For a client: whether every gate that does not depend on a time is open to them. For staff: whether it would be
    /// for a client with access.
    async fn bookable(&self, ctx: &Context<'_>) -> Result<bool> {
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        Ok(loaders.one(BookableOf(self.id)).await?.unwrap_or(false))
    }

    /// What is still missing before a client sees a slot of this clinician's, in the order in which it is done, and who can
    /// do it. Empty exactly when some client sees one now, within the booking horizon: the steps are judged by the gates
    /// and the slots themselves, so a fully booked calendar is a step too.
    async fn setup_checklist(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "True lists every step, done or not. Else those are left out that cannot be told yet: whether a time is \
                          free, while no hours are open.",
            default = false
        )]
        include_done: bool,
    ) -> Option<Result<Vec<ChecklistItem>>> {
        let found = async {
            let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
            let list = loaders.one(ChecklistOf::new(self.id, &self.settings)).await?.unwrap_or_default();
            Ok(shown(&list, include_done))
        };
        Some(found.await)
    }
}

/// What a clinician offers, by name, without archived services.
pub fn offered_services(settings: &Settings, id: ClinicianId) -> Vec<Service> {
    let mut services: Vec<_> = settings.offered_services(&settings.clinicians[&id]).collect();
    services.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    services.into_iter().map(|service| Service(service.clone())).collect()
}

/// An admin's hold on a clinician.
pub struct ClinicianLock {
    lock: settings::Lock,
}

/// An admin's hold on a clinician: they cannot be booked while it lasts, and their own settings stay under it.
#[Object]
impl ClinicianLock {
    /// Why, in the admin's words, 1 to 500 characters. The clinician reads it, clients never.
    async fn reason(&self) -> &str {
        &self.lock.reason
    }

    /// The admin who set it; null where the operator did.
    async fn locked_by(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.lock.decision.by).await.transpose()
    }

    /// Since when it holds.
    async fn locked_at(&self) -> DateTime {
        self.lock.decision.at.into()
    }
}
