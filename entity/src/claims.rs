//! A held stretch of a clinician's time.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "claims")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub practice_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub clinician_id: Uuid,
    pub client_id: Option<Uuid>,
    pub starts_at: i64,
    pub ends_at: i64,
    pub held_from_at: i64,
    pub held_until_at: i64,
    pub lapses_at: Option<i64>,
    pub appointment_request_id: Option<Uuid>,
    pub appointment_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
