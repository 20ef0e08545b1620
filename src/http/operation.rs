//! One operation, whatever brings it: run under the bound on time, or followed from then on.

use std::future::Future;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};

use super::Server;
use super::graphql::out_of_time;
use crate::graphql::Saying;
use crate::limits::Limit;

/// What an operation came to: a stream to follow, or one response. Of a subscription that is why there is no stream.
pub type Started = Result<Saying, Response>;

/// Runs a query or a mutation, or opens a subscription's stream, but not for ever.
pub fn start(server: &Server, request: Request, kind: OperationType) -> impl Future<Output = Started> + Send + use<> {
    let (api, limits) = (server.api.clone(), server.limits.clone());
    async move {
        let started = async {
            match kind {
                OperationType::Subscription => api.follow(request).await,
                _ => Err(api.execute(request).await),
            }
        };
        let in_time = tokio::time::timeout(limits.span(Limit::RequestSeconds), started).await;
        in_time.unwrap_or_else(|_| {
            let error = out_of_time(kind == OperationType::Mutation, limits.get(Limit::RequestSeconds));
            Err(Response::from_errors(vec![error]))
        })
    }
}
