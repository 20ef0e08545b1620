//! Clients are allowed or blocked, for one clinician or in the whole practice.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::domain::settings::Access;
use crate::graphql::context::Asking;
use crate::graphql::enums::ClientAccess;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::client::Client;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::usecases::{self, Refusal};

/// Whose access changes, and to what.
#[derive(InputObject, Debug)]
pub struct SetClientAccessInput {
    /// The clients, 1 to 1000, of whom each counts once.
    pub client_ids: Vec<ID>,
    /// For this clinician; left out, in the whole practice, which only an admin can.
    pub clinician_id: Option<ID>,
    /// What the entry is from now on. In the whole practice ALLOWED lifts a block; it opens no other gate.
    pub access: ClientAccess,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the access.
#[derive(SimpleObject, Default)]
pub struct SetClientAccessPayload {
    /// The clients, each once, in the order named; empty where it was refused.
    clients: Vec<Client>,
    /// The clinician it is about; null where it is about the practice, or was refused.
    clinician: Option<Clinician>,
    /// What the change does to who can book; null where it was refused.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<SetClientAccessError>,
}

refusals! {
    SetClientAccessPayload, SetClientAccessError, SetClientAccessErrorCode:
    /// No client or too many, an id of another kind, or BY_AUDIENCE in the whole practice.
    InvalidInput,
    /// The settings have changed since `expectedRevision`: preview again.
    StaleRevision,
    /// The practice keeps client access to its admins.
    KeptToAdmins,
}

/// The mutation `setClientAccess`.
#[derive(Default)]
pub struct SetClientAccess;

#[Object]
impl SetClientAccess {
    /// Allows or blocks clients: for one clinician, or in the whole practice. All of them or, at the first refusal,
    /// none. The log has an entry for each client of whom it was not so before. Requires: admin; or, for one clinician, that clinician for clients who are or were in their care, where
    /// the practice leaves it to them.
    async fn set_client_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetClientAccessInput,
    ) -> Result<SetClientAccessPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: SetClientAccessInput) -> Result<SetClientAccessPayload, Refusal> {
    let clients = input::many("input.clientIds", "clients", &input.client_ids)?;
    let clinician_id = input.clinician_id.as_ref().map(|id| input::id("input.clinicianId", id)).transpose()?;
    let access = match input.access {
        ClientAccess::Allowed => Some(Access::Allowed),
        ClientAccess::Blocked => Some(Access::Blocked),
        ClientAccess::ByAudience => None,
    };
    let set = usecases::SetClientAccess { clients: clients.clone(), clinician_id, access };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().set_client_access(ctx.viewer()?, set, &change).await?;
    let found = ctx.desk().clients(ctx.viewer()?, clients.each()).await?;
    let shown = |id| {
        let row = found.iter().find(|row| row.id == id)?.clone();
        Some(Client { row, settings: changed.settings.clone() })
    };
    Ok(SetClientAccessPayload {
        clients: clients.each().iter().copied().filter_map(shown).collect(),
        clinician: clinician_id.and_then(|id| Clinician::of(changed.settings.clone(), id)),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
