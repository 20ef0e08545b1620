//! A request as a caller sends it, looked at before anything is run: within the limits, a document, one operation of it
//! chosen, and its values of their types. Every transport comes through here, and goes on to the library's own checks, whose
//! gaps are closed here but for two. An input object's field that is written twice in a literal counts once: the parser
//! keeps no more. Answers' names are compared within one selection: where a field is selected twice, what both select of it
//! under one name is not.

mod cost;
mod lexical;
mod root;
mod size;
mod typename;
pub(super) mod types;
mod values;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{self, parse_query};
use async_graphql::{ErrorExtensionValues, Pos, Request, ServerError, Value, Variables};

use crate::limits::{Limit, Limits};

/// What a transport has read: GraphQL's own parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Variables,
}

/// A request that can be run.
pub struct Prepared {
    /// With its document parsed; the viewer's identity is still to be put in.
    pub request: Request,
    /// What kind of operation it runs.
    pub kind: OperationType,
}

/// Looks at what was asked. An error is a request error: nothing was run.
pub fn prepare(asked: Asked, limits: &Limits) -> Result<Prepared, ServerError> {
    lexical::check(&asked.query, limits).map_err(refused)?;
    let mut document = parse_query(&asked.query).map_err(unreadable)?;
    let mut variables = asked.variables;
    let nesting = variables.values().map(nesting).max().unwrap_or_default();
    Excess::check(Limit::VariablesNesting, nesting, limits).map_err(refused)?;
    let bytes = variables.iter().map(|(name, value)| name.len() as u64 + bytes(value)).sum();
    Excess::check(Limit::VariablesBytes, bytes, limits).map_err(refused)?;
    let run = chosen(&document, asked.operation_name.as_deref())?;
    let kind = run.ty;
    values::complete(&document, run, &mut variables)?;
    size::check(&document, &variables, limits)?;
    root::unfold(&mut document)?;
    typename::unfold(&mut document)?;
    let mut request = Request::new(asked.query).variables(variables);
    request.operation_name = asked.operation_name;
    request.set_parsed_query(document);
    Ok(Prepared { request, kind })
}

/// How deep lists and objects lie in each other. What reads JSON has bounded it already, by 128.
fn nesting(value: &Value) -> u64 {
    match value {
        Value::List(items) => 1 + items.iter().map(nesting).max().unwrap_or_default(),
        Value::Object(fields) => 1 + fields.values().map(nesting).max().unwrap_or_default(),
        _ => 0,
    }
}

/// How long a value is as JSON, nearly.
fn bytes(value: &Value) -> u64 {
    match value {
        Value::List(items) => 2 + items.iter().map(|item| 1 + bytes(item)).sum::<u64>(),
        Value::Object(fields) => {
            2 + fields.iter().map(|(name, value)| 4 + name.len() as u64 + bytes(value)).sum::<u64>()
        }
        Value::String(text) => 2 + text.len() as u64,
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Enum(_) | Value::Binary(_) => 4,
    }
}

/// The parser's own message would repeat the whole line.
fn unreadable(error: parser::Error) -> ServerError {
    let message = match &error {
        parser::Error::Syntax { start, .. } => {
            format!("The document is not GraphQL at line {}, column {}.", start.line, start.column)
        }
        other => format!("The document cannot be read: {other}."),
    };
    let mut told = ServerError::new(message, None);
    told.locations = error.positions().collect();
    coded(told, "GRAPHQL_PARSE_FAILED")
}

fn chosen<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Result<&'d OperationDefinition, ServerError> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name),
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next(),
        (DocumentOperations::Multiple(_), None) => {
            let message = "The document has several operations. Say in “operationName” which one to run.";
            return Err(coded(ServerError::new(message, None), "BAD_REQUEST"));
        }
    };
    found.map(|operation| &operation.node).ok_or_else(|| {
        let message = "The document has no operation of that “operationName”.";
        coded(ServerError::new(message, None), "BAD_REQUEST")
    })
}

/// Something that is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    limit: Limit,
    most: u64,
}

impl Excess {
    fn check(limit: Limit, found: u64, limits: &Limits) -> Result<(), Self> {
        let most = limits.get(limit);
        if found > most { Err(Self { limit, most }) } else { Ok(()) }
    }
}

/// The refusal of what is over a limit.
pub fn limit_exceeded(limit: Limit, limits: &Limits) -> ServerError {
    refused(Excess { limit, most: limits.get(limit) })
}

fn refused(excess: Excess) -> ServerError {
    let Excess { limit, most } = excess;
    let message =
        format!("The request is over the limit {} of {most} {}. Ask for less at a time.", limit.name(), limit.unit());
    let mut error = coded(ServerError::new(message, None), "LIMIT_EXCEEDED");
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("limit", limit.name());
    extensions.set("value", most);
    error
}

/// The refusal of a document that the schema does not allow.
fn invalid(at: Pos, message: String) -> ServerError {
    coded(ServerError::new(message, Some(at)), "GRAPHQL_VALIDATION_FAILED")
}

fn coded(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}
