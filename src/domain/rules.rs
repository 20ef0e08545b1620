//! Booking rules: numbers that bind clients, inherited service → clinician → practice.

use super::spelled;
use super::time::Minutes;

spelled! {
    /// Where an effective value was set.
    pub enum RuleSource {
        Practice = "PRACTICE",
        Clinician = "CLINICIAN",
        Service = "SERVICE",
    }
}

/// A complete set of rules. Notice, buffers and deadlines are elapsed time; the horizon counts calendar days in the
/// clinician's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingRules {
    pub slot_interval: Minutes,
    pub buffer_before: Minutes,
    pub buffer_after: Minutes,
    pub minimum_notice: Minutes,
    pub booking_horizon_days: i32,
    pub max_per_day: Option<i32>,
    pub max_per_week: Option<i32>,
    pub max_pending_per_client: i32,
    pub response_deadline_hours: i32,
    pub cancellation_notice_hours: i32,
}

impl BookingRules {
    /// A new practice's rules: half-hour starts, a day's notice, two months ahead; three days to answer, as the
    /// field's practice products have it; three waiting requests a client, so that nobody fills a calendar.
    pub const DEFAULT: Self = Self {
        slot_interval: Minutes(30),
        buffer_before: Minutes(0),
        buffer_after: Minutes(0),
        minimum_notice: Minutes(24 * 60),
        booking_horizon_days: 60,
        max_per_day: None,
        max_per_week: None,
        max_pending_per_client: 3,
        response_deadline_hours: 72,
        cancellation_notice_hours: 24,
    };
}

/// What a clinician or a service sets on its own; what is not set comes from above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleOverrides {
    pub slot_interval: Option<Minutes>,
    pub buffer_before: Option<Minutes>,
    pub buffer_after: Option<Minutes>,
    pub minimum_notice: Option<Minutes>,
    pub booking_horizon_days: Option<i32>,
    pub max_per_day: Option<i32>,
    pub max_per_week: Option<i32>,
    pub max_pending_per_client: Option<i32>,
    pub response_deadline_hours: Option<i32>,
    pub cancellation_notice_hours: Option<i32>,
}

/// A value, and who set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub source: RuleSource,
}

/// The nearest of the three that is set.
pub fn effective<T>(practice: T, clinician: Option<T>, service: Option<T>) -> Sourced<T> {
    match (service, clinician) {
        (Some(value), _) => Sourced { value, source: RuleSource::Service },
        (None, Some(value)) => Sourced { value, source: RuleSource::Clinician },
        (None, None) => Sourced { value: practice, source: RuleSource::Practice },
    }
}

/// The rules that bind a booking of this clinician's service.
pub fn binding(practice: &BookingRules, clinician: &RuleOverrides, service: &RuleOverrides) -> BookingRules {
    macro_rules! nearest {
        ($field:ident) => {
            effective(practice.$field, clinician.$field, service.$field).value
        };
    }
    BookingRules {
        slot_interval: nearest!(slot_interval),
        buffer_before: nearest!(buffer_before),
        buffer_after: nearest!(buffer_after),
        minimum_notice: nearest!(minimum_notice),
        booking_horizon_days: nearest!(booking_horizon_days),
        max_per_day: service.max_per_day.or(clinician.max_per_day).or(practice.max_per_day),
        max_per_week: service.max_per_week.or(clinician.max_per_week).or(practice.max_per_week),
        max_pending_per_client: nearest!(max_pending_per_client),
        response_deadline_hours: nearest!(response_deadline_hours),
        cancellation_notice_hours: nearest!(cancellation_notice_hours),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_value_that_is_set_wins_and_says_where_it_was_set() {
        assert_eq!(effective(30, None, None), Sourced { value: 30, source: RuleSource::Practice });
        assert_eq!(effective(30, Some(20), None), Sourced { value: 20, source: RuleSource::Clinician });
        assert_eq!(effective(30, Some(20), Some(10)), Sourced { value: 10, source: RuleSource::Service });
    }

    #[test]
    fn a_value_that_is_not_overridden_comes_from_the_practice() {
        let clinician = RuleOverrides { buffer_after: Some(Minutes(10)), ..RuleOverrides::default() };
        let rules = binding(&BookingRules::DEFAULT, &clinician, &RuleOverrides::default());
        assert_eq!(rules, BookingRules { buffer_after: Minutes(10), ..BookingRules::DEFAULT });
    }
}
