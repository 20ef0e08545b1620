//! What the benchmarks share: practices to measure with, the real server in a process of its own, lean clients, and the
//! figures. The clients share the machine with the server, so they parse nothing that they need not.
#![allow(dead_code, reason = "each benchmark uses what it needs")]

#[path = "../../tests/engines/mod.rs"]
mod engines;

pub mod bare;
pub mod by_hand;
pub mod crowd;
pub mod http;
pub mod ledger;
pub mod office;
pub mod program;
pub mod reference;
pub mod report;
pub mod socket;
pub mod stage;

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Set for the process that `raise_file_limit` starts in place of this one.
const RAISED: &str = "FRONTDESK_BENCH_RAISED";

/// What the tokens are signed with.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Starts this program anew with as many open files as the system allows: each socket is one here, and one in the server.
pub fn raise_file_limit() {
    if std::env::var_os(RAISED).is_some() {
        return;
    }
    let script = "ulimit -n \"$(ulimit -H -n)\" && exec \"$0\" \"$@\"";
    let program = std::env::current_exe().expect("this program's path");
    let mut command = Command::new("sh");
    let failed = command.args(["-c", script]).arg(program).args(std::env::args_os().skip(1)).env(RAISED, "1").exec();
    panic!("sh could not be started: {failed}");
}

/// One thread: the server gets the other core.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
