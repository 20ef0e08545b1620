//! Every "no" that a rule can say, with what to do next.

use super::spelled;

spelled! {
    /// Why a mutation was refused. Each mutation declares which of them it can answer.
    pub enum Code {
        /// A field's value is outside what the field allows.
        InvalidInput = "INVALID_INPUT",
        /// Settings changed since the revision that the caller saw.
        StaleRevision = "STALE_REVISION",
        /// What is to be taken back has been changed again since.
        ChangedSince = "CHANGED_SINCE",
        /// The change is not one that can be taken back.
        NotUndoable = "NOT_UNDOABLE",
        /// The practice keeps this decision to its admins.
        KeptToAdmins = "KEPT_TO_ADMINS",
        /// A name or an address that must be unique is taken.
        AlreadyExists = "ALREADY_EXISTS",
        /// The service is archived.
        ServiceArchived = "SERVICE_ARCHIVED",
        /// The person is no longer active.
        Inactive = "INACTIVE",
        /// The member is the practice's last admin.
        LastAdmin = "LAST_ADMIN",
        /// The clinician does not offer the service.
        ServiceNotOffered = "SERVICE_NOT_OFFERED",
        /// The client is not in the clinician's care.
        NotInCare = "NOT_IN_CARE",
        /// The key was used with another body.
        IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
        /// Somebody holds that time.
        SlotTaken = "SLOT_TAKEN",
        /// A gate is closed.
        AccessClosed = "ACCESS_CLOSED",
        /// The time lies outside the clinician's hours.
        OutsideHours = "OUTSIDE_HOURS",
        /// The start is not one that is offered.
        OffSlotInterval = "OFF_SLOT_INTERVAL",
        /// Too soon.
        InsideMinimumNotice = "INSIDE_MINIMUM_NOTICE",
        /// Too far ahead.
        BeyondBookingHorizon = "BEYOND_BOOKING_HORIZON",
        /// A booking rule's number is used up.
        LimitReached = "LIMIT_REACHED",
        /// The client has something at that time.
        ClientAlreadyBooked = "CLIENT_ALREADY_BOOKED",
        /// Requests wait for that time.
        RequestsWaiting = "REQUESTS_WAITING",
        /// The request was decided, withdrawn or has expired.
        NotPending = "NOT_PENDING",
    }
}

/// One refusal: the code, the input's field where one is at fault, and a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub code: Code,
    pub field: Option<Vec<String>>,
    pub message: String,
}

impl Rejection {
    /// A refusal that no single field is to blame for.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, field: None, message: message.into() }
    }

    /// A refusal of a field, named by its path from the mutation's argument, `input.hours.0.opensAt`.
    pub fn of_field(code: Code, path: &str, message: impl Into<String>) -> Self {
        let field = Some(path.split('.').map(str::to_owned).collect());
        Self { code, field, message: message.into() }
    }

    /// A value outside what its field allows.
    pub fn invalid(path: &str, message: impl Into<String>) -> Self {
        Self::of_field(Code::InvalidInput, path, message)
    }
}
