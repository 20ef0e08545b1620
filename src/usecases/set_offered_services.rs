//! A clinician chooses the services that clients can ask them for; an admin can do it for them.

use std::collections::BTreeSet;

use super::error::require_acts_for;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::logged;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// Whose services, and all of them from now on.
#[derive(Clone, Debug)]
pub struct SetOfferedServices {
    pub clinician_id: ClinicianId,
    pub service_ids: Vec<ServiceId>,
}

impl Desk {
    /// Replaces the offered services. One that was offered before keeps who decided so and when.
    pub async fn set_offered_services(
        &self,
        viewer: &Viewer,
        set: SetOfferedServices,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_acts_for(viewer, set.clinician_id)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![set.clinician_id])).await?;
                let clinician = draft.clinician(set.clinician_id)?;
                for (index, id) in set.service_ids.iter().enumerate() {
                    let path = format!("input.serviceIds.{index}");
                    let service =
                        draft.before.services.get(id).ok_or_else(|| Denied::not_found_at("service", &path))?;
                    if !service.active && !clinician.offered.contains_key(id) {
                        let message = format!("{} is archived. Choose a service that is not.", service.name);
                        return Err(Rejection::of_field(Code::ServiceArchived, &path, message).into());
                    }
                }
                let wanted: BTreeSet<_> = set.service_ids.iter().copied().collect();
                let before: BTreeSet<_> = clinician.offered.keys().copied().collect();
                let kept = |id: ServiceId| clinician.offered.get(&id).copied().unwrap_or_else(|| draft.decision());
                let rows: Vec<_> = wanted.iter().map(|id| (*id, kept(*id))).collect();
                draft.scope().set_offered(set.clinician_id, &rows, draft.decision()).await?;
                let event = Event::new(EventKind::OfferedServicesSet, Some(draft.actor())).clinician(set.clinician_id);
                draft.tell(event.change(
                    "serviceIds",
                    Some(logged::services(&before)),
                    Some(logged::services(&wanted)),
                ));
                self.finish(draft).await
            })
        })
        .await
    }
}
