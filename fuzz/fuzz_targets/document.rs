//! Everything that is looked at before a document is run. The input is the document; behind a zero byte the variables as
//! JSON, behind another one the operation's name.
#![no_main]

use async_graphql::Variables;
use frontdesk::graphql::{Asked, prepare};
use frontdesk::limits::Limits;
use libfuzzer_sys::fuzz_target;

/// No refusal repeats what was sent at length: the library's own words and ours have a few hundred bytes.
const MESSAGE_MAX_BYTES: usize = 1_000;

fuzz_target!(|input: &str| {
    let mut parts = input.split('\0');
    let query = parts.next().unwrap_or_default().to_owned();
    let variables = parts.next().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let operation_name = parts.next().map(str::to_owned);
    let asked = Asked { query, operation_name, variables: Variables::from_json(variables) };
    if let Err(refused) = prepare(asked, &Limits::default()) {
        assert!(refused.message.len() < MESSAGE_MAX_BYTES, "{}", refused.message);
        assert!(refused.extensions.is_some_and(|told| told.get("code").is_some()), "{}", refused.message);
    }
});
