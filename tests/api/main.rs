//! The API through its public door: real servers, real sockets, real clients, a held clock.

mod support;

mod races;
mod statements;
mod story;
mod streams;
