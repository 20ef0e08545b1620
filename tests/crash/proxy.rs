//! A road to a server that breaks: each connection over it is cut after a random number of bytes, in the middle of
//! whatever it carries.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::chance::Chance;

/// The most that one direction of a connection carries: some twenty requests, or twenty events.
const BYTES_MAX: u64 = 20_000;

/// Listens until the run's runtime ends; answers its address. Each cut is counted.
pub async fn open(target: SocketAddr, mut chance: Chance, cuts: Arc<AtomicU64>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let lengths = (1 + chance.below(BYTES_MAX), 1 + chance.below(BYTES_MAX));
            tokio::spawn(carry(client, target, lengths, cuts.clone()));
        }
    });
    address
}

async fn carry(client: TcpStream, target: SocketAddr, (up, down): (u64, u64), cuts: Arc<AtomicU64>) {
    // A server that is down is a closed connection to the client, too.
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let is_cut = tokio::select! {
        is_cut = pass(from_client, to_server, up) => is_cut,
        is_cut = pass(from_server, to_client, down) => is_cut,
    };
    if is_cut {
        cuts.fetch_add(1, Ordering::Relaxed);
    }
}

/// Passes bytes on until either end closes, or until so many have passed; then it is true.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut left: u64) -> bool {
    let mut buffer = [0; 4_096];
    while left > 0 {
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Ok(read @ 1..) = from.read(&mut buffer[..room]).await else { return false };
        if to.write_all(&buffer[..read]).await.is_err() {
            return false;
        }
        left -= read as u64;
    }
    true
}
