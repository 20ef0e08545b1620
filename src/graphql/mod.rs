//! The API: thin. Each resolver parses, calls one use case, and shapes its answer.

mod coding;
mod context;
mod counting;
mod document;
mod enums;
mod error;
mod gathering;
mod guard;
mod input;
mod loaders;
mod mutation;
mod once;
mod page;
mod query;
pub mod request_id;
mod scalars;
mod sdl;
mod subscription;
mod types;

use async_graphql::Schema;

use crate::usecases::Desk;

pub use coding::Validated;
pub use context::ResumeAfter;
pub use document::{Asked, Prepared, limit_exceeded, prepare};
pub use guard::TokenIdentity;
pub use once::SharedPayload;
pub use sdl::print as print_sdl;

/// The API's schema, ready to execute.
pub type Api = Schema<query::Query, mutation::Mutation, subscription::Subscription>;

/// Builds the schema over a desk.
pub fn api(desk: Desk) -> Api {
    builder().data(desk).extension(coding::Coding).extension(counting::Counting).extension(guard::Rights).finish()
}

fn builder() -> async_graphql::SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        // Ours is asked before (`document::size`), and names its limit.
        .limit_recursive_depth(usize::MAX)
        .register_output_type::<types::node::Node>()
}
