//! An admin changes what a service is. Requests and meetings of it keep the times that they have.

use super::create_service::{checked_duration, checked_name, name_is_free};
use super::error::require_admin;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::hours::Modality;
use crate::domain::ids::ServiceId;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::settings::{Confirmation, Service};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// The service, and what changes; what is not given stays.
#[derive(Clone, Debug)]
pub struct UpdateService {
    pub service_id: ServiceId,
    pub name: Option<String>,
    pub duration_minutes: Option<i32>,
    pub modality: Option<Modality>,
    pub confirmation: Option<Confirmation>,
}

impl Desk {
    /// Changes it, for whatever is asked for from now on.
    pub async fn update_service(
        &self,
        viewer: &Viewer,
        set: UpdateService,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        let name = set.name.as_deref().map(checked_name).transpose()?;
        let duration = set.duration_minutes.map(checked_duration).transpose()?;
        self.retrying(|| {
            Box::pin(async {
                // In another way of meeting the hours of whoever offers it may not be open for it.
                let mut draft = self.draft(viewer, change, Pairs::All).await?;
                let missing = || Denied::not_found_at("service", "input.id");
                let old = draft.before.services.get(&set.service_id).ok_or_else(missing)?;
                if !old.active {
                    let message = "This service is archived, and stays as it was. Create another instead.";
                    return Err(Rejection::of_field(Code::ServiceArchived, "input.id", message).into());
                }
                let new = Service {
                    name: name.clone().unwrap_or_else(|| old.name.clone()),
                    duration: duration.unwrap_or(old.duration),
                    modality: set.modality.unwrap_or(old.modality),
                    confirmation: set.confirmation.unwrap_or(old.confirmation),
                    ..old.clone()
                };
                name_is_free(&draft.before, &new)?;
                draft.scope().update_service(&new).await?;
                let event = told(Event::new(EventKind::ServiceUpdated, Some(draft.actor())), old, &new);
                draft.tell(event);
                self.finish(draft).await
            })
        })
        .await
    }
}

/// Names stay out of the log: it tells only that one changed.
fn told(event: Event, old: &Service, new: &Service) -> Event {
    let named = (old.name != new.name).then(|| "changed".to_owned());
    let minutes = |service: &Service| Some(service.duration.0.to_string());
    let modality = |service: &Service| Some(service.modality.as_str().to_owned());
    let confirmation = |service: &Service| Some(service.confirmation.as_str().to_owned());
    event
        .service(old.id)
        .change("name", None, named)
        .change("durationMinutes", minutes(old), minutes(new))
        .change("modality", modality(old), modality(new))
        .change("confirmation", confirmation(old), confirmation(new))
}
