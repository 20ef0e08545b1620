//! An admin holds clinicians off, with a reason, or lifts the hold. The clinicians' own settings stay under it.

use super::error::require_admin;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::many::Many;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// The hold to set or lift.
#[derive(Clone, Debug)]
pub struct LockClinician {
    pub clinicians: Many<ClinicianId>,
    pub locked: bool,
    /// Needed to set a hold.
    pub reason: Option<String>,
}

impl Desk {
    /// Sets or lifts the hold. Of all of them or, at the first "no", of none.
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
        let kind = if set.locked { EventKind::ClinicianLocked } else { EventKind::ClinicianUnlocked };
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(set.clinicians.each().to_vec())).await?;
                let (mut moved, mut events) = (Vec::new(), Vec::new());
                for id in set.clinicians.each() {
                    let missing = || Denied::not_found_at("clinician", &set.clinicians.path_of(*id));
                    let lock = draft.before.clinicians.get(id).ok_or_else(missing)?.lock.as_ref();
                    // Another reason is another hold.
                    if lock.map(|lock| &lock.reason) == reason.as_ref() {
                        continue;
                    }
                    let event = Event::new(kind, Some(draft.actor())).clinician(*id).reason(reason.clone());
                    let was_locked = lock.is_some().to_string();
                    events.push(event.change("locked", Some(was_locked), Some(set.locked.to_string())));
                    moved.push(*id);
                }
                draft.scope().set_lock(&moved, reason.clone(), draft.decision()).await?;
                events.into_iter().for_each(|event| draft.tell(event));
                self.finish(draft).await
            })
        })
        .await
    }
}
