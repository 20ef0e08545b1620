//! Pauses of new requests: beside every other setting, so that lifting one restores what stood.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};

use super::convert::millis;
use super::{Scope, StoreError};
use crate::domain::ids::ClinicianId;
use crate::domain::settings::Decision;
use entity::{clinician_settings, practice_settings};

impl Scope<'_> {
    /// Pauses new requests to a clinician or, where none is named, to the whole practice; none lifts the pause.
    pub async fn set_pause(&self, clinician: Option<ClinicianId>, pause: Option<Decision>) -> Result<(), StoreError> {
        let by = Set(pause.and_then(|pause| pause.by).map(|by| by.0));
        let at = Set(pause.map(|pause| millis(pause.at)));
        let Some(clinician) = clinician else {
            let change = practice_settings::ActiveModel { paused_by: by, paused_at: at, ..Default::default() };
            return self.run_update(self.update::<practice_settings::Entity>().set(change)).await.map(|_| ());
        };
        let change = clinician_settings::ActiveModel { paused_by: by, paused_at: at, ..Default::default() };
        let theirs = clinician_settings::Column::ClinicianId.eq(clinician.0);
        self.run_update(self.update::<clinician_settings::Entity>().filter(theirs).set(change)).await.map(|_| ())
    }
}
