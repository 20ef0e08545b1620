//! A subscription's one field, where a fragment holds it. The library follows only what stands at the root itself.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Name, Positioned, ServerError};
use std::collections::HashMap;

use super::invalid;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Writes what a subscription's root takes from fragments where they are taken. That they end is known by now: their
/// expanded size is bounded.
pub fn unfold(document: &mut ExecutableDocument) -> Result<(), ServerError> {
    let ExecutableDocument { operations, fragments } = document;
    let mut taken = Vec::new();
    match operations {
        DocumentOperations::Single(operation) => unfold_in(&mut operation.node, fragments, &mut taken)?,
        DocumentOperations::Multiple(operations) => {
            operations.values_mut().try_for_each(|operation| unfold_in(&mut operation.node, fragments, &mut taken))?;
        }
    }
    // Nothing else can take them: they are of the subscription's type. Left, the library would find them unused.
    taken.iter().for_each(|name| drop(fragments.remove(name)));
    Ok(())
}

fn unfold_in(
    operation: &mut OperationDefinition,
    fragments: &Fragments,
    taken: &mut Vec<Name>,
) -> Result<(), ServerError> {
    if operation.ty != OperationType::Subscription {
        return Ok(());
    }
    let all = &mut operation.selection_set.node.items;
    while let Some(place) = all.iter().position(|item| !matches!(item.node, Selection::Field(_))) {
        let item = all.remove(place);
        let inner = match &item.node {
            Selection::InlineFragment(inline) => inline.node.selection_set.node.items.clone(),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                // One that is not there is for the library to tell of.
                let Some(fragment) = fragments.get(name) else {
                    all.insert(place, item);
                    return Ok(());
                };
                taken.push(name.clone());
                fragment.node.selection_set.node.items.clone()
            }
            Selection::Field(_) => Vec::new(),
        };
        if !directives(&item.node).is_empty() {
            return Err(invalid(item.pos, "What a subscription follows cannot depend on a directive.".to_owned()));
        }
        all.splice(place..place, inner);
    }
    match all.iter().find(|item| !directives(&item.node).is_empty()) {
        Some(item) => Err(invalid(item.pos, "What a subscription follows cannot depend on a directive.".to_owned())),
        None => Ok(()),
    }
}

fn directives(selection: &Selection) -> &[Positioned<async_graphql::parser::types::Directive>] {
    match selection {
        Selection::Field(field) => &field.node.directives,
        Selection::InlineFragment(inline) => &inline.node.directives,
        Selection::FragmentSpread(spread) => &spread.node.directives,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn what_a_fragment_holds_stands_at_the_root_and_the_fragment_is_gone() {
        let text = "subscription { ... { ...A } } fragment A on Subscription { ...B } \
                    fragment B on Subscription { a { ...C } } fragment C on D { e }";
        let mut document = parse_query(text).expect("a document");
        unfold(&mut document).expect("right");
        let DocumentOperations::Single(operation) = &document.operations else { panic!("one operation") };
        let [root] = operation.node.selection_set.node.items.as_slice() else { panic!("one field") };
        assert!(matches!(&root.node, Selection::Field(field) if field.node.name.node == "a"));
        assert_eq!(document.fragments.keys().map(Name::as_str).collect::<Vec<_>>(), ["C"]);
    }

    #[test]
    fn no_directive_decides_what_is_followed() {
        for text in [
            "subscription { a @skip(if: true) }",
            "subscription { ... @include(if: false) { a } }",
            "subscription { ...A @skip(if: true) } fragment A on Subscription { a }",
        ] {
            assert!(unfold(&mut parse_query(text).expect("a document")).is_err(), "{text}");
        }
    }
}
