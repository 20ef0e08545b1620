//! frontdesk: self-scheduling for group practices, as a GraphQL API with subscription push.
//!
//! Data flows one way: `http` → `graphql` → `usecases` → `domain`, and `usecases` → `store`. `main.rs` only starts the
//! command line. The rooms:

/// Puts the parts together, and chooses them.
pub mod app;
/// Tokens to members, and the field policy.
pub mod auth;
/// The command line.
pub mod cli;
/// `now()`, and waiting for it.
pub mod clock;
/// Every setting, with its bound and its reason.
pub mod config;
/// The rules: pure, without I/O, clock or framework.
pub mod domain;
/// The API: parse, call one use case, shape.
pub mod graphql;
/// The door: routes, sockets, health.
pub mod http;
/// Every bound on what a caller may send, hold or ask for.
pub mod limits;
/// What is counted while serving, for Prometheus.
pub mod metrics;
/// Wake-ups, and one subscriber's way through the log.
pub mod push;
/// The only user of the database.
pub mod store;
/// What people do, one file an intent.
pub mod usecases;
