//! An admin ends a client's care.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::scalars::LocalDate;
use crate::graphql::types::client::Client;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{EndOfCare, Refusal};

/// Whose care ends, and when.
#[derive(InputObject, Debug)]
pub struct EndCareInput {
    /// The clinician.
    pub clinician_id: ID,
    /// The client.
    pub client_id: ID,
    /// The first day without care, in the practice's zone, not before care begins; left out, today. On the day it begins,
    /// care never was.
    pub ends_on: Option<LocalDate>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the care.
#[derive(SimpleObject, Default)]
pub struct EndCarePayload {
    /// The client; null where it was refused.
    client: Option<Client>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<EndCareError>,
}

refusals! {
    EndCarePayload, EndCareError, EndCareErrorCode:
    /// A date that is not one or lies before care began, or an id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
    /// The client is not in this clinician's care.
    NotInCare,
}

/// The mutation `endCare`.
#[derive(Default)]
pub struct EndCare;

#[Object]
impl EndCare {
    /// Ends a client's care with a clinician, or moves an end that is still to come: new requests stop, requests that wait
    /// stay decidable, what is booked stays booked.
    async fn end_care(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: EndCareInput,
    ) -> Result<EndCarePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: EndCareInput) -> Result<EndCarePayload, Refusal> {
    let client_id = input::id("input.clientId", &input.client_id)?;
    let care = EndOfCare {
        clinician_id: input::id("input.clinicianId", &input.clinician_id)?,
        client_id,
        ends_on: input.ends_on.map(|date| date.0),
    };
    let change = input::change(input.dry_run, input.expected_revision);
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let changed = desk.end_care(viewer, care, &change).await?;
    let rows = desk.clients(viewer, &[client_id]).await?;
    let client = rows.into_iter().next().map(|row| Client { row, settings: changed.settings.clone() });
    Ok(EndCarePayload { client, impact: Some(SelfSchedulingImpact(changed)), errors: vec![] })
}
