//! Whatever is shown for a token. Nothing that is made here is signed, so nobody may be let in.
#![no_main]

use std::sync::LazyLock;

use frontdesk::auth::check::Checker;
use frontdesk::auth::issuer::{Issuer, KeySource, PATIENCE};
use frontdesk::auth::secret::Secret;
use frontdesk::auth::token::Tokens;
use frontdesk::clock::Clock;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

/// No refusal repeats what was sent.
const MESSAGE_MAX_BYTES: usize = 200;

/// A server that believes an issuer with one key for each algorithm: a, b and c.
static SERVER: LazyLock<(Runtime, Checker, Clock)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let secret = Secret::given("0123456789abcdef0123456789abcdef").expect("long enough");
    let keys = KeySource::parse(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz_targets/keys.json")).expect("a path");
    let leeway = chrono::Duration::seconds(30);
    let issuer = Issuer { name: "https://id.test".into(), audience: "desk".into(), leeway, keys, patience: PATIENCE };
    let clock = Clock::held(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("an instant"));
    let checker = Checker::new(Tokens::new(secret), Some(issuer), &clock);
    runtime.block_on(checker.begin()).expect("its keys can be read");
    (runtime, checker, clock)
});

fuzz_target!(|token: &str| {
    let (runtime, checker, clock) = &*SERVER;
    let refused = runtime.block_on(checker.check(token, clock.now())).expect_err("nobody has signed this").to_string();
    assert!(refused.len() < MESSAGE_MAX_BYTES, "{refused}");
});
