//! Runs every test on each store, and says which.

use std::pin::Pin;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::clients;
use crate::engines::{self, Postgres};

/// A store that the tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A test: its name, and what it does on the store it finds.
pub struct Test {
    pub name: &'static str,
    pub run: fn() -> Pin<Box<dyn Future<Output = ()>>>,
}

/// Lists a file's tests. One that is not listed is dead code, which the lints refuse.
macro_rules! tests {
    ($($name:ident),+ $(,)?) => {
        pub const TESTS: &[$crate::support::Test] = &[$($crate::support::Test {
            name: concat!(module_path!(), "::", stringify!($name)),
            run: || Box::pin($name()),
        }),+];
    };
}
pub(crate) use tests;

tokio::task_local! {
    static ENGINE: Engine;
}

impl Engine {
    /// The store that the running test is about.
    pub fn current() -> Self {
        ENGINE.get()
    }
}

/// Runs the tests that the arguments ask for, on both stores where PostgreSQL's programs are found.
pub fn run(
    tests: &[&'static [Test]],
    on_postgres: &[&'static [Test]],
    on_nats: &'static [Test],
    with_clients: &'static [Test],
) -> ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list {
        println!("Testing on {}.", engines::described());
    }
    let on_both = tests.iter().copied().flatten();
    let both = on_both.flat_map(|test| [trial(Engine::Sqlite, test), trial(Engine::Postgres, test)]);
    let with_nats = |test| {
        let trial = trial(Engine::Postgres, test);
        let is_there = engines::nats_is_there() && !trial.has_ignored_flag();
        trial.with_ignored_flag(!is_there)
    };
    let both = both.chain(on_postgres.iter().copied().flatten().map(|test| trial(Engine::Postgres, test)));
    // The store makes no difference to them.
    let on_clients = |test| trial(Engine::Sqlite, test).with_ignored_flag(!clients::are_there());
    let trials = both.chain(on_nats.iter().map(with_nats)).chain(with_clients.iter().map(on_clients)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(engine: Engine, test: &'static Test) -> Trial {
    let (word, is_there) = match engine {
        Engine::Sqlite => ("sqlite", true),
        Engine::Postgres => ("postgres", engines::postgres_is_there()),
    };
    let name = format!("{word}::{}", test.name.trim_start_matches("api::"));
    let trial = Trial::test(name, move || {
        on(engine, test);
        Ok(())
    });
    trial.with_ignored_flag(!is_there)
}

fn on(engine: Engine, test: &Test) {
    if engine == Engine::Postgres {
        Postgres::shared().expect("it was found");
    }
    // Two threads: what may race shall race.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(ENGINE.scope(engine, (test.run)()));
}
