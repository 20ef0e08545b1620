//! What the clients of a run noted: everything that they were told, and how often they were told nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::history::Standing;

/// The notes of all.
#[derive(Default)]
pub struct Record(Mutex<Notes>);

/// One run's notes.
#[derive(Default)]
pub struct Notes {
    /// Every state of a request that anybody was told, in an answer to what they did.
    pub told: Vec<Standing>,
    pub requests_acknowledged: u64,
    pub requests_refused: BTreeMap<String, u64>,
    /// Refused after an attempt that nobody answered: the attempt may have been made after all.
    pub unanswered_then_refused: usize,
    pub decisions_acknowledged: u64,
    /// Attempts without an answer, by what came instead.
    pub failed: BTreeMap<String, u64>,
    pub reconnects: u64,
    pub faults: Vec<String>,
}

impl std::fmt::Display for Notes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let refused: u64 = self.requests_refused.values().sum();
        write!(
            out,
            "{} requests acknowledged, {refused} refused, {} answers to requests, {} reconnects, attempts that failed {:?}",
            self.requests_acknowledged, self.decisions_acknowledged, self.reconnects, self.failed
        )
    }
}

impl Record {
    pub fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fault(&self, fault: String) {
        self.notes().faults.push(fault);
    }

    pub fn count_failed(&self, code: &str) {
        *self.notes().failed.entry(code.to_owned()).or_default() += 1;
    }

    /// Notes how a request stands, as an answer says.
    pub fn told(&self, request: &Value) {
        self.notes().told.push(standing(request));
    }
}

/// A request's `{ id status version }`.
pub fn standing(request: &Value) -> Standing {
    let version = request["version"].as_i64().unwrap_or_else(|| panic!("{request} has no version"));
    Standing { request: text(&request["id"]), status: text(&request["status"]), version }
}

/// A string value's text.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string")).to_owned()
}
