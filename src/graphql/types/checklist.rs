//! The set-up checklist.

use async_graphql::SimpleObject;

use crate::domain::checklist;
use crate::graphql::enums::{Role, SetupStep};

/// One step of the set-up, computed from the settings as they stand.
#[derive(SimpleObject, Clone, Debug)]
pub struct ChecklistItem {
    /// Which step.
    step: SetupStep,
    /// True once it is done.
    done: bool,
    /// The step in one sentence, with the mutation that does it.
    description: String,
    /// The roles that can do it under the practice's policy.
    can_be_done_by: Vec<Role>,
}

/// The steps as the API shows them.
pub fn shown(items: Vec<checklist::ChecklistItem>) -> Vec<ChecklistItem> {
    items
        .into_iter()
        .map(|item| ChecklistItem {
            step: item.step.into(),
            done: item.done,
            description: item.description().to_owned(),
            can_be_done_by: item.can_be_done_by.iter().map(|role| Role::from(*role)).collect(),
        })
        .collect()
}
