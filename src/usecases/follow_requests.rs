//! Following requests as they are made and decided: rights first, then the log.

use super::{Denied, Desk, Refusal, RequestFilter};
use crate::domain::events::{Cursor, EventFilter, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::rejection::Rejection;
use crate::domain::requests::RequestStatus;
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::push::{Feed, FeedRequest};

/// Which stream.
#[derive(Clone, Debug)]
pub struct RequestStream {
    pub kinds: &'static [EventKind],
    /// None means for an admin all, for a clinician their own, for a client their own.
    pub clinician_id: Option<ClinicianId>,
    /// Leave out what the viewer sees as a client.
    pub to_clinicians_only: bool,
    /// Replay what came after this cursor first.
    pub after: Option<String>,
}

impl Desk {
    /// Opens the stream, if the viewer may follow it.
    pub async fn follow_requests(
        &self,
        viewer: &Viewer,
        expires_at: Instant,
        stream: RequestStream,
    ) -> Result<Feed, Refusal> {
        let after = stream.after.as_deref().map(|text| place(viewer, text)).transpose()?;
        let mut filter = self.visible(viewer, stream.clinician_id).await?;
        filter.kinds = Some(stream.kinds);
        if stream.to_clinicians_only && filter.clinician.is_some() {
            filter.client = None;
        }
        let request = FeedRequest { viewer: viewer.clone(), expires_at, filter, after };
        let feed = Feed::open(self.hub.clone(), request).await?;
        Ok(feed.ok_or(Denied::Forbidden("Your rights have just changed. Subscribe again."))?)
    }

    /// How many requests wait for an answer, of one clinician or of all that the viewer may see.
    pub async fn pending_request_count(&self, viewer: &Viewer, clinician: Option<ClinicianId>) -> Result<u64, Refusal> {
        let visible = self.visible(viewer, clinician).await?;
        let statuses = Some(vec![RequestStatus::Pending]);
        // A clinician who is a client besides counts what waits for them, not what they wait for.
        let client = visible.client.filter(|_| visible.clinician.is_none());
        let filter = RequestFilter { clinician: visible.clinician, client, statuses };
        Ok(self.store.read(viewer.practice_id).requests_count(&filter, self.clock.now()).await?)
    }

    /// Where the practice's log stands: give it as `after` to miss nothing from now on.
    pub async fn latest_cursor(&self, viewer: &Viewer) -> Result<Cursor, Refusal> {
        let seq = self.store.read(viewer.practice_id).counters().await?.last_event;
        Ok(Cursor { practice_id: viewer.practice_id, seq })
    }

    async fn visible(&self, viewer: &Viewer, clinician: Option<ClinicianId>) -> Result<EventFilter, Refusal> {
        let filter = match (clinician, viewer.is_admin, viewer.clinician_id, viewer.client_id) {
            (Some(asked), _, _, _) if viewer.acts_for(asked) => {
                let settings = self.store.settings(viewer.practice_id).await?;
                settings.clinicians.get(&asked).ok_or(Denied::NotFound("clinician"))?;
                EventFilter { clinician: Some(asked), ..EventFilter::default() }
            }
            (Some(_), ..) => return Err(Denied::Forbidden("A clinician can follow their own requests only.").into()),
            (None, true, _, _) => EventFilter::default(),
            (None, false, None, None) => {
                return Err(Denied::Forbidden("This member has no role to follow requests in.").into());
            }
            (None, false, clinician, client) => EventFilter { clinician, client, ..EventFilter::default() },
        };
        Ok(filter)
    }
}

fn place(viewer: &Viewer, text: &str) -> Result<i64, Rejection> {
    let refused = || {
        let message = "This is not a cursor of this practice. Give back one that a stream of this practice sent.";
        Rejection::invalid("after", message)
    };
    let cursor = Cursor::parse(text).filter(|cursor| cursor.practice_id == viewer.practice_id);
    cursor.map(|cursor| cursor.seq).ok_or_else(refused)
}
