//! What the printed policy says of a way and a reader, and what became of it.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, OperationType, Selection, SelectionSet};
use serde_json::Value;

use super::paths::Path;
use super::printed::Printed;
use super::scene::{Caller, Whose};
use frontdesk::domain::viewer::Within;

/// What becomes of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered; with something, where that is known.
    Allowed { with_data: bool },
    /// An error with this code, at this many fields down the way; none where it has no place.
    Denied { code: String, at: Option<usize> },
    /// Null without an error, at this many fields down.
    Nothing { at: usize },
}

/// The fields along a document's way, the first at the root: each with the type that it is of.
pub fn steps(printed: &Printed, document: &str) -> Vec<(String, String)> {
    let parsed = parse_query(document).unwrap_or_else(|error| panic!("{document}: {error}"));
    let DocumentOperations::Single(operation) = parsed.operations else { panic!("one operation: {document}") };
    let root = match operation.node.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let mut steps = Vec::new();
    walk(printed, root.to_owned(), &operation.node.selection_set.node, &mut steps);
    steps
}

fn walk(printed: &Printed, of: String, selected: &SelectionSet, steps: &mut Vec<(String, String)>) {
    let inside = selected.items.iter().find_map(|item| match &item.node {
        Selection::Field(field) if field.node.name.node == "__typename" => None,
        Selection::Field(field) => {
            Some((of.clone(), Some(field.node.name.node.to_string()), &field.node.selection_set))
        }
        Selection::InlineFragment(fragment) => {
            let of = fragment.node.type_condition.as_ref().expect("a type").node.on.node.to_string();
            Some((of, None, &fragment.node.selection_set))
        }
        Selection::FragmentSpread(_) => None,
    });
    let Some((of, field, selected)) = inside else { return };
    let next = match &field {
        Some(field) => printed.field(&of, field).of.clone(),
        None => of.clone(),
    };
    if let Some(field) = field {
        steps.push((of, field));
    }
    walk(printed, next, &selected.node, steps);
}

/// What the policy says of a way and a reader; the code of a denial.
pub fn expected(printed: &Printed, path: &Path, way: &[(String, String)], caller: &Caller) -> Outcome {
    if !caller.is_signed_in {
        return Outcome::Denied { code: "UNAUTHENTICATED".to_owned(), at: Some(0) };
    }
    for (at, (of, name)) in way.iter().enumerate() {
        let grants = &printed.field(of, name).grants;
        let held = grants.iter().filter(|(role, _)| caller.roles.contains(role)).collect::<Vec<_>>();
        // Who asks for their own is near to it; who comes from elsewhere can name nothing here.
        let is_near = path.whose == Whose::Askers
            || (path.whose == Whose::AdminsOwn || !caller.is_elsewhere)
                && held.iter().any(|(role, within)| match within {
                    Within::OwnPractice => true,
                    Within::OwnClient | Within::Own => (caller.is_near)(*role, *within, path.whose),
                });
        let denied = |code: &str| Outcome::Denied { code: code.to_owned(), at: Some(at) };
        match (held.is_empty(), is_near, of.as_str()) {
            (false, true, _) => {}
            // What is not theirs to hear of is told to others.
            _ if at > 0 && way[0].0 == "Subscription" => return Outcome::Nothing { at },
            (false, _, "Subscription") => return Outcome::Nothing { at },
            (true, ..) => return denied("FORBIDDEN"),
            (_, _, "Mutation") => return denied(if caller.is_elsewhere { "NOT_FOUND" } else { path.refused }),
            (_, _, "Query") => return denied("NOT_FOUND"),
            _ => return denied("FORBIDDEN"),
        }
    }
    Outcome::Allowed { with_data: false }
}

/// What an answer says of a way.
pub fn outcome(answer: &Value, way: &[(String, String)]) -> Outcome {
    let keys: Vec<_> = way.iter().map(|(_, name)| name.as_str()).collect();
    for error in answer["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or("no code").to_owned();
        let Some(path) = error["path"].as_array() else { return Outcome::Denied { code, at: None } };
        let path: Vec<_> = path.iter().filter_map(Value::as_str).collect();
        if keys.starts_with(&path) {
            return Outcome::Denied { code, at: Some(path.len() - 1) };
        }
    }
    let mut reached = vec![&answer["data"]];
    for (at, key) in keys.iter().enumerate() {
        let inside: Vec<_> = reached.iter().map(|value| &value[*key]).flat_map(flat).collect();
        let is_last = at + 1 == keys.len();
        if !is_last && !inside.is_empty() && inside.iter().all(|value| value.is_null()) {
            return Outcome::Nothing { at };
        }
        reached = inside.into_iter().filter(|value| !value.is_null()).collect();
    }
    Outcome::Allowed { with_data: !reached.is_empty() }
}

/// A list's items, and whatever is no list.
fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        other => vec![other],
    }
}

/// True where it came as the policy says.
pub fn agree(expected: &Outcome, found: &Outcome) -> bool {
    match (expected, found) {
        (Outcome::Allowed { .. }, Outcome::Allowed { .. }) => true,
        // A token that is not good is refused at the door, which has no place in a document.
        (Outcome::Denied { code, .. }, Outcome::Denied { code: found, at: None }) => {
            code == "UNAUTHENTICATED" && code == found
        }
        // What is out of scope reads null, like what does not exist.
        (Outcome::Denied { code, at: Some(at) }, Outcome::Nothing { at: found }) => code == "NOT_FOUND" && at == found,
        (Outcome::Denied { code, at: Some(0) }, Outcome::Allowed { with_data: false }) => code == "NOT_FOUND",
        (Outcome::Nothing { .. }, Outcome::Allowed { with_data: false }) => true,
        _ => expected == found,
    }
}
