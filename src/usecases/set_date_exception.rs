//! A clinician opens other hours on one date than their week has, or none; an admin can do it for them.

use chrono::{Duration, NaiveDate};

use super::error::require_acts_for;
use super::set_weekly_hours::check_services;
use super::settings_change::Draft;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::hours::Window;
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::logged;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::settings::Clinician;
use crate::domain::time;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// The most windows of one date: one an hour.
const WINDOWS_MAX: usize = 24;

/// The most dates of one clinician: every day of a year, and of the month that is kept behind.
const DATES_MAX: usize = 400;

/// How far ahead a date may be, in days: a year past the longest booking horizon.
const AHEAD_MAX_DAYS: i64 = 1_095;

/// For how long a date that is over is kept, in days. The log keeps that it was.
const KEPT_DAYS: i64 = 31;

/// Whose date, and what holds on it from now on.
#[derive(Clone, Debug)]
pub struct SetDateException {
    pub clinician_id: ClinicianId,
    /// In the clinician's zone.
    pub on: NaiveDate,
    /// Instead of the week's; none closes the date.
    pub windows: Vec<Window>,
    /// Each window's services in the order in which they were named: one that is refused is told by its place.
    pub named_services: Vec<Vec<ServiceId>>,
}

impl Desk {
    /// Sets what holds on the date. What is booked stays; meetings that are now outside the hours are in the impact.
    pub async fn set_date_exception(
        &self,
        viewer: &Viewer,
        mut set: SetDateException,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        set.windows.sort_by(Window::order);
        require_acts_for(viewer, set.clinician_id)?;
        if set.windows.len() > WINDOWS_MAX {
            let message = format!("A date has at most {WINDOWS_MAX} windows.");
            return Err(Rejection::invalid("input.windows", message).into());
        }
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![set.clinician_id])).await?;
                let clinician = draft.clinician(set.clinician_id)?;
                let today = time::local_date(clinician.zone, draft.now);
                check_date(clinician, set.on, today)?;
                let before = clinician.hours.exceptions.get(&set.on).map(|windows| logged::date(set.on, windows));
                check_services(&draft, set.clinician_id, "input.windows", &set.named_services)?;
                let (scope, id, kept_from) = (draft.scope(), set.clinician_id, today - Duration::days(KEPT_DAYS));
                // The log keeps what was kept until now.
                let over = logged::dates(clinician.hours.exceptions.range(..kept_from));
                scope.forget_date_exceptions(id, kept_from).await?;
                scope.set_date_exception(id, set.on, &set.windows, draft.decision()).await?;
                let event = Event::new(EventKind::DateExceptionSet, Some(draft.actor())).clinician(id);
                let event = event.change("hours", before, Some(logged::date(set.on, &set.windows)));
                draft.tell(event.change("datesOver", over, None));
                self.finish(draft).await
            })
        })
        .await
    }

    /// Lets the week's hours hold on the date again. Where they do already, nothing changes.
    pub async fn remove_date_exception(
        &self,
        viewer: &Viewer,
        clinician_id: ClinicianId,
        on: NaiveDate,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_acts_for(viewer, clinician_id)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![clinician_id])).await?;
                if let Some(before) = exception(&draft, clinician_id, on)? {
                    draft.scope().remove_date_exception(clinician_id, on, draft.decision()).await?;
                    let event =
                        Event::new(EventKind::DateExceptionRemoved, Some(draft.actor())).clinician(clinician_id);
                    draft.tell(event.change("hours", Some(before), None));
                }
                self.finish(draft).await
            })
        })
        .await
    }
}

fn exception(draft: &Draft, clinician: ClinicianId, on: NaiveDate) -> Result<Option<String>, Refusal> {
    let exceptions = &draft.clinician(clinician)?.hours.exceptions;
    Ok(exceptions.get(&on).map(|windows| logged::date(on, windows)))
}

fn check_date(clinician: &Clinician, on: NaiveDate, today: NaiveDate) -> Result<(), Rejection> {
    if on < today {
        let message = format!("{on} is over. Choose a date from {today} on, which is today where the clinician is.");
        return Err(Rejection::invalid("input.on", message));
    }
    if on > today + Duration::days(AHEAD_MAX_DAYS) {
        let message = format!("{on} is more than {AHEAD_MAX_DAYS} days ahead. Choose an earlier date.");
        return Err(Rejection::invalid("input.on", message));
    }
    let kept = clinician.hours.exceptions.range(today - Duration::days(KEPT_DAYS)..);
    if kept.filter(|(date, _)| **date != on).count() >= DATES_MAX {
        let message = format!(
            "A clinician has at most {DATES_MAX} dates with hours of their own. Change the weekly hours instead, or \
             remove other dates."
        );
        return Err(Rejection::of_field(Code::LimitReached, "input.on", message));
    }
    Ok(())
}
