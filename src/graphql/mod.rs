//! The API: thin. Each resolver parses, calls one use case, and shapes its answer.

mod api;
mod coding;
mod context;
mod counting;
mod document;
mod documents;
mod enums;
mod error;
mod following;
mod gathering;
mod guard;
mod input;
mod loaders;
mod mutation;
mod page;
mod plain;
mod query;
pub mod request_id;
mod scalars;
mod sdl;
mod subscription;
mod told;
mod types;

pub use api::Api;
pub use context::ResumeAfter;
pub use document::{Asked, Prepared, limit_exceeded, prepare};
pub use following::{Said, Saying};
pub use guard::TokenIdentity;
pub use sdl::print as print_sdl;

type Schema = async_graphql::Schema<query::Query, mutation::Mutation, subscription::Subscription>;

fn builder() -> async_graphql::SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        // Ours is asked before (`document::size`), and names its limit.
        .limit_recursive_depth(usize::MAX)
        .register_output_type::<types::node::Node>()
        // The last: it tells the policy of all that is known by then.
        .register_output_type::<told::Told>()
}
