//! An admin adds a client. A new client is in nobody's care until care starts.

use super::error::require_admin;
use super::idempotency::Idempotency;
use super::members::active;
use super::rights::require_still;
use super::{Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClientId, MemberId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::text;
use crate::domain::viewer::Viewer;
use crate::store::StoreError;

/// A client to be added.
#[derive(Clone, Debug)]
pub struct NewClient {
    pub display_name: String,
    /// Without one the client cannot sign in.
    pub email: Option<String>,
    pub idempotency_key: Option<String>,
}

impl Desk {
    /// Adds the client, or finds the one that the same key made. A member who has the address already becomes a client
    /// besides what they are.
    pub async fn add_client(&self, viewer: &Viewer, new: NewClient) -> Result<ClientId, Refusal> {
        require_admin(viewer)?;
        let invalid = |path| move |message| Rejection::invalid(path, message);
        let name = text::line(&new.display_name, "name", text::NAME_MAX_CHARS).map_err(invalid("input.displayName"))?;
        let email = new.email.as_deref().map(text::email).transpose().map_err(invalid("input.email"))?;
        let body = [name.as_str(), email.as_deref().unwrap_or("")];
        let key = new.idempotency_key.as_deref();
        let key = key.map(|key| Idempotency::new(viewer.member_id, "addClient", key, &body)).transpose()?;

        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let (scope, now) = (write.scope(), self.clock.now());
                if let Some(key) = &key
                    && let Some(first) = key.first_answer(&scope).await?
                {
                    write.roll_back().await?;
                    return Ok(ClientId(first));
                }
                let known = match &email {
                    Some(email) => active(scope.member_with_email(email).await?)?,
                    None => None,
                };
                let member = match known {
                    Some(member) => member,
                    None => {
                        let member = MemberId::generate();
                        scope.insert_member(member, &name, email.as_deref(), false, now).await?;
                        member
                    }
                };
                let id = ClientId::generate();
                scope.insert_client(id, member, now).await.map_err(taken)?;
                if let Some(key) = &key {
                    key.keep(&mut write, id.0, now);
                }
                let event = Event::new(EventKind::ClientAdded, Some(viewer.member_id)).client(id);
                write.append(&event.change("memberId", None, Some(member.to_string())), now);
                self.commit(viewer.practice_id, write).await?;
                Ok(id)
            })
        })
        .await
    }
}

fn taken(error: StoreError) -> Refusal {
    match error {
        StoreError::Duplicate(_) => Rejection::of_field(
            Code::AlreadyExists,
            "input.email",
            "A client with this address is in the practice already.",
        )
        .into(),
        other => other.into(),
    }
}
