//! The practice switch with the pause beside it, and who may move the gates below it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "practice_settings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub practice_id: Uuid,
    pub enabled: bool,
    pub enabled_decided_by: Option<Uuid>,
    pub enabled_decided_at: Option<i64>,
    pub clinician_opt_in: String,
    pub client_access_control: String,
    pub starts_at: Option<i64>,
    pub paused_by: Option<Uuid>,
    pub paused_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
