//! Connections: no more than the limits allow, and none that only takes up room. One whose next head does not come, or
//! that does not take what is sent to it, is closed.

use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Sleep;

use super::network::household;
use super::seats::{Seat, Seats};
use crate::config::Network;
use crate::graphql::{limit_exceeded, request_id};
use crate::limits::{Limit, Limits};

/// How long nothing is taken where the process has no file left for a connection.
const OUT_OF_FILES: Duration = Duration::from_secs(1);

/// By how much a head may be over its limit to be told so.
const UNNAMED_BYTES: usize = 16 * 1024;

/// How soon somebody may come back for whom there is no room, in seconds.
const RETRY_SECONDS: u8 = 5;

/// The address that a connection comes from; in each of its requests' extensions.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Takes connections until `stopping` is true. Each is served in a task of its own, which holds a receiver of `stopping`
/// to its end.
pub async fn take(
    listener: TcpListener,
    router: Router,
    limits: Arc<Limits>,
    trusted: &[Network],
    stopping: &watch::Sender<bool>,
) {
    let room = Room::default();
    let service = TowerToHyperService::new(router);
    let mut stopped = stopping.subscribe();
    loop {
        let taken = tokio::select! {
            _ = stopped.wait_for(|stopping| *stopping) => return,
            taken = listener.accept() => taken,
        };
        let (stream, peer) = match taken {
            Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
            Err(error) if is_of_the_peer(&error) => continue,
            Err(error) => {
                tracing::error!(cause = %error, "no connection can be taken; raise the limit of open files");
                tokio::time::sleep(OUT_OF_FILES).await;
                continue;
            }
        };
        // A trusted proxy stands for many.
        let is_proxy = trusted.iter().any(|network| network.contains(peer));
        let place = match room.take((!is_proxy).then_some(peer), &limits) {
            Ok(place) => place,
            Err(limit) => {
                // Whoever has no room to read even this learns it from the closing.
                let _ = socket2::SockRef::from(&stream).send(no_room(limit, &limits).as_bytes());
                continue;
            }
        };
        // Messages are whole when they are written: to wait for more would only delay them.
        let _ = stream.set_nodelay(true);
        give_up_after(&stream, limits.span(Limit::PongSeconds).max(limits.span(Limit::WriteSeconds)));
        let stream = Connection { stream, patience: limits.span(Limit::WriteSeconds), waiting: None, _place: place };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.span(Limit::HeadersSeconds));
        // What is a little over the limit is refused by its name, when it is read; the library refuses the rest without one.
        http.max_buf_size(limits.size(Limit::HeadBytes) + UNNAMED_BYTES);
        tokio::spawn(serve(stream, Peer(peer), service.clone(), http, stopping.subscribe()));
    }
}

/// Who holds a connection.
#[derive(Default)]
struct Room {
    all: Seats<()>,
    addresses: Seats<IpAddr>,
}

/// One connection's part of the room.
type Place = (Seat<()>, Option<Seat<IpAddr>>);

impl Room {
    /// A place for a connection from an address, or from anywhere; or the limit that is reached.
    fn take(&self, peer: Option<IpAddr>, limits: &Limits) -> Result<Place, Limit> {
        let one = self.all.take((), limits.size(Limit::Connections)).ok_or(Limit::Connections)?;
        let each = limits.size(Limit::ConnectionsPerAddress);
        let of_address =
            peer.map(|peer| self.addresses.take(household(peer), each).ok_or(Limit::ConnectionsPerAddress));
        Ok((one, of_address.transpose()?))
    }
}

/// What somebody reads for whom there is no room.
fn no_room(limit: Limit, limits: &Limits) -> String {
    let (id, mut error) = (request_id::generate(), limit_exceeded(limit, limits));
    if let Some(extensions) = &mut error.extensions {
        extensions.set("requestId", id.clone());
    }
    let errors = serde_json::json!({ "errors": [error] }).to_string();
    let length = errors.len();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {length}\r\n\
         Retry-After: {RETRY_SECONDS}\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n\
         {errors}"
    )
}

/// Ends a connection whose peer has acknowledged nothing for so long: one that vanished says no goodbye, and a stream of
/// events waits for no answer by which that would show. Left alone, Linux takes a quarter of an hour.
#[cfg(target_os = "linux")]
fn give_up_after(stream: &TcpStream, silence: Duration) {
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(silence));
}

/// Elsewhere it is left to the system.
#[cfg(not(target_os = "linux"))]
fn give_up_after(_: &TcpStream, _: Duration) {}

fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve(
    stream: Connection,
    peer: Peer,
    service: TowerToHyperService<Router>,
    http: http1::Builder,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        service.call(request.map(Body::new))
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    // What goes wrong here is the peer's: it has left, or does not speak HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// A connection that is given up when its peer takes nothing for too long; also once it is a socket.
struct Connection {
    stream: TcpStream,
    patience: Duration,
    /// Runs while something waits to be taken.
    waiting: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl Connection {
    /// Passes on what became of a write, or gives up.
    fn bounded<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SetLimit;

    #[test]
    fn addresses_of_one_network_share_their_connections_and_all_share_the_room() {
        let set = [(Limit::ConnectionsPerAddress, 2), (Limit::Connections, 10)];
        let limits = set.into_iter().fold(Limits::default(), |all, (limit, value)| all.with(SetLimit { limit, value }));
        let (room, held) = (Room::default(), std::cell::RefCell::new(Vec::new()));
        let take = |address: &str| {
            let place = room.take(Some(address.parse().expect("an address")), &limits)?;
            held.borrow_mut().push(place);
            Ok(())
        };
        let of_address = Err(Limit::ConnectionsPerAddress);
        assert_eq!([take("2001:db8::1"), take("2001:db8::ffff:2"), take("2001:db8::3")], [Ok(()), Ok(()), of_address]);
        assert_eq!([take("2001:db8:0:1::1"), take("192.0.2.1"), take("::ffff:192.0.2.1")], [Ok(()); 3]);
        assert_eq!([take("192.0.2.1"), take("192.0.2.2"), take("192.0.2.3")], [of_address, Ok(()), Ok(())]);
        for _ in 0..3 {
            held.borrow_mut().push(room.take(None, &limits).expect("a proxy stands for many"));
        }
        assert_eq!(take("192.0.2.4"), Err(Limit::Connections));
        held.borrow_mut().clear();
        assert_eq!(take("2001:db8::3"), Ok(()), "whoever leaves makes room, and whoever is refused takes none");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_peer_that_vanishes_is_given_up_by_the_system() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("connected");
        give_up_after(&stream, Duration::from_secs(20));
        let found = socket2::SockRef::from(&stream).tcp_user_timeout().expect("it is known");
        assert_eq!(found, Some(Duration::from_secs(20)));
    }
}
