//! A small issuer: it tells its keys over HTTP, as well or as badly as a test wants, and signs tokens.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use frontdesk::auth::issuer::{Issuer, KeySource};

/// What its tokens say for `iss`.
pub const ISSUER: &str = "https://id.practice.test/";
/// What they say for `aud`.
pub const AUDIENCE: &str = "riverbend";

/// What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7; RFC 5915).
const ED: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
const EC: &[u8] =
    b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\
                    \x04\x27\x30\x25\x02\x01\x01\x04\x20";

/// A key pair with its name. One of RSA takes too long to be made anew: it is this test's own.
pub struct SigningKey {
    id: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl SigningKey {
    pub fn rsa(id: &str) -> Self {
        Self::new(id, Algorithm::RS256, EncodingKey::from_rsa_der(include_bytes!("rsa.der")))
    }

    pub fn ec(id: &str, number: u8) -> Self {
        Self::new(id, Algorithm::ES256, EncodingKey::from_ec_der(&[EC, &[number; 32]].concat()))
    }

    pub fn ed(id: &str, number: u8) -> Self {
        Self::new(id, Algorithm::EdDSA, EncodingKey::from_ed_der(&[ED, &[number; 32]].concat()))
    }

    fn new(id: &str, algorithm: Algorithm, key: EncodingKey) -> Self {
        Self { id: id.to_owned(), algorithm, key }
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let mut jwk = json!(Jwk::from_encoding_key(&self.key, self.algorithm).expect("a key"));
        (jwk["kid"], jwk["use"]) = (json!(self.id), json!("sig"));
        jwk
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).expect("signed")
    }
}

/// A token that is signed by HS256 with whatever somebody has for a secret.
pub fn sign_with_secret(key_id: &str, secret: &[u8], claims: &Value) -> String {
    let header = Header { kid: Some(key_id.to_owned()), ..Header::new(Algorithm::HS256) };
    encode(&header, claims, &EncodingKey::from_secret(secret)).expect("signed")
}

/// How it answers whoever asks for its keys.
#[derive(Clone)]
pub enum Answer {
    Keys(Value),
    /// It hangs up.
    Down,
    /// It begins, and goes no further.
    Stalled,
    /// It never stops.
    Endless,
    /// It has them elsewhere.
    Redirect(String),
}

/// An issuer, until it is dropped.
pub struct TestIssuer {
    address: SocketAddr,
    state: Arc<Mutex<(Answer, u32)>>,
    _serving: JoinSet<()>,
}

impl TestIssuer {
    /// At an address of its own.
    pub async fn begin(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new((answer, 0)));
        let (told, mut serving) = (state.clone(), JoinSet::new());
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = {
                    let mut state = told.lock().expect("whole");
                    state.1 += 1;
                    state.0.clone()
                };
                open.spawn(serve(stream, answer));
            }
        });
        Self { address, state, _serving: serving }
    }

    /// From now on it tells these keys.
    pub fn tell(&self, keys: &[&SigningKey]) {
        self.answer(keys_of(keys));
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        self.state.lock().expect("whole").0 = answer;
    }

    /// How often it was asked.
    pub fn asked(&self) -> u32 {
        self.state.lock().expect("whole").1
    }

    pub fn url(&self) -> String {
        format!("http://{}/keys?of=practice", self.address)
    }

    /// What a server is told to believe.
    pub fn believed(&self) -> Issuer {
        Issuer {
            name: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            leeway: chrono::Duration::seconds(30),
            keys: KeySource::parse(&self.url()).expect("an address"),
            patience: Duration::from_secs(20),
        }
    }
}

/// A set of these keys.
pub fn keys_of(keys: &[&SigningKey]) -> Answer {
    Answer::Keys(json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }))
}

/// Takes one request and answers it. Where the peer hangs up, it ends.
async fn serve(mut stream: TcpStream, answer: Answer) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_buf(&mut request).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let right = request.starts_with(b"GET /keys?of=practice HTTP/1.1\r\n");
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}\r\n");
    let text = match answer {
        _ if !right => head("404 Not Found", "Content-Length: 0\r\n"),
        Answer::Keys(keys) => {
            let body = keys.to_string();
            head("200 OK", &format!("Content-Length: {}\r\n", body.len())) + &body
        }
        Answer::Down => return,
        Answer::Redirect(to) => head("302 Found", &format!("Location: {to}\r\nContent-Length: 0\r\n")),
        Answer::Stalled => head("200 OK", "Content-Length: 100\r\n") + "{",
        Answer::Endless => head("200 OK", "") + "{",
    };
    let is_endless = text.ends_with("\r\n\r\n{") && !text.contains("Content-Length");
    let mut written = stream.write_all(text.as_bytes()).await;
    while is_endless && written.is_ok() {
        written = stream.write_all(&[b' '; 4096]).await;
    }
    // The peer ends it.
    while matches!(stream.read_buf(&mut request).await, Ok(count) if count > 0) {}
}
