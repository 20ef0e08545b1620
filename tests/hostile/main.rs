//! Hostile input at the real program, built for release: over HTTP, Server-Sent Events and WebSocket. The process lives,
//! each answer costs little of the processor, memory stays, and other members hardly notice.
//!
//! ```text
//! scripts/test --test hostile     builds the program for release, and runs this
//! ```

mod corpus;
mod flood;
mod held;
mod http;
mod opened;
mod program;
mod socket;
mod wire;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use opened::Opened;
use program::Program;
use wire::Attack;

/// The most that one answer may cost of the processor, in milliseconds.
const CPU_MAX_MS: f64 = 50.0;
/// What costs too much is tried again so often: memory that is touched for the first time is no fault of the input's.
const ATTEMPTS: usize = 3;
/// The most that the program's memory may grow by, in KiB.
const GROWTH_MAX_KIB: u64 = 50 * 1024;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One after the other: what is measured is one program's processor time.
    arguments.test_threads = Some(1);
    let trial = |name: &str, run: fn()| {
        let run = move || {
            run();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(!Program::is_there())
    };
    let trials = vec![
        trial("no_answer_takes_long_or_much_memory_and_none_ends_the_process", || on_runtime(one_by_one())),
        trial("bodies_whose_end_is_held_back_take_little_memory", || on_runtime(held::run())),
        trial("other_members_hardly_notice", || on_runtime(flood::run())),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn on_runtime(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

/// Every attack there is, by a client, by staff and by nobody.
async fn attacks(program: &Program) -> Vec<Attack> {
    let documents = corpus::documents(&Opened::open(program).await);
    let by_http = http::attacks(&documents, program).into_iter();
    by_http.chain(socket::attacks(&documents, &program.client)).collect()
}

async fn one_by_one() {
    // Whether it asks too often is another matter.
    let limits = ["member_burst", "member_per_second", "address_burst", "address_per_second"];
    let mut program = Program::start(&limits.map(|name| format!("{name}=1000000")));
    let attacks = attacks(&program).await;
    // What every program touches once it works.
    for attack in attacks.iter().filter(|attack| attack.name.contains("introspection")) {
        attack.make(program.address, [127, 0, 0, 1]).await;
    }
    program.forget_peak();
    let before = program.peak_kib();
    let mut told = Vec::new();
    for attack in &attacks {
        let mut least = f64::MAX;
        for _ in 0..ATTEMPTS {
            let begun = program.cpu_ms();
            attack.make(program.address, [127, 0, 0, 1]).await;
            least = least.min(program.cpu_ms() - begun);
            if least < CPU_MAX_MS {
                break;
            }
        }
        program.assert_alive(&attack.name);
        told.push((least, &attack.name));
    }
    told.sort_by(|a, b| b.0.total_cmp(&a.0));
    let growth = program.peak_kib().saturating_sub(before);
    let dearest: Vec<_> = told.iter().take(24).map(|(ms, name)| format!("{ms:.1} ms {name}")).collect();
    println!("{} attacks; memory grew by {growth} KiB; the dearest: {}", told.len(), dearest.join(", "));
    let over: Vec<_> = told.iter().filter(|(ms, _)| *ms >= CPU_MAX_MS).collect();
    assert!(over.is_empty(), "over {CPU_MAX_MS} ms of the processor: {over:?}");
    assert!(growth < GROWTH_MAX_KIB, "memory grew by {growth} KiB");
    program.stop();
}
