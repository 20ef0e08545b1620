//! Dates on which other hours hold for a clinician than their week's, or none.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, QueryFilter, QueryResult};
use uuid::Uuid;

use super::convert::{date, word};
use super::{Scope, StoreError};
use crate::domain::hours::{Modality, Window};
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::settings::Decision;
use entity::{date_exception_services, date_exception_windows, date_exceptions};

/// The windows of a clinician's dates.
type Dates = BTreeMap<NaiveDate, Vec<Window>>;

const WINDOWS_OF: &str = "SELECT id FROM date_exception_windows WHERE practice_id = $1 AND clinician_id = $2";

impl Scope<'_> {
    /// Every exception of every clinician: one statement for the three tables.
    pub(super) async fn load_date_exceptions(&self) -> Result<HashMap<Uuid, Dates>, StoreError> {
        let sql = "SELECT e.clinician_id, e.excepted_on, w.id, w.opens_minute, w.closes_minute, w.modality, s.service_id \
                   FROM date_exceptions e LEFT JOIN date_exception_windows w ON w.practice_id = e.practice_id \
                   AND w.clinician_id = e.clinician_id AND w.excepted_on = e.excepted_on \
                   LEFT JOIN date_exception_services s ON s.practice_id = w.practice_id \
                   AND s.date_exception_window_id = w.id WHERE e.practice_id = $1 \
                   ORDER BY e.clinician_id, e.excepted_on, w.opens_minute, w.id";
        let mut found: HashMap<_, Dates> = HashMap::new();
        let mut last = None;
        for row in self.query(sql, vec![]).await? {
            let on = date(&row.try_get_by_index::<String>(1)?)?;
            let windows = found.entry(row.try_get_by_index(0)?).or_default().entry(on).or_default();
            let Some(id) = row.try_get_by_index::<Option<Uuid>>(2)? else { continue };
            if last != Some(id) {
                windows.push(decode(&row)?);
                last = Some(id);
            }
            let service = row.try_get_by_index::<Option<Uuid>>(6)?.map(ServiceId);
            windows.last_mut().into_iter().for_each(|window| window.service_ids.extend(service));
        }
        Ok(found)
    }

    /// Sets what holds on a date instead of the clinician's week: these windows, or none.
    pub async fn set_date_exception(
        &self,
        clinician: ClinicianId,
        on: NaiveDate,
        windows: &[Window],
        decision: Decision,
    ) -> Result<(), StoreError> {
        self.delete_date_exceptions(clinician, "=", on).await?;
        let (practice_id, excepted_on) = (self.practice().0, on.to_string());
        let row = date_exceptions::Model { practice_id, clinician_id: clinician.0, excepted_on: excepted_on.clone() };
        self.insert::<date_exceptions::Entity, _>(row).await?;
        let (mut rows, mut kept_to) = (Vec::new(), Vec::new());
        for window in windows {
            let id = Uuid::now_v7();
            rows.push(date_exception_windows::Model {
                practice_id,
                id,
                clinician_id: clinician.0,
                excepted_on: excepted_on.clone(),
                opens_minute: window.opens_minute,
                closes_minute: window.closes_minute,
                modality: window.modality.map(|modality| modality.as_str().to_owned()),
            });
            kept_to.extend(window.service_ids.iter().map(|service| date_exception_services::Model {
                practice_id,
                date_exception_window_id: id,
                service_id: service.0,
            }));
        }
        self.insert_all::<date_exception_windows::Entity, _>(rows).await?;
        self.insert_all::<date_exception_services::Entity, _>(kept_to).await?;
        self.decide_hours(clinician, decision).await
    }

    /// Lets the week's hours hold on a date again.
    pub async fn remove_date_exception(
        &self,
        clinician: ClinicianId,
        on: NaiveDate,
        decision: Decision,
    ) -> Result<(), StoreError> {
        self.delete_date_exceptions(clinician, "=", on).await?;
        self.decide_hours(clinician, decision).await
    }

    /// Forgets a clinician's exceptions before a date.
    pub async fn forget_date_exceptions(&self, clinician: ClinicianId, before: NaiveDate) -> Result<(), StoreError> {
        self.delete_date_exceptions(clinician, "<", before).await
    }

    async fn delete_date_exceptions(&self, of: ClinicianId, is: &str, date: NaiveDate) -> Result<(), StoreError> {
        let date = date.to_string();
        let sql = format!(
            "DELETE FROM date_exception_services WHERE practice_id = $1 AND date_exception_window_id IN \
             ({WINDOWS_OF} AND excepted_on {is} $3)"
        );
        self.query(&sql, vec![of.0.into(), date.clone().into()]).await?;
        let on = date_exception_windows::Column::ExceptedOn;
        let windows = self.delete::<date_exception_windows::Entity>();
        let windows = windows.filter(date_exception_windows::Column::ClinicianId.eq(of.0));
        self.run_delete(windows.filter(if is == "<" { on.lt(&*date) } else { on.eq(&*date) })).await?;
        let on = date_exceptions::Column::ExceptedOn;
        let dates = self.delete::<date_exceptions::Entity>().filter(date_exceptions::Column::ClinicianId.eq(of.0));
        self.run_delete(dates.filter(if is == "<" { on.lt(&*date) } else { on.eq(&*date) })).await.map(|_| ())
    }
}

fn decode(row: &QueryResult) -> Result<Window, StoreError> {
    let modality: Option<String> = row.try_get_by_index(5)?;
    let modality = modality.as_deref();
    Ok(Window {
        opens_minute: row.try_get_by_index(3)?,
        closes_minute: row.try_get_by_index(4)?,
        service_ids: BTreeSet::new(),
        modality: modality.map(|text| word(Modality::from_text(text), "a modality", text)).transpose()?,
    })
}
