//! How large an operation is once its fragments are spread, reckoned without spreading them: fragments that name each
//! other twice double with each, and the checks that follow would take them at their word.

use std::collections::HashMap;

use async_graphql::Variables;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, ServerError, Value};

use super::{Excess, invalid};
use crate::graphql::page::{PAGE_DEFAULT, PAGE_MAX};
use crate::limits::{Limit, Limits};

/// Those from which introspection comes back to where it began: types have fields, which have types. No field of ours
/// bears one of these names.
const INTROSPECTION_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// What a selection comes to. Numbers stop at their type's largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    /// Fields that stand directly in it.
    roots: u64,
    fields: u64,
    depth: u64,
    /// Selections inside each other, of fields or not.
    nesting: u64,
    aliases: u64,
    directives: u64,
    /// How often the schema itself is asked for.
    schemas: u64,
    /// Lists of introspection inside each other.
    lists: u64,
    /// Fields, each as often as the pages above it hold items.
    cost: u64,
}

impl Size {
    /// Both beside each other.
    fn and(self, other: Self) -> Self {
        Self {
            roots: self.roots.saturating_add(other.roots),
            fields: self.fields.saturating_add(other.fields),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            schemas: self.schemas.saturating_add(other.schemas),
            lists: self.lists.max(other.lists),
            cost: self.cost.saturating_add(other.cost),
        }
    }

    fn within(&self, limits: &Limits) -> Result<(), Excess> {
        Excess::check(Limit::OperationDepth, self.depth, limits)?;
        Excess::check(Limit::OperationFields, self.fields, limits)?;
        Excess::check(Limit::OperationAliases, self.aliases, limits)?;
        Excess::check(Limit::OperationDirectives, self.directives, limits)?;
        Excess::check(Limit::OperationRootFields, self.roots, limits)?;
        Excess::check(Limit::OperationSchemas, self.schemas, limits)?;
        Excess::check(Limit::IntrospectionLists, self.lists, limits)?;
        Excess::check(Limit::OperationCost, self.cost, limits)
    }
}

/// Refuses a document any of whose operations or fragments is over a limit, or never ends.
pub fn check(document: &ExecutableDocument, variables: &Variables, limits: &Limits) -> Result<(), ServerError> {
    let mut reckoner = Reckoner { fragments: &document.fragments, variables, limits, known: HashMap::new() };
    for (name, fragment) in &document.fragments {
        // A fragment by itself has no root fields.
        let size = Size { roots: 0, ..reckoner.fragment(name, fragment.pos, 0)? };
        size.within(limits).map_err(super::refused)?;
    }
    for (_, operation) in document.operations.iter() {
        let size = reckoner.operation(&operation.node)?;
        size.within(limits).map_err(super::refused)?;
        if operation.node.ty == OperationType::Subscription && size.roots != 1 {
            let message = "A subscription has exactly one root field. Open one for each.";
            return Err(invalid(operation.pos, message.to_owned()));
        }
    }
    Ok(())
}

struct Reckoner<'d> {
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'d Variables,
    limits: &'d Limits,
    /// What each fragment comes to; none while that is being reckoned.
    known: HashMap<&'d str, Option<Size>>,
}

impl<'d> Reckoner<'d> {
    fn operation(&mut self, operation: &'d OperationDefinition) -> Result<Size, ServerError> {
        Ok(self.selection(&operation.selection_set.node, 1)?.and(directives(&operation.directives)))
    }

    /// Goes no deeper than what may be nested: this recurses, as do the library's checks and the run itself.
    fn selection(&mut self, selection: &'d SelectionSet, level: u64) -> Result<Size, ServerError> {
        Excess::check(Limit::DocumentNesting, level, self.limits).map_err(super::refused)?;
        selection.items.iter().try_fold(Size { nesting: 1, ..Size::default() }, |size, item| {
            let next = match &item.node {
                Selection::Field(field) => self.field(&field.node, level)?,
                Selection::InlineFragment(inline) => {
                    let within = self.selection(&inline.node.selection_set.node, level + 1)?;
                    within.and(directives(&inline.node.directives))
                }
                Selection::FragmentSpread(spread) => {
                    let within = self.fragment(&spread.node.fragment_name.node, item.pos, level)?;
                    within.and(directives(&spread.node.directives))
                }
            };
            Ok(size.and(Size { nesting: next.nesting + 1, ..next }))
        })
    }

    fn field(&mut self, field: &'d Field, level: u64) -> Result<Size, ServerError> {
        let within = match field.selection_set.node.items.is_empty() {
            true => Size::default(),
            false => self.selection(&field.selection_set.node, level + 1)?,
        };
        let name = field.name.node.as_str();
        let size = Size {
            roots: 1,
            schemas: within.schemas.saturating_add((name == "__schema").into()),
            lists: within.lists + u64::from(INTROSPECTION_LISTS.contains(&name)),
            fields: within.fields.saturating_add(1),
            depth: within.depth.saturating_add(1),
            aliases: within.aliases.saturating_add(field.alias.is_some().into()),
            cost: self.items(field).saturating_mul(within.cost).saturating_add(1),
            ..within
        };
        Ok(size.and(directives(&field.directives)))
    }

    fn fragment(&mut self, name: &Name, at: Pos, level: u64) -> Result<Size, ServerError> {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Err(invalid(at, format!("The document has no fragment {name}.")));
        };
        let size = match self.known.get(name.as_str()) {
            Some(Some(known)) => *known,
            Some(None) => return Err(invalid(at, format!("The fragment {name} holds itself."))),
            None => {
                self.known.insert(name, None);
                let within = self.selection(&fragment.node.selection_set.node, level + 1)?;
                let size = within.and(directives(&fragment.node.directives));
                self.known.insert(name, Some(size));
                size
            }
        };
        let nesting = level.saturating_add(size.nesting);
        Excess::check(Limit::DocumentNesting, nesting, self.limits).map_err(super::refused)?;
        Ok(size)
    }

    /// How often what is in a field is made: once, but where it is a page.
    fn items(&self, field: &Field) -> u64 {
        let asked = field.arguments.iter().find(|(name, _)| matches!(name.node.as_str(), "first" | "last"));
        let given = |name| self.variables.get(&name).cloned().ok_or(());
        let number = match asked.map(|(_, value)| value.node.clone().into_const_with(given)) {
            Some(Ok(Value::Number(number))) => number.as_u64(),
            _ => None,
        };
        let is_page = |item: &Positioned<Selection>| match &item.node {
            Selection::Field(field) => matches!(field.node.name.node.as_str(), "nodes" | "edges"),
            _ => false,
        };
        let pages = asked.is_some() || field.selection_set.node.items.iter().any(is_page);
        if pages { number.unwrap_or(items(PAGE_DEFAULT)).clamp(1, items(PAGE_MAX)) } else { 1 }
    }
}

fn items(page: i32) -> u64 {
    page.unsigned_abs().into()
}

fn directives(all: &[Positioned<Directive>]) -> Size {
    Size { directives: all.len() as u64, ..Size::default() }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    fn judged(query: &str, variables: serde_json::Value, limits: &Limits) -> Result<(), String> {
        let document = parse_query(query).expect("a document");
        check(&document, &Variables::from_json(variables), limits).map_err(|error| error.message)
    }

    fn size(query: &str, variables: serde_json::Value) -> Size {
        let document = parse_query(query).expect("a document");
        let (variables, limits) = (Variables::from_json(variables), Limits::default());
        let (fragments, known) = (&document.fragments, HashMap::new());
        let mut reckoner = Reckoner { fragments, variables: &variables, limits: &limits, known };
        let (_, operation) = document.operations.iter().next().expect("an operation");
        reckoner.operation(&operation.node).expect("within the limits")
    }

    #[test]
    fn a_selection_is_reckoned_as_if_its_fragments_were_spread() {
        let query = "{ a ...F @include(if: true) x: b { c ... on B @skip(if: false) { d ...F } } }
            fragment F on Q { e { f } }";
        // a, e, f, b, c, d, e, f
        let expected =
            Size { roots: 3, fields: 8, depth: 3, nesting: 5, aliases: 1, directives: 2, cost: 8, ..Size::default() };
        assert_eq!(size(query, json!({})), expected);
    }

    #[test]
    fn what_stands_in_a_page_counts_as_often_as_the_page_holds_items() {
        assert_eq!(size("{ a(first: 10) { nodes { b c } } }", json!({})).cost, 1 + 10 * 3);
        assert_eq!(
            size("{ a(first: 10) { nodes { b(last: 5) { nodes { c } } } } }", json!({})).cost,
            1 + 10 * (2 + 5 * 2)
        );
        assert_eq!(size("query($n: Int) { a(first: $n) { nodes { b } } }", json!({ "n": 7 })).cost, 1 + 7 * 2);
        assert_eq!(
            size("{ a { nodes { b } } }", json!({})).cost,
            1 + items(PAGE_DEFAULT) * 2,
            "a page of the usual size"
        );
        assert_eq!(
            size("{ a(first: 99999) { nodes { b } } }", json!({})).cost,
            1 + items(PAGE_MAX) * 2,
            "refused later on"
        );
        assert_eq!(size("{ a { b } }", json!({})).cost, 2);
    }

    /// So many fragments, each of which spreads the next one this often, and the last of which is `end`.
    fn chain(length: usize, spreads: usize, end: &str) -> String {
        let fragment = |at| format!(" fragment F{at} on Q {{ {} }}", format!("...F{} ", at + 1).repeat(spreads));
        format!("{{ ...F0 }}{} fragment F{length} on Q {{ {end} }}", (0..length).map(fragment).collect::<String>())
    }

    #[test]
    fn fragments_that_double_are_refused_and_cost_nothing() {
        let told = judged(&chain(25, 2, "a"), json!({}), &Limits::default()).expect_err("refused");
        assert!(told.contains("operation_fields of 1000"), "{told}");
        // Without a field at their end they would come to nothing, and still be walked.
        let told = judged(&chain(25, 2, "...Nowhere"), json!({}), &Limits::default()).expect_err("refused");
        assert!(told.contains("no fragment Nowhere"), "{told}");
    }

    #[test]
    fn selections_are_nested_no_deeper_by_fragments_than_by_brackets() {
        let limits = Limits::default();
        for (length, is_within) in [(30, true), (31, false), (100, false), (400, false)] {
            let told = judged(&chain(length, 1, "a"), json!({}), &limits);
            assert_eq!(told.is_ok(), is_within, "{length}: {told:?}");
            assert!(told.err().is_none_or(|told| told.contains("document_nesting of 32")));
        }
        // However the fragments were come by, what spreads the deepest of them is refused.
        let spread_deep = chain(31, 1, "a").replacen(
            "{ ...F0 }",
            "{ ...F8 a { a { a { a { a { a { a { a { ...F2 } } } } } } } } }",
            1,
        );
        let told = judged(&spread_deep, json!({}), &limits).expect_err("refused");
        assert!(told.contains("document_nesting of 32"), "{told}");
    }

    #[test]
    fn fragments_that_hold_themselves_are_refused_by_name() {
        let query = "{ ...A } fragment A on Q { b { ...B } } fragment B on Q { c { ...A } }";
        let told = judged(query, json!({}), &Limits::default()).expect_err("refused");
        assert!(told.contains("holds itself"), "{told}");
    }

    #[test]
    fn a_subscription_has_one_root_field_however_it_is_written() {
        let limits = Limits::default();
        for two in
            ["subscription { a b }", "subscription { ...F } fragment F on S { a b }", "subscription { a ... { b } }"]
        {
            let told = judged(two, json!({}), &limits).expect_err("refused");
            assert!(told.contains("exactly one root field"), "{told}");
        }
        assert_eq!(judged("subscription { ...F } fragment F on S { a { b c } }", json!({}), &limits), Ok(()));
    }

    #[test]
    fn each_limit_is_refused_by_its_name_and_value() {
        let many =
            |what: &str| format!("{{ {} }}", (0..3_000).map(|n| what.replace('#', &n.to_string())).collect::<String>());
        let deep = format!("{}a{}", "{ a ".repeat(17), " }".repeat(17));
        let costly = "{ a(first: 100) { nodes { b(first: 100) { nodes { c d e f g h } } } } }";
        for (query, told) in [
            (deep.as_str(), "operation_depth of 16"),
            (&many("a "), "operation_fields of 1000"),
            (&format!("{{ a {{ {} }} }}", "x: b ".repeat(101)), "operation_aliases of 100"),
            (&format!("{{ a {} }}", "@b ".repeat(51)), "operation_directives of 50"),
            (&format!("{{ {} }}", "a ".repeat(21)), "operation_root_fields of 20"),
            (costly, "operation_cost of 50000"),
            ("{ __schema { types { name } } a: __schema { types { name } } }", "operation_schemas of 1"),
            ("{ __type(name: \"Query\") { fields { type { fields { name } } } } }", "introspection_lists of 1"),
        ] {
            let refused = judged(query, json!({}), &Limits::default()).expect_err(told);
            assert!(refused.contains(told), "{refused}");
        }
    }
}
