//! The ranges of dates that lists are asked for: they run forward, and are no longer than a list may be.

use std::ops::RangeInclusive;

use chrono::{Duration, NaiveDate};

use super::rejection::Rejection;

/// The longest range of dates, in days: a year and a day.
pub const DATES_MAX_DAYS: i64 = 366;

/// The dates from `from` to `to`, both among them.
pub fn dates(from: NaiveDate, to: NaiveDate) -> Result<RangeInclusive<NaiveDate>, Rejection> {
    if to < from {
        let message = "The range ends before it begins. Give a `to` that is not before `from`.";
        return Err(Rejection::invalid("to", message));
    }
    if to - from > Duration::days(DATES_MAX_DAYS) {
        let message = format!("The range is longer than {DATES_MAX_DAYS} days. Ask for less at a time.");
        return Err(Rejection::invalid("to", message));
    }
    Ok(from..=to)
}

/// Today and so many days after it.
pub fn days_ahead(today: NaiveDate, within: i32) -> Result<RangeInclusive<NaiveDate>, Rejection> {
    let days = i64::from(within);
    if !(1..=DATES_MAX_DAYS).contains(&days) {
        return Err(Rejection::invalid("within", format!("Look at 1 to {DATES_MAX_DAYS} days.")));
    }
    Ok(today..=today + Duration::days(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_runs_forward_and_has_366_days_at_most() {
        let day = |number: i64| NaiveDate::default() + Duration::days(number);
        let refused = |from, to| dates(day(from), day(to)).err().and_then(|wrong| wrong.field);
        assert_eq!(dates(day(3), day(3)), Ok(day(3)..=day(3)), "one date");
        assert_eq!(dates(day(0), day(366)), Ok(day(0)..=day(366)));
        assert_eq!((refused(1, 0), refused(0, 367)), (Some(vec!["to".to_owned()]), Some(vec!["to".to_owned()])));
        assert_eq!(days_ahead(day(0), 1), Ok(day(0)..=day(1)));
        assert_eq!(days_ahead(day(0), 366), Ok(day(0)..=day(366)));
        for within in [i32::MIN, -1, 0, 367, i32::MAX] {
            let field = days_ahead(day(0), within).err().and_then(|wrong| wrong.field);
            assert_eq!(field, Some(vec!["within".to_owned()]), "{within}");
        }
    }
}
