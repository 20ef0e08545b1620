//! The API through its public door: real servers, real sockets, real clients, a held clock.

mod support;

mod bad_input;
mod bad_requests;
mod gates;
mod races;
mod rights;
mod settings;
mod statements;
mod story;
mod streams;
