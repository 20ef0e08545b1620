//! Gives the library's own errors a code, and keeps them short: they repeat what the caller wrote.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextValidation};
use async_graphql::{ErrorExtensionValues, Response, ServerError, ValidationResult};

/// The longest message of the library that is passed on, in characters. Its own words come to about a hundred of them.
const MESSAGE_MAX_CHARS: usize = 200;

/// Codes what has none.
pub struct Coding;

impl ExtensionFactory for Coding {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Coder)
    }
}

struct Coder;

#[async_graphql::async_trait::async_trait]
impl Extension for Coder {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await.map_err(|mut errors| {
            errors.iter_mut().for_each(|error| code(error, "GRAPHQL_VALIDATION_FAILED"));
            errors
        })
    }

    async fn execute(&self, ctx: &ExtensionContext<'_>, operation: Option<&str>, next: NextExecute<'_>) -> Response {
        let mut response = next.run(ctx, operation).await;
        // What is left for the run is a value that its type does not have.
        response.errors.iter_mut().for_each(|error| code(error, "BAD_USER_INPUT"));
        response
    }
}

fn code(error: &mut ServerError, code: &str) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_some() {
        return;
    }
    extensions.set("code", code);
    if let Some((end, _)) = error.message.char_indices().nth(MESSAGE_MAX_CHARS) {
        error.message.truncate(end);
        error.message.push('…');
    }
}
