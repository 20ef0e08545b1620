//! The one place where a "no" becomes an answer: a rule's goes into a mutation's payload, a right's and a fault's to
//! the top.

use async_graphql::{Error, ErrorExtensions, Pos, ServerError};

use super::request_id;
use crate::domain::rejection::{Code, Rejection};
use crate::usecases::{Changed, Denied, Fault, FaultKind, Refusal};

/// A refusal as a top-level error: what a query can answer, and what a mutation answers where its payload cannot.
pub fn top_level(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Rejected(rejection) | Refusal::Stale(rejection, _) => bad_input(&rejection),
        Refusal::Denied(denied) => denial(&denied),
        Refusal::Fault(fault) => internal(&fault),
    }
}

/// The same where it is no field's: it has no place in the document.
pub fn of_request(error: Error) -> ServerError {
    let mut error = error.into_server_error(Pos::default());
    error.locations.clear();
    error
}

/// Missing rights, and what is not there.
pub fn denial(denied: &Denied) -> Error {
    let code = match denied {
        Denied::Unauthenticated(_) => "UNAUTHENTICATED",
        Denied::Forbidden(_) => "FORBIDDEN",
        Denied::NotFound(_) | Denied::NotFoundAt(..) => "NOT_FOUND",
    };
    Error::new(denied.to_string()).extend_with(|_, extensions| {
        extensions.set("code", code);
        if let Denied::NotFoundAt(_, field) = denied {
            extensions.set("field", field.clone());
        }
    })
}

/// A query's bad argument, named by its path.
fn bad_input(rejection: &Rejection) -> Error {
    Error::new(&rejection.message).extend_with(|_, extensions| {
        extensions.set("code", "BAD_USER_INPUT");
        if let Some(field) = &rejection.field {
            extensions.set("field", field.clone());
        }
    })
}

/// A fault: logged once with an id, of which the caller sees only the id.
fn internal(fault: &Fault) -> Error {
    let request_id = request_id::current();
    tracing::error!(request_id, cause = %fault.0, "a request failed");
    let (code, message) = match fault.kind() {
        FaultKind::Broken | FaultKind::Duplicate => (
            "INTERNAL",
            "Something went wrong on our side, and nothing was saved. Try again; if it stays, tell the operator the requestId.",
        ),
        FaultKind::GivenUp | FaultKind::Overloaded => (
            "UNAVAILABLE",
            "frontdesk cannot get this done just now, and nothing was saved. Try again in a few seconds.",
        ),
        FaultKind::Unsure => (
            "UNAVAILABLE",
            "The connection to the database ended at the last moment, so it is not known whether this was saved. Send \
             the same again, with the same idempotencyKey where there is one.",
        ),
    };
    Error::new(message).extend_with(|_, extensions| {
        extensions.set("code", code);
        extensions.set("requestId", request_id.clone());
    })
}

/// A mutation's payload: it can carry the refusals that its mutation declares.
pub trait Payload: Default {
    /// The payload of a refusal; none where the mutation declares no such code.
    fn refused(rejection: &Rejection) -> Option<Self>;

    /// The same with what the change would do; only payloads of settings changes tell of it.
    fn with_impact(self, _: Changed) -> Self {
        self
    }
}

/// Puts a rule's refusal into the payload, and everything else to the top.
pub fn answer<P: Payload>(outcome: Result<P, Refusal>) -> async_graphql::Result<P> {
    match outcome {
        Ok(payload) => Ok(payload),
        Err(Refusal::Rejected(rejection)) => {
            P::refused(&rejection).ok_or_else(|| internal(&undeclared(rejection.code)))
        }
        Err(Refusal::Stale(rejection, shown)) => {
            declared(&rejection).map(|payload: P| payload.with_impact(*shown)).map_err(top_level)
        }
        Err(refusal) => Err(top_level(refusal)),
    }
}

/// The payload of a refusal that comes with more than its errors.
pub fn declared<P: Payload>(rejection: &Rejection) -> Result<P, Refusal> {
    P::refused(rejection).ok_or_else(|| Refusal::Fault(undeclared(rejection.code)))
}

/// A mutation answered with a code that it does not declare: our fault, not the caller's.
fn undeclared(code: Code) -> Fault {
    Fault(format!("the refusal {} is not declared by this mutation", code.as_str()).into())
}

/// Declares a mutation's refusals: its error type, its codes, and how they stand in its payload.
macro_rules! refusals {
    ($payload:ident, $error:ident, $code:ident: $($(#[$meta:meta])* $variant:ident,)+) => {
        #[doc = concat!("Why `", stringify!($payload), "` refused. Codes may be added; treat one that you do not know as a refusal.")]
        #[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $code { $($(#[$meta])* $variant,)+ }

        #[doc = concat!("A refusal in `", stringify!($payload), "`: a rule said no, and nothing was saved.")]
        #[derive(async_graphql::SimpleObject, Clone, Debug)]
        pub struct $error {
            /// Which rule said no.
            code: $code,
            /// The path of the input field at fault, from the argument on: `["input", "hours", "0", "opensAt"]`. Null
            /// where no single field is to blame.
            field: Option<Vec<String>>,
            /// One sentence that says what is wrong and what to do, in English, fit to be shown to the person.
            message: String,
        }

        impl $error {
            fn from_rejection(rejection: &$crate::domain::rejection::Rejection) -> Option<Self> {
                let code = match rejection.code {
                    $($crate::domain::rejection::Code::$variant => $code::$variant,)+
                    _ => return None,
                };
                Some(Self { code, field: rejection.field.clone(), message: rejection.message.clone() })
            }
        }

        impl $crate::graphql::error::Payload for $payload {
            fn refused(rejection: &$crate::domain::rejection::Rejection) -> Option<Self> {
                Some(Self { errors: vec![$error::from_rejection(rejection)?], ..Self::default() })
            }

            $($crate::graphql::error::fresh_impact!($variant);)+
        }
    };
}
pub(crate) use refusals;

/// A payload that refuses a stale revision has an `impact`, and shows there what the change would do now.
macro_rules! fresh_impact {
    (StaleRevision) => {
        fn with_impact(self, changed: $crate::usecases::Changed) -> Self {
            Self { impact: Some($crate::graphql::types::impact::SelfSchedulingImpact(changed)), ..self }
        }
    };
    ($other:ident) => {};
}
pub(crate) use fresh_impact;
