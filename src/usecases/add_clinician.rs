//! An admin adds a clinician, with everything off: a new clinician is booked by nobody.

use std::sync::Arc;

use super::error::require_admin;
use super::idempotency::Idempotency;
use super::members::active;
use super::{Change, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClinicianId, MemberId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::settings::PracticeSettings;
use crate::domain::viewer::Viewer;
use crate::domain::{text, time};
use crate::store::Pairs;

/// A clinician to be added.
#[derive(Clone, Debug)]
pub struct NewClinician {
    pub display_name: String,
    pub email: String,
    pub credentials: Option<String>,
    /// The practice's zone, where none is given.
    pub time_zone: Option<String>,
    pub idempotency_key: Option<String>,
}

impl Desk {
    /// Adds the clinician, or finds the one that the same key made. A member who has the address already becomes a
    /// clinician besides what they are.
    pub async fn add_clinician(
        &self,
        viewer: &Viewer,
        new: NewClinician,
    ) -> Result<(Arc<PracticeSettings>, ClinicianId), Refusal> {
        require_admin(viewer)?;
        let invalid = |path| move |message| Rejection::invalid(path, message);
        let name = text::line(&new.display_name, "name", text::NAME_MAX_CHARS).map_err(invalid("input.displayName"))?;
        let email = text::email(&new.email).map_err(invalid("input.email"))?;
        let credentials = new.credentials.as_deref().map(|text| text::line(text, "credentials", text::NAME_MAX_CHARS));
        let credentials = credentials.transpose().map_err(invalid("input.credentials"))?;
        let zone = new.time_zone.as_deref().map(time::parse_zone).transpose().map_err(invalid("input.timeZone"))?;
        let zone_name = zone.map_or("", |zone| zone.name());
        let body = [name.as_str(), &email, credentials.as_deref().unwrap_or(""), zone_name];
        let key = new.idempotency_key.as_deref();
        let key = key.map(|key| Idempotency::new(viewer.member_id, "addClinician", key, &body)).transpose()?;

        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, &Change::default(), Pairs::OfClients(vec![])).await?;
                if let Some(key) = &key
                    && let Some(first) = key.first_answer(&draft.scope()).await?
                {
                    return Ok((draft.take_back().await?, ClinicianId(first)));
                }
                let known = active(draft.scope().member_with_email(&email).await?)?;
                if draft.before.clinicians.values().any(|other| Some(other.member_id) == known) {
                    let message = "A clinician with this address is in the practice already.";
                    return Err(Rejection::of_field(Code::AlreadyExists, "input.email", message).into());
                }
                let (id, now) = (ClinicianId::generate(), draft.now);
                let member = match known {
                    Some(member) => member,
                    None => {
                        let member = MemberId::generate();
                        draft.scope().insert_member(member, &name, Some(&email), false, now).await?;
                        member
                    }
                };
                let zone = zone.unwrap_or(draft.before.zone);
                draft.scope().insert_clinician(id, member, credentials.as_deref(), zone, now).await?;
                if let Some(key) = &key {
                    key.keep(&mut draft.write, id.0, now);
                }
                let event = Event::new(EventKind::ClinicianAdded, Some(draft.actor())).clinician(id);
                let event = event.change("memberId", None, Some(member.to_string()));
                draft.tell(event.change("timeZone", None, Some(zone.name().to_owned())));
                Ok((self.finish(draft).await?.settings, id))
            })
        })
        .await
    }
}
