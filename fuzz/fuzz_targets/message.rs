//! A message of graphql-transport-ws, and the operation that it may carry.
#![no_main]

use frontdesk::graphql::prepare;
use frontdesk::http::{ClientMessage, read_message};
use frontdesk::limits::Limits;
use libfuzzer_sys::fuzz_target;

/// What a close frame carries (RFC 6455, 5.5.1).
const REASON_MAX_BYTES: usize = 123;

fuzz_target!(|text: &str| match read_message(text) {
    Ok(ClientMessage::Subscribe { asked, .. }) => drop(prepare(asked, &Limits::default())),
    Ok(_) => {}
    Err(reason) => assert!(reason.len() <= REASON_MAX_BYTES, "{reason}"),
});
