//! Writes of the clinicians' gates: opt-in, lock, services, hours, and each client's entry.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::convert::{millis, word};
use super::{Scope, StoreError};
use crate::domain::hours::WeeklyHours;
use crate::domain::ids::{ClientId, ClinicianId, ServiceId};
use crate::domain::rollout::Opening;
use crate::domain::settings::{Access, Audience, Decision};
use entity::{client_access, clients, clinician_settings, offered_services, weekly_hours, weekly_hours_services};

impl Scope<'_> {
    async fn set_clinicians(
        &self,
        clinicians: &[ClinicianId],
        change: clinician_settings::ActiveModel,
    ) -> Result<(), StoreError> {
        if clinicians.is_empty() {
            return Ok(());
        }
        let ids = clinicians.iter().map(|id| id.0);
        let update = self
            .update::<clinician_settings::Entity>()
            .filter(clinician_settings::Column::ClinicianId.is_in(ids))
            .set(change);
        self.run_update(update).await.map(|_| ())
    }

    /// Moves the opt-in of these clinicians. `audience` none keeps the one they had.
    pub async fn set_opt_in(
        &self,
        clinicians: &[ClinicianId],
        opening: Opening,
        audience: Option<Audience>,
        decision: Decision,
    ) -> Result<(), StoreError> {
        let mut change = clinician_settings::ActiveModel {
            enabled: Set(opening.enabled),
            starts_at: Set(opening.starts_at.map(millis)),
            enabled_decided_by: Set(decision.by.map(|by| by.0)),
            enabled_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        if let Some(audience) = audience {
            change.audience = Set(Some(audience.as_str().to_owned()));
        }
        self.set_clinicians(clinicians, change).await
    }

    /// Takes a clinician's audience away, which stands where they are not opted in.
    pub async fn clear_audience(&self, clinician: ClinicianId) -> Result<(), StoreError> {
        let change = clinician_settings::ActiveModel { audience: Set(None), ..Default::default() };
        self.set_clinicians(&[clinician], change).await
    }

    /// Sets the hold on these clinicians, with a reason, or lifts it; their own values stay as they are.
    pub async fn set_lock(
        &self,
        clinicians: &[ClinicianId],
        reason: Option<String>,
        decision: Decision,
    ) -> Result<(), StoreError> {
        let change = clinician_settings::ActiveModel {
            lock_reason: Set(reason),
            lock_decided_by: Set(decision.by.map(|by| by.0)),
            lock_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        self.set_clinicians(clinicians, change).await
    }

    /// Replaces the services that a clinician offers. One that stays keeps who decided it and when.
    pub async fn set_offered(
        &self,
        clinician: ClinicianId,
        services: &[(ServiceId, Decision)],
        decision: Decision,
    ) -> Result<(), StoreError> {
        let old =
            self.delete::<offered_services::Entity>().filter(offered_services::Column::ClinicianId.eq(clinician.0));
        self.run_delete(old).await?;
        let rows = services.iter().map(|(service, decision)| offered_services::Model {
            practice_id: self.practice().0,
            clinician_id: clinician.0,
            service_id: service.0,
            decided_by: decision.by.map(|by| by.0),
            decided_at: millis(decision.at),
        });
        self.insert_all::<offered_services::Entity, _>(rows.collect()).await?;
        let change = clinician_settings::ActiveModel {
            offered_decided_by: Set(decision.by.map(|by| by.0)),
            offered_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        self.set_clinicians(&[clinician], change).await
    }

    /// Replaces a clinician's weekly windows.
    pub async fn set_hours(
        &self,
        clinician: ClinicianId,
        windows: &[WeeklyHours],
        decision: Decision,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM weekly_hours_services WHERE practice_id = $1 AND weekly_hours_id IN \
                   (SELECT id FROM weekly_hours WHERE practice_id = $1 AND clinician_id = $2)";
        self.query(sql, vec![clinician.0.into()]).await?;
        let old = self.delete::<weekly_hours::Entity>().filter(weekly_hours::Column::ClinicianId.eq(clinician.0));
        self.run_delete(old).await?;
        let practice_id = self.practice().0;
        let (mut rows, mut kept_to) = (Vec::new(), Vec::new());
        for WeeklyHours { weekday, window } in windows {
            let id = Uuid::now_v7();
            rows.push(weekly_hours::Model {
                practice_id,
                id,
                clinician_id: clinician.0,
                weekday: i32::try_from(weekday.number()).unwrap_or_default(),
                opens_minute: window.opens_minute,
                closes_minute: window.closes_minute,
                modality: window.modality.map(|modality| modality.as_str().to_owned()),
            });
            kept_to.extend(window.service_ids.iter().map(|service| weekly_hours_services::Model {
                practice_id,
                weekly_hours_id: id,
                service_id: service.0,
            }));
        }
        self.insert_all::<weekly_hours::Entity, _>(rows).await?;
        self.insert_all::<weekly_hours_services::Entity, _>(kept_to).await?;
        self.decide_hours(clinician, decision).await
    }

    /// Says who decided a clinician's hours last.
    pub(super) async fn decide_hours(&self, clinician: ClinicianId, decision: Decision) -> Result<(), StoreError> {
        let change = clinician_settings::ActiveModel {
            hours_decided_by: Set(decision.by.map(|by| by.0)),
            hours_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        self.set_clinicians(&[clinician], change).await
    }

    /// Sets these clients' entries for one clinician; none takes them away, and the audience decides again.
    pub async fn set_client_access(
        &self,
        clinician: ClinicianId,
        clients: &[ClientId],
        access: Option<Access>,
        decision: Decision,
    ) -> Result<(), StoreError> {
        if clients.is_empty() {
            return Ok(());
        }
        let old = self
            .delete::<client_access::Entity>()
            .filter(client_access::Column::ClinicianId.eq(clinician.0))
            .filter(client_access::Column::ClientId.is_in(clients.iter().map(|id| id.0)));
        self.run_delete(old).await?;
        let Some(access) = access else { return Ok(()) };
        let rows = clients.iter().map(|client| client_access::Model {
            practice_id: self.practice().0,
            clinician_id: clinician.0,
            client_id: client.0,
            access: access.as_str().to_owned(),
            decided_by: decision.by.map(|by| by.0),
            decided_at: millis(decision.at),
        });
        self.insert_all::<client_access::Entity, _>(rows.collect()).await
    }

    /// The entries of these clients for one clinician; a client without one is not among them.
    pub async fn client_access(
        &self,
        clinician: ClinicianId,
        clients: &[ClientId],
    ) -> Result<BTreeMap<ClientId, Access>, StoreError> {
        let entries = self
            .select::<client_access::Entity>()
            .filter(client_access::Column::ClinicianId.eq(clinician.0))
            .filter(client_access::Column::ClientId.is_in(clients.iter().map(|id| id.0)));
        let rows = self.all(entries).await?.into_iter();
        let entry = |row: client_access::Model| {
            Ok((ClientId(row.client_id), word(Access::from_text(&row.access), "an access", &row.access)?))
        };
        rows.map(entry).collect()
    }

    /// Blocks or unblocks these clients in the whole practice.
    pub async fn set_blocked(&self, clients: &[ClientId], blocked: bool, decision: Decision) -> Result<(), StoreError> {
        if clients.is_empty() {
            return Ok(());
        }
        let change = clients::ActiveModel {
            blocked: Set(blocked),
            blocked_decided_by: Set(decision.by.map(|by| by.0)),
            blocked_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        let update = self
            .update::<clients::Entity>()
            .filter(clients::Column::Id.is_in(clients.iter().map(|id| id.0)))
            .set(change);
        self.run_update(update).await.map(|_| ())
    }
}
