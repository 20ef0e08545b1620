//! Appointment requests.

use async_graphql::{Context, ID, Object, Result};

use super::Settings;
use super::appointment::Appointment;
use super::client::Client;
use super::clinician::Clinician;
use super::member::Member;
use super::service::Service;
use crate::domain::ids::RequestId;
use crate::domain::requests;
use crate::domain::viewer::Whose;
use crate::graphql::context::Asking;
use crate::graphql::enums::{AppointmentRequestStatus, DeclineReason, Modality};
use crate::graphql::error::denial;
use crate::graphql::guard::Of;
use crate::graphql::input::AppointmentRequestFilter;
use crate::graphql::page::{self, AppointmentRequestConnection};
use crate::graphql::scalars::DateTime;
use crate::usecases::{Denied, Refusal, RequestFilter};

/// A client's request.
pub struct AppointmentRequest {
    pub request: requests::AppointmentRequest,
    pub settings: Settings,
}

impl AppointmentRequest {
    /// The request with an id, where the viewer may see it.
    pub async fn load(ctx: &Context<'_>, settings: Settings, id: RequestId) -> Result<Option<Self>> {
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        Ok(loaders.one(id).await?.map(|request| Self { request, settings }))
    }
}

/// A client's request for a time with a clinician. Seen by that client, that clinician and the admins.
#[Object(guard = Of("AppointmentRequest", Whose::between(self.request.clinician_id, self.request.client_id)))]
impl AppointmentRequest {
    /// `request_` and 32 hexadecimal digits; those made later sort later.
    pub async fn id(&self) -> ID {
        self.request.id.to_string().into()
    }

    /// Where it stands now. Past `respondBy` a request that nobody answered reads EXPIRED.
    async fn status(&self, ctx: &Context<'_>) -> AppointmentRequestStatus {
        self.request.status_at(ctx.desk().clock().now()).into()
    }

    /// The client who asked.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = Client::load(ctx, self.settings.clone(), self.request.client_id).await?;
        client.ok_or_else(|| denial(&Denied::NotFound("client")))
    }

    /// The clinician who is asked: another than at first, where an admin has handed the request over.
    async fn clinician(&self) -> Result<Clinician> {
        let clinician = Clinician::of(self.settings.clone(), self.request.clinician_id);
        clinician.ok_or_else(|| denial(&Denied::NotFound("clinician")))
    }

    /// The service that is asked for.
    async fn service(&self) -> Result<Service> {
        let service = self.settings.services.get(&self.request.service_id).cloned();
        service.map(Service).ok_or_else(|| denial(&Denied::NotFound("service")))
    }

    /// When the meeting would start.
    async fn starts_at(&self) -> DateTime {
        self.request.starts_at.into()
    }

    /// When it would end, buffers not included.
    async fn ends_at(&self) -> DateTime {
        self.request.ends_at.into()
    }

    /// The start on the clinician's wall clock with its offset, as it was when the client asked or the request was handed over.
    async fn local_start(&self) -> &str {
        &self.request.local_start
    }

    /// How they would meet: IN_PERSON or TELEHEALTH.
    async fn modality(&self) -> Modality {
        self.request.modality.into()
    }

    /// The client's note, at most 1000 characters, for the client and the asked clinician alone: an admin who is neither
    /// reads null. Null too where there is none. Where an admin hands the request to another clinician, the note goes along:
    /// `clinician` reads it then, and whoever had the request before reads it no more.
    async fn note_to_clinician(&self) -> Option<&str> {
        self.request.note_to_clinician.as_deref()
    }

    /// What the clinician or an admin wrote with the answer, at most 1000 characters; null where they wrote nothing.
    async fn message_to_client(&self) -> Option<&str> {
        self.request.message_to_client.as_deref()
    }

    /// Why it was declined; null unless it was.
    async fn decision_reason(&self) -> Option<DeclineReason> {
        self.request.decline_reason.map(DeclineReason::from)
    }

    /// When the client asked.
    async fn requested_at(&self) -> DateTime {
        self.request.requested_at.into()
    }

    /// Until when an answer is due: `responseDeadlineHours` after the request, or when the start less the notice passes,
    /// whichever comes first.
    async fn respond_by(&self) -> DateTime {
        self.request.respond_by.into()
    }

    /// When it was answered, withdrawn or expired; null while it waits.
    async fn decided_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let has_lapsed = self.request.status_at(ctx.desk().clock().now()) == requests::RequestStatus::Expired;
        self.request.decided_at.or(has_lapsed.then_some(self.request.respond_by)).map(DateTime::from)
    }

    /// Who answered or withdrew it; null while it waits, where it was confirmed automatically or expired, and where the
    /// viewer may not see them.
    async fn decided_by(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.request.decided_by).await.transpose()
    }

    /// The appointment that confirming made; null unless it was confirmed.
    async fn appointment(&self, ctx: &Context<'_>) -> Option<Result<Appointment>> {
        let id = self.request.appointment_id?;
        Appointment::load(ctx, self.settings.clone(), id).await.transpose()
    }

    /// The appointment that it asks to move; null where it asks for a new one.
    async fn reschedules(&self, ctx: &Context<'_>) -> Option<Result<Appointment>> {
        let id = self.request.reschedules?;
        Appointment::load(ctx, self.settings.clone(), id).await.transpose()
    }

    /// 1 when it is made, one more with each change.
    async fn version(&self) -> i32 {
        self.request.version
    }
}

/// A list's own condition with the caller's filter.
pub fn filter(own: RequestFilter, asked: Option<AppointmentRequestFilter>) -> RequestFilter {
    let statuses = asked.and_then(|asked| asked.status).map(|all| all.into_iter().map(Into::into).collect());
    RequestFilter { statuses, ..own }
}

/// A page of requests, newest first.
pub async fn page(
    ctx: &Context<'_>,
    settings: Settings,
    filter: RequestFilter,
    first: Option<i32>,
    after: Option<String>,
) -> Result<AppointmentRequestConnection, Refusal> {
    let wanted = page::size("first", first)?;
    let after = after.as_deref().map(RequestId::parse).transpose().map_err(|_| page::wrong_cursor("after"))?;
    let found = ctx.desk().requests_page(ctx.viewer()?, filter, after, wanted as u64 + 1).await?;
    let edge = |request: requests::AppointmentRequest| {
        (request.id.to_string(), AppointmentRequest { request, settings: settings.clone() })
    };
    let rows = found.requests.into_iter().map(edge).collect();
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    Ok(page::from_rows(rows, wanted, after.is_some(), total).into())
}
