//! New requests are paused, or the pause is lifted: by an admin for the practice or a clinician, by clinicians for themselves.
//! Every setting stays under it as it is.

use super::error::{require_acts_for, require_admin};
use super::settings_change::Draft;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::past;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// What is to be paused, or no longer.
#[derive(Clone, Copy, Debug)]
pub struct PauseNewRequests {
    /// None for the whole practice.
    pub clinician_id: Option<ClinicianId>,
    pub paused: bool,
}

impl Desk {
    /// Pauses, or lifts the pause. Whatever the practice's policy says of opting in, a clinician may: a pause only narrows,
    /// and lifting it restores what stood.
    pub async fn pause_new_requests(
        &self,
        viewer: &Viewer,
        set: PauseNewRequests,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        let pairs = match set.clinician_id {
            Some(id) => {
                require_acts_for(viewer, id)?;
                Pairs::OfClinicians(vec![id])
            }
            None => {
                require_admin(viewer)?;
                Pairs::All
            }
        };
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, pairs.clone()).await?;
                let event = set_pause(&draft, set.clinician_id, set.paused).await?;
                draft.tell(event);
                self.finish(draft).await
            })
        })
        .await
    }
}

/// Sets the pause, or lifts it; answers the fact of it.
pub(super) async fn set_pause(draft: &Draft, of: Option<ClinicianId>, paused: bool) -> Result<Event, Refusal> {
    let before = match of {
        Some(id) => draft.clinician(id)?.pause,
        None => draft.before.pause,
    };
    draft.scope().set_pause(of, paused.then(|| draft.decision())).await?;
    let kind = match (of.is_some(), paused) {
        (true, true) => EventKind::ClinicianPaused,
        (true, false) => EventKind::ClinicianResumed,
        (false, true) => EventKind::PracticePaused,
        (false, false) => EventKind::PracticeResumed,
    };
    let event = Event { clinician_id: of, ..Event::new(kind, Some(draft.actor())) };
    Ok(event.change(past::PAUSED, Some(before.is_some().to_string()), Some(paused.to_string())))
}
