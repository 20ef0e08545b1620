//! Rights, judged again under the write lock: a member who waits for it may lose a role meanwhile.

use super::{Denied, Refusal};
use crate::domain::viewer::Viewer;
use crate::store::Write;

/// Passes a member who still holds every role that they began with.
pub(super) async fn require_still(viewer: &Viewer, write: &Write) -> Result<(), Refusal> {
    match write.scope().viewer(viewer.sign_in()).await? {
        Some(now) if now.is_still(viewer) => Ok(()),
        _ => Err(Denied::Forbidden("Your rights have just changed, and nothing was saved.").into()),
    }
}
