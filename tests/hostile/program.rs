//! The program under attack: a release build, serving the sample practice in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Where scripts/test has put the program that it built for release.
const PROGRAM: &str = "FRONTDESK_RELEASE_PROGRAM";

/// A running program. It ends when it is dropped.
pub struct Program {
    process: Child,
    pub address: SocketAddr,
    /// Tokens of members.
    pub admin: String,
    pub clinician: String,
    pub client: String,
    /// That of a clinician whose rates nobody else uses up.
    pub attacker: String,
    folder: TempDir,
}

impl Program {
    /// Whether there is one to attack.
    pub fn is_there() -> bool {
        std::env::var_os(PROGRAM).is_some()
    }

    /// Starts it with these limits; returns when it serves.
    pub fn start(limits: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(std::env::var_os(PROGRAM).expect("the program's path"));
        command.args(["demo", "--no-console", "--listen", "127.0.0.1:0"]).current_dir(folder.path()).env_clear();
        // What counts is what it holds, not what its allocator gives back only a moment later.
        command.env("MIMALLOC_PURGE_DELAY", "0");
        command.args(limits.iter().flat_map(|limit| ["--limit", limit]));
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = piped.spawn().expect("the program starts");
        let mut said = BufReader::new(process.stderr.take().expect("piped"));
        let lines = said.by_ref().lines().map(|line| line.expect("text"));
        let line = lines.into_iter().find(|line| line.contains("  API ")).expect("it says where it serves");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        let address = address.parse().expect("an address");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut tokens = lines.take(3).map(|line| line.expect("text").split_once('=').expect("a token").1.to_owned());
        let mut token = || tokens.next().expect("three tokens");
        let (admin, clinician, client) = (token(), token(), token());
        // What it goes on to say must not stop it.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let mut program = Self { process, address, admin, clinician, client, attacker: String::new(), folder };
        program.attacker = program.token("marcus@demo.test");
        program
    }

    /// A token for whoever has this address.
    fn token(&self, email: &str) -> String {
        let mut command = Command::new(std::env::var_os(PROGRAM).expect("the program's path"));
        command.args(["token", email, "--database-url", "sqlite://frontdesk-demo.db"]);
        let made = command.current_dir(self.folder.path()).env_clear().output().expect("the program runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).expect("text").trim().to_owned()
    }

    /// The processor's time that its threads have used so far, in milliseconds.
    pub fn cpu_ms(&self) -> f64 {
        let threads = std::fs::read_dir(self.proc("task")).expect("the program runs");
        // One that ends meanwhile takes its time along.
        let used = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok());
        let used = used.map(|text| text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or_default());
        used.sum::<u64>() as f64 / 1e6
    }

    /// The most memory that it has held since that was last forgotten, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(self.proc("status")).expect("the program runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Counts the most memory anew from what is held now.
    pub fn forget_peak(&self) {
        std::fs::write(self.proc("clear_refs"), "5").expect("our own process");
    }

    /// Fails where it has ended.
    pub fn assert_alive(&mut self, after: &str) {
        let ended = self.process.try_wait().expect("a child");
        assert!(ended.is_none(), "{after} ended the program: {ended:?}");
    }

    /// Stops it as an operator does; it must end well.
    pub fn stop(mut self) {
        let told = Command::new("kill").arg(self.process.id().to_string()).status().expect("kill runs");
        assert!(told.success() && self.process.wait().expect("it ends").success(), "it did not end well");
    }

    fn proc(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.process.id())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
