//! A service.

use async_graphql::{ID, Object};

use crate::domain::settings;
use crate::graphql::enums::{Confirmation, Modality};

/// What is booked.
pub struct Service(pub settings::Service);

/// What is booked, such as a therapy session of 50 minutes. Every member may see the practice's services.
#[Object]
impl Service {
    /// `service_` and 32 hexadecimal digits.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The service's name, 1 to 200 characters, unique among those that are not archived.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How long it lasts, in minutes without buffers; 5 to 1440.
    async fn duration_minutes(&self) -> i32 {
        self.0.duration.0
    }

    /// How client and clinician can meet for it.
    async fn modality(&self) -> Modality {
        self.0.modality.into()
    }

    /// False once it is archived: it can no longer be booked, what is booked stays.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// What answers a request for it.
    async fn confirmation(&self) -> Confirmation {
        self.0.confirmation.into()
    }

    /// The booking rules that this service sets itself; what is null comes from the clinician or the practice.
    async fn rules(&self) -> BookingRulesOverride {
        BookingRulesOverride(self.0.rules.clone())
    }
}

/// Booking rules of one service or clinician.
pub struct BookingRulesOverride(pub crate::domain::rules::RuleOverrides);

/// Booking rules that a service sets itself, with the units and bounds of `BookingRules`; null where it sets none and the
/// clinician's or the practice's value holds.
#[Object]
impl BookingRulesOverride {
    /// Minutes from one offered start to the next.
    async fn slot_interval_minutes(&self) -> Option<i32> {
        self.0.slot_interval.map(|minutes| minutes.0)
    }

    /// Minutes kept free before each meeting.
    async fn buffer_before_minutes(&self) -> Option<i32> {
        self.0.buffer_before.map(|minutes| minutes.0)
    }

    /// Minutes kept free after each meeting.
    async fn buffer_after_minutes(&self) -> Option<i32> {
        self.0.buffer_after.map(|minutes| minutes.0)
    }

    /// A start must be more than this many minutes from now.
    async fn minimum_notice_minutes(&self) -> Option<i32> {
        self.0.minimum_notice.map(|minutes| minutes.0)
    }

    /// The last day that can be booked is this many days after today.
    async fn booking_horizon_days(&self) -> Option<i32> {
        self.0.booking_horizon_days
    }

    /// The most meetings of a day.
    async fn max_per_day(&self) -> Option<i32> {
        self.0.max_per_day
    }

    /// The most meetings of a week.
    async fn max_per_week(&self) -> Option<i32> {
        self.0.max_per_week
    }

    /// The most requests of one client that wait at a time.
    async fn max_pending_per_client(&self) -> Option<i32> {
        self.0.max_pending_per_client
    }

    /// Hours until an unanswered request expires.
    async fn response_deadline_hours(&self) -> Option<i32> {
        self.0.response_deadline_hours
    }

    /// Hours before its start until which a client may cancel.
    async fn cancellation_notice_hours(&self) -> Option<i32> {
        self.0.cancellation_notice_hours
    }
}
