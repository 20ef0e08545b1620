//! A practice's own row and its counters.

use sea_orm::ActiveValue::Set;

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{QuerySelect, Select, UpdateMany};

use super::convert::millis;
use super::{Scope, Store, StoreError, Write};
use crate::domain::ids::PracticeId;
use crate::domain::rollout::Opening;
use crate::domain::rules::BookingRules;
use crate::domain::settings::{Control, Decision};
use crate::domain::time::{Instant, Tz};
use entity::{practice_settings, practices};

/// The numbers on a practice's row.
pub struct Counters {
    pub last_event: i64,
    pub revision: i64,
}

impl Store {
    /// Begins a practice: its row, everything off, the default rules. The caller goes on in the same transaction.
    pub async fn begin_practice(
        &self,
        practice: PracticeId,
        name: &str,
        zone: Tz,
        now: Instant,
    ) -> Result<Write, StoreError> {
        let write = self.begin(practice).await?;
        let scope = write.scope();
        scope
            .insert::<practices::Entity, _>(practices::Model {
                id: practice.0,
                name: name.to_owned(),
                time_zone: zone.name().to_owned(),
                created_at: millis(now),
                last_event: 0,
                settings_revision: 0,
            })
            .await?;
        scope
            .insert::<practice_settings::Entity, _>(practice_settings::Model {
                practice_id: practice.0,
                enabled: false,
                enabled_decided_by: None,
                enabled_decided_at: None,
                clinician_opt_in: Control::ClinicianOrAdmin.as_str().to_owned(),
                client_access_control: Control::ClinicianOrAdmin.as_str().to_owned(),
                starts_at: None,
                paused_by: None,
                paused_at: None,
            })
            .await?;
        scope.set_rules((None, None), &(&BookingRules::DEFAULT).into()).await?;
        Ok(write)
    }
}

impl Scope<'_> {
    /// Where the log and the settings stand.
    pub async fn counters(&self) -> Result<Counters, StoreError> {
        self.read_counters(self.select::<practices::Entity>()).await
    }

    /// The same, holding the row until the transaction ends, so that the practice's writes come one after another. Rows
    /// that refer to the practice can be written meanwhile. (SQLite has locked the whole file by now.)
    pub(super) async fn lock_counters(&self) -> Result<Counters, StoreError> {
        self.read_counters(self.select::<practices::Entity>().lock(LockType::NoKeyUpdate)).await
    }

    async fn read_counters(&self, select: Select<practices::Entity>) -> Result<Counters, StoreError> {
        let row = self.one(select).await?.ok_or(StoreError::NoPractice)?;
        Ok(Counters { last_event: row.last_event, revision: row.settings_revision })
    }

    pub(super) async fn set_revision(&self, revision: i64) -> Result<(), StoreError> {
        self.set_practice(|update| update.col_expr(practices::Column::SettingsRevision, Expr::value(revision))).await
    }

    async fn set_practice(
        &self,
        change: impl FnOnce(UpdateMany<practices::Entity>) -> UpdateMany<practices::Entity>,
    ) -> Result<(), StoreError> {
        self.run_update(change(self.update::<practices::Entity>())).await.map(|_| ())
    }

    /// Moves the practice switch.
    pub async fn set_switch(&self, opening: Opening, decision: Decision) -> Result<(), StoreError> {
        let change = practice_settings::ActiveModel {
            enabled: Set(opening.enabled),
            starts_at: Set(opening.starts_at.map(millis)),
            enabled_decided_by: Set(decision.by.map(|by| by.0)),
            enabled_decided_at: Set(Some(millis(decision.at))),
            ..Default::default()
        };
        self.run_update(self.update::<practice_settings::Entity>().set(change)).await.map(|_| ())
    }

    /// Says who may move the two gates that clinicians can move for themselves.
    pub async fn set_policy(&self, clinician_opt_in: Control, client_access: Control) -> Result<(), StoreError> {
        let change = practice_settings::ActiveModel {
            clinician_opt_in: Set(clinician_opt_in.as_str().to_owned()),
            client_access_control: Set(client_access.as_str().to_owned()),
            ..Default::default()
        };
        self.run_update(self.update::<practice_settings::Entity>().set(change)).await.map(|_| ())
    }
}
