//! An admin reads the log as an audit trail.

use super::error::require_admin;
use super::reads::shown;
use super::{Desk, Refusal};
use crate::domain::audit::{AuditFilter, Entry};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::rejection::Rejection;
use crate::domain::viewer::Viewer;
use crate::store::Stretch;

/// How far the entries of a filter are counted: to count a million takes longer than anybody looks at the number.
pub const AUDIT_COUNTED_MAX: u64 = 10_000;

/// A page of entries, newest first, and how many there are in all, counted up to a bound.
pub struct AuditPage {
    pub entries: Vec<Entry>,
    pub total: i64,
}

impl Desk {
    /// The entries that the filter admits, newest first, those older than the one numbered `before`.
    pub async fn audit_page(
        &self,
        viewer: &Viewer,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<AuditPage, Refusal> {
        require_admin(viewer)?;
        if let (Some(from), Some(to)) = (filter.from, filter.to)
            && from >= to
        {
            return Err(Rejection::invalid("filter.to", "The range ends at or before its start. Swap the two.").into());
        }
        let stretch = before.map_or(Stretch::ALL, |before| Stretch { until: before - 1, ..Stretch::ALL });
        let scope = self.store.read(viewer.practice_id);
        let entries = scope.audit(filter, stretch, limit).await?;
        let total = scope.audit_count(filter, AUDIT_COUNTED_MAX).await?;
        for entry in shown(&entries, limit) {
            self.note_reads(viewer, read_in(entry), entry.client_id);
        }
        // Where one client's are asked for, that there are none is read too.
        self.note_reads(viewer, ClientReadKind::Access, filter.client);
        Ok(AuditPage { entries, total })
    }
}

/// What of a client an entry shows.
fn read_in(entry: &Entry) -> ClientReadKind {
    match (entry.request_id, entry.appointment_id) {
        (Some(_), _) => ClientReadKind::Requests,
        (None, Some(_)) => ClientReadKind::Appointments,
        (None, None) => ClientReadKind::Access,
    }
}
