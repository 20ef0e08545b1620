//! One fact of the practice's append-only log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub practice_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub kind: String,
    pub occurred_at: i64,
    pub actor_member_id: Option<Uuid>,
    pub clinician_id: Option<Uuid>,
    pub client_id: Option<Uuid>,
    pub appointment_request_id: Option<Uuid>,
    pub appointment_id: Option<Uuid>,
    pub details: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
