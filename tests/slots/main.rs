//! Time and slots against what is obviously right: a walk over every minute, and another language's time zones.
//!
//! `cargo test --test slots` takes seconds. For a long run, build once and give the number of random worlds:
//! `PROPTEST_CASES=50000 cargo test --test slots offer::`. A world that fails is made as small as it can be, printed, and
//! kept in tests/slots/regressions.txt: commit it, and each run begins with it. docs/time.md tells the whole.

mod offer;
mod oracle;
mod world;
mod zones;
