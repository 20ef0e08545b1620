//! The program in processes of its own, with files of its own.
#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_frontdesk");

/// A folder with a database of its own.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.path()).env_clear();
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Runs a command that must succeed; answers what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    }

    /// Runs a command that must fail; answers what it complained of.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        String::from_utf8(output.stderr).expect("text")
    }
}

/// A server in a process of its own, which ends with the test.
pub struct Server {
    pub process: Child,
    lines: Lines<BufReader<ChildStderr>>,
    pub address: String,
}

impl Server {
    pub fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut command = place.command(arguments);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines();
        let said = lines.by_ref().map(|line| line.expect("text")).find(|line| line.contains("  API "));
        let said = said.expect("it says where it serves");
        let address = said.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        Self { process, lines, address: address.to_owned() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn signal(&self, signal: &str) {
        signal_to(&self.process, signal);
    }

    pub fn until_said(&mut self, words: &str) {
        self.line(words);
    }

    /// The next line with these words.
    pub fn line(&mut self, words: &str) -> String {
        let said = self.lines.by_ref().map(|line| line.expect("text")).find(|line| line.contains(words));
        said.unwrap_or_else(|| panic!("it never said “{words}”"))
    }

    pub fn stop(mut self, signal: &str) -> (bool, Vec<String>) {
        signal_to(&self.process, signal);
        let said = self.lines.by_ref().map(|line| line.expect("text")).collect();
        (self.process.wait().expect("it ends").success(), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

/// A watch in a process of its own, line by line.
pub struct Watch {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    said: Lines<BufReader<ChildStderr>>,
}

impl Watch {
    /// Follows what the token may see; returns when it does.
    pub fn start(place: &Place, url: &str, token: &str, more: &[&str]) -> Self {
        let mut command = place.command(&["watch", "--url", url, "--token", token]);
        let piped = Stdio::piped;
        let mut process = command.args(more).stdout(piped()).stderr(piped()).spawn().expect("it starts");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let said = BufReader::new(process.stderr.take().expect("piped")).lines();
        let mut watch = Self { process, lines, said };
        watch.until_said("Watching");
        watch
    }

    /// Waits until it complains or tells of something with these words.
    pub fn until_said(&mut self, words: &str) {
        let said = self.said.by_ref().map(|line| line.expect("text")).find(|line| line.contains(words));
        assert!(said.is_some(), "it never said “{words}”");
    }

    /// The next line that it shows.
    pub fn next(&mut self) -> String {
        self.lines.next().expect("one more line").expect("text")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

pub fn signal_to(process: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &process.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

/// Runs one operation and answers what is at a path of its data.
pub fn call(place: &Place, url: &str, token: &str, query: &str, pick: &str) -> String {
    place.ok(&["call", query, "--url", url, "--token", token, "--pick", pick])
}

/// Runs one operation, which must not be refused, and answers all that it says.
pub fn answer(place: &Place, url: &str, token: &str, query: &str) -> String {
    place.ok(&["call", query, "--url", url, "--token", token])
}
