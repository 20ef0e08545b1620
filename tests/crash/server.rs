//! Server processes that are killed and started again.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::engines;

const PROGRAM: &str = env!("CARGO_BIN_EXE_frontdesk");

/// What all processes of a run share.
pub struct Installation {
    pub folder: PathBuf,
    pub database_url: String,
    /// What `--bus` takes; none leaves the bus to the database.
    pub bus: Option<String>,
}

impl Installation {
    /// Runs a command that must succeed; answers what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).output().expect("the program runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text").trim_end().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().current_dir(&self.folder);
        command.env("FRONTDESK_DATABASE_URL", &self.database_url);
        command.env("FRONTDESK_SIGNING_SECRET", "0123456789abcdef".repeat(2));
        command
    }
}

/// One server at one address, whichever process it is just now.
pub struct Server {
    port: u16,
    log: PathBuf,
    process: Child,
}

impl Server {
    /// Starts the first process. Its log, and that of all after it, is `NAME.log` in the run's folder.
    pub fn start(installation: &Installation, name: &str) -> Self {
        let (port, log) = (engines::free_port(), installation.folder.join(format!("{name}.log")));
        let process = spawn(installation, port, &log);
        Self { port, log, process }
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// kill -9, and the next process at once, at the same port. Fails where the process had ended by itself.
    pub fn kill_and_restart(&mut self, installation: &Installation) -> Result<(), String> {
        let ended = self.process.try_wait().expect("a child");
        self.end();
        self.process = spawn(installation, self.port, &self.log);
        match ended {
            Some(status) => Err(format!("a server ended by itself, {status}: see {}", self.log.display())),
            None => Ok(()),
        }
    }

    /// Fails where any of the processes panicked.
    pub fn check_log(&self) -> Result<(), String> {
        let log = std::fs::read(&self.log).expect("a log");
        match String::from_utf8_lossy(&log).lines().find(|line| line.contains("panicked")) {
            Some(line) => Err(format!("a server panicked: {line}")),
            None => Ok(()),
        }
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(installation: &Installation, port: u16, log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).expect("a log");
    let listen = format!("127.0.0.1:{port}");
    let mut command = installation.command(&["serve", "--no-console", "--listen", &listen]);
    if let Some(bus) = &installation.bus {
        command.args(["--bus", bus]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the program starts")
}
