//! The server: the real program, of the same build, or the reference, in a process of its own, so that what it uses is
//! its own.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::http::Door;
use super::{SECRET, engines};

/// How long a start and a subscription may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the server is asked whether it is ready.
const INTERVAL: Duration = Duration::from_millis(20);
/// What /proc counts a process's time in: a hundredth of a second on every Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// A running server. It ends when it is dropped.
pub struct Program {
    process: Child,
    pub address: SocketAddr,
}

impl Program {
    /// Starts the real program on a database; returns when it serves.
    pub async fn start(database_url: &str, folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
        let address = SocketAddr::from(([127, 0, 0, 1], engines::free_port()));
        command.args(["serve", "--no-console", "--listen", &address.to_string()]).env_clear();
        // One machine plays thousands.
        for limit in ["sockets_per_member", "connections_per_address", "member_burst", "address_burst"] {
            command.args(["--limit", &format!("{limit}=1000000")]);
        }
        command.env("FRONTDESK_DATABASE_URL", database_url).env("FRONTDESK_SIGNING_SECRET", SECRET);
        Self::run(command, address, folder).await
    }

    /// Starts the reference on a database: the benchmark itself, in another part.
    pub async fn reference(database_url: &str, folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program's path"));
        let address = SocketAddr::from(([127, 0, 0, 1], engines::free_port()));
        command.args(["--reference", &address.to_string(), "--database-url", database_url]);
        Self::run(command, address, folder).await
    }

    async fn run(mut command: Command, address: SocketAddr, folder: &Path) -> Self {
        let log = File::options().create(true).append(true).open(folder.join("server.log")).expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut program = Self { process: command.spawn().expect("the program starts"), address };
        let begun = Instant::now();
        while program.page("/readyz").await.is_none() {
            let ended = program.process.try_wait().expect("a child");
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "the server does not serve: {ended:?}");
            tokio::time::sleep(INTERVAL).await;
        }
        program
    }

    /// Its process's number: to look at it with other tools.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Returns when so many streams follow a log.
    pub async fn until_subscribed(&self, count: usize) {
        let (wanted, begun) = (format!("frontdesk_push_subscribers {count}"), Instant::now());
        while !self.page("/metrics").await.is_some_and(|page| page.lines().any(|line| line == wanted)) {
            assert!(begun.elapsed() < PATIENCE, "not all streams began");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn page(&self, path: &str) -> Option<String> {
        let mut door = Door::open(self.address).await.ok()?;
        door.ask(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").as_bytes()).await.ok()
    }

    /// The processor's time that it has used so far, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = self.proc("stat");
        // Behind the name in brackets; there, user and system time are the 12th and the 13th.
        let (_, rest) = stat.rsplit_once(") ").expect("a name");
        let ticks: f64 = rest.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().expect("a number")).sum();
        ticks / TICKS_A_SECOND
    }

    /// Its resident memory in KiB.
    pub fn resident_kib(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).expect("the server runs")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
