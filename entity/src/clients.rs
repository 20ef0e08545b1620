//! A member who is cared for, with the practice-wide block on their booking.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub practice_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub member_id: Uuid,
    pub active: bool,
    pub active_decided_by: Option<Uuid>,
    pub active_decided_at: Option<i64>,
    pub created_at: i64,
    pub blocked: bool,
    pub blocked_decided_by: Option<Uuid>,
    pub blocked_decided_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
