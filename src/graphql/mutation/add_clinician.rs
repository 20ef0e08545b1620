//! An admin adds a clinician.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::scalars::TimeZone;
use crate::graphql::types::clinician::Clinician;
use crate::usecases::{NewClinician, Refusal};

/// The clinician to be added.
#[derive(InputObject, Debug)]
pub struct AddClinicianInput {
    /// Their name, 1 to 200 characters on one line. A member who is in the practice already keeps the name they have.
    pub display_name: String,
    /// The address they sign in with. A member of the practice who has it already becomes a clinician besides.
    pub email: String,
    /// Titles and licences, at most 200 characters on one line.
    pub credentials: Option<String>,
    /// The zone of their wall clock; left out, the practice's.
    pub time_zone: Option<TimeZone>,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, the same key with another body is refused.
    pub idempotency_key: Option<String>,
}

/// What became of the clinician.
#[derive(SimpleObject, Default)]
pub struct AddClinicianPayload {
    /// The clinician; null where it was refused.
    clinician: Option<Clinician>,
    /// Why it was refused; empty where it was not.
    errors: Vec<AddClinicianError>,
}

refusals! {
    AddClinicianPayload, AddClinicianError, AddClinicianErrorCode:
    /// A name, an address, credentials or a zone that is not one.
    InvalidInput,
    /// A clinician with this address is in the practice.
    AlreadyExists,
    /// The member with this address has left: let them come back with `reactivateMember` first.
    Inactive,
    /// The key was used for a different clinician.
    IdempotencyKeyReused,
}

/// The mutation `addClinician`.
#[derive(Default)]
pub struct AddClinician;

#[Object]
impl AddClinician {
    /// Adds a clinician, with everything off: nobody can book them until they opt in, offer a service and open hours.
    async fn add_clinician(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: AddClinicianInput,
    ) -> Result<AddClinicianPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: AddClinicianInput) -> Result<AddClinicianPayload, Refusal> {
    let new = NewClinician {
        display_name: input.display_name,
        email: input.email,
        credentials: input.credentials,
        time_zone: input.time_zone.map(|zone| zone.0),
        idempotency_key: input.idempotency_key,
    };
    let (settings, id) = ctx.desk().add_clinician(ctx.viewer()?, new).await?;
    Ok(AddClinicianPayload { clinician: Clinician::of(settings, id), errors: vec![] })
}
