//! Requests over a connection that is kept open, each written beforehand.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::office::Ask;

/// A server may close a connection that is idle for longer: one is not used again that a burst opened long ago.
const FRESH: Duration = Duration::from_secs(5);

/// One connection.
pub struct Door {
    stream: TcpStream,
    used_at: Instant,
    buffer: Vec<u8>,
}

impl Door {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, used_at: Instant::now(), buffer: Vec::with_capacity(4 * 1024) })
    }

    /// True where it surely is still open.
    pub fn is_fresh(&self) -> bool {
        self.used_at.elapsed() < FRESH
    }

    /// Sends a whole request; answers the body of what comes back.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<String> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(body) = body(&self.buffer) {
                self.used_at = Instant::now();
                return Ok(body.to_owned());
            }
        }
    }
}

/// The body, once all of it is there.
fn body(answer: &[u8]) -> Option<&str> {
    let (head, body) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    (body.len() >= length.parse().ok()?).then_some(body)
}

/// An operation as a whole request.
pub fn post(token: &str, query: &str, variables: &serde_json::Value) -> Vec<u8> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let length = body.len();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Accept: application/graphql-response+json\r\nContent-Length: {length}\r\n\r\n"
    );
    (head + &body).into_bytes()
}

/// The request for a time. Its note bears the number by which its frames are known.
pub fn request(ask: &Ask, number: usize) -> Vec<u8> {
    let variables = json!({
        "clinician": ask.clinician_id.to_string(),
        "service": ask.service_id.to_string(),
        "startsAt": ask.starts_at.to_rfc3339(),
        "key": uuid::Uuid::now_v7().to_string(),
        "note": super::ledger::note(number),
    });
    post(&ask.token, REQUEST, &variables)
}

/// True where the time was given.
pub fn is_made(answer: &str) -> bool {
    answer.contains("\"status\":\"PENDING\"")
}

const REQUEST: &str =
    "mutation($clinician: ID!, $service: ID!, $startsAt: DateTime!, $key: String!, $note: String) {
    requestAppointment(input: { clinicianId: $clinician, serviceId: $service, startsAt: $startsAt, idempotencyKey: $key,
        noteToClinician: $note }) {
        appointmentRequest { id status startsAt respondBy } alternatives { startsAt } errors { code field message } } }";
