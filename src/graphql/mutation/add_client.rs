//! An admin adds a client.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::types::client::Client;
use crate::usecases::{NewClient, Refusal};

/// The client to be added.
#[derive(InputObject, Debug)]
pub struct AddClientInput {
    /// Their name, 1 to 200 characters on one line. A member who is in the practice already keeps the name they have.
    pub display_name: String,
    /// The address they sign in with; without one they cannot. A member of the practice who has it already becomes a client
    /// besides.
    pub email: Option<String>,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, the same key with another body is refused.
    pub idempotency_key: Option<String>,
}

/// What became of the client.
#[derive(SimpleObject, Default)]
pub struct AddClientPayload {
    /// The client; null where it was refused.
    client: Option<Client>,
    /// Why it was refused; empty where it was not.
    errors: Vec<AddClientError>,
}

refusals! {
    AddClientPayload, AddClientError, AddClientErrorCode:
    /// A name or an address that is not one.
    InvalidInput,
    /// A client with this address is in the practice.
    AlreadyExists,
    /// The member with this address has left: let them come back with `reactivateMember` first.
    Inactive,
    /// The key was used for a different client.
    IdempotencyKeyReused,
}

/// The mutation `addClient`.
#[derive(Default)]
pub struct AddClient;

#[Object]
impl AddClient {
    /// Adds a client, in nobody's care until care starts.
    async fn add_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: AddClientInput,
    ) -> Result<AddClientPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: AddClientInput) -> Result<AddClientPayload, Refusal> {
    let new =
        NewClient { display_name: input.display_name, email: input.email, idempotency_key: input.idempotency_key };
    let (desk, viewer) = (ctx.desk(), ctx.viewer()?);
    let id = desk.add_client(viewer, new).await?;
    let (settings, rows) = (desk.settings(viewer).await?, desk.clients(viewer, &[id]).await?);
    let client = rows.into_iter().next().map(|row| Client { row, settings });
    Ok(AddClientPayload { client, errors: vec![] })
}
