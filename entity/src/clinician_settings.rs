//! A clinician's opt-in, the lock and the pause beside it, and who last set their hours.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clinician_settings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub practice_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub clinician_id: Uuid,
    pub enabled: bool,
    pub audience: Option<String>,
    pub enabled_decided_by: Option<Uuid>,
    pub enabled_decided_at: Option<i64>,
    pub lock_reason: Option<String>,
    pub lock_decided_by: Option<Uuid>,
    pub lock_decided_at: Option<i64>,
    pub offered_decided_by: Option<Uuid>,
    pub offered_decided_at: Option<i64>,
    pub hours_decided_by: Option<Uuid>,
    pub hours_decided_at: Option<i64>,
    pub starts_at: Option<i64>,
    pub paused_by: Option<Uuid>,
    pub paused_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
