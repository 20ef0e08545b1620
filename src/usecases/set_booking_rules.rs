//! The numbers that bind clients: an admin sets the practice's and a service's, a clinician their own, or an admin for
//! them.

use super::error::{require_acts_for, require_admin};
use super::settings_change::Draft;
use super::{Change, Changed, Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClinicianId, ServiceId};
use crate::domain::rejection::Rejection;
use crate::domain::rules::{RuleEdits, RuleOverrides};
use crate::domain::viewer::Viewer;
use crate::store::Pairs;

/// Whose rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesOf {
    Practice,
    Clinician(ClinicianId),
    Service(ServiceId),
}

impl RulesOf {
    /// Where the store keeps them.
    pub(super) fn level(self) -> (Option<ClinicianId>, Option<ServiceId>) {
        match self {
            Self::Practice => (None, None),
            Self::Clinician(id) => (Some(id), None),
            Self::Service(id) => (None, Some(id)),
        }
    }
}

/// Whose rules, and what becomes of which.
#[derive(Clone, Debug)]
pub struct SetBookingRules {
    pub of: RulesOf,
    pub edits: RuleEdits,
}

impl Desk {
    /// Changes booking rules. What was asked for and booked stays: its buffers and its deadline are as they were.
    pub async fn set_booking_rules(
        &self,
        viewer: &Viewer,
        set: SetBookingRules,
        change: &Change,
    ) -> Result<Changed, Refusal> {
        let pairs = match set.of {
            RulesOf::Clinician(clinician) => {
                require_acts_for(viewer, clinician)?;
                Pairs::OfClinicians(vec![clinician])
            }
            RulesOf::Practice | RulesOf::Service(_) => {
                require_admin(viewer)?;
                // Nobody's gates move with it.
                Pairs::OfClients(vec![])
            }
        };
        self.retrying(|| {
            Box::pin(async {
                let mut draft = self.draft(viewer, change, pairs.clone()).await?;
                let before = own_rules(&draft, set.of)?;
                let after = before
                    .edited(&set.edits, set.of == RulesOf::Practice)
                    .map_err(|(rule, message)| Rejection::invalid(&format!("input.{}", rule.as_str()), message))?;
                let event = Event::new(EventKind::BookingRulesSet, Some(draft.actor()));
                let event = match set.of {
                    RulesOf::Practice => event,
                    RulesOf::Clinician(id) => event.clinician(id),
                    RulesOf::Service(id) => event.service(id),
                };
                draft.scope().set_rules(set.of.level(), &after).await?;
                draft.tell(told(event, &set.edits, &before, &after));
                self.finish(draft).await
            })
        })
        .await
    }
}

/// The rules that change, each before and after.
pub(super) fn told(event: Event, edits: &RuleEdits, before: &RuleOverrides, after: &RuleOverrides) -> Event {
    let text = |value: Option<i32>| value.map(|value| value.to_string());
    edits.keys().fold(event, |event, rule| event.change(rule.as_str(), text(before.get(*rule)), text(after.get(*rule))))
}

/// What is set there now.
pub(super) fn own_rules(draft: &Draft, of: RulesOf) -> Result<RuleOverrides, Denied> {
    Ok(match of {
        RulesOf::Practice => (&draft.before.default_rules).into(),
        RulesOf::Clinician(id) => draft.clinician(id)?.rules.clone(),
        RulesOf::Service(id) => {
            let service = draft.before.services.get(&id);
            service.ok_or_else(|| Denied::not_found_at("service", "input.serviceId"))?.rules.clone()
        }
    })
}
