//! Counts each query and mutation, by its first field and what became of it. Streams are counted where they follow.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextRequest};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType, Selection};
use async_graphql::{Response, ServerResult, Value, Variables};

use crate::auth::policy;
use crate::clock::Stopwatch;
use crate::metrics::OperationLabels;
use crate::usecases::Desk;

/// Counts operations into the desk's metrics.
pub struct Counting;

impl ExtensionFactory for Counting {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Counter::default())
    }
}

/// One request's: what it turned out to ask for.
#[derive(Default)]
struct Counter {
    asked: Mutex<Option<(&'static str, &'static str)>>,
}

#[async_graphql::async_trait::async_trait]
impl Extension for Counter {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let watch = Stopwatch::start();
        let response = next.run(ctx).await;
        let (kind, field) = self.asked().unwrap_or(("query", "unknown"));
        let labels = OperationLabels { kind, field, outcome: outcome(&response) };
        ctx.data_unchecked::<Desk>().metrics().count_operation(labels, watch.elapsed());
        response
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = first_field(&document);
        Ok(document)
    }
}

impl Counter {
    fn asked(&self) -> Option<(&'static str, &'static str)> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kind and the first root field, in the schema's own spelling: a name that the schema does not have is not counted
/// under, or callers could make up labels without end.
fn first_field(document: &ExecutableDocument) -> Option<(&'static str, &'static str)> {
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => operation,
        DocumentOperations::Multiple(operations) => operations.values().next()?,
    };
    let (kind, root) = match operation.node.ty {
        OperationType::Query => ("query", "Query"),
        OperationType::Mutation => ("mutation", "Mutation"),
        OperationType::Subscription => ("subscription", "Subscription"),
    };
    let field = operation.node.selection_set.node.items.iter().find_map(|item| match &item.node {
        Selection::Field(field) => Some(field.node.name.node.as_str()),
        _ => None,
    });
    let field = field.and_then(|field| policy::spelled(root, field));
    Some((kind, field.unwrap_or("unknown")))
}

/// What became of it, by the worst error at the top, else by the payloads.
fn outcome(response: &Response) -> &'static str {
    let code = |error: &async_graphql::ServerError| match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        _ => None,
    };
    let codes: Vec<_> = response.errors.iter().map(code).collect();
    let any = |wanted: &[&str]| codes.iter().flatten().any(|code| wanted.contains(&code.as_str()));
    if any(&["INTERNAL", "UNAVAILABLE"]) {
        "fault"
    } else if any(&["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"]) {
        "denied"
    } else if !codes.is_empty() {
        "bad_request"
    } else if is_refused(&response.data) {
        "refused"
    } else {
        "ok"
    }
}

/// True where some payload carries errors.
fn is_refused(data: &Value) -> bool {
    let Value::Object(fields) = data else { return false };
    fields.values().any(|payload| match payload {
        Value::Object(payload) => matches!(payload.get("errors"), Some(Value::List(errors)) if !errors.is_empty()),
        _ => false,
    })
}
