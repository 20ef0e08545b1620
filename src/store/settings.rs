//! Loads a practice's settings: a fixed number of statements, however many clinicians there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::QueryOrder;
use uuid::Uuid;

use super::convert::{corrupt, decision, instant, maybe_instant, word, zone};
use super::{Scope, StoreError};
use crate::domain::hours::{Hours, Modality, Weekday, WeeklyHours, Window};
use crate::domain::ids::{ClinicianId, MemberId, PracticeId, ServiceId};
use crate::domain::rules::{BookingRules, RuleOverrides};
use crate::domain::settings::{Audience, Clinician, Confirmation, Control, Decision, Lock, PracticeSettings, Service};
use crate::domain::time::Minutes;
use entity::{
    booking_rules, clinician_settings, clinicians, offered_services, practice_settings, practices, services,
    weekly_hours, weekly_hours_services,
};

impl Scope<'_> {
    /// Reads the settings as this connection or transaction sees them.
    pub async fn load_settings(&self) -> Result<PracticeSettings, StoreError> {
        let practice = self.one(self.select::<practices::Entity>()).await?.ok_or(StoreError::NoPractice)?;
        let own = self.one(self.select::<practice_settings::Entity>()).await?.ok_or(StoreError::NoPractice)?;
        let rules = self.all(self.select::<booking_rules::Entity>()).await?;
        let base = rules.iter().find(|row| row.clinician_id.is_none() && row.service_id.is_none());
        let control = |text: &str| word(Control::from_text(text), "a control", text);
        Ok(PracticeSettings {
            practice_id: PracticeId(practice.id),
            name: practice.name,
            zone: zone(&practice.time_zone)?,
            revision: practice.settings_revision,
            enabled: own.enabled,
            enabled_decision: decision(own.enabled_decided_by, own.enabled_decided_at)?,
            starts_at: maybe_instant(own.starts_at)?,
            pause: decision(own.paused_by, own.paused_at)?,
            clinician_opt_in: control(&own.clinician_opt_in)?,
            client_access_control: control(&own.client_access_control)?,
            default_rules: base_rules(base.ok_or_else(|| corrupt("booking rules", "none"))?)?,
            services: self.load_services(&rules).await?,
            clinicians: self.load_clinicians(&rules).await?,
        })
    }

    async fn load_services(&self, rules: &[booking_rules::Model]) -> Result<BTreeMap<ServiceId, Service>, StoreError> {
        let rules: HashMap<_, _> = rules.iter().filter_map(|row| Some((row.service_id?, overrides(row)))).collect();
        let rows = self.all(self.select::<services::Entity>()).await?;
        rows.into_iter()
            .map(|row| {
                let service = Service {
                    id: ServiceId(row.id),
                    duration: Minutes(row.duration_minutes),
                    modality: word(Modality::from_text(&row.modality), "a modality", &row.modality)?,
                    confirmation: word(
                        Confirmation::from_text(&row.confirmation),
                        "a confirmation",
                        &row.confirmation,
                    )?,
                    active: row.active,
                    active_decision: decision(row.active_decided_by, row.active_decided_at)?,
                    rules: rules.get(&row.id).cloned().unwrap_or_default(),
                    name: row.name,
                };
                Ok((service.id, service))
            })
            .collect()
    }

    async fn load_clinicians(
        &self,
        rules: &[booking_rules::Model],
    ) -> Result<BTreeMap<ClinicianId, Clinician>, StoreError> {
        let rules: HashMap<_, _> = rules.iter().filter_map(|row| Some((row.clinician_id?, overrides(row)))).collect();
        let people = self.clinicians_names().await?;
        let own = self.all(self.select::<clinician_settings::Entity>()).await?;
        let mut own: HashMap<_, _> = own.into_iter().map(|row| (row.clinician_id, row)).collect();
        let mut offered = self.load_offered().await?;
        let mut weekly = self.load_hours().await?;
        let mut exceptions = self.load_date_exceptions().await?;
        let rows = self.all(self.select::<clinicians::Entity>()).await?;
        rows.into_iter()
            .map(|row| {
                let own = own.remove(&row.id).ok_or_else(|| corrupt("a clinician's settings", &row.id.to_string()))?;
                let lock_decision = decision(own.lock_decided_by, own.lock_decided_at)?;
                let audience = own.audience.as_deref();
                let audience = audience.map(|text| word(Audience::from_text(text), "an audience", text)).transpose()?;
                let clinician = Clinician {
                    id: ClinicianId(row.id),
                    member_id: MemberId(row.member_id),
                    display_name: people.get(&row.member_id).cloned().unwrap_or_default(),
                    credentials: row.credentials,
                    zone: zone(&row.time_zone)?,
                    active: row.active,
                    active_decision: decision(row.active_decided_by, row.active_decided_at)?,
                    enabled: own.enabled,
                    audience,
                    enabled_decision: decision(own.enabled_decided_by, own.enabled_decided_at)?,
                    starts_at: maybe_instant(own.starts_at)?,
                    pause: decision(own.paused_by, own.paused_at)?,
                    lock: lock(own.lock_reason, lock_decision)?,
                    lock_decision,
                    offered: offered.remove(&row.id).unwrap_or_default(),
                    offered_decision: decision(own.offered_decided_by, own.offered_decided_at)?,
                    hours: Hours {
                        weekly: weekly.remove(&row.id).unwrap_or_default(),
                        exceptions: exceptions.remove(&row.id).unwrap_or_default(),
                    },
                    hours_decision: decision(own.hours_decided_by, own.hours_decided_at)?,
                    rules: rules.get(&row.id).cloned().unwrap_or_default(),
                };
                Ok((clinician.id, clinician))
            })
            .collect()
    }

    async fn clinicians_names(&self) -> Result<HashMap<Uuid, String>, StoreError> {
        let sql = "SELECT m.id, m.display_name FROM clinicians c \
                   JOIN members m ON m.practice_id = c.practice_id AND m.id = c.member_id WHERE c.practice_id = $1";
        let rows = self.query(sql, vec![]).await?;
        rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "display_name")?))).collect()
    }

    async fn load_offered(&self) -> Result<HashMap<Uuid, BTreeMap<ServiceId, Decision>>, StoreError> {
        let mut offered: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        for row in self.all(self.select::<offered_services::Entity>()).await? {
            let decision = Decision { by: row.decided_by.map(MemberId), at: instant(row.decided_at)? };
            offered.entry(row.clinician_id).or_default().insert(ServiceId(row.service_id), decision);
        }
        Ok(offered)
    }

    async fn load_hours(&self) -> Result<HashMap<Uuid, Vec<WeeklyHours>>, StoreError> {
        let mut kept_to: HashMap<_, BTreeSet<_>> = HashMap::new();
        for row in self.all(self.select::<weekly_hours_services::Entity>()).await? {
            kept_to.entry(row.weekly_hours_id).or_default().insert(ServiceId(row.service_id));
        }
        let by_time = self
            .select::<weekly_hours::Entity>()
            .order_by_asc(weekly_hours::Column::Weekday)
            .order_by_asc(weekly_hours::Column::OpensMinute)
            .order_by_asc(weekly_hours::Column::Id);
        let mut hours: HashMap<_, Vec<_>> = HashMap::new();
        for row in self.all(by_time).await? {
            let weekday = u32::try_from(row.weekday).ok().and_then(Weekday::from_number);
            let modality = row.modality.as_deref();
            let window = Window {
                opens_minute: row.opens_minute,
                closes_minute: row.closes_minute,
                service_ids: kept_to.remove(&row.id).unwrap_or_default(),
                modality: modality.map(|text| word(Modality::from_text(text), "a modality", text)).transpose()?,
            };
            let weekday = word(weekday, "a weekday", &row.weekday.to_string())?;
            let window = WeeklyHours { weekday, window };
            hours.entry(row.clinician_id).or_default().push(window);
        }
        Ok(hours)
    }
}

fn lock(reason: Option<String>, decision: Option<Decision>) -> Result<Option<Lock>, StoreError> {
    let Some(reason) = reason else { return Ok(None) };
    let decision = decision.ok_or_else(|| corrupt("a lock", "nobody set it"))?;
    Ok(Some(Lock { reason, decision }))
}

fn overrides(row: &booking_rules::Model) -> RuleOverrides {
    RuleOverrides {
        slot_interval: row.slot_interval_minutes.map(Minutes),
        buffer_before: row.buffer_before_minutes.map(Minutes),
        buffer_after: row.buffer_after_minutes.map(Minutes),
        minimum_notice: row.minimum_notice_minutes.map(Minutes),
        booking_horizon_days: row.booking_horizon_days,
        max_per_day: row.max_per_day,
        max_per_week: row.max_per_week,
        max_pending_per_client: row.max_pending_per_client,
        response_deadline_hours: row.response_deadline_hours,
        cancellation_notice_hours: row.cancellation_notice_hours,
    }
}

/// The practice's row, in which every value but the caps is set.
fn base_rules(row: &booking_rules::Model) -> Result<BookingRules, StoreError> {
    let set = |value: Option<i32>| value.ok_or_else(|| corrupt("booking rules", "a value of the practice is missing"));
    Ok(BookingRules {
        slot_interval: Minutes(set(row.slot_interval_minutes)?),
        buffer_before: Minutes(set(row.buffer_before_minutes)?),
        buffer_after: Minutes(set(row.buffer_after_minutes)?),
        minimum_notice: Minutes(set(row.minimum_notice_minutes)?),
        booking_horizon_days: set(row.booking_horizon_days)?,
        max_per_day: row.max_per_day,
        max_per_week: row.max_per_week,
        max_pending_per_client: set(row.max_pending_per_client)?,
        response_deadline_hours: set(row.response_deadline_hours)?,
        cancellation_notice_hours: set(row.cancellation_notice_hours)?,
    })
}
