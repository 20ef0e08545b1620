//! An admin says who may move the two gates that clinicians can move for themselves.

use super::error::require_admin;
use super::{Change, Changed, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::settings::Control;
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// What changes; what is none stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdatePracticePolicy {
    pub clinician_opt_in: Option<Control>,
    pub client_access_control: Option<Control>,
}

impl Desk {
    /// Changes the policy. What clinicians decided before stays decided.
    pub async fn update_practice_policy(
        &self,
        viewer: &Viewer,
        update: UpdatePracticePolicy,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        require_admin(viewer)?;
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, Pairs::OfClients(vec![])).await?;
                let (old_opt_in, old_access) = (draft.before.clinician_opt_in, draft.before.client_access_control);
                let opt_in = update.clinician_opt_in.unwrap_or(old_opt_in);
                let access = update.client_access_control.unwrap_or(old_access);
                draft.scope().set_policy(opt_in, access).await?;
                let text = |control: Control| Some(control.as_str().to_owned());
                draft.tell(
                    Event::new(EventKind::PracticePolicyUpdated, Some(draft.actor()))
                        .change("clinicianOptIn", text(old_opt_in), text(opt_in))
                        .change("clientAccessControl", text(old_access), text(access)),
                );
                self.finish(draft).await
            })
        })
        .await
    }
}
