//! The first slots that a settings change opens.

use async_graphql::{Context, SimpleObject};

use super::clinician::Clinician;
use super::service::Service;
use super::slot::Slot;
use crate::domain::rejection::Rejection;
use crate::graphql::context::Asking;
use crate::usecases::{self, Changed, Refusal};

/// The most of them at once.
const FIRST_MAX: i32 = 50;

/// A start that a settings change opens: some client can book it after the change, and none could before.
#[derive(SimpleObject)]
pub struct FirstSlot {
    /// The clinician who would be met.
    clinician: Clinician,
    /// The service that would be booked.
    service: Service,
    #[graphql(flatten)]
    slot: Slot,
}

impl FirstSlot {
    /// The first so many.
    pub async fn load(ctx: &Context<'_>, changed: &Changed, first: i32) -> Result<Vec<Self>, Refusal> {
        let wanted = usize::try_from(first).ok().filter(|_| (1..=FIRST_MAX).contains(&first));
        let wanted = wanted.ok_or_else(|| Rejection::invalid("first", format!("Ask for 1 to {FIRST_MAX} slots.")))?;
        let found = ctx.desk().first_slots(ctx.viewer()?, changed, wanted).await?;
        let shown = |one: usecases::FirstSlot| Self {
            clinician: Clinician { settings: changed.sides.after.settings.clone(), id: one.clinician_id },
            service: Service(one.service),
            slot: one.slot.into(),
        };
        Ok(found.into_iter().map(shown).collect())
    }
}
