//! The API's types, one file each: a view of what a use case loaded, never a row.

pub mod access;
pub mod appointment;
pub mod audit;
pub mod blocked_time;
pub mod checklist;
pub mod client;
pub mod client_read;
pub mod client_view;
pub mod clinician;
pub mod clock_change;
pub mod date_exception;
pub mod impact;
pub mod member;
pub mod node;
pub mod open;
pub mod practice;
pub mod remedy;
pub mod request;
pub mod requests_pause;
pub mod rules;
pub mod self_scheduling;
pub mod service;
pub mod slot;
pub mod snapshot;
pub mod soonest;
pub mod viewer;
pub mod weekly_hours;

use std::sync::Arc;

use crate::domain::settings::PracticeSettings;

/// The settings that an object is seen against: those of the moment it was loaded at, or of a change's outcome.
pub type Settings = Arc<PracticeSettings>;
