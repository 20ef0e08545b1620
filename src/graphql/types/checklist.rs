//! The set-up checklist.

use async_graphql::SimpleObject;

use crate::domain::checklist;
use crate::graphql::enums::{Role, SetupStep};

/// One step of the set-up, computed anew whenever it is asked for.
#[derive(SimpleObject, Clone, Debug)]
pub struct ChecklistItem {
    /// Which step.
    step: SetupStep,
    /// True once it is done.
    done: bool,
    /// The step in one sentence, with what does it.
    description: String,
    /// The mutation that does it, by name.
    mutation: &'static str,
    /// The roles that can do it under the practice's policy.
    can_be_done_by: Vec<Role>,
}

/// The steps that are missing as the API shows them, or all.
pub fn shown(items: &[checklist::ChecklistItem], include_done: bool) -> Vec<ChecklistItem> {
    let items = if include_done { items.to_vec() } else { checklist::missing(items) };
    let one = |item: checklist::ChecklistItem| ChecklistItem {
        step: item.step.into(),
        done: item.done,
        description: item.sentence(),
        mutation: item.step.mutation(),
        can_be_done_by: item.can_be_done_by.iter().map(|role| Role::from(*role)).collect(),
    };
    items.into_iter().map(one).collect()
}
