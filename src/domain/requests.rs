//! A request's life: PENDING → CONFIRMED | DECLINED | WITHDRAWN | EXPIRED | SUPERSEDED, each an end.

use chrono::Duration;

use super::hours::Modality;
use super::ids::{AppointmentId, ClientId, ClinicianId, MemberId, RequestId, ServiceId};
use super::rejection::{Code, Rejection};
use super::rules::BookingRules;
use super::spelled;
use super::time::{self, Instant, Tz};

spelled! {
    /// Where a request stands.
    pub enum RequestStatus {
        Pending = "PENDING",
        Confirmed = "CONFIRMED",
        Declined = "DECLINED",
        Withdrawn = "WITHDRAWN",
        Expired = "EXPIRED",
        Superseded = "SUPERSEDED",
    }
}

spelled! {
    /// Where an appointment stands (FHIR R4 appointmentstatus, where it has the word).
    pub enum AppointmentStatus {
        Booked = "BOOKED",
        Cancelled = "CANCELLED",
        Fulfilled = "FULFILLED",
        NoShow = "NO_SHOW",
    }
}

spelled! {
    /// Why a request was declined.
    pub enum DeclineReason {
        TimeNotPossible = "TIME_NOT_POSSIBLE",
        OtherServiceNeeded = "OTHER_SERVICE_NEEDED",
        NotTakingRequests = "NOT_TAKING_REQUESTS",
        ContactPractice = "CONTACT_PRACTICE",
        Other = "OTHER",
    }
}

/// What a client asked for, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentRequest {
    pub id: RequestId,
    pub status: RequestStatus,
    pub client_id: ClientId,
    pub clinician_id: ClinicianId,
    pub service_id: ServiceId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// The clinician's zone and the wall clock as they were when it was asked for.
    pub time_zone: String,
    pub local_start: String,
    pub modality: Modality,
    pub note_to_clinician: Option<String>,
    pub message_to_client: Option<String>,
    pub decline_reason: Option<DeclineReason>,
    pub requested_at: Instant,
    pub requested_by: MemberId,
    pub respond_by: Instant,
    pub decided_at: Option<Instant>,
    pub decided_by: Option<MemberId>,
    pub appointment_id: Option<AppointmentId>,
    pub reschedules: Option<AppointmentId>,
    pub version: i32,
}

/// A booked time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub status: AppointmentStatus,
    pub client_id: ClientId,
    pub clinician_id: ClinicianId,
    pub service_id: ServiceId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub time_zone: String,
    pub local_start: String,
    pub modality: Modality,
    pub booked_at: Instant,
    pub booked_by: Option<MemberId>,
    pub version: i32,
}

/// An answer to a pending request, or the end of its waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Confirm {
        message: Option<String>,
    },
    Decline {
        reason: DeclineReason,
        message: Option<String>,
    },
    Withdraw,
    Expire,
    /// Staff take its time for something else.
    Supersede,
}

impl Decision {
    fn status(&self) -> RequestStatus {
        match self {
            Self::Confirm { .. } => RequestStatus::Confirmed,
            Self::Decline { .. } => RequestStatus::Declined,
            Self::Withdraw => RequestStatus::Withdrawn,
            Self::Expire => RequestStatus::Expired,
            Self::Supersede => RequestStatus::Superseded,
        }
    }
}

/// What a decision comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request as it is to be stored, one version on.
    Changed(Box<AppointmentRequest>),
    /// It already stands so: nothing is stored and nobody is told twice.
    AlreadySo,
}

impl AppointmentRequest {
    /// The status that holds at an instant: past `respond_by` a pending request has expired, swept or not.
    pub fn status_at(&self, now: Instant) -> RequestStatus {
        match self.status {
            RequestStatus::Pending if now >= self.respond_by => RequestStatus::Expired,
            status => status,
        }
    }

    /// Applies a decision, if the request still waits for one.
    pub fn decide(&self, decision: Decision, by: Option<MemberId>, now: Instant) -> Result<Outcome, Rejection> {
        let target = decision.status();
        let overdue = self.status == RequestStatus::Pending && now >= self.respond_by;
        if self.status == target {
            return Ok(Outcome::AlreadySo);
        }
        // Only expiry may move an overdue request, and only an overdue request may expire.
        if self.status != RequestStatus::Pending || overdue != (target == RequestStatus::Expired) {
            return Err(self.not_pending(now));
        }
        let mut next =
            Self { status: target, decided_at: Some(now), decided_by: by, version: self.version + 1, ..self.clone() };
        match decision {
            Decision::Confirm { message } => {
                next.message_to_client = message;
                next.appointment_id = Some(AppointmentId::generate());
            }
            Decision::Decline { reason, message } => {
                next.message_to_client = message;
                next.decline_reason = Some(reason);
            }
            Decision::Expire => next.decided_at = Some(self.respond_by),
            Decision::Withdraw | Decision::Supersede => {}
        }
        Ok(Outcome::Changed(Box::new(next)))
    }

    /// Hands the request to another clinician, if it still waits for an answer. The client's time and the deadline stay.
    pub fn reassign(&self, to: ClinicianId, zone: Tz, now: Instant) -> Result<Self, Rejection> {
        if self.status_at(now) != RequestStatus::Pending {
            return Err(self.not_pending(now));
        }
        Ok(Self {
            clinician_id: to,
            time_zone: zone.name().to_owned(),
            local_start: time::local_text(zone, self.starts_at),
            version: self.version + 1,
            ..self.clone()
        })
    }

    fn not_pending(&self, now: Instant) -> Rejection {
        let message = match self.status_at(now) {
            RequestStatus::Pending => "The request still waits for an answer; it has not expired.",
            RequestStatus::Confirmed => "The request was confirmed. Cancel the appointment instead.",
            RequestStatus::Declined => "The request was declined. The client can ask again.",
            RequestStatus::Withdrawn => "The client withdrew the request.",
            RequestStatus::Expired => "The request expired unanswered. The client can ask again.",
            RequestStatus::Superseded => "Staff took that time for something else. The client can ask for another.",
        };
        Rejection::new(Code::NotPending, message)
    }

    /// The appointment that a confirmed request makes.
    pub fn appointment(&self) -> Option<Appointment> {
        Some(Appointment {
            id: self.appointment_id?,
            status: AppointmentStatus::Booked,
            client_id: self.client_id,
            clinician_id: self.clinician_id,
            service_id: self.service_id,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            time_zone: self.time_zone.clone(),
            local_start: self.local_start.clone(),
            modality: self.modality,
            booked_at: self.decided_at?,
            booked_by: self.decided_by,
            version: 1,
        })
    }
}

/// Until when an answer is due: the deadline's hours after the request, or when the start less its notice passes,
/// whichever comes first.
pub fn respond_by(rules: &BookingRules, requested_at: Instant, starts_at: Instant) -> Instant {
    let deadline = requested_at + Duration::hours(i64::from(rules.response_deadline_hours));
    deadline.min(starts_at - rules.minimum_notice.span())
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
