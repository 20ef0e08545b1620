//! Booking rules of the practice, a clinician or a service; null takes the value from above.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub practice_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub clinician_id: Option<Uuid>,
    pub service_id: Option<Uuid>,
    pub slot_interval_minutes: Option<i32>,
    pub buffer_before_minutes: Option<i32>,
    pub buffer_after_minutes: Option<i32>,
    pub minimum_notice_minutes: Option<i32>,
    pub booking_horizon_days: Option<i32>,
    pub max_per_day: Option<i32>,
    pub max_per_week: Option<i32>,
    pub max_pending_per_client: Option<i32>,
    pub response_deadline_hours: Option<i32>,
    pub cancellation_notice_hours: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
