//! The settings of self-scheduling: the practice's and a clinician's.

use async_graphql::{Context, Object, Result};

use super::Settings;
use super::checklist::{ChecklistItem, shown};
use super::member::Member;
use super::rules::{BookingRules, EffectiveBookingRules};
use super::service::Service;
use super::weekly_hours::WeeklyHours;
use crate::domain::ids::ClinicianId;
use crate::domain::settings;
use crate::graphql::context::Asking;
use crate::graphql::enums::{Audience, ClientAccessControl, OptInControl};
use crate::graphql::error::{denial, top_level};
use crate::graphql::loaders::{BookableOf, ChecklistOf};
use crate::graphql::scalars::DateTime;
use crate::usecases::{Denied, Refusal};

/// The practice's settings for self-scheduling.
pub struct PracticeSelfScheduling(pub Settings);

/// The practice's settings for self-scheduling. The switch alone opens nothing: each clinician opts in.
#[Object]
impl PracticeSelfScheduling {
    /// The practice switch. False for every new practice.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// Who may opt clinicians in and out. Null to clients.
    async fn clinician_opt_in(&self) -> Option<OptInControl> {
        Some(self.0.clinician_opt_in.into())
    }

    /// Who may allow and block clients for one clinician. Null to clients.
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
    /// nearest to it. Whoever is not an admin reads of a hold on a colleague as of no opt-in. Null to clients.
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

    /// Moves with every settings change of the practice. Give it back as `expectedRevision`, unchanged.
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
}

/// A clinician's settings for self-scheduling: their own, kept as they are while an admin holds them off.
#[Object]
impl ClinicianSelfScheduling {
    /// The clinician's opt-in; false for every new clinician. Like the offered services and the rules it is no secret in
    /// the practice: every member may read it. Whoever is neither the clinician nor an admin reads false
    /// too while an admin holds the clinician off.
    async fn enabled(&self, ctx: &Context<'_>) -> bool {
        let clinician = self.clinician();
        let is_told_of_locks = ctx.viewer().is_ok_and(|viewer| viewer.acts_for(self.id));
        clinician.enabled && (is_told_of_locks || clinician.lock.is_none())
    }

    /// An admin's hold, with its reason; null where there is none. For the clinician themselves and admins.
    async fn lock(&self, ctx: &Context<'_>) -> Option<Result<ClinicianLock>> {
        // Denied whether there is a hold or not: the difference would tell.
        if !ctx.viewer().is_ok_and(|viewer| viewer.acts_for(self.id)) {
            return Some(Err(denial(&Denied::Forbidden("A hold is for the clinician and the admins alone."))));
        }
        let lock = self.clinician().lock.clone()?;
        Some(Ok(ClinicianLock { lock }))
    }

    /// Whom the opt-in is for; null before the first opt-in, and to clients.
    async fn audience(&self) -> Option<Audience> {
        self.clinician().audience.map(Audience::from)
    }

    /// The services that clients can ask this clinician for, by name, without archived ones. Empty for every new
    /// clinician.
    async fn offered_services(&self) -> Vec<Service> {
        offered_services(&self.settings, self.id)
    }

    /// The weekly hours, in order of weekday and time, wall clock in the clinician's zone. Empty for every new
    /// clinician; null to clients, who see slots instead.
    async fn weekly_hours(&self) -> Option<Vec<WeeklyHours>> {
        Some(self.clinician().hours.iter().map(WeeklyHours::from).collect())
    }

    /// The booking rules that bind clients, each with where it was set. A service can set others: see `Service`.
    async fn rules(&self) -> EffectiveBookingRules {
        EffectiveBookingRules::new(&self.settings.default_rules, &self.clinician().rules)
    }

    /// For a client: whether every gate that does not depend on a time is open to them. For staff: whether it would be
    /// for a client with access.
    async fn bookable(&self, ctx: &Context<'_>) -> Result<bool> {
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        Ok(loaders.one(BookableOf(self.id)).await?.unwrap_or(false))
    }

    /// What is still missing before a client sees a slot of this clinician's, in the order in which it is done, and who can
    /// do it. Empty exactly when some client sees one now, within the booking horizon: the steps are judged by the gates
    /// and the slots themselves, so a fully booked calendar is a step too. For the clinician themselves and admins.
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
        if !ctx.viewer().is_ok_and(|viewer| viewer.acts_for(self.id)) {
            return Some(Err(denial(&Denied::Forbidden("The checklist is for the clinician and the admins alone."))));
        }
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
    /// Why, in the admin's words, 1 to 500 characters. Clinicians read it; clients never.
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
