//! An admin changes a client's name, or the address they sign in with.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::client::Client;
use crate::usecases::{self, Refusal};

/// The client, and what changes. What is left out stays.
#[derive(InputObject, Debug)]
pub struct UpdateClientInput {
    /// The client.
    pub client_id: ID,
    /// Their name, 1 to 200 characters on one line. It is the person's: whatever else they are in the practice, they have the
    /// same.
    pub display_name: Option<String>,
    /// The address they sign in with, unlike every other member's; an empty text takes it away, unless they are an admin or a
    /// clinician too. Tokens and links that they have stay good.
    pub email: Option<String>,
}

/// What became of the client.
#[derive(SimpleObject, Default)]
pub struct UpdateClientPayload {
    /// The client after the change; null where it was refused.
    client: Option<Client>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UpdateClientError>,
}

refusals! {
    UpdateClientPayload, UpdateClientError, UpdateClientErrorCode:
    /// A name or an address that is not one, no address for an admin or a clinician, or an id of another kind.
    InvalidInput,
    /// Another member of the practice has this address.
    AlreadyExists,
}

/// The mutation `updateClient`.
#[derive(Default)]
pub struct UpdateClient;

#[Object]
impl UpdateClient {
    /// Changes a client's name, or the address they sign in with, also of one who has left. Nobody's access moves with it, and
    /// what they asked for and what is booked stays.
    async fn update_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: UpdateClientInput,
    ) -> Result<UpdateClientPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UpdateClientInput) -> Result<UpdateClientPayload, Refusal> {
    let client_id = input::id("input.clientId", &input.client_id)?;
    let set = usecases::UpdateClient { client_id, display_name: input.display_name, email: input.email };
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    desk.update_client(viewer, set).await?;
    let client = Client::anew(ctx, desk.settings(viewer).await?, client_id).await?;
    Ok(UpdateClientPayload { client, errors: vec![] })
}
