//! Services.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};

use super::convert::millis;
use super::{Scope, StoreError};
use crate::domain::ids::ServiceId;
use crate::domain::settings::{Decision, Service};
use crate::domain::time::Instant;
use entity::services;

impl Scope<'_> {
    /// Adds a service.
    pub async fn insert_service(&self, service: &Service, now: Instant) -> Result<(), StoreError> {
        self.insert::<services::Entity, _>(services::Model {
            practice_id: self.practice().0,
            id: service.id.0,
            name: service.name.clone(),
            duration_minutes: service.duration.0,
            modality: service.modality.as_str().to_owned(),
            confirmation: service.confirmation.as_str().to_owned(),
            active: service.active,
            active_decided_by: None,
            active_decided_at: None,
            created_at: millis(now),
        })
        .await
    }

    /// Sets what a service is. What was asked for and booked of it keeps its times.
    pub async fn update_service(&self, service: &Service) -> Result<(), StoreError> {
        let change = services::ActiveModel {
            name: Set(service.name.clone()),
            duration_minutes: Set(service.duration.0),
            modality: Set(service.modality.as_str().to_owned()),
            confirmation: Set(service.confirmation.as_str().to_owned()),
            ..Default::default()
        };
        let update = self.update::<services::Entity>().filter(services::Column::Id.eq(service.id.0)).set(change);
        self.run_update(update).await.map(|_| ())
    }

    /// Archives a service. What was booked of it stays.
    pub async fn archive_service(&self, service: ServiceId, decision: Decision) -> Result<(), StoreError> {
        let change = services::ActiveModel {
            active: Set(false),
            active_decided_by: Set(decision.by.map(|by| by.0)),
            active_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        let update = self.update::<services::Entity>().filter(services::Column::Id.eq(service.0)).set(change);
        self.run_update(update).await.map(|_| ())
    }
}
