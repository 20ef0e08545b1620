//! The starts that a client can book with a clinician, and why there are none where there are none.

use std::sync::Arc;

use chrono::Duration;

use super::booking_facts::{BookingFacts, Slot};
use super::{Desk, Refusal};
use crate::domain::gates::{self, Verdict};
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::rejection::Rejection;
use crate::domain::settings::PracticeSettings;
use crate::domain::time::{Instant, Interval, Tz};
use crate::domain::viewer::Viewer;
use crate::domain::words::Reader;

/// The longest range of one list, in days: two calendar months.
pub const RANGE_MAX_DAYS: i64 = 62;

/// The most slots of one list: a start every five minutes of eight hours on every day of the longest range is 5,952.
const SLOTS_MAX: usize = 6_000;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct SlotQuery {
    pub clinician_id: ClinicianId,
    pub service_id: ServiceId,
    pub from: Instant,
    pub to: Instant,
    /// The zone in which the starts are told; the clinician's where none is given.
    pub zone: Option<Tz>,
}

/// The slots, and the gates that stand in their way.
pub struct SlotsFound {
    pub slots: Vec<Slot>,
    /// True where the range holds more of them.
    pub has_more: bool,
    pub closed: Vec<Verdict>,
    pub reader: Reader,
    pub settings: Arc<PracticeSettings>,
    pub clinician_id: ClinicianId,
    /// In which the starts are told.
    pub zone: Tz,
}

impl Desk {
    /// A client sees their own slots; the clinician and admins see what a client with access would see, and so do other
    /// clinicians, who are told no more of the gates than a client.
    pub async fn find_slots(
        &self,
        viewer: &Viewer,
        settings: &Arc<PracticeSettings>,
        query: SlotQuery,
    ) -> Result<SlotsFound, Refusal> {
        let range = checked_range(query.from, query.to, RANGE_MAX_DAYS)?;
        let acts_for = viewer.acts_for(query.clinician_id);
        let client = if acts_for { None } else { viewer.client_id };
        let scope = self.store.read(viewer.practice_id);
        let ids = (query.clinician_id, query.service_id);
        let facts = BookingFacts::load(&scope, settings.clone(), ids, client, range, self.clock.now()).await?;
        let verdicts = facts.verdicts(None);
        // One more than is listed tells whether there are more.
        let mut slots = if gates::all_open(&verdicts) { facts.slots(SLOTS_MAX + 1) } else { Vec::new() };
        let has_more = slots.len() > SLOTS_MAX;
        slots.truncate(SLOTS_MAX);
        let zone = query.zone.unwrap_or(facts.clinician().zone);
        slots.iter_mut().for_each(|slot| slot.zone = zone);
        let told = if acts_for { verdicts } else { gates::as_told_to_client(&verdicts) };
        let closed = told.into_iter().filter(|verdict| !verdict.is_open()).collect();
        let reader = if acts_for { Reader::Staff } else { Reader::Client };
        let settings = Arc::clone(settings);
        Ok(SlotsFound { slots, has_more, closed, reader, settings, clinician_id: query.clinician_id, zone })
    }
}

/// A list without pages is answered whole or not at all: `rows` are at most one more than it may have.
pub(super) fn whole<T>(rows: Vec<T>, max: u64, what: &str) -> Result<Vec<T>, Rejection> {
    if u64::try_from(rows.len()).is_ok_and(|count| count <= max) {
        return Ok(rows);
    }
    Err(Rejection::invalid("to", format!("The range holds more than {max} {what}. Ask for a shorter range.")))
}

/// A range that runs forward and is not too long.
pub(super) fn checked_range(from: Instant, to: Instant, max_days: i64) -> Result<Interval, Rejection> {
    if to <= from {
        return Err(Rejection::invalid("to", "The range ends before it begins. Give a `to` after `from`."));
    }
    if to - from > Duration::days(max_days) {
        return Err(Rejection::invalid(
            "to",
            format!("The range is longer than {max_days} days. Ask for less at a time."),
        ));
    }
    Ok(Interval::new(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_does_not_hold_all_is_refused_by_the_end_of_its_range() {
        assert_eq!(whole(vec![1, 2], 2, "rows").ok(), Some(vec![1, 2]));
        let refused = whole(vec![1, 2, 3], 2, "rows").expect_err("one too many");
        assert_eq!(refused.message, "The range holds more than 2 rows. Ask for a shorter range.");
        assert_eq!(refused.field, Some(vec!["to".to_owned()]));
    }
}
