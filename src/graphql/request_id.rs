//! The id of the request that is being answered: it stands in the answer, in its errors and in the log, so that who was
//! told it can be helped.

use std::future::Future;

use async_graphql::{ErrorExtensionValues, ServerError};

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

/// Puts the id of the request that is being answered here into each error, so that who shows it to the operator is helped.
pub fn tell(errors: &mut [ServerError]) {
    let id = if errors.is_empty() { String::new() } else { current() };
    for error in errors {
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if extensions.get("requestId").is_none() {
            extensions.set("requestId", id.clone());
        }
    }
}
