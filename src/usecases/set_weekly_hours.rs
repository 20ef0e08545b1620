//! A clinician opens weekly hours, wall clock in their own zone; an admin can do it for them.

use super::error::require_acts_for;
use super::settings_change::Draft;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::hours::WeeklyHours;
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::logged;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// The most windows of one clinician's week: one a quarter of an hour would be 672, and nobody has more than a few.
const WINDOWS_MAX: usize = 100;

/// Whose hours, and all of them from now on.
#[derive(Clone, Debug)]
pub struct SetWeeklyHours {
    pub clinician_id: ClinicianId,
    pub windows: Vec<WeeklyHours>,
    /// Each window's services in the order in which they were named: one that is refused is told by its place.
    pub named_services: Vec<Vec<ServiceId>>,
}

impl Desk {
    /// Replaces the weekly hours. What is booked stays; meetings that are now outside the hours are in the impact.
    pub async fn set_weekly_hours(
        &self,
        viewer: &Viewer,
        mut set: SetWeeklyHours,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        set.windows.sort_by(WeeklyHours::order);
        require_acts_for(viewer, set.clinician_id)?;
        if set.windows.len() > WINDOWS_MAX {
            return Err(Rejection::invalid("input.hours", format!("A week has at most {WINDOWS_MAX} windows.")).into());
        }
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![set.clinician_id])).await?;
                let before = logged::hours(&draft.clinician(set.clinician_id)?.hours.weekly);
                check_services(&draft, set.clinician_id, "input.hours", &set.named_services)?;
                draft.scope().set_hours(set.clinician_id, &set.windows, draft.decision()).await?;
                let event = Event::new(EventKind::WeeklyHoursSet, Some(draft.actor())).clinician(set.clinician_id);
                draft.tell(event.change("hours", Some(before), Some(logged::hours(&set.windows))));
                self.finish(draft).await
            })
        })
        .await
    }
}

/// Every service that a window names exists and, unless the clinician's hours named it before, is not archived.
pub(super) fn check_services(
    draft: &Draft,
    clinician: ClinicianId,
    path: &str,
    named: &[Vec<ServiceId>],
) -> Result<(), Refusal> {
    let before = &draft.clinician(clinician)?.hours;
    for (window, services) in named.iter().enumerate() {
        for (index, id) in services.iter().enumerate() {
            let path = format!("{path}.{window}.serviceIds.{index}");
            let service = draft.before.services.get(id).ok_or_else(|| Denied::not_found_at("service", &path))?;
            if !service.active && !before.names(*id) {
                let message = format!("{} is archived. Choose a service that is not.", service.name);
                return Err(Rejection::of_field(Code::ServiceArchived, &path, message).into());
            }
        }
    }
    Ok(())
}
