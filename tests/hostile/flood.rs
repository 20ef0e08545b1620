//! Everything at once from several addresses, with slow peers beside it, while members work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::program::Program;
use crate::wire::{self, Attack};
use crate::{GROWTH_MAX_KIB, attacks};

/// How long it goes on.
const FLOOD: Duration = Duration::from_secs(6);
/// How many attack at once, and from how many addresses each in turn.
const ATTACKERS: usize = 6;
const ADDRESSES: u8 = 4;
/// How many send a byte now and then.
const SLOW_PEERS: usize = 60;
const BETWEEN_BYTES: Duration = Duration::from_millis(50);
/// How often a member asks.
const BETWEEN_REQUESTS: Duration = Duration::from_millis(20);
/// The longest that one in a hundred of the members' requests may take or exceed.
const P99_MAX: Duration = Duration::from_millis(100);
/// Something else may have kept the machine busy for a moment.
const ATTEMPTS: usize = 3;

/// Attacks a program with its limits as they come, but that two members may ask as often as a whole practice does.
pub async fn run() {
    let mut program = Program::start(&["member_per_second=100".to_owned()]);
    let members = [&program.admin, &program.clinician].map(|token| request(token));
    let mut attacks = attacks(&program).await;
    // The admin is one of the others.
    attacks.retain(|attack| !attack.name.contains("of an admin"));
    let attacks = Arc::new(attacks);
    let calm = p99(program.address, &members, FLOOD / 4).await;
    // Where something else keeps the machine busy, they wait without attackers too.
    let most = P99_MAX.max(calm * 2);
    program.forget_peak();
    let before = program.peak_kib();
    let mut p99s = Vec::new();
    for _ in 0..ATTEMPTS {
        let (address, mut peers) = (program.address, JoinSet::new());
        for number in 0..ATTACKERS {
            peers.spawn(attack(address, attacks.clone(), number));
        }
        for number in 0..SLOW_PEERS {
            peers.spawn(dawdle(address, number));
        }
        p99s.push(p99(address, &members, FLOOD).await);
        peers.shutdown().await;
        program.assert_alive("the flood");
        if p99s.last().is_some_and(|p99| *p99 < most) {
            break;
        }
    }
    let growth = program.peak_kib().saturating_sub(before);
    println!("p99 of other members: {calm:?} in calm, {p99s:?} in the flood; memory grew by {growth} KiB");
    assert!(p99s.iter().any(|p99| *p99 < most), "others wait {p99s:?}, in calm {calm:?}");
    assert!(growth < GROWTH_MAX_KIB, "memory grew by {growth} KiB");
    program.stop();
}

/// Makes one attack after the other, for ever, each attacker beginning elsewhere.
async fn attack(to: SocketAddr, attacks: Arc<Vec<Attack>>, number: usize) {
    let from = [127, 0, 1, 1 + number as u8 % ADDRESSES];
    for attack in attacks.iter().cycle().skip(number * attacks.len() / ATTACKERS) {
        attack.send(to, from).await;
    }
}

/// Sends a head, or a body, byte by byte.
async fn dawdle(to: SocketAddr, number: usize) {
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n";
    let bytes = if number.is_multiple_of(2) {
        head.to_owned() + &"A: b\r\n".repeat(900)
    } else {
        format!("{head}\r\n{}", " ".repeat(9_000))
    };
    let Ok(mut stream) = wire::connect(to, [127, 0, 2, 1]).await else { return };
    for byte in bytes.bytes() {
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(BETWEEN_BYTES).await;
    }
}

/// What a member's page asks for.
fn request(token: &str) -> Vec<u8> {
    let body =
        json!({ "query": "{viewer{member{displayName}}practice{name clinicians(first:10){nodes{id displayName}}}}" })
            .to_string();
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    format!("{head}Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// How long members wait: longer than this only one in a hundred of their requests.
async fn p99(address: SocketAddr, members: &[Vec<u8>; 2], span: Duration) -> Duration {
    let work = async |request: &[u8]| {
        let mut stream = wire::connect(address, [127, 0, 0, 1]).await.expect("members are let in");
        let (begun, mut waits) = (Instant::now(), Vec::new());
        while begun.elapsed() < span {
            let asked = Instant::now();
            stream.write_all(request).await.expect("members are served");
            let answer = answer(&mut stream).await;
            waits.push(asked.elapsed());
            assert!(answer.contains("\"displayName\""), "a member is refused: {answer}");
            tokio::time::sleep(BETWEEN_REQUESTS).await;
        }
        waits
    };
    let (first, second) = tokio::join!(work(&members[0]), work(&members[1]));
    let mut waits = [first, second].concat();
    waits.sort_unstable();
    waits[waits.len() * 99 / 100]
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        assert!(stream.read_buf(&mut answer).await.expect("members are served") > 0, "the connection ended");
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
            if body.len() >= length.parse().expect("a number") {
                return body.to_owned();
            }
        }
    }
}
