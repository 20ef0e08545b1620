//! The schema's history, one file a step, the same text for SQLite and PostgreSQL.
//!
//! Units: every `*_at` column is an instant in milliseconds since 1970-01-01T00:00:00Z, every `*_on` column a
//! date written `2026-03-08`, every `*_minute` column minutes since local midnight. Both stores then compare,
//! index and constrain time in the same way. Primary keys lead with `practice_id` and foreign keys carry it,
//! so that a row of another practice can neither be named nor referred to.
#![forbid(unsafe_code)]

mod ddl;
mod m20261123_000001_directory;
mod m20261123_000002_self_scheduling;
mod m20261123_000003_requests_and_claims;
mod m20261123_000004_event_log;
mod m20261125_000005_member_links;
mod m20261125_000006_last_admin;
mod m20261125_000007_standings;
mod m20261125_000008_client_reads;
mod m20261125_000009_blocked_time_index;
mod m20261125_000010_date_exceptions;
mod m20261125_000011_audit_trail;
mod m20261125_000012_staged_rollout;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::{MigrationTrait, async_trait};

/// Applies the steps in order. Take a lock around it: the library takes none (see `migrate` in `store`).
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_directory::Migration),
            Box::new(m20261123_000002_self_scheduling::Migration),
            Box::new(m20261123_000003_requests_and_claims::Migration),
            Box::new(m20261123_000004_event_log::Migration),
            Box::new(m20261125_000005_member_links::Migration),
            Box::new(m20261125_000006_last_admin::Migration),
            Box::new(m20261125_000007_standings::Migration),
            Box::new(m20261125_000008_client_reads::Migration),
            Box::new(m20261125_000009_blocked_time_index::Migration),
            Box::new(m20261125_000010_date_exceptions::Migration),
            Box::new(m20261125_000011_audit_trail::Migration),
            Box::new(m20261125_000012_staged_rollout::Migration),
        ]
    }
}
