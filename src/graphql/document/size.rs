//! How large an operation is once its fragments are spread, reckoned without spreading them: fragments that name each
//! other twice double with each, and the checks that follow would take them at their word.

use std::collections::HashMap;

use async_graphql::Variables;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, ServerError};

use super::cost::{self, Cost};
use super::types::{TYPES, Types};
use super::{Excess, invalid};
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
    /// Fields, each as often as the pages and lists above it hold items.
    cost: u64,
    /// What is in one slot, while the range that they are looked for in is not yet known.
    each_slot: u64,
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
            each_slot: self.each_slot.saturating_add(other.each_slot),
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
        let root = Types::root(operation.ty);
        Ok(self.selection(Some(&root), &operation.selection_set.node, 1)?.and(directives(&operation.directives)))
    }

    /// Of a type, where it is known. Goes no deeper than what may be nested: this recurses, as do the library's checks and
    /// the run itself.
    fn selection(&mut self, of: Option<&Name>, selection: &'d SelectionSet, level: u64) -> Result<Size, ServerError> {
        Excess::check(Limit::DocumentNesting, level, self.limits).map_err(super::refused)?;
        selection.items.iter().try_fold(Size { nesting: 1, ..Size::default() }, |size, item| {
            let next = match &item.node {
                Selection::Field(field) => self.field(of, &field.node, level)?,
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    let within = self.selection(on.or(of), &inline.node.selection_set.node, level + 1)?;
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

    fn field(&mut self, of: Option<&Name>, field: &'d Field, level: u64) -> Result<Size, ServerError> {
        let known = of.and_then(|of| TYPES.field(of, &field.name.node));
        let within = match field.selection_set.node.items.is_empty() {
            true => Size::default(),
            false => self.selection(known.map(|known| &known.of), &field.selection_set.node, level + 1)?,
        };
        let name = field.name.node.as_str();
        if let Some(wanted) = cost::page_size(field, self.variables).filter(|_| known.is_some()) {
            Excess::check(Limit::PageSize, wanted, self.limits).map_err(super::refused)?;
        }
        let within_cost = Cost { fields: within.cost, each_slot: within.each_slot };
        let cost = cost::of(of.zip(known), field, within_cost, self.variables);
        let size = Size {
            roots: 1,
            schemas: within.schemas.saturating_add((name == "__schema").into()),
            lists: within.lists + u64::from(INTROSPECTION_LISTS.contains(&name)),
            fields: within.fields.saturating_add(1),
            depth: within.depth.saturating_add(1),
            aliases: within.aliases.saturating_add(field.alias.is_some().into()),
            cost: cost.fields,
            each_slot: cost.each_slot,
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
                let on = &fragment.node.type_condition.node.on.node;
                let within = self.selection(Some(on), &fragment.node.selection_set.node, level + 1)?;
                let size = within.and(directives(&fragment.node.directives));
                self.known.insert(name, Some(size));
                size
            }
        };
        let nesting = level.saturating_add(size.nesting);
        Excess::check(Limit::DocumentNesting, nesting, self.limits).map_err(super::refused)?;
        Ok(size)
    }
}

fn directives(all: &[Positioned<Directive>]) -> Size {
    Size { directives: all.len() as u64, ..Size::default() }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;
    use crate::graphql::page::{PAGE_DEFAULT, PAGE_MAX};

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
    fn what_stands_in_a_list_that_is_not_paged_counts_as_often_as_that_list_is_long() {
        let cost_of =
            |query: &str| size(query, json!({ "from": "2027-01-01T00:00:00Z", "to": "2027-01-31T00:00:00Z" })).cost;
        let services = cost::items("Practice", "services").expect("a list");
        // The practice, the list, and its items.
        assert_eq!(cost_of("{ practice { services { id name } } }"), 2 + services * 2);
        assert_eq!(
            cost_of("{ practice { ...P } } fragment P on Practice { ... { services { id name } } }"),
            2 + services * 2
        );
        let month = 31 * cost::SLOTS_PER_DAY;
        let in_variables =
            "query($from: DateTime!, $to: DateTime!) { clinician(id: 1) { availableSlots(from: $from, to: $to)";
        assert_eq!(
            cost_of(&format!("{in_variables} {{ slots {{ startsAt endsAt }} timeZone }} }} }}")),
            2 + month * 2 + 2
        );
        let day = "from: \"2027-01-01T00:00:00Z\", to: \"2027-01-01T23:00:00Z\"";
        let of = "fragment S on SlotList { slots { startsAt } again: slots { startsAt } timeZone }";
        let slots =
            |range: &str| cost_of(&format!("{{ clinician(id: 1) {{ availableSlots({range}) {{ ...S }} }} }} {of}"));
        assert_eq!(slots(day), 2 + cost::SLOTS_PER_DAY * 2 + 3);
        let longest = cost::SLOTS_PER_DAY * cost::SLOTS_DAYS_MAX;
        for unreadable in ["from: 1", "from: \"2027\", to: \"2028\"", "from: $from, to: \"1999-01-01T00:00:00Z\""] {
            assert_eq!(slots(unreadable), 2 + longest * 2 + 3, "{unreadable}");
        }
        let looked_for = format!("{{ clinician(id: 1) {{ availableSlots({day}) {{ timeZone }} }} }}");
        assert_eq!(cost_of(&looked_for), 2 + cost::SLOTS_PER_DAY + 1, "they are looked for all the same");
        let change = "mutation { setPracticeSelfScheduling(input: { enabled: true }) { errors { code } } }";
        assert_eq!(cost_of(change), 3 + cost::work("Mutation", "setPracticeSelfScheduling"));
        let meetings = format!("{{ client(id: 1) {{ appointments({day}) {{ id }} }} }}");
        assert_eq!(cost_of(&meetings), 2 + cost::APPOINTMENTS_PER_DAY);
    }

    #[test]
    fn a_search_for_the_soonest_slots_pays_for_looking_and_for_as_many_as_it_asks_for() {
        let cost_of = |arguments: &str| {
            let found = "slots { startsAt clinician { id } }";
            size(&format!("{{ practice {{ soonestSlots({arguments}) {{ {found} }} }} }}"), json!({})).cost
        };
        let looked = cost::work("Practice", "soonestSlots");
        // The practice, the search, its list, and three fields of each slot.
        assert_eq!(cost_of("first: 10"), 3 + looked + 10 * 3);
        assert_eq!(cost_of("from: 1"), 3 + looked + PAGE_DEFAULT as u64 * 3);
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
            1 + PAGE_DEFAULT as u64 * 2,
            "a page of the usual size"
        );
        assert_eq!(
            size("{ a(first: 99999) { nodes { b } } }", json!({})).cost,
            1 + PAGE_MAX as u64 * 2,
            "refused later on"
        );
        assert_eq!(size("{ a { b } }", json!({})).cost, 2);
        let spread = "{ practice { clients { ...C } } } fragment C on ClientConnection { nodes { id } }";
        let looked_up = cost::work("Practice", "clients");
        assert_eq!(size(spread, json!({})).cost, 2 + looked_up + PAGE_DEFAULT as u64 * 2, "however it is written");
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
            (costly, "operation_cost of 12500"),
            ("{ __schema { types { name } } a: __schema { types { name } } }", "operation_schemas of 1"),
            ("{ __type(name: \"Query\") { fields { type { fields { name } } } } }", "introspection_lists of 1"),
        ] {
            let refused = judged(query, json!({}), &Limits::default()).expect_err(told);
            assert!(refused.contains(told), "{refused}");
        }
    }
}
