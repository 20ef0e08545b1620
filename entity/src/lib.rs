//! Rows as the store keeps them, one file a table: no methods, no rules, no other user than `store`.
//!
//! Units as in the migrations: `*_at` milliseconds since 1970-01-01T00:00:00Z, `*_on` a date as `2026-03-08`,
//! `*_minute` minutes since local midnight. Relations are not declared: each key leads with the practice, and
//! `store` joins by hand, under its scope.
#![forbid(unsafe_code)]

pub mod appointment_requests;
pub mod appointments;
pub mod booking_rules;
pub mod care_relationships;
pub mod claims;
pub mod client_access;
pub mod client_reads;
pub mod clients;
pub mod clinician_settings;
pub mod clinicians;
pub mod date_exception_services;
pub mod date_exception_windows;
pub mod date_exceptions;
pub mod event_reasons;
pub mod events;
pub mod idempotency_keys;
pub mod member_links;
pub mod members;
pub mod offered_services;
pub mod practice_settings;
pub mod practices;
pub mod services;
pub mod weekly_hours;
pub mod weekly_hours_services;
