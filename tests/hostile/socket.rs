//! Attacks over WebSocket: every document of the corpus, frames that are none, and messages that are none.

use serde_json::{Value, json};

use crate::corpus::Hostile;
use crate::wire::{Attack, End};

const HANDSHAKE: &str = "GET /graphql/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
/// What tells that a document was dealt with: the last that an operation says, or the socket's closing for its size.
const DEALT_WITH: &[&str] = &["\"type\":\"error\"", "\"type\":\"complete\"", "message_bytes"];
const WHATEVER: &[&str] = &[];
/// A frame's opcodes and first bits (RFC 6455, 5.2).
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
const LAST: u8 = 0x80;
const MASKED: u8 = 0x80;

/// All of them.
pub fn attacks(documents: &[Hostile], token: &str) -> Vec<Attack> {
    let signed_in = [HANDSHAKE.as_bytes(), &init(token)].concat();
    let of_document = |Hostile { name, body }: &Hostile| {
        let bytes = text(&subscribe("1", body).to_string());
        Attack::new(format!("socket: {name}"), bytes, End::Answered, DEALT_WITH).after(signed_in.clone(), ACK)
    };
    let frames = frames().into_iter().chain(messages());
    let of_frames = frames.map(|(name, bytes)| {
        Attack::new(format!("socket: {name}"), bytes, End::ByUs, WHATEVER).after(signed_in.clone(), ACK)
    });
    documents.iter().map(of_document).chain(of_frames).chain(handshakes()).collect()
}

/// Who has not heard this has no room for a large message.
const ACK: &str = "connection_ack";

fn init(token: &str) -> Vec<u8> {
    text(&json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } }).to_string())
}

fn subscribe(id: &str, payload: &Value) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": payload })
}

fn text(message: &str) -> Vec<u8> {
    frame(TEXT, message, true)
}

/// A frame as a client sends it: masked, though by nothing.
fn frame(opcode: u8, payload: impl AsRef<[u8]>, is_last: bool) -> Vec<u8> {
    let (payload, first) = (payload.as_ref(), opcode | if is_last { LAST } else { 0 });
    let length = payload.len() as u64;
    let length = match length {
        0..126 => vec![MASKED | length as u8],
        126..65_536 => [&[MASKED | 126][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[MASKED | 127][..], &length.to_be_bytes()].concat(),
    };
    [&[first][..], &length, &[0; 4], payload].concat()
}

/// A text in so many frames.
fn split(message: &[u8], frames: usize) -> Vec<u8> {
    let size = message.len().div_ceil(frames).max(1);
    let pieces: Vec<_> = message.chunks(size).collect();
    let of = |(place, piece): (usize, &&[u8])| {
        let opcode = if place == 0 { TEXT } else { CONTINUATION };
        frame(opcode, piece, place + 1 == pieces.len())
    };
    pieces.iter().enumerate().flat_map(of).collect()
}

fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let ping = json!({ "type": "ping", "payload": { "a": "ü".repeat(500) } }).to_string();
    let control = |of, payload: &[u8]| frame(of, payload, true);
    let mut unmasked = text(&ping);
    unmasked[1] &= 0x7f;
    let mut reserved = text(&ping);
    reserved[0] |= 0x70;
    let begun = frame(TEXT, "a", false);
    vec![
        ("a message in 60 frames", split(ping.as_bytes(), 60)),
        ("a message in frames of one byte", split(ping.as_bytes(), ping.len())),
        ("characters split over frames", split("ü".repeat(30).as_bytes(), 60)),
        ("10,000 empty frames", [begun.clone(), frame(CONTINUATION, "", false).repeat(10_000)].concat()),
        ("a message inside a message", [begun.clone(), text(&ping)].concat()),
        ("a continuation of nothing", frame(CONTINUATION, "a", true)),
        ("a frame of 2^63 bytes", [&[0x81, 0xff][..], &(1_u64 << 63).to_be_bytes(), &[0; 100]].concat()),
        ("a frame of a gigabyte", [&[0x81, 0xff][..], &(1_u64 << 30).to_be_bytes(), &[b'a'; 400_000]].concat()),
        (
            "a frame of which the end never comes",
            [&[0x81, 0xff][..], &100_000_u64.to_be_bytes(), &[b'a'; 1_000]].concat(),
        ),
        ("a frame that is not masked", unmasked),
        ("reserved bits", reserved),
        ("reserved opcodes", (3..8).flat_map(|opcode| [0x80 | opcode, 0x80, 0, 0, 0, 0]).collect()),
        ("broken UTF-8", frame(TEXT, [0xc3, 0x28, 0xff], true)),
        ("half a character at the end", split(&"ü".as_bytes()[..1], 1)),
        ("a binary message", frame(BINARY, vec![0; 100_000], true)),
        ("1,000 pings", control(PING, &[b'p'; 125]).repeat(1_000)),
        ("1,000 pongs", control(PONG, &[b'p'; 125]).repeat(1_000)),
        ("a ping of 200 bytes", control(PING, &[b'p'; 200])),
        ("a ping in pieces", frame(PING, "p", false)),
        ("a closing with a code that is none", control(CLOSE, &[0, 1])),
        ("a closing of one byte", control(CLOSE, &[3])),
        ("a closing that is no text", control(CLOSE, &[3, 0xe8, 0xff, 0xfe])),
        ("what comes behind the closing", [control(CLOSE, &[3, 0xe8]), text(&ping).repeat(500)].concat()),
    ]
}

fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let all = |count: usize, of: &dyn Fn(usize) -> Value| {
        (0..count).flat_map(|number| text(&of(number).to_string())).collect::<Vec<_>>()
    };
    let query = json!({ "query": "{__typename}" });
    let follow = json!({ "query": "subscription{pendingRequestCount}" });
    let large = json!({ "type": "connection_init", "payload": { "Authorization": "x".repeat(120_000) } });
    vec![
        ("JSON nested 100,000 deep", text(&"[".repeat(100_000))),
        ("objects nested 40,000 deep", text(&"{\"type\":".repeat(40_000))),
        (
            "a payload nested 100 deep",
            text(&format!("{{\"type\":\"ping\",\"payload\":{}{}}}", "[".repeat(100), "]".repeat(100))),
        ),
        ("a ping with 100 KB", text(&json!({ "type": "ping", "payload": { "a": "x".repeat(100_000) } }).to_string())),
        ("a message over the limit", text(&"x".repeat(200_000))),
        ("a second sign-in, of 120 KB", text(&large.to_string())),
        ("an id of 100 KB", text(&subscribe(&"i".repeat(100_000), &query).to_string())),
        ("a type of 100 KB", text(&json!({ "type": "t".repeat(100_000) }).to_string())),
        ("500 pings", all(500, &|number| json!({ "type": "ping", "payload": { "n": number } }))),
        ("500 completions of nothing", all(500, &|number| json!({ "type": "complete", "id": number.to_string() }))),
        ("200 operations at once", all(200, &|number| subscribe(&number.to_string(), &query))),
        ("200 streams at once", all(200, &|number| subscribe(&number.to_string(), &follow))),
        ("one id twice", all(2, &|_| subscribe("1", &follow))),
        (
            "a stream that is begun and ended",
            all(100, &|number| match number % 2 {
                0 => subscribe("1", &follow),
                _ => json!({ "type": "complete", "id": "1" }),
            }),
        ),
    ]
}

/// Sockets that are none, or nobody's.
fn handshakes() -> Vec<Attack> {
    let with = |from: &str, to: &str| HANDSHAKE.replace(from, to).into_bytes();
    let many = "graphql-transport-ws, ".repeat(3_000);
    let unsigned = text(&subscribe("1", &json!({ "query": "{".repeat(50_000) })).to_string());
    let all = [
        ("of another version", with("Version: 13", "Version: 7")),
        ("without a key", with("Sec-WebSocket-Key", "X-Key")),
        ("with a key of 50 KB", with("dGhlIHNhbXBsZSBub25jZQ==", &"k".repeat(50_000))),
        ("with 3,000 protocols", with("graphql-transport-ws", &many)),
        (
            "with extensions",
            with("Sec-WebSocket-Key", "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key"),
        ),
        ("and a document of nobody", [HANDSHAKE.as_bytes(), &unsigned].concat()),
        ("and noise", [HANDSHAKE.as_bytes(), &[0xa5; 50_000]].concat()),
        ("and nothing", HANDSHAKE.into()),
    ];
    all.into_iter().map(|(name, bytes)| Attack::new(format!("handshake {name}"), bytes, End::ByUs, WHATEVER)).collect()
}
