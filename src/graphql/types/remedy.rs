//! A change that would open a gate.

use async_graphql::SimpleObject;
use serde_json::{Value, json};

use super::Settings;
use super::weekly_hours::{as_input, window_as_input};
use crate::domain::ids::ServiceId;
use crate::domain::remedies::{Needed, Remedy};
use crate::graphql::enums::{Gate, Role};
use crate::usecases::AccessQuestion;

/// A change without which the client cannot book: one mutation, for one gate. Worked out from the settings as they stand; ask
/// anew once something has changed.
#[derive(SimpleObject)]
pub struct AccessChangeNeeded {
    /// The gate that it opens.
    gate: Gate,
    /// The mutation that makes it, by name.
    mutation: &'static str,
    /// The mutation's `input` as JSON, ready to be sent; it has no `dryRun`, which can be added. Null where somebody has to
    /// choose first: which service to create and offer, or which hours to open.
    input_json: Option<String>,
    /// The change in one sentence.
    description: &'static str,
    /// The roles that can make it under the practice's policy.
    can_be_made_by: Vec<Role>,
}

/// The changes as the API shows them.
pub fn shown(needed: &[Needed], settings: &Settings, asked: &AccessQuestion) -> Vec<AccessChangeNeeded> {
    let one = |needed: &Needed| AccessChangeNeeded {
        gate: needed.gate.into(),
        mutation: needed.remedy.mutation(),
        input_json: input(&needed.remedy, settings, asked).map(|input| input.to_string()),
        description: needed.remedy.sentence(),
        can_be_made_by: needed.remedy.done_by(settings).iter().map(|role| Role::from(*role)).collect(),
    };
    needed.iter().map(one).collect()
}

fn input(remedy: &Remedy, settings: &Settings, asked: &AccessQuestion) -> Option<Value> {
    let clinician = settings.clinicians.get(&asked.clinician_id)?;
    let (id, client) = (clinician.id.to_string(), asked.client_id.map(|client| client.to_string()));
    Some(match remedy {
        Remedy::TurnPracticeOn | Remedy::StartPractice => json!({ "enabled": true }),
        Remedy::ResumePractice => json!({ "paused": false }),
        Remedy::ResumeClinician => json!({ "clinicianId": id, "paused": false }),
        Remedy::OptIn(None) | Remedy::StartClinician => json!({ "clinicianIds": [id], "enabled": true }),
        Remedy::OptIn(Some(audience)) => {
            json!({ "clinicianIds": [id], "enabled": true, "audience": audience.as_str() })
        }
        Remedy::LiftLock => json!({ "clinicianIds": [id], "locked": false }),
        Remedy::CreateService | Remedy::OfferService(None) | Remedy::OpenHours(None) => return None,
        Remedy::OfferService(Some(service)) => {
            let all: Vec<_> = clinician.offered.keys().chain([service]).map(ServiceId::to_string).collect();
            json!({ "clinicianId": id, "serviceIds": all })
        }
        Remedy::OpenHours(Some(window)) => {
            let all: Vec<_> = clinician.hours.weekly.iter().chain([window]).map(as_input).collect();
            json!({ "clinicianId": id, "hours": all })
        }
        Remedy::OpenDate(on, window) => {
            let open = clinician.hours.exceptions.get(on).into_iter().flatten();
            let all: Vec<_> = open.chain([window]).map(window_as_input).collect();
            json!({ "clinicianId": id, "on": on.to_string(), "windows": all })
        }
        Remedy::CallOffCare(on) => json!({ "clinicianId": id, "clientId": client?, "endsOn": on.to_string() }),
        Remedy::StartCare => json!({ "clinicianId": id, "clientId": client? }),
        Remedy::UnblockInPractice => json!({ "clientIds": [client?], "access": "ALLOWED" }),
        Remedy::AllowClient => json!({ "clinicianId": id, "clientIds": [client?], "access": "ALLOWED" }),
        Remedy::Answer(request) => json!({ "id": request.to_string() }),
    })
}
