//! The API through its public door: real servers, real sockets, real clients, a held clock. Each test runs on both
//! stores.

#[path = "../engines/mod.rs"]
mod engines;
mod support;

mod access_matrix;
mod agreement;
mod audit;
mod audit_as_of;
mod audit_undo;
mod bad_input;
mod bad_requests;
mod bad_times;
mod blocked_time;
mod blocked_time_preview;
mod booking_rules;
mod bulk;
mod caps;
mod checklist;
mod client_reads;
mod clients;
mod door;
mod events;
mod explanation;
mod first_slots;
mod gates;
mod handing_over;
mod hours;
mod http;
mod impact;
mod members;
mod metrics;
mod nearness;
mod no_change;
mod races;
mod revocation;
mod rights;
mod rollout;
mod rollout_guide;
mod rollout_pause;
mod seen_by_client;
mod servers;
mod settings;
mod sign_in;
mod silence;
mod slot_lists;
mod sockets;
mod soonest;
mod soonest_reads;
mod stale_revision;
mod statements;
mod stop;
mod story;
mod streams;
mod trail;
mod two_practices;
mod update_client;
mod update_service;
mod validation;
mod warnings;

fn main() -> std::process::ExitCode {
    support::run(
        &[
            access_matrix::TESTS,
            agreement::TESTS,
            audit::TESTS,
            audit_as_of::TESTS,
            audit_undo::TESTS,
            bad_input::TESTS,
            bad_requests::TESTS,
            bad_times::TESTS,
            client_reads::TESTS,
            booking_rules::TESTS,
            bulk::TESTS,
            caps::TESTS,
            blocked_time::TESTS,
            blocked_time_preview::TESTS,
            checklist::TESTS,
            door::TESTS,
            events::TESTS,
            explanation::TESTS,
            first_slots::TESTS,
            gates::TESTS,
            handing_over::TESTS,
            hours::TESTS,
            http::TESTS,
            impact::TESTS,
            members::TESTS,
            metrics::TESTS,
            nearness::TESTS,
            no_change::TESTS,
            races::TESTS,
            revocation::TESTS,
            rights::TESTS,
            rollout::TESTS,
            rollout_guide::TESTS,
            rollout_pause::TESTS,
            seen_by_client::TESTS,
            servers::TESTS,
            settings::TESTS,
            sign_in::TESTS,
            slot_lists::TESTS,
            sockets::TESTS,
            soonest::TESTS,
            soonest_reads::TESTS,
            stale_revision::TESTS,
            statements::TESTS,
            stop::TESTS,
            story::TESTS,
            streams::TESTS,
            two_practices::TESTS,
            update_client::TESTS,
            update_service::TESTS,
            validation::TESTS,
            warnings::TESTS,
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
