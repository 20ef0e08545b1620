//! Private servers for tests and benchmarks: on free ports, in a temporary folder, ended with the process that started
//! them. A server that was already there is never used.
#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// Set by scripts/test, which installs what is missing: an engine that is not there then fails the run.
pub const REQUIRED: &str = "FRONTDESK_TEST_ENGINES_REQUIRED";

/// What PostgreSQL must be at least.
const POSTGRES_VERSION_MIN: u32 = 15;

/// A port that was free a moment ago. It lies below those that systems give to outgoing connections, one of which could
/// otherwise take it while its server is down.
pub fn free_port() -> u16 {
    let candidates = std::iter::repeat_with(|| 10_000 + (uuid::Uuid::now_v7().as_u128() % 20_000) as u16);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    candidates.take(1_000).find(is_free).expect("a free port")
}

/// Starts a script of this folder. What it starts ends with its standard input, and so with this process.
fn keeper(script: &str, arguments: &[&OsStr]) -> (Child, BufReader<ChildStdout>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines").join(script);
    let mut command = Command::new("sh");
    command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = command.spawn().expect("a shell");
    let said = BufReader::new(keeper.stdout.take().expect("piped"));
    (keeper, said)
}

fn read_answer(said: &mut BufReader<ChildStdout>) -> String {
    let mut answer = String::new();
    said.read_line(&mut answer).expect("the script's answer");
    answer.trim_end().to_owned()
}

/// A PostgreSQL of our own.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Lives as long as its standard input is open.
    _keeper: Child,
}

impl Postgres {
    /// The one of this process, started at the first call; none where its programs are not installed.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts one that does not wait for the disk.
    pub fn start() -> Option<Self> {
        Self::start_as("quick")
    }

    /// Starts one as PostgreSQL comes, so that what is committed survives a power cut: to measure with.
    pub fn start_durable() -> Option<Self> {
        Self::start_as("durable")
    }

    /// Starts one that speaks TLS, with the certificates of `certificate`.
    pub fn start_with_tls() -> Option<Self> {
        Self::start_as("tls")
    }

    /// Whom to trust about the server that was started with TLS: its own authority, `ca`, or `stranger`.
    pub fn certificate(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.crt"))
    }

    fn start_as(kind: &str) -> Option<Self> {
        let Some((programs, _)) = postgres_programs() else {
            assert!(
                std::env::var_os(REQUIRED).is_none(),
                "PostgreSQL {POSTGRES_VERSION_MIN} or newer is not installed"
            );
            return None;
        };
        let port = free_port();
        let (keeper, mut said) = keeper("postgres.sh", &[programs.as_ref(), port.to_string().as_ref(), kind.as_ref()]);
        let folder = read_answer(&mut said);
        assert!(!folder.is_empty(), "PostgreSQL did not start: see above");
        Some(Self { programs, folder: folder.into(), port, _keeper: keeper })
    }

    /// Makes an empty database; answers its address.
    pub fn database(&self, name: &str) -> String {
        self.run("createdb", &["--template=template0", name]);
        self.url(name)
    }

    /// The address of a database.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://frontdesk@127.0.0.1:{}/{name}", self.port)
    }

    /// The port it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs a statement on a database and answers what psql prints of it, without headings.
    pub fn query(&self, database: &str, sql: &str) -> String {
        self.run("psql", &["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql])
    }

    /// Ends every process at once, as a crash does, and starts again.
    pub fn crash_and_restart(&self) {
        let data = self.folder.join("data");
        let log = self.folder.join("server.log");
        let mut command = self.as_owner("pg_ctl");
        command.arg("-D").arg(data).args(["-w", "-m", "immediate", "-l"]).arg(log).arg("restart");
        let done = command.stdout(Stdio::null()).status().expect("pg_ctl runs");
        assert!(done.success(), "PostgreSQL did not start again");
    }

    /// One of PostgreSQL's own programs, with the server's address.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "frontdesk"]);
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let done = self.command(program).args(arguments).output().expect("the program runs");
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text").trim_end().to_owned()
    }

    /// A program run by whom the server belongs to.
    fn as_owner(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() { Command::new("setpriv") } else { Command::new(&program) };
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(&program);
        }
        command.current_dir(&self.folder);
        command
    }
}

/// A NATS server of our own, which forgets everything when it stops.
pub struct Nats {
    port: u16,
    /// Lives as long as its standard input is open.
    keeper: Child,
    said: BufReader<ChildStdout>,
}

impl Nats {
    /// Starts one; none where its program is not installed.
    pub fn start() -> Option<Self> {
        let Some(program) = nats_program() else {
            assert!(std::env::var_os(REQUIRED).is_none(), "nats-server is not installed");
            return None;
        };
        let port = free_port();
        let (keeper, said) = keeper("nats.sh", &[program.as_ref(), port.to_string().as_ref()]);
        let mut nats = Self { port, keeper, said };
        nats.expect("started");
        Some(nats)
    }

    /// What `--bus` takes.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash does.
    pub fn stop(&mut self) {
        self.order("stop");
        self.expect("stopped");
    }

    /// Starts it again, at the same port.
    pub fn start_again(&mut self) {
        self.order("start");
        self.expect("started");
    }

    fn order(&mut self, order: &str) {
        let keeper = self.keeper.stdin.as_mut().expect("piped");
        writeln!(keeper, "{order}").expect("the script listens");
    }

    fn expect(&mut self, answer: &str) {
        assert_eq!(read_answer(&mut self.said), answer, "NATS: see above");
    }
}

/// True where NATS can be started, or must be.
pub fn nats_is_there() -> bool {
    std::env::var_os(REQUIRED).is_some() || nats_program().is_some()
}

/// The program on the PATH, or where Debian has it, which is not on everybody's PATH.
fn nats_program() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&on_path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.exists())
}

/// True where PostgreSQL can be started, or must be.
pub fn postgres_is_there() -> bool {
    std::env::var_os(REQUIRED).is_some() || postgres_programs().is_some()
}

/// What the tests run on, for people to read.
pub fn described() -> String {
    match postgres_programs() {
        Some((_, version)) => format!("SQLite (in the program) and {version}"),
        None => format!("SQLite only: no PostgreSQL {POSTGRES_VERSION_MIN} or newer is installed"),
    }
}

/// The folder of PostgreSQL's programs, and what they say they are: those on the PATH, else the newest where Debian
/// keeps them.
fn postgres_programs() -> Option<(PathBuf, String)> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&on_path).collect();
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    versions.sort_by_key(|entry| std::cmp::Reverse(entry.file_name().to_string_lossy().parse().unwrap_or(0_u32)));
    folders.extend(versions.into_iter().map(|entry| entry.path().join("bin")));
    let usable = |folder: &PathBuf| {
        let has = |program: &str| folder.join(program).exists();
        has("initdb") && has("pg_ctl") && has("createdb") && has("psql")
    };
    let folder = folders.into_iter().find(usable)?;
    let said = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let number = said.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?;
    (number.parse::<u32>().ok()? >= POSTGRES_VERSION_MIN).then_some((folder, said))
}

fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output().expect("id runs");
    said.stdout.starts_with(b"0\n")
}
