//! One operation, whatever brings it: run under the bound on time, or followed from then on.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};
use futures_util::FutureExt;
use tokio::sync::Semaphore;

use super::graphql::out_of_time;
use super::{Server, panics};
use crate::graphql::{Asked, Prepared, Saying, TokenIdentity, prepare, request_id};
use crate::limits::Limit;

/// What an operation came to: a stream to follow, or one response. Of a subscription that is why there is no stream.
pub type Started = Result<Saying, Response>;

/// How many streams are opened at once. One that is being opened takes some 20 KiB, which an open one does not; more than
/// the database has connections for would only wait there.
const OPENINGS_AT_ONCE: usize = 32;

/// Whose turn it is to open a stream; cheap to clone.
#[derive(Clone)]
pub struct Openings(Arc<Semaphore>);

impl Default for Openings {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OPENINGS_AT_ONCE)))
    }
}

/// Looks at what was asked, and runs it. A stream that waits for its turn is looked at again then.
pub async fn take(server: Server, asked: Asked, identity: Option<TokenIdentity>) -> Started {
    let refused = |error| {
        server.desk.metrics().count_bad_request();
        told(Response::from_errors(vec![error]))
    };
    let with_identity = |request: Request| match identity {
        Some(identity) => request.data(identity),
        None => request,
    };
    let turn = server.openings.0.try_acquire();
    let Prepared { request, kind } = match prepare(asked.clone(), &server.limits) {
        Ok(prepared) => prepared,
        Err(error) => return Err(refused(error)),
    };
    if kind != OperationType::Subscription {
        drop(turn);
        return Err(run(&server, with_identity(request), kind).await);
    }
    if turn.is_ok() {
        let opening = server.api.follow(with_identity(request));
        return in_time(&server, kind, opening).await.unwrap_or_else(Err).map_err(told);
    }
    // What waits keeps its text alone.
    drop(request);
    let opening = async {
        let _turn = server.openings.0.acquire().await;
        match prepare(asked, &server.limits) {
            Ok(prepared) => server.api.follow(with_identity(prepared.request)).await,
            Err(error) => Err(refused(error)),
        }
    };
    in_time(&server, kind, opening).await.unwrap_or_else(Err).map_err(told)
}

/// Runs a query or a mutation, but not for ever.
pub async fn run(server: &Server, request: Request, kind: OperationType) -> Response {
    told(in_time(server, kind, server.api.execute(request)).await.unwrap_or_else(|late| late))
}

/// Opens a subscription's stream, when it is its turn.
pub async fn follow(server: &Server, request: Request) -> Started {
    let opening = async {
        let _turn = server.openings.0.acquire().await;
        server.api.follow(request).await
    };
    in_time(server, OperationType::Subscription, opening).await.unwrap_or_else(Err).map_err(told)
}

/// What an operation on a socket came to, also where it panics: that is a fault of its own, and the others go on. Over HTTP
/// the router sees to it.
pub async fn caught(started: impl Future<Output = Started>) -> Started {
    match AssertUnwindSafe(started).catch_unwind().await {
        Ok(started) => started,
        Err(_) => Err(told(Response::from_errors(vec![panics::error()]))),
    }
}

fn told(mut response: Response) -> Response {
    request_id::tell(&mut response.errors);
    response
}

async fn in_time<T>(server: &Server, kind: OperationType, running: impl Future<Output = T>) -> Result<T, Response> {
    let in_time = tokio::time::timeout(server.limits.span(Limit::RequestSeconds), running).await;
    in_time.map_err(|_| {
        tracing::warn!(limit = Limit::RequestSeconds.name(), "a request took too long and was given up");
        let error = out_of_time(kind == OperationType::Mutation, server.limits.get(Limit::RequestSeconds));
        Response::from_errors(vec![error])
    })
}
