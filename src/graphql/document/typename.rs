//! `__typename` with directives, written otherwise. The library's checks pass by that field, so that they neither see its
//! directives nor that these use a variable.

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, InlineFragment, Selection, SelectionSet};
use async_graphql::{Positioned, ServerError};

use super::invalid;

/// Writes `__typename @skip(if: $a)` as `... @skip(if: $a) { __typename }`, which means the same.
pub fn unfold(document: &mut ExecutableDocument) -> Result<(), ServerError> {
    match &mut document.operations {
        DocumentOperations::Single(operation) => unfold_in(&mut operation.node.selection_set.node)?,
        DocumentOperations::Multiple(operations) => {
            operations.values_mut().try_for_each(|operation| unfold_in(&mut operation.node.selection_set.node))?;
        }
    }
    document.fragments.values_mut().try_for_each(|fragment| unfold_in(&mut fragment.node.selection_set.node))
}

fn unfold_in(all: &mut SelectionSet) -> Result<(), ServerError> {
    for item in &mut all.items {
        match &mut item.node {
            Selection::Field(field) if field.node.name.node == "__typename" => {
                if !(field.node.arguments.is_empty() && field.node.selection_set.node.items.is_empty()) {
                    return Err(invalid(item.pos, "__typename takes no arguments and has no fields.".to_owned()));
                }
                let directives = std::mem::take(&mut field.node.directives);
                if !directives.is_empty() {
                    let inner = SelectionSet { items: vec![item.clone()] };
                    let selection_set = Positioned::new(inner, item.pos);
                    let fragment = InlineFragment { type_condition: None, directives, selection_set };
                    item.node = Selection::InlineFragment(Positioned::new(fragment, item.pos));
                }
            }
            Selection::Field(field) => unfold_in(&mut field.node.selection_set.node)?,
            Selection::InlineFragment(inline) => unfold_in(&mut inline.node.selection_set.node)?,
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}
