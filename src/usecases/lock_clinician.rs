//! An admin holds a clinician off, with a reason, or lifts the hold. The clinician's own settings stay under it.

use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// The hold to set or lift.
#[derive(Clone, Debug)]
pub struct LockClinician {
    pub clinician_id: ClinicianId,
    pub locked: bool,
    /// Needed to set a hold.
    pub reason: Option<String>,
}

impl Desk {
    /// Sets or lifts the hold.
    pub async fn lock_clinician(
        &self,
        viewer: &Viewer,
        set: LockClinician,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        let reason = match (set.locked, set.reason.as_deref()) {
            (true, reason) => Some(
                text::line(reason.unwrap_or_default(), "reason", text::REASON_MAX_CHARS)
                    .map_err(|message| Rejection::invalid("input.reason", message))?,
            ),
            (false, _) => None,
        };
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![set.clinician_id])).await?;
                let was_locked = draft.clinician(set.clinician_id)?.lock.is_some();
                draft.scope().set_lock(set.clinician_id, reason.clone(), draft.decision()).await?;
                let kind = if set.locked { EventKind::ClinicianLocked } else { EventKind::ClinicianUnlocked };
                let event = Event::new(kind, Some(draft.actor())).clinician(set.clinician_id).reason(reason.clone());
                draft.tell(event.change("locked", Some(was_locked.to_string()), Some(set.locked.to_string())));
                self.finish(draft).await
            })
        })
        .await
    }
}
