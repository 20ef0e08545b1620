//! Clients are allowed or blocked: for one clinician by that clinician or an admin, in the whole practice by an admin.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{require_acts_for, require_admin};
use super::{Change, Changed, ClientRow, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::logged;
use crate::domain::many::Many;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::settings::{Access, Control};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

use super::settings_change::Draft;

/// Whose access changes, and to what.
#[derive(Clone, Debug)]
pub struct SetClientAccess {
    pub clients: Many<ClientId>,
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
        if set.clinician_id.is_none() && set.access.is_none() {
            let message = "In the whole practice a client is ALLOWED or BLOCKED; an audience belongs to a clinician.";
            return Err(Rejection::invalid("input.access", message).into());
        }
        let clients = set.clients.each();
        // A clinician's entry moves nothing with other clinicians, and the impact must tell nothing of them.
        let pairs = match set.clinician_id {
            Some(clinician) => Pairs::Of(clinician, clients.to_vec()),
            None => Pairs::OfClients(clients.to_vec()),
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
                let found = draft.scope().clients(viewer.reach_as_staff(), clients).await?;
                let known: BTreeSet<_> = found.iter().map(|one| one.id).collect();
                if let Some(missing) = clients.iter().find(|id| !known.contains(id)) {
                    return Err(Denied::not_found_at("client", &set.clients.path_of(*missing)).into());
                }
                let before = entries(&draft, &set, &found).await?;
                // Where nothing moves, who decided it last and when stays too.
                let moves = |client: &&ClientId| before.get(client).copied() != set.access;
                let moved: Vec<_> = clients.iter().filter(moves).copied().collect();
                save(&draft, &set, &moved).await?;
                for client in &moved {
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
) -> Result<BTreeMap<ClientId, Access>, Refusal> {
    let in_practice = |one: &ClientRow| (one.id, if one.blocked { Access::Blocked } else { Access::Allowed });
    match set.clinician_id {
        Some(clinician) => Ok(draft.scope().client_access(clinician, set.clients.each()).await?),
        None => Ok(found.iter().map(in_practice).collect()),
    }
}

async fn save(draft: &Draft, set: &SetClientAccess, clients: &[ClientId]) -> Result<(), Refusal> {
    let (scope, decision) = (draft.scope(), draft.decision());
    match (set.clinician_id, set.access) {
        (Some(clinician), access) => scope.set_client_access(clinician, clients, access, decision).await?,
        (None, access) => scope.set_blocked(clients, access == Some(Access::Blocked), decision).await?,
    }
    Ok(())
}
