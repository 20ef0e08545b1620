//! Attacks over HTTP and Server-Sent Events: every document of the corpus, and requests that are none.

use crate::corpus::Hostile;
use crate::program::Program;
use crate::wire::{Attack, End};

/// What is in an answer by GraphQL: data, or an error with a code.
const ANSWERED: &[&str] = &["\"data\"", "\"code\""];
/// What a request gets that HTTP itself does not allow: a refusal, or the end.
const WHATEVER: &[&str] = &[];

/// All of them.
pub fn attacks(documents: &[Hostile], program: &Program) -> Vec<Attack> {
    let (json, events) = ("application/graphql-response+json", "text/event-stream");
    let mut attacks = Vec::new();
    for Hostile { name, body } in documents {
        let ways = [
            ("HTTP", json, &program.client),
            ("SSE", events, &program.client),
            ("HTTP, of an admin", json, &program.admin),
            ("HTTP, of a clinician", json, &program.attacker),
        ];
        for (way, accept, token) in ways {
            let head = post(accept, token);
            attacks.push(Attack::new(
                format!("{way}: {name}"),
                with_length(&head, body.to_string()),
                End::ByServer,
                ANSWERED,
            ));
        }
        let anonymous =
            with_length(&post(json, "none").replace("Authorization: Bearer none\r\n", ""), body.to_string());
        attacks.push(Attack::new(format!("HTTP, of nobody: {name}"), anonymous, End::ByServer, ANSWERED));
    }
    let head = post(json, &program.client);
    attacks.extend(bodies(&head));
    attacks.extend(chunks(&head));
    attacks.extend(heads());
    attacks.extend(of_another_protocol());
    attacks
}

fn post(accept: &str, token: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: {accept}\r\nAuthorization: Bearer {token}\r\n"
    )
}

fn with_length(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// Bodies that are no requests.
fn bodies(head: &str) -> Vec<Attack> {
    let fields = |count: usize| (0..count).map(|number| format!("\"k{number}\":1,")).collect::<String>();
    let utf_16: Vec<u8> = "{\"query\":\"{__typename}\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let all: [(&str, Vec<u8>); 14] = [
        ("JSON nested 100,000 deep", "[".repeat(100_000).into()),
        ("JSON objects nested 40,000 deep", "{\"a\":".repeat(40_000).into()),
        (
            "variables nested 30,000 deep",
            format!("{{\"query\":\"{{a}}\",\"variables\":{{\"a\":{}", "[".repeat(30_000)).into(),
        ),
        ("11,000 parameters", format!("{{{}\"query\":\"{{__typename}}\"}}", fields(11_000)).into()),
        ("the same parameter 8,000 times", format!("{{{}\"a\":1}}", "\"query\":\"{a}\",".repeat(10_000)).into()),
        ("a batch of 4,000", format!("[{}1]", "{\"query\":\"{__typename}\"},".repeat(4_000)).into()),
        (
            "broken UTF-8",
            [b"{\"query\":\"{__typename}\",\"operationName\":\"", [0xc3, 0x28, 0xff].as_slice(), b"\"}"].concat(),
        ),
        ("half a character", [b"{\"query\":\"", "\u{10ffff}".as_bytes()[..2].as_ref()].concat()),
        ("UTF-16", utf_16),
        ("escapes of half a character", format!("{{\"query\":\"{}\"}}", "\\ud800".repeat(20_000)).into()),
        ("100,000 zero bytes", vec![0; 100_000]),
        ("a number of 100,000 digits", format!("{{\"query\":{}}}", "9".repeat(100_000)).into()),
        ("more than the limit", vec![b' '; 200_000]),
        ("nothing", Vec::new()),
    ];
    all.into_iter()
        .map(|(name, body)| Attack::new(format!("body: {name}"), with_length(head, body), End::ByServer, ANSWERED))
        .collect()
}

/// Bodies in chunks, and lengths that are not true.
fn chunks(head: &str) -> Vec<Attack> {
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let body = |chunks: String| format!("{chunked}{chunks}");
    let all = [
        ("chunks of one byte", body(format!("{}0\r\n\r\n", "1\r\n \r\n".repeat(40_000)))),
        ("chunks without end", body("10000\r\n".to_owned() + &(" ".repeat(65_536) + "\r\n10000\r\n").repeat(40))),
        ("a chunk of 2^64 bytes", body("ffffffffffffffff\r\n ".to_owned())),
        ("a chunk of 2^80 bytes", body("fffffffffffffffffffff\r\n ".to_owned())),
        ("a chunk of no length", body("zz\r\n ".to_owned())),
        ("a chunk with a long extension", body(format!("1;{}\r\n \r\n", "e".repeat(500_000)))),
        ("10,000 trailers", body(format!("0\r\n{}\r\n", "T: 1\r\n".repeat(10_000)))),
        ("two lengths", format!("{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}")),
        ("a length and chunks", format!("{head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}")),
        ("a length below zero", format!("{head}Content-Length: -1\r\n\r\n{{}}")),
        ("a length of 2^64", format!("{head}Content-Length: 18446744073709551616\r\n\r\n{{}}")),
        ("a length of a terabyte", format!("{head}Content-Length: 1000000000000\r\n\r\n{{}}")),
        ("a body that ends early", format!("{head}Content-Length: 200000\r\n\r\n{{}}")),
        ("a packed body", format!("{head}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\u{1f}\u{8}")),
    ];
    all.into_iter()
        .map(|(name, bytes)| Attack::new(format!("chunks: {name}"), bytes.into(), End::ByUs, WHATEVER))
        .collect()
}

/// Heads that go on and on.
fn heads() -> Vec<Attack> {
    let get = |head: String| {
        format!("GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n")
    };
    let long = |name: &str, bytes: usize| get(format!("{name}: {}\r\n", "x".repeat(bytes)));
    let all = [
        ("5,000 headers", get("A: 1\r\n".repeat(5_000))),
        ("a header without end", long("A", 2_000_000).replace("\r\n\r\n", "")),
        ("a header of a megabyte", long("A", 1_000_000)),
        ("a header's name of 300 KB", get(format!("{}: 1\r\n", "N".repeat(300_000)))),
        (
            "an address of a megabyte",
            format!("GET /graphql?query={} HTTP/1.1\r\nHost: a\r\n\r\n", "%7B".repeat(330_000)),
        ),
        (
            "an address of 60 KB",
            format!("GET /graphql?query={} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "%7B".repeat(20_000)),
        ),
        (
            "20,000 parameters",
            format!(
                "GET /graphql?{} HTTP/1.1\r\nHost: a\r\nGraphQL-Require-Preflight: 1\r\nConnection: close\r\n\r\n",
                "a=1&".repeat(15_000)
            ),
        ),
        ("a method of 100 KB", format!("{} / HTTP/1.1\r\n\r\n", "M".repeat(100_000))),
        ("a token of 100 KB", long("Authorization: Bearer", 100_000)),
        ("a token of dots", get(format!("Authorization: Bearer {}\r\n", ".".repeat(60_000)))),
        ("10,000 types to accept", get(format!("Accept: {}\r\n", "a/b;q=0.1,".repeat(9_000)))),
        ("10,000 proxies", get(format!("X-Forwarded-For: {}\r\n", "10.0.0.1,".repeat(9_000)))),
        ("a last event of 60 KB", long("Last-Event-ID", 60_000)),
        ("lines that end oddly", get("A: 1\n B: 2\r\r\n\0: 3\r\n".to_owned())),
        ("a header without a colon", get("A\r\n".to_owned())),
        ("bytes that are no text", get("A: \u{ff}\u{fe}\r\n".to_owned())),
    ];
    all.into_iter()
        .map(|(name, bytes)| Attack::new(format!("head: {name}"), bytes.into(), End::ByUs, WHATEVER))
        .collect()
}

/// What is no HTTP/1.1, and much at once of what is.
fn of_another_protocol() -> Vec<Attack> {
    let hello = [&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03][..], &[7; 500]].concat();
    // Always the same ones.
    let noise = (0..200_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let pipelined = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(300);
    let all: [(&str, Vec<u8>); 7] = [
        ("TLS", hello),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("HTTP/0.9", b"GET /\r\n\r\n".to_vec()),
        ("noise", noise),
        ("line ends", b"\r\n".repeat(100_000)),
        ("a tunnel", b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        ("300 requests at once", pipelined.into()),
    ];
    all.into_iter().map(|(name, bytes)| Attack::new(format!("protocol: {name}"), bytes, End::ByUs, WHATEVER)).collect()
}
