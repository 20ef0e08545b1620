//! An admin adds a service.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::enums::{Confirmation, Modality};
use crate::graphql::error::{answer, refusals};
use crate::graphql::types::service::Service;
use crate::usecases::{NewService, Refusal};

/// The service to be added.
#[derive(InputObject, Debug)]
pub struct CreateServiceInput {
    /// Its name, 1 to 200 characters on one line, unlike every other service's that is not archived.
    pub name: String,
    /// How long it lasts in minutes, without buffers; 5 to 1440.
    pub duration_minutes: i32,
    /// How client and clinician can meet for it.
    pub modality: Modality,
    /// What answers a request for it.
    #[graphql(default_with = "Confirmation::ClinicianConfirms")]
    pub confirmation: Confirmation,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, the same key with another body is refused.
    pub idempotency_key: Option<String>,
}

/// What became of the service.
#[derive(SimpleObject, Default)]
pub struct CreateServicePayload {
    /// The service; null where it was refused.
    service: Option<Service>,
    /// Why it was refused; empty where it was not.
    errors: Vec<CreateServiceError>,
}

refusals! {
    CreateServicePayload, CreateServiceError, CreateServiceErrorCode:
    /// A name that is empty or too long, or a duration out of bounds.
    InvalidInput,
    /// There is a service with this name.
    AlreadyExists,
    /// The key was used for a different service.
    IdempotencyKeyReused,
}

/// The mutation `createService`.
#[derive(Default)]
pub struct CreateService;

#[Object]
impl CreateService {
    /// Adds a service. Nobody offers it until a clinician chooses to.
    async fn create_service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: CreateServiceInput,
    ) -> Result<CreateServicePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: CreateServiceInput) -> Result<CreateServicePayload, Refusal> {
    let new = NewService {
        name: input.name,
        duration_minutes: input.duration_minutes,
        modality: input.modality.into(),
        confirmation: input.confirmation.into(),
        idempotency_key: input.idempotency_key,
    };
    let (settings, id) = ctx.desk().create_service(ctx.viewer()?, new).await?;
    let service = settings.services.get(&id).cloned().map(Service);
    Ok(CreateServicePayload { service, errors: vec![] })
}
