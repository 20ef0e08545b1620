//! A clinician opts in or out, for an audience; an admin can do it for one or many.

use super::error::require_acts_for;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::logged;
use crate::domain::many::Many;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::rollout::Opening;
use crate::domain::settings::{Audience, Clinician, Control};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// Whose opt-in changes, and to what.
#[derive(Clone, Debug)]
pub struct SetClinicianSelfScheduling {
    pub clinicians: Many<ClinicianId>,
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
        for clinician in set.clinicians.each() {
            require_acts_for(viewer, *clinician)?;
        }
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(set.clinicians.each().to_vec())).await?;
                if draft.before.clinician_opt_in == Control::AdminOnly && !viewer.is_admin {
                    let message = "This practice keeps opting in to its admins. Ask one of them.";
                    return Err(Rejection::new(Code::KeptToAdmins, message).into());
                }
                let (mut moved, mut events) = (Vec::new(), Vec::new());
                for id in set.clinicians.each() {
                    let missing = || Denied::not_found_at("clinician", &set.clinicians.path_of(*id));
                    let clinician = draft.before.clinicians.get(id).ok_or_else(missing)?;
                    check(clinician, &set)?;
                    let of = format!("The opt-in of {}", clinician.display_name);
                    let opening = set.opening.checked(clinician.opening(), &of, draft.now)?;
                    let audience = set.audience.or(clinician.audience);
                    // Where nothing moves, who decided it last and when stays too.
                    if (clinician.opening(), clinician.audience) == (opening, audience) {
                        continue;
                    }
                    let text = |audience: Option<Audience>| audience.map(|audience| audience.as_str().to_owned());
                    let event = Event::new(EventKind::ClinicianSelfSchedulingSet, Some(draft.actor())).clinician(*id);
                    let event = logged::opened(event, clinician.opening(), opening);
                    let event = event.change("audience", text(clinician.audience), text(audience));
                    events.push(event);
                    moved.push(*id);
                }
                draft.scope().set_opt_in(&moved, set.opening, set.audience, draft.decision()).await?;
                events.into_iter().for_each(|event| draft.tell(event));
                self.finish(draft).await
            })
        })
        .await
    }
}

fn check(clinician: &Clinician, set: &SetClinicianSelfScheduling) -> Result<(), Rejection> {
    if set.opening.enabled && !clinician.active {
        let message = format!("{} no longer sees clients.", clinician.display_name);
        return Err(Rejection::of_field(Code::Inactive, &set.clinicians.path_of(clinician.id), message));
    }
    if set.opening.enabled && set.audience.is_none() && clinician.audience.is_none() {
        let name = &clinician.display_name;
        let message = format!(
            "{name} has chosen no audience yet. Choose one: ALL_MY_CLIENTS or SELECTED_CLIENTS. There is no default."
        );
        return Err(Rejection::invalid("input.audience", message));
    }
    Ok(())
}
