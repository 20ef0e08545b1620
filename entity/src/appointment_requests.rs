//! What a client asked for, and what became of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appointment_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub practice_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub client_id: Uuid,
    pub clinician_id: Uuid,
    pub service_id: Uuid,
    pub status: String,
    pub starts_at: i64,
    pub ends_at: i64,
    pub time_zone: String,
    pub local_start: String,
    pub modality: String,
    pub note_to_clinician: Option<String>,
    pub message_to_client: Option<String>,
    pub decline_reason: Option<String>,
    pub requested_at: i64,
    pub requested_by: Uuid,
    pub respond_by_at: i64,
    pub decided_at: Option<i64>,
    pub decided_by: Option<Uuid>,
    pub appointment_id: Option<Uuid>,
    pub reschedules_appointment_id: Option<Uuid>,
    pub version: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
