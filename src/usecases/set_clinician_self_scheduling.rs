//! A clinician opts in or out, for an audience; an admin can do it for one or many.

use super::error::require_acts_for;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::logged;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::rollout::Opening;
use crate::domain::settings::{Audience, Clinician, Control};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// The most clinicians in one change.
const CLINICIANS_MAX: usize = 1_000;

/// Whose opt-in changes, and to what.
#[derive(Clone, Debug)]
pub struct SetClinicianSelfScheduling {
    pub clinician_ids: Vec<ClinicianId>,
    pub opening: Opening,
    /// None keeps the audience chosen before.
    pub audience: Option<Audience>,
}

impl Desk {
    /// Opts in or out. All of them or, at the first "no", none.
    pub async fn set_clinician_self_scheduling(
        &self,
        viewer: &Viewer,
        set: SetClinicianSelfScheduling,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        for clinician in &set.clinician_ids {
            require_acts_for(viewer, *clinician)?;
        }
        if set.clinician_ids.is_empty() || set.clinician_ids.len() > CLINICIANS_MAX {
            let message = format!("Name 1 to {CLINICIANS_MAX} clinicians.");
            return Err(Rejection::invalid("input.clinicianIds", message).into());
        }
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(set.clinician_ids.clone())).await?;
                if draft.before.clinician_opt_in == Control::AdminOnly && !viewer.is_admin {
                    let message = "This practice keeps opting in to its admins. Ask one of them.";
                    return Err(Rejection::new(Code::KeptToAdmins, message).into());
                }
                let mut events = Vec::new();
                for (index, id) in set.clinician_ids.iter().enumerate() {
                    let missing = || Denied::not_found_at("clinician", &format!("input.clinicianIds.{index}"));
                    let clinician = draft.before.clinicians.get(id).ok_or_else(missing)?;
                    check(clinician, &set, index)?;
                    let of = format!("The opt-in of {}", clinician.display_name);
                    let opening = set.opening.checked(clinician.opening(), &of, draft.now)?;
                    let text = |audience: Option<Audience>| audience.map(|audience| audience.as_str().to_owned());
                    let event = Event::new(EventKind::ClinicianSelfSchedulingSet, Some(draft.actor())).clinician(*id);
                    let event = logged::opened(event, clinician.opening(), opening).change(
                        "audience",
                        text(clinician.audience),
                        text(set.audience.or(clinician.audience)),
                    );
                    events.push(event);
                }
                draft.scope().set_opt_in(&set.clinician_ids, set.opening, set.audience, draft.decision()).await?;
                events.into_iter().for_each(|event| draft.tell(event));
                self.finish(draft).await
            })
        })
        .await
    }
}

fn check(clinician: &Clinician, set: &SetClinicianSelfScheduling, index: usize) -> Result<(), Rejection> {
    if set.opening.enabled && !clinician.active {
        let message = format!("{} no longer sees clients.", clinician.display_name);
        return Err(Rejection::of_field(Code::Inactive, &format!("input.clinicianIds.{index}"), message));
    }
    if set.opening.enabled && set.audience.is_none() && clinician.audience.is_none() {
        let message = "Choose an audience: ALL_MY_CLIENTS or SELECTED_CLIENTS. There is no default.";
        return Err(Rejection::invalid("input.audience", message));
    }
    Ok(())
}
