//! An admin changes what is shown of a clinician, or the zone of their wall clock.

use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::rejection::Rejection;
use crate::domain::viewer::Viewer;
use crate::domain::{text, time};
use crate::store::Pairs;

/// The clinician, and what changes; what is not given stays.
#[derive(Clone, Debug)]
pub struct UpdateClinician {
    pub clinician_id: ClinicianId,
    pub display_name: Option<String>,
    /// An empty text takes them away.
    pub credentials: Option<String>,
    pub time_zone: Option<String>,
}

impl Desk {
    /// Changes it. With the zone, the hours move to its wall clock; what is booked keeps its instant, and is in the impact
    /// where it is outside the hours then.
    pub async fn update_clinician(
        &self,
        viewer: &Viewer,
        set: UpdateClinician,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        let invalid = |path| move |message| Rejection::invalid(path, message);
        let line = |text: &str, what| text::line(text, what, text::NAME_MAX_CHARS);
        let name = set.display_name.as_deref().map(|text| line(text, "name")).transpose();
        let name = name.map_err(invalid("input.displayName"))?;
        let credentials = match set.credentials.as_deref().map(str::trim) {
            None => None,
            Some("") => Some(None),
            Some(text) => Some(Some(line(text, "credentials").map_err(invalid("input.credentials"))?)),
        };
        let zone = set.time_zone.as_deref().map(time::parse_zone).transpose().map_err(invalid("input.timeZone"))?;
        self.retrying(|| {
            Box::pin(async {
                let id = set.clinician_id;
                let mut draft = self.draft(viewer, change, Pairs::OfClinicians(vec![id])).await?;
                let old = draft.clinician(id)?.clone();
                let name = name.clone().unwrap_or_else(|| old.display_name.clone());
                let credentials = credentials.clone().unwrap_or_else(|| old.credentials.clone());
                let zone = zone.unwrap_or(old.zone);
                draft.scope().update_clinician(id, old.member_id, &name, credentials.as_deref(), zone).await?;
                // Names stay out of the log: it tells only that they changed.
                let changed = |is: bool| is.then(|| "changed".to_owned());
                let event = Event::new(EventKind::ClinicianUpdated, Some(draft.actor()))
                    .clinician(id)
                    .change("displayName", None, changed(name != old.display_name))
                    .change("credentials", None, changed(credentials != old.credentials))
                    .change("timeZone", Some(old.zone.name().to_owned()), Some(zone.name().to_owned()));
                draft.tell(event);
                self.finish(draft).await
            })
        })
        .await
    }
}
