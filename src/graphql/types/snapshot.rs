//! The settings as they were at an instant.

use async_graphql::{Context, ID, Object, Result};

use super::access::SelfSchedulingAccess;
use super::clinician::Clinician;
use super::date_exception::DateException;
use super::member::Member;
use super::rules::{BookingRules, EffectiveBookingRules};
use super::service::Service;
use super::weekly_hours::WeeklyHours;
use crate::domain::ids::ClinicianId;
use crate::domain::past::Unknown;
use crate::domain::rules::RuleOverrides;
use crate::domain::settings;
use crate::graphql::context::Asking;
use crate::graphql::enums::{Audience, ClientAccessControl, OptInControl};
use crate::graphql::error::top_level;
use crate::graphql::input;
use crate::graphql::page::{self, ClinicianSnapshotConnection, Window};
use crate::graphql::scalars::{DateTime, TimeZone};
use crate::usecases::{AsOf, PastQuestion};

/// The settings as they were.
pub struct SettingsSnapshot(pub AsOf);

/// The settings as they were at an instant, rebuilt from the log; people and services have the names of today.
#[Object]
impl SettingsSnapshot {
    /// The instant.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// The practice switch.
    async fn enabled(&self) -> bool {
        self.0.settings.enabled
    }

    /// From when on the switch counted; null where it was turned on at once, or was off.
    async fn starts_at(&self) -> Option<DateTime> {
        self.0.settings.starts_at.map(DateTime::from)
    }

    /// True where the practice had paused new requests.
    async fn new_requests_paused(&self) -> bool {
        self.0.settings.pause.is_some()
    }

    /// Who could opt clinicians in and out.
    async fn clinician_opt_in(&self) -> OptInControl {
        self.0.settings.clinician_opt_in.into()
    }

    /// Who could allow and block clients for one clinician.
    async fn client_access_control(&self) -> ClientAccessControl {
        self.0.settings.client_access_control.into()
    }

    /// The booking rules that held where neither the clinician nor the service set others.
    async fn default_rules(&self) -> BookingRules {
        BookingRules(self.0.settings.default_rules.clone())
    }

    /// The services that there were, by name, archived ones among them.
    async fn services(&self) -> Vec<Service> {
        let mut services: Vec<_> = self.0.settings.services.values().collect();
        services.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        services.into_iter().cloned().map(Service).collect()
    }

    /// The clinicians whom the practice had, by name, those who had left among them.
    async fn clinicians(
        &self,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page.")] after: Option<String>,
    ) -> Result<ClinicianSnapshotConnection> {
        let ids = self.0.settings.clinicians_by_name().into_iter().map(|clinician| clinician.id).collect();
        let node = |id| ClinicianSnapshot { then: self.0.clone(), id };
        let window = Window { first, after, last: None, before: None };
        let page = page::from_list(ids, &window, ClinicianId::to_string, node);
        Ok(page.map_err(|wrong| top_level(wrong.into()))?.into())
    }

    /// Whether the client could book the clinician then, and why: every gate that does not depend on the time booked, as it
    /// stood, with who had decided it by then. Care is that of the day, in the practice's zone. NOT_FOUND where one of them
    /// was not in the practice yet.
    async fn access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clinician who was booked.")] clinician_id: ID,
        #[graphql(desc = "The client who booked.")] client_id: ID,
        #[graphql(desc = "The service that was booked; without it any service will do.")] service_id: Option<ID>,
    ) -> Result<SelfSchedulingAccess> {
        let found = async {
            let asked = PastQuestion {
                clinician_id: input::id("clinicianId", &clinician_id)?,
                client_id: input::id("clientId", &client_id)?,
                service_id: service_id.as_ref().map(|id| input::id("serviceId", id)).transpose()?,
            };
            ctx.desk().access_as_of(ctx.viewer()?, &self.0, asked).await
        };
        Ok(found.await.map_err(top_level)?.into())
    }

    /// What the log cannot tell, one sentence each; empty where it tells all. An older version wrote less into it.
    async fn unknown(&self) -> Vec<String> {
        let name = |id: ClinicianId| self.0.now.clinicians.get(&id).map_or("a clinician", |one| &one.display_name);
        let shown = |unknown: &Unknown| match unknown {
            Unknown::WeeklyHours(id) => {
                format!("Which services the weekly hours of {} were kept to was not written down then.", name(*id))
            }
            Unknown::DateExceptions(id) => {
                format!("Which services hours of dates of {} were kept to was not written down then.", name(*id))
            }
            Unknown::LockReason(id) => format!("Why {} was held off was not written down then.", name(*id)),
        };
        self.0.unknown.iter().map(shown).collect()
    }
}

/// A clinician's settings as they were.
pub struct ClinicianSnapshot {
    then: AsOf,
    id: ClinicianId,
}

impl ClinicianSnapshot {
    fn row(&self) -> &settings::Clinician {
        &self.then.settings.clinicians[&self.id]
    }
}

/// A clinician's settings for self-scheduling as they were: their own, under an admin's hold where there was one.
#[Object]
impl ClinicianSnapshot {
    /// The clinician, as they are now.
    async fn clinician(&self) -> Clinician {
        Clinician { settings: self.then.now.clone(), id: self.id }
    }

    /// False where they had left.
    async fn active(&self) -> bool {
        self.row().active
    }

    /// The opt-in.
    async fn enabled(&self) -> bool {
        self.row().enabled
    }

    /// From when on the opt-in counted; null where it was made at once, or there was none.
    async fn starts_at(&self) -> Option<DateTime> {
        self.row().starts_at.map(DateTime::from)
    }

    /// True where new requests to them were paused.
    async fn new_requests_paused(&self) -> bool {
        self.row().pause.is_some()
    }

    /// Whom the opt-in was for; null before the first.
    async fn audience(&self) -> Option<Audience> {
        self.row().audience.map(Audience::from)
    }

    /// True where an admin held them off.
    async fn locked(&self) -> bool {
        self.row().lock.is_some()
    }

    /// Why, in the admin's words, 1 to 500 characters; null where they were not held off, or where the log cannot tell.
    async fn lock_reason(&self) -> Option<&str> {
        self.row().lock.as_ref().map(|lock| lock.reason.as_str()).filter(|reason| !reason.is_empty())
    }

    /// Who had set the hold; null where there was none, or where the operator had.
    async fn locked_by(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.row().lock.as_ref()?.decision.by).await.transpose()
    }

    /// Since when the hold had stood; null where there was none.
    async fn locked_at(&self) -> Option<DateTime> {
        self.row().lock.as_ref().map(|lock| lock.decision.at.into())
    }

    /// The services that clients could ask this clinician for, by name, without those that were archived then.
    async fn offered_services(&self) -> Vec<Service> {
        let mut services: Vec<_> = self.then.settings.offered_services(self.row()).collect();
        services.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        services.into_iter().cloned().map(Service).collect()
    }

    /// The weekly hours, wall clock in the clinician's zone; null where the log cannot tell them.
    async fn weekly_hours(&self) -> Option<Vec<WeeklyHours>> {
        let unknown = self.then.unknown.contains(&Unknown::WeeklyHours(self.id));
        (!unknown).then(|| self.row().hours.weekly.iter().map(WeeklyHours::from).collect())
    }

    /// The dates on which other hours held than the week's, or none, in order, those over for 31 days and more left out; null
    /// where the log cannot tell them.
    async fn date_exceptions(&self) -> Option<Vec<DateException>> {
        let unknown = self.then.unknown.contains(&Unknown::DateExceptions(self.id));
        let dates = self.row().hours.exceptions.iter();
        (!unknown).then(|| dates.map(|(on, windows)| DateException::new(*on, windows)).collect())
    }

    /// The zone of their wall clock.
    async fn time_zone(&self) -> TimeZone {
        self.row().zone.into()
    }

    /// The booking rules that bound clients, each with where it was set.
    async fn rules(&self) -> EffectiveBookingRules {
        EffectiveBookingRules::new(&self.then.settings.default_rules, &self.row().rules, &RuleOverrides::default())
    }
}
