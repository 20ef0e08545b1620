//! A request as a caller sends it, looked at before anything is run: within the limits, a document, and one operation of
//! it chosen. Every transport comes through here.

mod lexical;
mod size;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::parser::{self, parse_query};
use async_graphql::{ErrorExtensionValues, Request, ServerError, Value, Variables};

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
    let document = parse_query(&asked.query).map_err(unreadable)?;
    size::check(&document, &asked.variables, limits)?;
    let nesting = asked.variables.values().map(nesting).max().unwrap_or_default();
    Excess::check(Limit::VariablesNesting, nesting, limits).map_err(refused)?;
    let kind = kind(&document, asked.operation_name.as_deref())?;
    let mut request = Request::new(asked.query).variables(asked.variables);
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

fn kind(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationType, ServerError> {
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
    found.map(|operation| operation.node.ty).ok_or_else(|| {
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

fn coded(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}
