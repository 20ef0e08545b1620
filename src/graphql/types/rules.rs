//! Booking rules.

use async_graphql::{Object, SimpleObject};

use crate::domain::rules::{self, Rule, RuleOverrides, Sourced, in_force};
use crate::graphql::enums::RuleSource;

/// A complete set of booking rules.
pub struct BookingRules(pub rules::BookingRules);

/// A complete set of booking rules. They bind clients only; staff may act at any time. Buffers, notice and deadlines are
/// elapsed time; the horizon counts calendar days in the clinician's zone.
#[Object]
impl BookingRules {
    /// Minutes from one offered start to the next, counted from the start of the hours; 5 to 1440.
    async fn slot_interval_minutes(&self) -> i32 {
        self.0.slot_interval.0
    }

    /// Minutes kept free before each meeting, besides the buffer after the one before it; 0 to 720.
    async fn buffer_before_minutes(&self) -> i32 {
        self.0.buffer_before.0
    }

    /// Minutes kept free after each meeting, besides the buffer before the next one; 0 to 720.
    async fn buffer_after_minutes(&self) -> i32 {
        self.0.buffer_after.0
    }

    /// A start must be more than this many minutes from now; 0 to 525600.
    async fn minimum_notice_minutes(&self) -> i32 {
        self.0.minimum_notice.0
    }

    /// The last day that can be booked is this many days after today, in the clinician's zone; 1 to 730.
    async fn booking_horizon_days(&self) -> i32 {
        self.0.booking_horizon_days
    }

    /// The most meetings of a clinician's day, pending requests counted; null for no cap.
    async fn max_per_day(&self) -> Option<i32> {
        self.0.max_per_day
    }

    /// The most meetings of a clinician's week from Monday, pending requests counted; null for no cap.
    async fn max_per_week(&self) -> Option<i32> {
        self.0.max_per_week
    }

    /// The most requests of one client to one clinician that wait for an answer at a time; 1 to 1000.
    async fn max_pending_per_client(&self) -> i32 {
        self.0.max_pending_per_client
    }

    /// Hours until an unanswered request expires; 1 to 8760. It expires earlier where its start less the notice comes
    /// first.
    async fn response_deadline_hours(&self) -> i32 {
        self.0.response_deadline_hours
    }

    /// Hours before its start until which a client may cancel; 0 to 8760.
    async fn cancellation_notice_hours(&self) -> i32 {
        self.0.cancellation_notice_hours
    }
}

/// A whole number that holds, and where it was set.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct EffectiveInt {
    /// The value, in the unit that the rule's name ends in; null for a cap that is not set.
    value: Option<i32>,
    /// Where it was set.
    source: RuleSource,
}

impl From<Sourced<Option<i32>>> for EffectiveInt {
    fn from(sourced: Sourced<Option<i32>>) -> Self {
        Self { value: sourced.value, source: sourced.source.into() }
    }
}

/// The booking rules that bind clients of a clinician, each value with where it was set. Units and bounds as in `BookingRules`.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct EffectiveBookingRules {
    /// Minutes from one offered start to the next.
    slot_interval_minutes: EffectiveInt,
    /// Minutes kept free before each meeting.
    buffer_before_minutes: EffectiveInt,
    /// Minutes kept free after each meeting.
    buffer_after_minutes: EffectiveInt,
    /// A start must be more than this many minutes from now.
    minimum_notice_minutes: EffectiveInt,
    /// The last day that can be booked is this many days after today.
    booking_horizon_days: EffectiveInt,
    /// The most meetings of a day.
    max_per_day: EffectiveInt,
    /// The most meetings of a week.
    max_per_week: EffectiveInt,
    /// The most requests of one client that wait at a time.
    max_pending_per_client: EffectiveInt,
    /// Hours until an unanswered request expires.
    response_deadline_hours: EffectiveInt,
    /// Hours before its start until which a client may cancel.
    cancellation_notice_hours: EffectiveInt,
}

impl EffectiveBookingRules {
    /// The service's values over the clinician's, and theirs over the practice's.
    pub fn new(practice: &rules::BookingRules, clinician: &RuleOverrides, service: &RuleOverrides) -> Self {
        let of = |rule| in_force(rule, practice, clinician, service).into();
        Self {
            slot_interval_minutes: of(Rule::SlotInterval),
            buffer_before_minutes: of(Rule::BufferBefore),
            buffer_after_minutes: of(Rule::BufferAfter),
            minimum_notice_minutes: of(Rule::MinimumNotice),
            booking_horizon_days: of(Rule::BookingHorizon),
            max_per_day: of(Rule::MaxPerDay),
            max_per_week: of(Rule::MaxPerWeek),
            max_pending_per_client: of(Rule::MaxPendingPerClient),
            response_deadline_hours: of(Rule::ResponseDeadline),
            cancellation_notice_hours: of(Rule::CancellationNotice),
        }
    }
}
