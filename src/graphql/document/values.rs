//! Whether values are of the types that the schema has for them. The library lets some pass: an Int of more than 32 bits, an
//! enum's value written as a string, anything for an input object, whatever stands beside a variable that was left out, and
//! variables that are required and not there. It also takes no notice of a variable's default in `@skip` and `@include`.

use async_graphql::parser::types::{BaseType, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type};
use async_graphql::{Name, Pos, ServerError, Variables};
use async_graphql_value::Value;

use super::invalid;
use super::types::{Input, TYPES, Types};

/// As much of a name as is repeated: those in variables are as long as the caller likes.
const NAME_TOLD_CHARS: usize = 50;

/// Where a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// In the document, where enums have values of their own.
    InDocument,
    /// As JSON, where they are strings.
    InVariables,
}

/// Gives the variables of the operation that is run their defaults, and refuses what is not of its type.
pub fn complete(
    document: &ExecutableDocument,
    run: &OperationDefinition,
    variables: &mut Variables,
) -> Result<(), ServerError> {
    for definition in &run.variable_definitions {
        let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        // Taken out and put back: a copy of what may be large would cost as much as all else.
        match (variables.remove(name), &definition.node.default_value) {
            (Some(given), _) => {
                let value = given.into_value();
                of_type(&value, ty, Written::InVariables).map_err(|wrong| told(definition.pos, name, &wrong))?;
                variables.extend(value.into_const().map(|given| (name.clone(), given)));
            }
            (None, Some(default)) => {
                variables.insert(name.clone(), default.node.clone());
            }
            (None, None) if !ty.nullable => return Err(told(definition.pos, name, " is required and was not sent")),
            (None, None) => {}
        }
    }
    check(document)
}

fn told(at: Pos, name: &Name, wrong: &str) -> ServerError {
    invalid(at, format!("The variable {name}{wrong}."))
}

/// Refuses literals that are not of their type.
fn check(document: &ExecutableDocument) -> Result<(), ServerError> {
    for (_, operation) in document.operations.iter() {
        for definition in &operation.node.variable_definitions {
            if let Some(directive) = definition.node.directives.first() {
                return Err(invalid(directive.pos, "No directive of this schema stands at a variable.".to_owned()));
            }
            if let Some(default) = &definition.node.default_value {
                let value = default.node.clone().into_value();
                let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
                of_type(&value, ty, Written::InDocument).map_err(|wrong| told(default.pos, name, &wrong))?;
            }
        }
        selection(&Types::root(operation.node.ty), &operation.node.selection_set.node)?;
    }
    for fragment in document.fragments.values() {
        selection(&fragment.node.type_condition.node.on.node, &fragment.node.selection_set.node)?;
    }
    Ok(())
}

/// Looks at the arguments in a selection. What the schema does not have is refused later on.
fn selection(parent: &Name, all: &SelectionSet) -> Result<(), ServerError> {
    for item in &all.items {
        match &item.node {
            Selection::Field(field) => {
                let Some(known) = TYPES.field(parent, &field.node.name.node) else { continue };
                for (name, value) in &field.node.arguments {
                    let Some(argument) = known.arguments.get(&name.node) else { continue };
                    let wrong = of_type(&value.node, &argument.ty, Written::InDocument);
                    let of = &field.node.name.node;
                    wrong.map_err(|wrong| invalid(name.pos, format!("The argument {of}.{name}{wrong}.")))?;
                }
                selection(&known.of, &field.node.selection_set.node)?;
            }
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                selection(on.unwrap_or(parent), &inline.node.selection_set.node)?;
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

/// Whether a value is of a type; if not, where in it what is wrong.
fn of_type(value: &Value, ty: &Type, written: Written) -> Result<(), String> {
    match (value, &ty.base) {
        // What the variable holds is looked at by its own type, and that type by the library.
        (Value::Variable(_), _) => Ok(()),
        (Value::Null, _) if ty.nullable => Ok(()),
        (Value::List(items), BaseType::List(of)) => {
            let mut items = items.iter().enumerate();
            items.try_for_each(|(at, item)| of_type(item, of, written).map_err(|wrong| format!(".{at}{wrong}")))
        }
        // One stands for a list of one.
        (value, BaseType::List(of)) if *value != Value::Null => of_type(value, of, written),
        (value, BaseType::Named(name)) if TYPES.inputs.contains_key(name) => {
            let (Value::Object(given), fields) = (value, &TYPES.inputs[name]) else {
                return Err(format!(" takes {ty}: an object"));
            };
            for (name, value) in given {
                let Some(field) = fields.get(name) else { return Err(unknown(name)) };
                of_type(value, &field.ty, written).map_err(|wrong| format!(".{name}{wrong}"))?;
            }
            let is_missing = |(name, field): &(&Name, &Input)| field.is_required && !given.contains_key(*name);
            fields.iter().find(is_missing).map_or(Ok(()), |(name, _)| Err(format!(".{name} is required")))
        }
        (value, BaseType::Named(name)) if is_leaf(value, name, written) => Ok(()),
        (_, base) => Err(format!(" takes {ty}{}", expected(base))),
    }
}

fn is_leaf(value: &Value, name: &Name, written: Written) -> bool {
    if let Some(values) = TYPES.enums.get(name) {
        return match value {
            Value::Enum(value) => values.contains(value),
            Value::String(value) => written == Written::InVariables && values.contains(value.as_str()),
            _ => false,
        };
    }
    match (name.as_str(), value) {
        ("Int", Value::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("ID", Value::Number(number)) => number.is_i64(),
        ("Float", Value::Number(_)) | ("Boolean", Value::Boolean(_)) => true,
        ("Int" | "Float" | "Boolean", _) => false,
        // Every scalar of our own is a string.
        (_, value) => matches!(value, Value::String(_)),
    }
}

/// What a value should have been, where its type's name does not say it.
fn expected(base: &BaseType) -> String {
    let BaseType::Named(name) = base else { return String::new() };
    match (name.as_str(), TYPES.enums.get(name)) {
        (_, Some(values)) => format!(": {}", values.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")),
        ("Int", _) => format!(": a whole number from {} to {}", i32::MIN, i32::MAX),
        _ => String::new(),
    }
}

fn unknown(name: &Name) -> String {
    let told: String = name.chars().take(NAME_TOLD_CHARS).collect();
    format!(" has the field {told}, which its type does not have")
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    fn judged(query: &str, given: serde_json::Value) -> Result<Variables, String> {
        let document = parse_query(query).expect("a document");
        let mut variables = Variables::from_json(given);
        let (_, operation) = document.operations.iter().next().expect("an operation");
        complete(&document, &operation.node, &mut variables).map(|()| variables).map_err(|error| error.message)
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_what_is_taken() {
        let switch = "mutation($input: SetPracticeSelfSchedulingInput!) { setPracticeSelfScheduling(input: $input) { errors { code } } }";
        for (query, variables, told) in [
            ("{ clinician(id: null) { id } }", json!({}), "clinician.id takes ID!"),
            ("{ clinician(id: 1.5) { id } }", json!({}), "clinician.id takes ID!"),
            ("{ practice { clients(first: 2147483648) { totalCount } } }", json!({}), "takes Int: a whole number from"),
            ("{ practice { ... { clients(first: [1]) { totalCount } } } }", json!({}), "clients.first takes Int"),
            ("query($n: Int = 1.5) { a(b: $n) }", json!({}), "The variable n takes Int"),
            ("query($n: Int) { a(b: $n) }", json!({ "n": "1" }), "The variable n takes Int"),
            ("query($n: [Int!]) { a(b: $n) }", json!({ "n": [1, null] }), "The variable n.1 takes Int!"),
            ("query($n: Int!) { a(b: $n) }", json!({}), "n is required and was not sent"),
            ("query($n: Int!) { a(b: $n) }", json!({ "n": null }), "n takes Int!"),
            ("query($n: Boolean @skip(if: true)) { a(b: $n) }", json!({}), "stands at a variable"),
            (switch, json!({ "input": 1 }), "input takes SetPracticeSelfSchedulingInput!: an object"),
            (switch, json!({ "input": {} }), "input.enabled is required"),
            (switch, json!({ "input": { "enabled": 1 } }), "input.enabled takes Boolean!"),
            (switch, json!({ "input": { "enabled": true, "tea": 1 } }), "input has the field tea"),
            ("query($r: Role) { a(b: $r) }", json!({ "r": "BOSS" }), "r takes Role: ADMIN, CLIENT, CLINICIAN"),
            ("query($r: Role = \"ADMIN\") { a(b: $r) }", json!({}), "r takes Role"),
        ] {
            let refused = judged(query, variables).expect_err(told);
            assert!(refused.contains(told), "{query}: {refused}");
        }
    }

    #[test]
    fn a_value_is_taken_as_the_language_has_it() {
        for (query, variables) in [
            ("{ clinician(id: 7) { id } }", json!({})),
            ("query($n: [Int!]) { a(b: $n) }", json!({ "n": 1 })),
            ("query($n: [Int]) { a(b: $n) }", json!({ "n": [null, -2147483648] })),
            ("query($r: Role = ADMIN) { a(b: $r) }", json!({ "r": "CLIENT", "other": 1 })),
            ("query($f: Float) { a(b: $f) }", json!({ "f": 1 })),
            ("query($n: Int) { a(b: $n) }", json!({ "n": null })),
        ] {
            assert!(judged(query, variables).is_ok(), "{query}");
        }
    }

    #[test]
    fn a_variable_that_is_not_sent_has_its_default() {
        let query = "query($a: Int = 7, $b: Int = 8, $c: Int, $d: Int = 9) { a(b: [$a, $b, $c, $d]) }";
        let variables = judged(query, json!({ "b": 1, "d": null })).expect("taken");
        assert_eq!(variables, Variables::from_json(json!({ "a": 7, "b": 1, "d": null })));
    }
}
