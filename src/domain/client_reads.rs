//! Who looked at what of a client: kept for the client's sake, apart from the log of changes.

use uuid::Uuid;

use super::ids::{ClientId, MemberId, PracticeId};
use super::spelled;
use super::time::Instant;
use super::viewer::Viewer;

spelled! {
    /// What of a client was looked at.
    pub enum ClientReadKind {
        Profile = "PROFILE",
        Requests = "REQUESTS",
        Appointments = "APPOINTMENTS",
        Access = "ACCESS",
        SeenAsClient = "SEEN_AS_CLIENT",
    }
}

/// A look at what is a client's, by somebody else. Looks of one member at the same within one minute are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientRead {
    pub member_id: MemberId,
    pub client_id: ClientId,
    pub kind: ClientReadKind,
    /// When the first of that minute was.
    pub read_at: Instant,
}

const MINUTE_MILLIS: i64 = 60_000;

impl ClientRead {
    /// The look, where it is one: what is one's own is not looked at.
    pub fn by(viewer: &Viewer, client_id: ClientId, kind: ClientReadKind, now: Instant) -> Option<Self> {
        let is_own = viewer.client_id == Some(client_id);
        (!is_own).then_some(Self { member_id: viewer.member_id, client_id, kind, read_at: now })
    }

    /// The minute it is counted in, since 1970.
    pub fn minute(&self) -> i64 {
        self.read_at.timestamp_millis().div_euclid(MINUTE_MILLIS)
    }

    /// The same for every look that is one with it, so that two servers keep it once.
    pub fn id(&self, practice: PracticeId) -> Uuid {
        let Self { member_id, client_id, kind, read_at: _ } = self;
        let text = format!("{practice} {member_id} {client_id} {} {}", kind.as_str(), self.minute());
        Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
    }
}

/// Which looks to list; what is not set is not asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientReadFilter {
    pub member: Option<MemberId>,
    pub client: Option<ClientId>,
    /// At this instant or later.
    pub from: Option<Instant>,
    /// Before this instant.
    pub to: Option<Instant>,
}
