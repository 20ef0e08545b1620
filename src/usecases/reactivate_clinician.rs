//! A clinician who left comes back, opted out: they are booked by nobody until they opt in again.

use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::logged;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::rollout::Opening;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

impl Desk {
    /// Gives the clinician's role back; services, hours and access are as they left them. One who never left stays as
    /// they are.
    pub async fn reactivate_clinician(
        &self,
        viewer: &Viewer,
        id: ClinicianId,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![id])).await?;
                let clinician = draft.clinician(id)?;
                let (member, before) = (clinician.member_id, clinician.opening());
                if clinician.active {
                    return self.finish(draft).await;
                }
                if draft.scope().viewer(member.into()).await?.is_none() {
                    let message =
                        "This clinician cannot sign in. Let the member come back with reactivateMember first.";
                    return Err(Rejection::of_field(Code::Inactive, "input.clinicianId", message).into());
                }
                draft.scope().set_clinician_active(id, true, draft.decision()).await?;
                if before.enabled {
                    draft.scope().set_opt_in(&[id], Opening::OFF, None, draft.decision()).await?;
                }
                let event = Event::new(EventKind::ClinicianReactivated, Some(draft.actor())).clinician(id);
                let event = event.change("active", Some(false.to_string()), Some(true.to_string()));
                draft.tell(logged::opened(event, before, Opening::OFF));
                self.finish(draft).await
            })
        })
        .await
    }
}
