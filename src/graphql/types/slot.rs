//! Slots.

use async_graphql::resolver_utils::enum_value;
use async_graphql::{Object, ScalarType, SimpleObject, Value};

use super::access::GateStatus;
use crate::domain::time::local_text;
use crate::graphql::enums::Modality;
use crate::graphql::plain::{Plain, PlainList};
use crate::graphql::scalars::{DateTime, TimeZone};
use crate::usecases;

/// One offered start. Computed when asked for, never stored: it may be taken the next moment, and the request says so.
#[derive(SimpleObject, Clone, Debug)]
pub struct Slot {
    /// When the meeting would start. Give it to `requestAppointment`.
    starts_at: DateTime,
    /// When it would end, buffers not included.
    ends_at: DateTime,
    /// The start with its offset, such as `2027-01-05T15:00:00-05:00`, on the wall clock of `timeZone`.
    local_start: String,
    /// The zone of `localStart`: the one that was asked for, else the clinician's.
    time_zone: TimeZone,
    /// In which ways client and clinician could meet then.
    modality: Modality,
}

impl From<usecases::Slot> for Slot {
    fn from(slot: usecases::Slot) -> Self {
        Self {
            starts_at: slot.starts_at.into(),
            ends_at: slot.ends_at.into(),
            local_start: local_text(slot.zone, slot.starts_at),
            time_zone: slot.zone.into(),
            modality: slot.modality.into(),
        }
    }
}

impl Plain for Slot {
    fn value(&self, field: &str) -> Option<Value> {
        Some(match field {
            "startsAt" => self.starts_at.to_value(),
            "endsAt" => self.ends_at.to_value(),
            "localStart" => Value::String(self.local_start.clone()),
            "timeZone" => self.time_zone.to_value(),
            "modality" => enum_value(self.modality),
            _ => return None,
        })
    }
}

/// What a slot query found.
pub struct SlotList(pub usecases::SlotsFound);

/// Slots, and why there are none where there are none.
#[Object]
impl SlotList {
    /// The offered starts, in order, at most 6000. Empty while a gate is closed, and where the range holds none.
    async fn slots(&self) -> PlainList<Slot> {
        PlainList(self.0.slots.iter().cloned().map(Slot::from).collect())
    }

    /// True where the range holds more starts than the 6000 that are listed: those after the last of them. Ask again with a
    /// `from` after it, or for a shorter range.
    async fn has_more(&self) -> bool {
        self.0.has_more
    }

    /// The closed gates that stand in the way, each with its sentence; empty where all are open.
    async fn closed_gates(&self) -> Vec<GateStatus> {
        GateStatus::all(&self.0.closed, &self.0.settings, self.0.clinician_id, self.0.reader)
    }

    /// The zone of `Slot.localStart`: the one that was asked for, else the clinician's.
    async fn time_zone(&self) -> TimeZone {
        self.0.zone.into()
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Name;

    use super::*;
    use crate::domain::{hours, time};
    use crate::graphql::document::types::TYPES;

    #[test]
    fn every_field_of_a_slot_is_at_hand() {
        let starts_at = time::parse_instant("2027-01-05T15:00:00Z").expect("an instant");
        let zone = time::parse_zone("Europe/London").expect("a zone");
        let slot = usecases::Slot { starts_at, ends_at: starts_at, zone, modality: hours::Modality::Either };
        let slot = Slot::from(slot);
        let (mut fields, of) = (0, Name::new("Slot"));
        for field in TYPES.fields(&of) {
            assert!(slot.value(field).is_some(), "{field}");
            fields += 1;
        }
        assert!(fields >= 5, "the schema is read");
    }
}
