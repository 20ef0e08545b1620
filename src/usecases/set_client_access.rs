//! Clients are allowed or blocked: for one clinician by that clinician or an admin, in the whole practice by an admin.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{require_acts_for, require_admin};
use super::{Change, Changed, ClientRow, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::logged;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::settings::{Access, Control};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

use super::settings_change::Draft;

/// The most clients in one change.
const CLIENTS_MAX: usize = 1_000;

/// Whose access changes, and to what.
#[derive(Clone, Debug)]
pub struct SetClientAccess {
    pub client_ids: Vec<ClientId>,
    /// None means the whole practice.
    pub clinician_id: Option<ClinicianId>,
    /// None takes a clinician's entry away, so that the audience decides.
    pub access: Option<Access>,
}

impl Desk {
    /// Sets the entries. All of them or, at the first "no", none.
    pub async fn set_client_access(
        &self,
        viewer: &Viewer,
        set: SetClientAccess,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        match set.clinician_id {
            Some(clinician) => require_acts_for(viewer, clinician)?,
            None => require_admin(viewer)?,
        }
        if set.client_ids.is_empty() || set.client_ids.len() > CLIENTS_MAX {
            return Err(Rejection::invalid("input.clientIds", format!("Name 1 to {CLIENTS_MAX} clients.")).into());
        }
        let mut clients = set.client_ids.clone();
        clients.sort_unstable();
        clients.dedup();
        // A clinician's entry moves nothing with other clinicians, and the impact must tell nothing of them.
        let pairs = match set.clinician_id {
            Some(clinician) => Pairs::Of(clinician, clients.clone()),
            None => Pairs::OfClients(clients.clone()),
        };
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, pairs.clone()).await?;
                if draft.before.client_access_control == Control::AdminOnly && !viewer.is_admin {
                    let message = "This practice keeps client access to its admins. Ask one of them.";
                    return Err(Rejection::new(Code::KeptToAdmins, message).into());
                }
                if let Some(clinician) = set.clinician_id {
                    draft.clinician(clinician)?;
                }
                // A clinician reaches only clients who are or were in their care.
                let found = draft.scope().clients(viewer.reach_as_staff(), &clients).await?;
                let known: BTreeSet<_> = found.iter().map(|one| one.id).collect();
                if let Some(index) = set.client_ids.iter().position(|id| !known.contains(id)) {
                    return Err(Denied::not_found_at("client", &format!("input.clientIds.{index}")).into());
                }
                let before = entries(&draft, &set, &found, &clients).await?;
                save(&draft, &set, &clients).await?;
                for client in &clients {
                    let mut event = Event::new(EventKind::ClientAccessSet, Some(draft.actor())).client(*client);
                    event.clinician_id = set.clinician_id;
                    let before = logged::access(before.get(client).copied());
                    draft.tell(event.change("access", Some(before), Some(logged::access(set.access))));
                }
                self.finish(draft).await
            })
        })
        .await
    }
}

/// The entries as they stand; a client without one is not among them.
async fn entries(
    draft: &Draft,
    set: &SetClientAccess,
    found: &[ClientRow],
    clients: &[ClientId],
) -> Result<BTreeMap<ClientId, Access>, Refusal> {
    let in_practice = |one: &ClientRow| (one.id, if one.blocked { Access::Blocked } else { Access::Allowed });
    match set.clinician_id {
        Some(clinician) => Ok(draft.scope().client_access(clinician, clients).await?),
        None => Ok(found.iter().map(in_practice).collect()),
    }
}

async fn save(draft: &Draft, set: &SetClientAccess, clients: &[ClientId]) -> Result<(), Refusal> {
    let (scope, decision) = (draft.scope(), draft.decision());
    match (set.clinician_id, set.access) {
        (Some(clinician), access) => scope.set_client_access(clinician, clients, access, decision).await?,
        (None, Some(access)) => scope.set_blocked(clients, access == Access::Blocked, decision).await?,
        (None, None) => {
            let message = "In the whole practice a client is ALLOWED or BLOCKED; an audience belongs to a clinician.";
            return Err(Rejection::invalid("input.access", message).into());
        }
    }
    Ok(())
}
