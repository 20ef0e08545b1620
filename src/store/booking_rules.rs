//! Booking rules as they are set: one row of the practice, and one of each clinician and service that sets any.

use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{Scope, StoreError};
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::rules::RuleOverrides;
use entity::booking_rules::{Column, Entity, Model};

impl Scope<'_> {
    /// Replaces the rules that a clinician or a service sets; with neither, the practice's, of which all but the caps have
    /// a value.
    pub async fn set_rules(
        &self,
        (clinician, service): (Option<ClinicianId>, Option<ServiceId>),
        rules: &RuleOverrides,
    ) -> Result<(), StoreError> {
        let (clinician, service) = (clinician.map(|id| id.0), service.map(|id| id.0));
        let is = |column: Column, id: Option<Uuid>| id.map_or_else(|| column.is_null(), |id| column.eq(id));
        let old =
            self.delete::<Entity>().filter(is(Column::ClinicianId, clinician)).filter(is(Column::ServiceId, service));
        self.run_delete(old).await?;
        if *rules == RuleOverrides::default() {
            return Ok(());
        }
        self.insert::<Entity, _>(Model {
            practice_id: self.practice().0,
            id: Uuid::now_v7(),
            clinician_id: clinician,
            service_id: service,
            slot_interval_minutes: rules.slot_interval.map(|minutes| minutes.0),
            buffer_before_minutes: rules.buffer_before.map(|minutes| minutes.0),
            buffer_after_minutes: rules.buffer_after.map(|minutes| minutes.0),
            minimum_notice_minutes: rules.minimum_notice.map(|minutes| minutes.0),
            booking_horizon_days: rules.booking_horizon_days,
            max_per_day: rules.max_per_day,
            max_per_week: rules.max_per_week,
            max_pending_per_client: rules.max_pending_per_client,
            response_deadline_hours: rules.response_deadline_hours,
            cancellation_notice_hours: rules.cancellation_notice_hours,
        })
        .await
    }
}
