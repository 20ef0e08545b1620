//! Who signs in, and what each role may read and call.

mod bad_token;
pub mod check;
mod claims;
mod fetch;
pub mod issuer;
mod jwks;
mod keys;
#[cfg(test)]
#[path = "made_tests.rs"]
mod made;
pub mod policy;
pub mod policy_page;
pub mod secret;
#[cfg(feature = "tls")]
mod tls;
pub mod token;

pub use bad_token::BadToken;
pub use keys::ASK_AGAIN_SECONDS;
