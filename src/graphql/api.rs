//! The API, ready to run: operations that have one response, and streams.

use async_graphql::futures_util::StreamExt;
use async_graphql::{Request, Response, ValidationMode};

use super::documents::{Document, Documents};
use super::error::{of_request, top_level};
use super::following::{Following, Opening, Saying};
use super::{Schema, builder, coding, counting, guard};
use crate::usecases::{Desk, Fault, Refusal};

/// The API over a desk; cheap to clone.
#[derive(Clone)]
pub struct Api {
    schema: Schema,
    /// Runs documents that the schema has found right before: it checks only what a run cannot do without.
    rerun: Schema,
    documents: Documents,
}

impl Api {
    /// Builds the schema.
    pub fn new(desk: Desk) -> Self {
        let schema = builder().data(desk.clone()).extension(coding::Coding).extension(counting::Counting);
        let rerun = builder().data(desk).validation_mode(ValidationMode::Fast);
        let [schema, rerun] = [schema, rerun].map(|schema| schema.extension(guard::Rights).finish());
        Self { schema, rerun, documents: Documents::default() }
    }

    /// Runs a query or a mutation.
    pub async fn execute(&self, request: Request) -> Response {
        self.schema.execute(request).await
    }

    /// Opens a subscription's stream. Where there is none, the response says why: the document, the rights, a fault.
    pub async fn follow(&self, mut request: Request) -> Result<Saying, Response> {
        let document =
            Document::of(&mut request, &self.documents).map_err(|error| Response::from_errors(vec![error]))?;
        let opening = Opening::default();
        // The library checks the document and the field's resolver the rights. Of a stream that can be followed the
        // resolver leaves the source, and says nothing.
        let said = self.schema.execute_stream(request.data(opening.clone())).next().await;
        match (opening.take(), said) {
            (Some(opened), _) => Ok(Following::begin(self.rerun.clone(), document, opened)),
            (None, Some(response)) => Err(response),
            (None, None) => {
                let fault = Refusal::Fault(Fault("a subscription was neither opened nor refused".into()));
                Err(Response::from_errors(vec![of_request(top_level(fault))]))
            }
        }
    }
}
