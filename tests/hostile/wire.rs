//! Bytes on a connection, as no library would send them.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// An end that does not come within this long does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// How an exchange ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The server closes, when it has answered.
    ByServer,
    /// We send no more, without a word.
    ByUs,
    /// We leave once one of the expected words has come.
    Answered,
}

/// What is sent on a connection of its own.
pub struct Attack {
    pub name: String,
    /// What is sent first, and what has to be in the answer before the rest is.
    opening: Option<(Vec<u8>, &'static str)>,
    bytes: Vec<u8>,
    end: End,
    /// One of these is in the answer, where the attack reached what it is for. None: whatever comes is right.
    expected: &'static [&'static str],
}

impl Attack {
    pub fn new(name: impl Into<String>, bytes: Vec<u8>, end: End, expected: &'static [&'static str]) -> Self {
        Self { name: name.into(), opening: None, bytes, end, expected }
    }

    /// The same after these bytes have been answered with these words.
    pub fn after(self, bytes: Vec<u8>, words: &'static str) -> Self {
        Self { opening: Some((bytes, words)), ..self }
    }

    /// Makes it from an address of this machine; it must be answered as expected.
    pub async fn make(&self, to: SocketAddr, from: [u8; 4]) {
        let answer = self.send(to, from).await;
        let begins: String = String::from_utf8_lossy(&answer).chars().take(600).collect();
        let is_right = self.expected.is_empty() || self.is_answered(&answer);
        assert!(is_right, "{}: none of {:?} in “{begins}”", self.name, self.expected);
    }

    /// Makes it; answers what comes.
    pub async fn send(&self, to: SocketAddr, from: [u8; 4]) -> Vec<u8> {
        let answer = tokio::time::timeout(PATIENCE, self.exchange(to, from)).await;
        answer.unwrap_or_else(|_| panic!("{}: no end came", self.name))
    }

    async fn exchange(&self, to: SocketAddr, from: [u8; 4]) -> Vec<u8> {
        let mut answer = Vec::new();
        let Ok(mut stream) = connect(to, from).await else { return answer };
        let (mut reader, mut writer) = stream.split();
        if let Some((bytes, words)) = &self.opening {
            let _ = writer.write_all(bytes).await;
            while !has(&answer, words) && reader.read_buf(&mut answer).await.is_ok_and(|length| length > 0) {}
        }
        let write = async {
            // The server may have had enough of it.
            let _ = writer.write_all(&self.bytes).await;
            if self.end == End::ByUs {
                let _ = writer.shutdown().await;
            }
        };
        let read = async {
            while reader.read_buf(&mut answer).await.is_ok_and(|length| length > 0) {
                if self.end == End::Answered && self.is_answered(&answer) {
                    break;
                }
            }
        };
        tokio::join!(write, read);
        answer
    }

    fn is_answered(&self, answer: &[u8]) -> bool {
        self.expected.iter().any(|words| has(answer, words))
    }
}

fn has(answer: &[u8], words: &str) -> bool {
    answer.windows(words.len()).any(|window| window == words.as_bytes())
}

/// A connection from an address of this machine.
pub async fn connect(to: SocketAddr, from: [u8; 4]) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
