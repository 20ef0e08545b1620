//! An admin adds what can be booked. A new service is offered by nobody.

use super::error::require_admin;
use super::idempotency::Idempotency;
use super::{Change, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::hours::Modality;
use crate::domain::ids::ServiceId;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::rules::RuleOverrides;
use crate::domain::settings::{Confirmation, PracticeSettings, Service};
use crate::domain::text;
use crate::domain::time::Minutes;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// The shortest and the longest service, in minutes: five minutes to a day.
const DURATION_MINUTES: std::ops::RangeInclusive<i32> = 5..=1440;

/// A service to be added.
#[derive(Clone, Debug)]
pub struct NewService {
    pub name: String,
    pub duration_minutes: i32,
    pub modality: Modality,
    pub confirmation: Confirmation,
    pub idempotency_key: Option<String>,
}

impl Desk {
    /// Adds the service, or finds the one that the same key made.
    pub async fn create_service(
        &self,
        viewer: &Viewer,
        new: NewService,
    ) -> Result<(std::sync::Arc<PracticeSettings>, ServiceId), Refusal> {
        require_admin(viewer)?;
        let service = parse(&new)?;
        let body = [
            service.name.as_str(),
            &new.duration_minutes.to_string(),
            new.modality.as_str(),
            new.confirmation.as_str(),
        ];
        let key = new.idempotency_key.as_deref();
        let key = key.map(|key| Idempotency::new(viewer.member_id, "createService", key, &body)).transpose()?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, &Change::default(), Pairs::OfClients(vec![])).await?;
                if let Some(key) = &key
                    && let Some(first) = key.first_answer(&draft.scope()).await?
                {
                    return Ok((draft.take_back().await?, ServiceId(first)));
                }
                name_is_free(&draft.before, &service)?;
                draft.scope().insert_service(&service, draft.now).await?;
                if let Some(key) = &key {
                    key.keep(&mut draft.write, service.id.0, draft.now);
                }
                let after = Some(service.id.to_string());
                draft.tell(
                    Event::new(EventKind::ServiceCreated, Some(draft.actor()))
                        .change("serviceId", None, after)
                        .change("durationMinutes", None, Some(service.duration.0.to_string()))
                        .change("modality", None, Some(service.modality.as_str().to_owned()))
                        .change("confirmation", None, Some(service.confirmation.as_str().to_owned())),
                );
                Ok((self.finish(draft).await?.settings, service.id))
            })
        })
        .await
    }
}

pub(super) fn checked_name(name: &str) -> Result<String, Rejection> {
    let name = text::line(name, "service's name", text::NAME_MAX_CHARS);
    name.map_err(|message| Rejection::invalid("input.name", message))
}

pub(super) fn checked_duration(minutes: i32) -> Result<Minutes, Rejection> {
    if !DURATION_MINUTES.contains(&minutes) {
        return Err(Rejection::invalid("input.durationMinutes", "A service lasts 5 to 1440 minutes."));
    }
    Ok(Minutes(minutes))
}

/// Of the services that are not archived, no two have one name.
pub(super) fn name_is_free(settings: &PracticeSettings, service: &Service) -> Result<(), Rejection> {
    let has_it = |other: &Service| other.active && other.id != service.id && other.name == service.name;
    if settings.services.values().any(has_it) {
        let message = "There is a service with this name. Choose another name, or use that service.";
        return Err(Rejection::of_field(Code::AlreadyExists, "input.name", message));
    }
    Ok(())
}

fn parse(new: &NewService) -> Result<Service, Rejection> {
    let duration = checked_duration(new.duration_minutes)?;
    Ok(Service {
        id: ServiceId::generate(),
        name: checked_name(&new.name)?,
        duration,
        modality: new.modality,
        confirmation: new.confirmation,
        active: true,
        active_decision: None,
        rules: RuleOverrides::default(),
    })
}
