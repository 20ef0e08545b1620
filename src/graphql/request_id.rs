//! The id of the request that is being answered: it stands in the answer, in its errors and in the log, so that who was
//! told it can be helped.

use std::future::Future;

tokio::task_local! {
    static ID: String;
}

/// A new id.
pub fn generate() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// Runs what answers the request of this id.
pub fn scope<F: Future>(id: String, answering: F) -> impl Future<Output = F::Output> {
    ID.scope(id, answering)
}

/// The id of the request that is being answered here; a new one for what runs by itself.
pub fn current() -> String {
    known().unwrap_or_else(generate)
}

/// The id of the request that is being answered here, where there is one.
pub fn known() -> Option<String> {
    ID.try_with(Clone::clone).ok()
}
