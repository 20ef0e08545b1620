//! A clinician frees time that was blocked.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::clinician::Clinician;
use crate::usecases::Refusal;

/// Which time.
#[derive(InputObject, Debug)]
pub struct UnblockTimeInput {
    /// The blocked time.
    pub id: ID,
}

/// What became of the time.
#[derive(SimpleObject, Default)]
pub struct UnblockTimePayload {
    /// The clinician whose time is free again; null where it was refused.
    clinician: Option<Clinician>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UnblockTimeError>,
}

refusals! {
    UnblockTimePayload, UnblockTimeError, UnblockTimeErrorCode:
    /// An id of another kind.
    InvalidInput,
}

/// The mutation `unblockTime`.
#[derive(Default)]
pub struct UnblockTime;

#[Object]
impl UnblockTime {
    /// Frees blocked time: from now on clients can ask for it, as far as the hours and the rules allow. Where it was freed before
    /// it is NOT_FOUND.
    async fn unblock_time(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UnblockTimeInput,
    ) -> Result<UnblockTimePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UnblockTimeInput) -> Result<UnblockTimePayload, Refusal> {
    let id = input::id("input.id", &input.id)?;
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let clinician = desk.unblock_time(viewer, id).await?;
    Ok(UnblockTimePayload { clinician: Clinician::of(desk.settings(viewer).await?, clinician), errors: vec![] })
}
