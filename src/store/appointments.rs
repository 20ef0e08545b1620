//! Appointments.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::convert::{instant, millis, word};
use super::reach::within;
use super::{Scope, StoreError};
use crate::domain::hours::Modality;
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, MemberId, ServiceId};
use crate::domain::requests::{Appointment, AppointmentStatus};
use crate::domain::time::{Instant, Interval};
use crate::domain::viewer::Reach;
use entity::appointments::{Column, Entity, Model};

impl Scope<'_> {
    /// Adds an appointment.
    pub async fn insert_appointment(&self, appointment: &Appointment) -> Result<(), StoreError> {
        self.insert::<Entity, _>(Model {
            practice_id: self.practice().0,
            id: appointment.id.0,
            client_id: appointment.client_id.0,
            clinician_id: appointment.clinician_id.0,
            service_id: appointment.service_id.0,
            status: appointment.status.as_str().to_owned(),
            starts_at: millis(appointment.starts_at),
            ends_at: millis(appointment.ends_at),
            time_zone: appointment.time_zone.clone(),
            local_start: appointment.local_start.clone(),
            modality: appointment.modality.as_str().to_owned(),
            booked_at: millis(appointment.booked_at),
            booked_by: appointment.booked_by.map(|by| by.0),
            version: appointment.version,
        })
        .await
    }

    /// The appointments with these ids that are within reach, in no order.
    pub async fn appointments(&self, reach: Reach, ids: &[AppointmentId]) -> Result<Vec<Appointment>, StoreError> {
        let within = within(reach, Column::ClinicianId, Column::ClientId);
        let select = self.select::<Entity>().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).filter(within);
        self.all(select).await?.into_iter().map(decode).collect()
    }

    /// A clinician's or a client's appointments that overlap `range`, by start; at most `limit`.
    pub async fn appointments_in(
        &self,
        clinician: Option<ClinicianId>,
        client: Option<ClientId>,
        range: Interval,
        limit: u64,
    ) -> Result<Vec<Appointment>, StoreError> {
        let overlapping = self
            .of(clinician, client, limit)
            .filter(Column::StartsAt.lt(millis(range.end)))
            .filter(Column::EndsAt.gt(millis(range.start)));
        self.all(overlapping).await?.into_iter().map(decode).collect()
    }

    /// A clinician's or a client's booked meetings that are still to come, by start; at most `limit`.
    pub async fn coming(
        &self,
        clinician: Option<ClinicianId>,
        client: Option<ClientId>,
        from: Instant,
        limit: u64,
    ) -> Result<Vec<Appointment>, StoreError> {
        let coming = self
            .of(clinician, client, limit)
            .filter(Column::StartsAt.gte(millis(from)))
            .filter(Column::Status.eq(AppointmentStatus::Booked.as_str()));
        self.all(coming).await?.into_iter().map(decode).collect()
    }

    /// Appointments by start: of whoever is named.
    fn of(&self, clinician: Option<ClinicianId>, client: Option<ClientId>, limit: u64) -> Select<Entity> {
        let mut select = self.select::<Entity>().order_by_asc(Column::StartsAt).order_by_asc(Column::Id).limit(limit);
        if let Some(clinician) = clinician {
            select = select.filter(Column::ClinicianId.eq(clinician.0));
        }
        if let Some(client) = client {
            select = select.filter(Column::ClientId.eq(client.0));
        }
        select
    }

    /// Booked meetings of these clinicians that are still to come.
    pub async fn booked_from(&self, clinicians: &[ClinicianId], from: Instant) -> Result<Vec<Appointment>, StoreError> {
        if clinicians.is_empty() {
            return Ok(Vec::new());
        }
        let select = self
            .select::<Entity>()
            .filter(Column::ClinicianId.is_in(clinicians.iter().map(|id| id.0)))
            .filter(Column::StartsAt.gte(millis(from)))
            .filter(Column::Status.eq(AppointmentStatus::Booked.as_str()))
            .order_by_asc(Column::StartsAt);
        self.all(select).await?.into_iter().map(decode).collect()
    }
}

fn decode(row: Model) -> Result<Appointment, StoreError> {
    Ok(Appointment {
        id: AppointmentId(row.id),
        status: word(AppointmentStatus::from_text(&row.status), "a status", &row.status)?,
        client_id: ClientId(row.client_id),
        clinician_id: ClinicianId(row.clinician_id),
        service_id: ServiceId(row.service_id),
        starts_at: instant(row.starts_at)?,
        ends_at: instant(row.ends_at)?,
        time_zone: row.time_zone,
        local_start: row.local_start,
        modality: word(Modality::from_text(&row.modality), "a modality", &row.modality)?,
        booked_at: instant(row.booked_at)?,
        booked_by: row.booked_by.map(MemberId),
        version: row.version,
    })
}
