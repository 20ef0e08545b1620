//! Who signs in, and what each role may read and call.

pub mod policy;
pub mod secret;
pub mod token;
