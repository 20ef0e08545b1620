//! What happened, in the past tense: the vocabulary of the log, of push and of the audit trail.
//!
//! An event's row carries ids and changed fields, never a name, a note or a reason: those are loaded for each reader
//! under that reader's rights. A reason that somebody wrote has its own table.

use super::ids::{AppointmentId, ClientId, ClinicianId, MemberId, PracticeId, RequestId, ServiceId};
use super::requests::{AppointmentRequest, RequestStatus};
use super::spelled;
use super::time::Instant;

spelled! {
    /// What happened.
    pub enum EventKind {
        PracticeCreated = "PRACTICE_CREATED",
        PracticeSelfSchedulingSet = "PRACTICE_SELF_SCHEDULING_SET",
        PracticePolicyUpdated = "PRACTICE_POLICY_UPDATED",
        PracticePaused = "PRACTICE_PAUSED",
        PracticeResumed = "PRACTICE_RESUMED",
        ServiceCreated = "SERVICE_CREATED",
        ServiceUpdated = "SERVICE_UPDATED",
        ServiceArchived = "SERVICE_ARCHIVED",
        ClinicianAdded = "CLINICIAN_ADDED",
        ClinicianUpdated = "CLINICIAN_UPDATED",
        ClientAdded = "CLIENT_ADDED",
        ClientUpdated = "CLIENT_UPDATED",
        MemberLinked = "MEMBER_LINKED",
        MemberUnlinked = "MEMBER_UNLINKED",
        MemberInvited = "MEMBER_INVITED",
        MemberRolesUpdated = "MEMBER_ROLES_UPDATED",
        MemberDeactivated = "MEMBER_DEACTIVATED",
        MemberReactivated = "MEMBER_REACTIVATED",
        ClinicianDeactivated = "CLINICIAN_DEACTIVATED",
        ClinicianReactivated = "CLINICIAN_REACTIVATED",
        ClientDeactivated = "CLIENT_DEACTIVATED",
        ClientReactivated = "CLIENT_REACTIVATED",
        CareStarted = "CARE_STARTED",
        CareEnded = "CARE_ENDED",
        ClinicianSelfSchedulingSet = "CLINICIAN_SELF_SCHEDULING_SET",
        ClinicianLocked = "CLINICIAN_LOCKED",
        ClinicianUnlocked = "CLINICIAN_UNLOCKED",
        ClinicianPaused = "CLINICIAN_PAUSED",
        ClinicianResumed = "CLINICIAN_RESUMED",
        OfferedServicesSet = "OFFERED_SERVICES_SET",
        WeeklyHoursSet = "WEEKLY_HOURS_SET",
        BookingRulesSet = "BOOKING_RULES_SET",
        DateExceptionSet = "DATE_EXCEPTION_SET",
        DateExceptionRemoved = "DATE_EXCEPTION_REMOVED",
        TimeBlocked = "TIME_BLOCKED",
        TimeUnblocked = "TIME_UNBLOCKED",
        ClientAccessSet = "CLIENT_ACCESS_SET",
        AppointmentRequested = "APPOINTMENT_REQUESTED",
        AppointmentRequestConfirmed = "APPOINTMENT_REQUEST_CONFIRMED",
        AppointmentRequestDeclined = "APPOINTMENT_REQUEST_DECLINED",
        AppointmentRequestWithdrawn = "APPOINTMENT_REQUEST_WITHDRAWN",
        AppointmentRequestExpired = "APPOINTMENT_REQUEST_EXPIRED",
        AppointmentRequestSuperseded = "APPOINTMENT_REQUEST_SUPERSEDED",
        /// Told of the clinician who has it now,
        AppointmentRequestReassigned = "APPOINTMENT_REQUEST_REASSIGNED",
        /// and of the one who had it before.
        AppointmentRequestHandedOver = "APPOINTMENT_REQUEST_HANDED_OVER",
    }
}

impl EventKind {
    /// True where such a change is one of settings alone: whose client somebody is, and what was decided for them, stays.
    pub fn leaves_standings(self) -> bool {
        matches!(
            self,
            Self::PracticeSelfSchedulingSet
                | Self::PracticePolicyUpdated
                | Self::PracticePaused
                | Self::PracticeResumed
                | Self::ClinicianPaused
                | Self::ClinicianResumed
                | Self::ServiceCreated
                | Self::ServiceUpdated
                | Self::ServiceArchived
                | Self::ClinicianSelfSchedulingSet
                | Self::ClinicianLocked
                | Self::ClinicianUnlocked
                | Self::OfferedServicesSet
                | Self::WeeklyHoursSet
                | Self::BookingRulesSet
                | Self::DateExceptionSet
                | Self::DateExceptionRemoved
                | Self::ClinicianUpdated
        )
    }

    /// Every kind that tells of a request.
    pub const OF_REQUESTS: [Self; 8] = [
        Self::AppointmentRequested,
        Self::AppointmentRequestConfirmed,
        Self::AppointmentRequestDeclined,
        Self::AppointmentRequestWithdrawn,
        Self::AppointmentRequestExpired,
        Self::AppointmentRequestSuperseded,
        Self::AppointmentRequestReassigned,
        Self::AppointmentRequestHandedOver,
    ];

    /// Every kind that can change a practice's settings, but for what is between one client and one clinician.
    pub const OF_SETTINGS: [Self; 23] = [
        Self::PracticeCreated,
        Self::PracticeSelfSchedulingSet,
        Self::PracticePolicyUpdated,
        Self::ServiceCreated,
        Self::ServiceUpdated,
        Self::ServiceArchived,
        Self::ClinicianAdded,
        Self::ClinicianUpdated,
        Self::ClinicianDeactivated,
        Self::ClinicianReactivated,
        Self::MemberDeactivated,
        Self::ClinicianSelfSchedulingSet,
        Self::ClinicianLocked,
        Self::ClinicianUnlocked,
        Self::OfferedServicesSet,
        Self::WeeklyHoursSet,
        Self::BookingRulesSet,
        Self::DateExceptionSet,
        Self::DateExceptionRemoved,
        Self::PracticePaused,
        Self::PracticeResumed,
        Self::ClinicianPaused,
        Self::ClinicianResumed,
    ];

    /// Every kind that can change what is on record of a client.
    pub const OF_STANDINGS: [Self; 7] = [
        Self::ClientAdded,
        Self::ClientDeactivated,
        Self::ClientReactivated,
        Self::MemberDeactivated,
        Self::CareStarted,
        Self::CareEnded,
        Self::ClientAccessSet,
    ];

    /// The kinds that tell a clinician of a request that is new to them.
    pub const OF_NEW_REQUESTS: [Self; 2] = [Self::AppointmentRequested, Self::AppointmentRequestReassigned];

    /// True unless it is known that nobody's roles move with it: who follows a stream is judged again then.
    pub fn can_change_rights(self) -> bool {
        !Self::OF_REQUESTS.contains(&self) && !matches!(self, Self::TimeBlocked | Self::TimeUnblocked)
    }

    fn of_request(status: RequestStatus) -> Self {
        match status {
            RequestStatus::Pending => Self::AppointmentRequested,
            RequestStatus::Confirmed => Self::AppointmentRequestConfirmed,
            RequestStatus::Declined => Self::AppointmentRequestDeclined,
            RequestStatus::Withdrawn => Self::AppointmentRequestWithdrawn,
            RequestStatus::Expired => Self::AppointmentRequestExpired,
            RequestStatus::Superseded => Self::AppointmentRequestSuperseded,
        }
    }
}

/// A field that changed; ids, numbers, switches and times only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub field: &'static str,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A fact, before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    /// Who did it; none for the operator and the system.
    pub actor: Option<MemberId>,
    pub clinician_id: Option<ClinicianId>,
    pub client_id: Option<ClientId>,
    pub request_id: Option<RequestId>,
    pub appointment_id: Option<AppointmentId>,
    pub changes: Vec<FieldChange>,
    /// Why, in the words of whoever did it, where they had to say; kept beside the log.
    pub reason: Option<String>,
}

impl Event {
    /// A fact about the practice; the builders below say whom else it is about.
    pub fn new(kind: EventKind, actor: Option<MemberId>) -> Self {
        Self {
            kind,
            actor,
            clinician_id: None,
            client_id: None,
            request_id: None,
            appointment_id: None,
            changes: vec![],
            reason: None,
        }
    }

    /// The fact that a request has come to stand where it stands.
    pub fn of_request(request: &AppointmentRequest, actor: Option<MemberId>) -> Self {
        let is_new = request.status == RequestStatus::Pending;
        let before = (!is_new).then(|| RequestStatus::Pending.as_str().to_owned());
        let fact = Self {
            clinician_id: Some(request.clinician_id),
            client_id: Some(request.client_id),
            request_id: Some(request.id),
            appointment_id: request.appointment_id,
            ..Self::new(EventKind::of_request(request.status), actor)
        };
        let fact = fact.change("status", before, Some(request.status.as_str().to_owned()));
        fact.change("decisionReason", None, request.decline_reason.map(|reason| reason.as_str().to_owned()))
    }

    /// The two facts that a request has passed from a clinician to the one who has it now: the first is the new one's, and
    /// the client's; the second is for whoever had it before.
    pub fn of_reassigned(request: &AppointmentRequest, before: ClinicianId, actor: MemberId) -> [Self; 2] {
        let (from, to) = (Some(before.to_string()), Some(request.clinician_id.to_string()));
        let of_request = Self::of_request(request, Some(actor));
        // It waits for an answer as before.
        let of_request = Self { changes: vec![], ..of_request }.change("clinicianId", from, to);
        let reassigned = Self { kind: EventKind::AppointmentRequestReassigned, ..of_request.clone() };
        let handed_over = Self {
            kind: EventKind::AppointmentRequestHandedOver,
            clinician_id: Some(before),
            client_id: None,
            ..of_request
        };
        [reassigned, handed_over]
    }

    /// About a clinician.
    pub fn clinician(mut self, id: ClinicianId) -> Self {
        self.clinician_id = Some(id);
        self
    }

    /// About a client.
    pub fn client(mut self, id: ClientId) -> Self {
        self.client_id = Some(id);
        self
    }

    /// About a service.
    pub fn service(mut self, id: ServiceId) -> Self {
        let id = Some(id.to_string());
        self.changes.push(FieldChange { field: "serviceId", before: id.clone(), after: id });
        self
    }

    /// Says why.
    pub fn reason(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }

    /// Adds a field, unless it stayed as it was.
    pub fn change(mut self, field: &'static str, before: Option<String>, after: Option<String>) -> Self {
        if before != after {
            self.changes.push(FieldChange { field, before, after });
        }
        self
    }
}

/// A fact in its place in the practice's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    pub seq: i64,
    pub kind: EventKind,
    pub occurred_at: Instant,
    pub actor: Option<MemberId>,
    pub clinician_id: Option<ClinicianId>,
    pub client_id: Option<ClientId>,
    pub request_id: Option<RequestId>,
    pub appointment_id: Option<AppointmentId>,
}

/// Which facts a reader wants: of these kinds, about this clinician or about this client. With neither of the two, about
/// anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// None means every kind.
    pub kinds: Option<&'static [EventKind]>,
    pub clinician: Option<ClinicianId>,
    pub client: Option<ClientId>,
}

impl EventFilter {
    /// True where facts about everybody are wanted.
    pub fn is_about_anybody(&self) -> bool {
        self.clinician.is_none() && self.client.is_none()
    }

    /// True where the reader wants this fact.
    pub fn admits(&self, event: &LoggedEvent) -> bool {
        self.kinds.is_none_or(|kinds| kinds.contains(&event.kind))
            && (self.is_about_anybody()
                || self.clinician.is_some_and(|clinician| event.clinician_id == Some(clinician))
                || self.client.is_some_and(|client| event.client_id == Some(client)))
    }
}

/// A place in one practice's log: everything up to and with `seq` has been seen.
///
/// As text it is opaque to callers: the practice's 32 digits and the number, so that a cursor of another practice is
/// recognised and refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub practice_id: PracticeId,
    pub seq: i64,
}

impl Cursor {
    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        let (practice, seq) = text.split_at_checked(32)?;
        let practice = uuid::Uuid::try_parse(practice).ok()?;
        let seq = i64::from_str_radix(seq.strip_prefix('.')?, 16).ok().filter(|seq| *seq >= 0)?;
        let cursor = Self { practice_id: PracticeId(practice), seq };
        (cursor.to_string() == text).then_some(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{:x}", self.practice_id.0.simple(), self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_has_one_spelling() {
        let cursor = Cursor { practice_id: PracticeId::generate(), seq: 4711 };
        let text = cursor.to_string();
        assert_eq!(Cursor::parse(&text), Some(cursor));
        for wrong in
            ["", "x", &text.replace('.', ""), &format!("{text}g"), &text.replace('.', ".0"), &text.replace('.', ".-")]
        {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_event_names_only_the_fields_that_changed() {
        let event = Event::new(EventKind::PracticeSelfSchedulingSet, None)
            .change("enabled", Some("false".to_owned()), Some("true".to_owned()))
            .change("clinicianOptIn", Some("ADMIN_ONLY".to_owned()), Some("ADMIN_ONLY".to_owned()));
        assert_eq!(event.changes.len(), 1);
    }
}
