//! An admin changes a client's name, or the address they sign in with.

use super::deactivate_client::named;
use super::error::require_admin;
use super::rights::require_still;
use super::{Desk, Refusal, members};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::ClientId;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::text;
use crate::domain::viewer::Viewer;
use crate::store::StoreError;

/// The client, and what changes; what is not given stays.
#[derive(Clone, Debug)]
pub struct UpdateClient {
    pub client_id: ClientId,
    pub display_name: Option<String>,
    /// An empty text takes it away: they can no longer be found by one.
    pub email: Option<String>,
}

impl Desk {
    /// Changes it. Name and address are the person's, in whatever other role they are in the practice.
    pub async fn update_client(&self, viewer: &Viewer, set: UpdateClient) -> Result<(), Refusal> {
        require_admin(viewer)?;
        let invalid = |path| move |message| Rejection::invalid(path, message);
        let name = set.display_name.as_deref().map(|text| text::line(text, "name", text::NAME_MAX_CHARS)).transpose();
        let name = name.map_err(invalid("input.displayName"))?;
        let email = match set.email.as_deref().map(str::trim) {
            None => None,
            Some("") => Some(None),
            Some(text) => Some(Some(text::email(text).map_err(invalid("input.email"))?)),
        };
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let old = named(&write.scope(), set.client_id).await?;
                let name = name.clone().unwrap_or_else(|| old.display_name.clone());
                let email = email.clone().unwrap_or_else(|| old.email.clone());
                // Names and addresses stay out of the log: it tells only that they changed.
                let changed = |is: bool| is.then(|| "changed".to_owned());
                let event = Event::new(EventKind::ClientUpdated, Some(viewer.member_id))
                    .client(set.client_id)
                    .change("displayName", None, changed(name != old.display_name))
                    .change("email", None, changed(email != old.email));
                if event.changes.is_empty() {
                    write.roll_back().await?;
                    return Ok(());
                }
                let roles = members::named(&write.scope(), old.member_id).await?.roles;
                if email.is_none() && (roles.is_admin || roles.clinician_id.is_some()) {
                    let message = "This member is an admin or a clinician too, and keeps an address. Give another one.";
                    return Err(Rejection::invalid("input.email", message).into());
                }
                // A clinician's name is part of the settings, also when they no longer see clients.
                let settings = write.settings().await?;
                if settings.clinicians.values().any(|clinician| clinician.member_id == old.member_id) {
                    write.move_revision().await?;
                }
                let saved = write.scope().update_person(old.member_id, &name, email.as_deref()).await;
                saved.map_err(taken)?;
                write.append(&event, self.clock.now());
                Ok(self.commit(viewer.practice_id, write).await?)
            })
        })
        .await
    }
}

fn taken(error: StoreError) -> Refusal {
    match error {
        StoreError::Duplicate(_) => {
            let message = "Another member of the practice has this address. Give another one.";
            Rejection::of_field(Code::AlreadyExists, "input.email", message).into()
        }
        other => other.into(),
    }
}
