//! Booking rules: numbers that bind clients, inherited service → clinician → practice.

use std::collections::BTreeMap;

use chrono::Duration;

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

    /// The same with these as the practice's own values; a cap that is not among them is none.
    pub fn with(&self, own: &RuleOverrides) -> Self {
        let uncapped = Self { max_per_day: None, max_per_week: None, ..self.clone() };
        binding(&uncapped, own, &RuleOverrides::default())
    }

    /// True where no start is late enough for the notice and early enough for the horizon, whatever the time of day: the
    /// horizon's last day ends within so many days and one from now, and the hour that a clock may gain.
    pub fn notice_is_beyond_horizon(&self) -> bool {
        self.minimum_notice.span() >= Duration::days(i64::from(self.booking_horizon_days) + 1) + Duration::hours(1)
    }
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

spelled! {
    /// One of the rules, by the name that the API and the log give it.
    pub enum Rule {
        SlotInterval = "slotIntervalMinutes",
        BufferBefore = "bufferBeforeMinutes",
        BufferAfter = "bufferAfterMinutes",
        MinimumNotice = "minimumNoticeMinutes",
        BookingHorizon = "bookingHorizonDays",
        MaxPerDay = "maxPerDay",
        MaxPerWeek = "maxPerWeek",
        MaxPendingPerClient = "maxPendingPerClient",
        ResponseDeadline = "responseDeadlineHours",
        CancellationNotice = "cancellationNoticeHours",
    }
}

impl Rule {
    /// The least and the most that it can be; the database keeps the same.
    pub fn bounds(self) -> (i32, i32) {
        match self {
            Self::SlotInterval => (5, 1_440),
            Self::BufferBefore | Self::BufferAfter => (0, 720),
            Self::MinimumNotice => (0, 525_600),
            Self::BookingHorizon => (1, 730),
            Self::MaxPerDay | Self::MaxPendingPerClient => (1, 1_000),
            Self::MaxPerWeek => (1, 7_000),
            Self::ResponseDeadline => (1, 8_760),
            Self::CancellationNotice => (0, 8_760),
        }
    }

    /// True for the two that need not be set anywhere: without them there is no limit.
    pub fn is_cap(self) -> bool {
        matches!(self, Self::MaxPerDay | Self::MaxPerWeek)
    }
}

/// What becomes of some rules: a number sets one, none takes its own value away, and those not named stay as they are.
pub type RuleEdits = BTreeMap<Rule, Option<i32>>;

impl RuleOverrides {
    /// A rule's own value.
    pub fn get(&self, rule: Rule) -> Option<i32> {
        match rule {
            Rule::SlotInterval => self.slot_interval.map(|minutes| minutes.0),
            Rule::BufferBefore => self.buffer_before.map(|minutes| minutes.0),
            Rule::BufferAfter => self.buffer_after.map(|minutes| minutes.0),
            Rule::MinimumNotice => self.minimum_notice.map(|minutes| minutes.0),
            Rule::BookingHorizon => self.booking_horizon_days,
            Rule::MaxPerDay => self.max_per_day,
            Rule::MaxPerWeek => self.max_per_week,
            Rule::MaxPendingPerClient => self.max_pending_per_client,
            Rule::ResponseDeadline => self.response_deadline_hours,
            Rule::CancellationNotice => self.cancellation_notice_hours,
        }
    }

    fn set(&mut self, rule: Rule, value: Option<i32>) {
        match rule {
            Rule::SlotInterval => self.slot_interval = value.map(Minutes),
            Rule::BufferBefore => self.buffer_before = value.map(Minutes),
            Rule::BufferAfter => self.buffer_after = value.map(Minutes),
            Rule::MinimumNotice => self.minimum_notice = value.map(Minutes),
            Rule::BookingHorizon => self.booking_horizon_days = value,
            Rule::MaxPerDay => self.max_per_day = value,
            Rule::MaxPerWeek => self.max_per_week = value,
            Rule::MaxPendingPerClient => self.max_pending_per_client = value,
            Rule::ResponseDeadline => self.response_deadline_hours = value,
            Rule::CancellationNotice => self.cancellation_notice_hours = value,
        }
    }

    /// The same with these edits; the first rule that cannot be so, with the reason, where one cannot. `is_practice` says
    /// that there is nothing above to take a value from.
    pub fn edited(&self, edits: &RuleEdits, is_practice: bool) -> Result<Self, (Rule, String)> {
        let mut edited = self.clone();
        for (rule, value) in edits {
            let (least, most) = rule.bounds();
            match value {
                Some(value) if !(least..=most).contains(value) => {
                    return Err((*rule, format!("This is a whole number from {least} to {most}.")));
                }
                None if is_practice && !rule.is_cap() => {
                    let message = "The practice's own value holds for everybody else and cannot be taken away. Give a \
                                   number, or leave the field out.";
                    return Err((*rule, message.to_owned()));
                }
                value => edited.set(*rule, *value),
            }
        }
        Ok(edited)
    }
}

impl From<&BookingRules> for RuleOverrides {
    fn from(rules: &BookingRules) -> Self {
        Self {
            slot_interval: Some(rules.slot_interval),
            buffer_before: Some(rules.buffer_before),
            buffer_after: Some(rules.buffer_after),
            minimum_notice: Some(rules.minimum_notice),
            booking_horizon_days: Some(rules.booking_horizon_days),
            max_per_day: rules.max_per_day,
            max_per_week: rules.max_per_week,
            max_pending_per_client: Some(rules.max_pending_per_client),
            response_deadline_hours: Some(rules.response_deadline_hours),
            cancellation_notice_hours: Some(rules.cancellation_notice_hours),
        }
    }
}

/// A value, and who set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub source: RuleSource,
}

/// What holds of a rule, and where it was set: the service's own value before the clinician's, and theirs before the
/// practice's. None is a cap that nobody set.
pub fn in_force(
    rule: Rule,
    practice: &BookingRules,
    clinician: &RuleOverrides,
    service: &RuleOverrides,
) -> Sourced<Option<i32>> {
    let own = |overrides: &RuleOverrides| overrides.get(rule).map(Some);
    effective(RuleOverrides::from(practice).get(rule), own(clinician), own(service))
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
    fn what_binds_and_what_is_shown_with_its_source_are_the_same_for_every_rule_at_every_level() {
        let number = |level: i32| move |rule: &Rule| (*rule, Some(rule.bounds().0 + level));
        let all = |level: i32| Rule::ALL.iter().map(number(level)).collect::<RuleEdits>();
        let set = |level: i32| RuleOverrides::default().edited(&all(level), false).expect("within the bounds");
        let mut practice = BookingRules::DEFAULT;
        practice.max_per_day = Some(7);
        for rule in Rule::ALL {
            let only = |level: i32| {
                let edits = RuleEdits::from([(*rule, set(level).get(*rule))]);
                RuleOverrides::default().edited(&edits, false).expect("within the bounds")
            };
            let nothing = RuleOverrides::default();
            let base = RuleOverrides::from(&practice).get(*rule);
            let cases = [
                (&nothing, &nothing, base, RuleSource::Practice),
                (&only(1), &nothing, set(1).get(*rule), RuleSource::Clinician),
                (&nothing, &only(2), set(2).get(*rule), RuleSource::Service),
                (&only(1), &only(2), set(2).get(*rule), RuleSource::Service),
            ];
            for (clinician, service, value, source) in cases {
                let told = in_force(*rule, &practice, clinician, service);
                assert_eq!(told, Sourced { value, source }, "{}", rule.as_str());
                let bound = binding(&practice, clinician, service);
                assert_eq!(RuleOverrides::from(&bound).get(*rule), value, "{} binds as told", rule.as_str());
            }
        }
    }

    #[test]
    fn an_edit_sets_takes_away_or_leaves_and_is_refused_by_the_rule_that_cannot_be_so() {
        let own = RuleOverrides { buffer_after: Some(Minutes(10)), max_per_day: Some(4), ..RuleOverrides::default() };
        let edits = RuleEdits::from([(Rule::BufferAfter, None), (Rule::MinimumNotice, Some(60))]);
        let edited = own.edited(&edits, false).expect("lawful");
        let expected =
            RuleOverrides { minimum_notice: Some(Minutes(60)), max_per_day: Some(4), ..RuleOverrides::default() };
        assert_eq!(edited, expected);
        for rule in Rule::ALL {
            let (least, most) = rule.bounds();
            for (value, is_lawful) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
                let edited = own.edited(&RuleEdits::from([(*rule, Some(value))]), true);
                let wrong = edited.err().map(|(rule, _)| rule);
                assert_eq!(wrong, (!is_lawful).then_some(*rule), "{value}");
            }
            let cleared = own.edited(&RuleEdits::from([(*rule, None)]), true);
            assert_eq!(cleared.is_ok(), rule.is_cap(), "only caps can be without a value: {}", rule.as_str());
        }
    }

    #[test]
    fn a_value_that_is_not_overridden_comes_from_the_practice() {
        let clinician = RuleOverrides { buffer_after: Some(Minutes(10)), ..RuleOverrides::default() };
        let rules = binding(&BookingRules::DEFAULT, &clinician, &RuleOverrides::default());
        assert_eq!(rules, BookingRules { buffer_after: Minutes(10), ..BookingRules::DEFAULT });
    }
}
