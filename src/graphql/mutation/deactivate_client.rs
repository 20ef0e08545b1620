//! A client leaves the practice.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::appointment::Appointment;
use crate::graphql::types::client::Client;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::open;
use crate::graphql::types::request::AppointmentRequest;
use crate::usecases::Refusal;

/// Who leaves.
#[derive(InputObject, Debug)]
pub struct DeactivateClientInput {
    /// The client.
    pub client_id: ID,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of it.
#[derive(SimpleObject, Default)]
pub struct DeactivateClientPayload {
    /// The client as they stand, on a dry run as they stood before; null where it was refused.
    client: Option<Client>,
    /// Requests that still wait, newest first, at most 500; empty where it was refused. They stay decidable by admins:
    /// answer them, or hand them over with `reassignAppointmentRequest`.
    pending_requests: Vec<AppointmentRequest>,
    /// Booked appointments to come, by start, at most 500; empty where it was refused. They stay booked.
    coming_appointments: Vec<Appointment>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<DeactivateClientError>,
}

refusals! {
    DeactivateClientPayload, DeactivateClientError, DeactivateClientErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `deactivateClient`.
#[derive(Default)]
pub struct DeactivateClient;

#[Object]
impl DeactivateClient {
    /// Takes the client's role from a member: from that moment they can book nobody, and their streams end. Other roles of
    /// theirs stay, and so do care and access on record. Doing it twice changes nothing, and lists what is still open.
    async fn deactivate_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DeactivateClientInput,
    ) -> Result<DeactivateClientPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: DeactivateClientInput) -> Result<DeactivateClientPayload, Refusal> {
    let client = input::id("input.clientId", &input.client_id)?;
    let change = input::change(input.dry_run, input.expected_revision);
    let left = ctx.desk().deactivate_client(ctx.viewer()?, client, &change).await?;
    let (pending_requests, coming_appointments) = open::shown(left.open, &left.changed.settings);
    Ok(DeactivateClientPayload {
        client: Client::anew(ctx, left.changed.settings.clone(), client).await?,
        pending_requests,
        coming_appointments,
        impact: Some(SelfSchedulingImpact(left.changed)),
        errors: vec![],
    })
}
