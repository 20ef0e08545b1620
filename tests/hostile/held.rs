//! Bodies whose end is held back, from one address and by nobody in particular: they take little memory, and keep no
//! member waiting.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::GROWTH_MAX_KIB;
use crate::program::Program;
use crate::wire;

/// A little less than an address may hold.
const PEERS: usize = 490;
const BODY_BYTES: usize = 128 * 1024;
const HELD_BACK_BYTES: usize = 1_000;

/// Holds them until the program has had enough of it.
pub async fn run() {
    let mut program = Program::start(&["body_seconds=5".to_owned()]);
    program.forget_peak();
    let (before, address) = (program.peak_kib(), program.address);
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let begun = format!("{head}Content-Length: {BODY_BYTES}\r\n\r\n{}", " ".repeat(BODY_BYTES - HELD_BACK_BYTES));
    let mut peers = JoinSet::new();
    for _ in 0..PEERS {
        let begun = begun.clone();
        peers.spawn(async move {
            let mut stream = wire::connect(address, [127, 0, 3, 1]).await.expect("it is taken");
            let (mut answer, (mut reader, mut writer)) = (Vec::new(), stream.split());
            // It may be refused before it has sent all.
            let (_, _) = tokio::join!(writer.write_all(begun.as_bytes()), reader.read_to_end(&mut answer));
            String::from_utf8_lossy(&answer).into_owned()
        });
    }
    let asking = reqwest::Client::new().post(format!("http://{address}/graphql")).bearer_auth(&program.admin);
    let answer = asking.json(&json!({ "query": "{practice{name}}" })).send().await.expect("members are served");
    assert_eq!(answer.status(), 200, "a member is served meanwhile");
    let mut refused = 0;
    while let Some(answer) = peers.join_next().await {
        let answer = answer.expect("a peer");
        refused += usize::from(answer.contains("body_seconds") || answer.contains("reading_bytes"));
    }
    let growth = program.peak_kib().saturating_sub(before);
    println!("{refused} of {PEERS} were told which limit they ran into; memory grew by {growth} KiB");
    program.assert_alive("what was held back");
    assert!(refused > PEERS / 2, "{refused} of {PEERS} were told why");
    assert!(growth < GROWTH_MAX_KIB, "memory grew by {growth} KiB");
    program.stop();
}
