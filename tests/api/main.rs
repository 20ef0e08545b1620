//! The API through its public door: real servers, real sockets, real clients, a held clock. Each test runs on both
//! stores.

#[path = "../engines/mod.rs"]
mod engines;
mod support;

mod audit;
mod audit_as_of;
mod audit_undo;
mod bad_input;
mod bad_requests;
mod clients;
mod door;
mod events;
mod gates;
mod handing_over;
mod http;
mod members;
mod metrics;
mod races;
mod revocation;
mod rights;
mod servers;
mod settings;
mod sign_in;
mod silence;
mod sockets;
mod statements;
mod stop;
mod story;
mod streams;
mod trail;
mod validation;

fn main() -> std::process::ExitCode {
    support::run(
        &[
            audit::TESTS,
            audit_as_of::TESTS,
            audit_undo::TESTS,
            bad_input::TESTS,
            bad_requests::TESTS,
            door::TESTS,
            events::TESTS,
            gates::TESTS,
            handing_over::TESTS,
            http::TESTS,
            members::TESTS,
            metrics::TESTS,
            races::TESTS,
            revocation::TESTS,
            rights::TESTS,
            servers::TESTS,
            settings::TESTS,
            sign_in::TESTS,
            sockets::TESTS,
            statements::TESTS,
            stop::TESTS,
            story::TESTS,
            streams::TESTS,
            validation::TESTS,
        ],
        &[
            audit::on_postgres::TESTS,
            servers::on_postgres::TESTS,
            servers::on_postgres::with_tls::TESTS,
            silence::on_postgres::TESTS,
            members::on_postgres::TESTS,
            revocation::on_postgres::TESTS,
        ],
        servers::on_nats::TESTS,
        clients::TESTS,
    )
}
