//! Appointment requests.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::convert::{instant, maybe_instant, millis, word};
use super::reach::within;
use super::{Scope, StoreError, Write};
use crate::domain::hours::Modality;
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, MemberId, RequestId, ServiceId};
use crate::domain::requests::{AppointmentRequest, DeclineReason, RequestStatus};
use crate::domain::time::Instant;
use crate::domain::viewer::Reach;
use entity::appointment_requests::{self, Column, Entity, Model};

/// Which requests to list; what is not set is not asked.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    pub clinician: Option<ClinicianId>,
    pub client: Option<ClientId>,
    /// The statuses that hold now, expiry included.
    pub statuses: Option<Vec<RequestStatus>>,
}

impl RequestFilter {
    /// A client's requests to a clinician that wait for an answer.
    pub fn waiting(clinician: ClinicianId, client: ClientId) -> Self {
        Self { clinician: Some(clinician), client: Some(client), statuses: Some(vec![RequestStatus::Pending]) }
    }
}

impl Write {
    /// Adds a request, written with the other new rows.
    pub fn add_request(&mut self, request: &AppointmentRequest) {
        let row = self.scope().insertion::<Entity, _>(self.scope().row(request));
        self.add(row);
    }
}

impl Scope<'_> {
    /// Stores a decided request, if it still is pending at the version before. Where somebody else was first, the
    /// transaction is given up, and the decision is made anew on what holds.
    pub async fn update_request(&self, request: &AppointmentRequest) -> Result<(), StoreError> {
        let change = self.row(request).into_active_model().reset_all();
        let update = self
            .update::<Entity>()
            .filter(Column::Id.eq(request.id.0))
            .filter(Column::Version.eq(request.version - 1))
            .filter(Column::Status.eq(RequestStatus::Pending.as_str()))
            .set(change);
        match self.run_update(update).await? {
            1 => Ok(()),
            _ => Err(StoreError::GivenUp(DbErr::RecordNotUpdated)),
        }
    }

    /// The requests with these ids that are within reach, in no order.
    pub async fn requests(&self, reach: Reach, ids: &[RequestId]) -> Result<Vec<AppointmentRequest>, StoreError> {
        let within = within(reach, Column::ClinicianId, Column::ClientId);
        let select = self.select::<Entity>().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).filter(within);
        self.all(select).await?.into_iter().map(decode).collect()
    }

    /// The requests that made these appointments and are within reach, in no order.
    pub async fn requests_behind(
        &self,
        reach: Reach,
        appointments: &[AppointmentId],
    ) -> Result<Vec<AppointmentRequest>, StoreError> {
        let within = within(reach, Column::ClinicianId, Column::ClientId);
        let ids = appointments.iter().map(|id| id.0);
        let select = self.select::<Entity>().filter(Column::AppointmentId.is_in(ids)).filter(within);
        self.all(select).await?.into_iter().map(decode).collect()
    }

    /// The newest requests that match, before the one with id `before`.
    pub async fn requests_page(
        &self,
        filter: &RequestFilter,
        before: Option<RequestId>,
        limit: u64,
        now: Instant,
    ) -> Result<Vec<AppointmentRequest>, StoreError> {
        let mut select = self.matching_requests(filter, now).order_by_desc(Column::Id).limit(limit);
        if let Some(before) = before {
            select = select.filter(Column::Id.lt(before.0));
        }
        self.all(select).await?.into_iter().map(decode).collect()
    }

    /// How many requests match.
    pub async fn requests_count(&self, filter: &RequestFilter, now: Instant) -> Result<u64, StoreError> {
        self.tally(self.matching_requests(filter, now)).await
    }

    /// Requests of these clinicians that wait for an answer; of all, where none are named.
    pub async fn pending_requests(
        &self,
        clinicians: Option<&[ClinicianId]>,
        now: Instant,
    ) -> Result<Vec<AppointmentRequest>, StoreError> {
        let filter = RequestFilter { statuses: Some(vec![RequestStatus::Pending]), ..RequestFilter::default() };
        let mut select = self.matching_requests(&filter, now).order_by_asc(Column::Id);
        if let Some(clinicians) = clinicians {
            select = select.filter(Column::ClinicianId.is_in(clinicians.iter().map(|id| id.0)));
        }
        self.all(select).await?.into_iter().map(decode).collect()
    }

    fn matching_requests(&self, filter: &RequestFilter, now: Instant) -> Select<Entity> {
        let mut select = self.select::<Entity>();
        if let Some(clinician) = filter.clinician {
            select = select.filter(Column::ClinicianId.eq(clinician.0));
        }
        if let Some(client) = filter.client {
            select = select.filter(Column::ClientId.eq(client.0));
        }
        match &filter.statuses {
            Some(statuses) => {
                let any = statuses.iter().fold(Condition::any(), |any, status| any.add(holding(*status, now)));
                // An empty list matches nothing: `Condition::any()` of nothing would match everything.
                select.filter(any.add(Column::Id.is_null()))
            }
            None => select,
        }
    }

    fn row(&self, request: &AppointmentRequest) -> Model {
        Model {
            practice_id: self.practice().0,
            id: request.id.0,
            client_id: request.client_id.0,
            clinician_id: request.clinician_id.0,
            service_id: request.service_id.0,
            status: request.status.as_str().to_owned(),
            starts_at: millis(request.starts_at),
            ends_at: millis(request.ends_at),
            time_zone: request.time_zone.clone(),
            local_start: request.local_start.clone(),
            modality: request.modality.as_str().to_owned(),
            note_to_clinician: request.note_to_clinician.clone(),
            message_to_client: request.message_to_client.clone(),
            decline_reason: request.decline_reason.map(|reason| reason.as_str().to_owned()),
            requested_at: millis(request.requested_at),
            requested_by: request.requested_by.0,
            respond_by_at: millis(request.respond_by),
            decided_at: request.decided_at.map(millis),
            decided_by: request.decided_by.map(|by| by.0),
            appointment_id: request.appointment_id.map(|id| id.0),
            reschedules_appointment_id: request.reschedules.map(|id| id.0),
            version: request.version,
        }
    }
}

/// `holding(Pending)` as a condition of a query by hand, on the table's name there and the parameter that binds now.
pub(super) fn waiting(table: &str, now: &str) -> String {
    format!("{table}.status = 'PENDING' AND {table}.respond_by_at > {now}")
}

/// The rows in which a status holds now: the same rule as `AppointmentRequest::status_at`, as a condition.
fn holding(status: RequestStatus, now: Instant) -> Condition {
    let stored = |status: RequestStatus| Column::Status.eq(status.as_str());
    let overdue = Column::RespondByAt.lte(millis(now));
    match status {
        RequestStatus::Pending => {
            Condition::all().add(stored(RequestStatus::Pending)).add(Column::RespondByAt.gt(millis(now)))
        }
        RequestStatus::Expired => Condition::any()
            .add(stored(RequestStatus::Expired))
            .add(Condition::all().add(stored(RequestStatus::Pending)).add(overdue)),
        status => Condition::all().add(stored(status)),
    }
}

pub(super) fn decode(row: appointment_requests::Model) -> Result<AppointmentRequest, StoreError> {
    let reason = row.decline_reason.as_deref();
    Ok(AppointmentRequest {
        id: RequestId(row.id),
        status: word(RequestStatus::from_text(&row.status), "a status", &row.status)?,
        client_id: ClientId(row.client_id),
        clinician_id: ClinicianId(row.clinician_id),
        service_id: ServiceId(row.service_id),
        starts_at: instant(row.starts_at)?,
        ends_at: instant(row.ends_at)?,
        time_zone: row.time_zone,
        local_start: row.local_start,
        modality: word(Modality::from_text(&row.modality), "a modality", &row.modality)?,
        note_to_clinician: row.note_to_clinician,
        message_to_client: row.message_to_client,
        decline_reason: reason.map(|text| word(DeclineReason::from_text(text), "a reason", text)).transpose()?,
        requested_at: instant(row.requested_at)?,
        requested_by: MemberId(row.requested_by),
        respond_by: instant(row.respond_by_at)?,
        decided_at: maybe_instant(row.decided_at)?,
        decided_by: row.decided_by.map(MemberId),
        appointment_id: row.appointment_id.map(AppointmentId),
        reschedules: row.reschedules_appointment_id.map(AppointmentId),
        version: row.version,
    })
}
