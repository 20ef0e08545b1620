//! The soonest slots of a practice.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::Settings;
use super::clinician::Clinician;
use super::slot::Slot;
use crate::graphql::context::Asking;
use crate::graphql::enums::Modality;
use crate::graphql::input;
use crate::graphql::page;
use crate::graphql::scalars::{DateTime, TimeZone};
use crate::usecases::{Refusal, SoonestFound, SoonestQuery};

/// One offered start, and whose it is.
#[derive(SimpleObject)]
pub struct SoonestSlot {
    /// The clinician who would be met. Give their id to `requestAppointment`.
    clinician: Clinician,
    #[graphql(flatten)]
    slot: Slot,
}

/// What a search over all clinicians found.
pub struct SoonestSlotList {
    found: SoonestFound,
}

/// The soonest slots over every clinician whom the viewer may book.
#[Object]
impl SoonestSlotList {
    /// The offered starts, the earliest first; at one instant by the clinician's name. Empty where no clinician can be
    /// booked, and where the range holds no free time.
    async fn slots(&self) -> Vec<SoonestSlot> {
        let settings: &Settings = &self.found.settings;
        let shown = |(id, slot): &(_, crate::usecases::Slot)| SoonestSlot {
            clinician: Clinician { settings: settings.clone(), id: *id },
            slot: slot.clone().into(),
        };
        self.found.slots.iter().map(shown).collect()
    }

    /// How many clinicians were looked at, 0 or more: those whose every gate is open that does not depend on a time. With
    /// none it is access that is missing, not time; `selfSchedulingAccess` and `Clinician.availableSlots` say why.
    async fn clinician_count(&self) -> usize {
        self.found.clinicians
    }
}

impl SoonestSlotList {
    /// Looks for slots.
    pub async fn load(
        ctx: &Context<'_>,
        settings: &Settings,
        service_id: &ID,
        (from, to): (&DateTime, &DateTime),
        first: Option<i32>,
        modality: Option<Modality>,
        zone: Option<&TimeZone>,
    ) -> Result<Self, Refusal> {
        let query = SoonestQuery {
            service_id: input::id("serviceId", service_id)?,
            from: input::instant("from", from)?,
            to: input::instant("to", to)?,
            first: page::size("first", first)?,
            modality: modality.map(Into::into),
            zone: zone.map(|zone| input::zone("timeZone", zone)).transpose()?,
        };
        Ok(Self { found: ctx.desk().soonest_slots(ctx.viewer()?, settings, query).await? })
    }
}
