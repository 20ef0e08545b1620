//! An admin takes a service away.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::service::Service;
use crate::usecases::Refusal;

/// The service to be archived.
#[derive(InputObject, Debug)]
pub struct ArchiveServiceInput {
    /// The service, a `service_…` id.
    pub id: ID,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the service.
#[derive(SimpleObject, Default)]
pub struct ArchiveServicePayload {
    /// The service after the change, on a dry run as it would be; null where it was refused.
    service: Option<Service>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<ArchiveServiceError>,
}

refusals! {
    ArchiveServicePayload, ArchiveServiceError, ArchiveServiceErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `archiveService`.
#[derive(Default)]
pub struct ArchiveService;

#[Object]
impl ArchiveService {
    /// Archives a service: it can no longer be booked, what is booked of it stays.
    async fn archive_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ArchiveServiceInput,
    ) -> Result<ArchiveServicePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: ArchiveServiceInput) -> Result<ArchiveServicePayload, Refusal> {
    let id = input::id("input.id", &input.id)?;
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().archive_service(ctx.viewer()?, id, &change).await?;
    Ok(ArchiveServicePayload {
        service: changed.settings.services.get(&id).cloned().map(Service),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
