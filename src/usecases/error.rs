//! The three kinds of "no": a rule's, a right's, and a fault.

use super::Changed;
use crate::domain::ids::ClinicianId;
use crate::domain::rejection::Rejection;
use crate::domain::viewer::Viewer;
use crate::store::StoreError;

/// Why a use case did not do what was asked. Nothing was saved.
#[derive(Debug)]
pub enum Refusal {
    /// A rule said no: the caller can do something about it.
    Rejected(Rejection),
    /// The settings are not where the caller saw them; with what the change would do to them as they are.
    Stale(Rejection, Box<Changed>),
    /// The caller may not, or there is nothing there for them.
    Denied(Denied),
    /// Something broke; the cause is for the log only.
    Fault(Fault),
}

/// What the caller lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No token, or one that is not good.
    Unauthenticated(String),
    /// The member's roles do not allow it.
    Forbidden(&'static str),
    /// There is no such thing, or none that the caller may know of: the two read alike.
    NotFound(&'static str),
    /// The same, with the path of the input field that named it.
    NotFoundAt(&'static str, Vec<String>),
}

impl Denied {
    /// There is no such thing as this field names, or none that the caller may know of.
    pub(super) fn not_found_at(what: &'static str, path: &str) -> Self {
        Self::NotFoundAt(what, path.split('.').map(str::to_owned).collect())
    }
}

impl std::fmt::Display for Denied {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unauthenticated(message) => out.write_str(message),
            Self::Forbidden(message) => out.write_str(message),
            Self::NotFound(what) | Self::NotFoundAt(what, _) => write!(out, "There is no such {what}."),
        }
    }
}

/// A fault's cause.
#[derive(Debug)]
pub struct Fault(pub Box<dyn std::error::Error + Send + Sync>);

/// What a fault means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Something broke. Nothing was saved.
    Broken,
    /// The database gave up a transaction for another's sake, or lost its connection. Nothing was saved.
    GivenUp,
    /// More work than gets done just now. Nothing was saved.
    Overloaded,
    /// The connection ended while it was being saved: nobody knows whether it was.
    Unsure,
    /// Something has the same unique key.
    Duplicate,
}

impl Fault {
    /// What it means for the caller.
    pub fn kind(&self) -> FaultKind {
        match self.0.downcast_ref() {
            Some(StoreError::GivenUp(_)) => FaultKind::GivenUp,
            Some(StoreError::Busy(_)) => FaultKind::Overloaded,
            Some(StoreError::Interrupted(_)) => FaultKind::Unsure,
            Some(StoreError::Duplicate(_)) => FaultKind::Duplicate,
            _ => FaultKind::Broken,
        }
    }
}

impl Refusal {
    /// The same where the field that it names stands in a mutation's input.
    pub(super) fn in_input(self) -> Self {
        match self {
            Self::Denied(Denied::NotFoundAt(what, mut field)) => {
                field.insert(0, "input".to_owned());
                Self::Denied(Denied::NotFoundAt(what, field))
            }
            other => other,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Fault(Fault(Box::new(error)))
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// Passes admins.
pub(super) fn require_admin(viewer: &Viewer) -> Result<(), Denied> {
    if viewer.is_admin { Ok(()) } else { Err(Denied::Forbidden("Only an admin of the practice can do this.")) }
}

/// Passes admins, and the clinician themselves.
pub(super) fn require_acts_for(viewer: &Viewer, clinician: ClinicianId) -> Result<(), Denied> {
    if viewer.acts_for(clinician) {
        Ok(())
    } else {
        Err(Denied::Forbidden("Only the clinician themselves or an admin of the practice can do this."))
    }
}
