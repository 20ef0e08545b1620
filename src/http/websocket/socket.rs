//! One socket from its opening to its end: messages in, frames out, and the clock that bounds both.

use async_graphql::futures_util::{FutureExt, SinkExt, StreamExt};
use axum::http::StatusCode;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as SocketError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tracing::Instrument;

use super::message;
use super::metered::Metered;
use super::operations::{Operations, Told};
use super::protocol::{Closing, Protocol, Step};
use crate::clock::Stopwatch;
use crate::domain::ids::MemberId;
use crate::graphql::{Asked, TokenIdentity, limit_exceeded, request_id};
use crate::http::bearer::NotLetIn;
use crate::http::seats::Seat;
use crate::http::{Server, operation};
use crate::limits::Limit;

/// How many frames are written before the socket is flushed: a replay goes out in few packets.
const FRAMES_AT_ONCE: usize = 32;
/// How long the peer's own close frame is waited for, so that ours is read before the connection ends.
const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);

type Stream = WebSocketStream<Metered<TokioIo<Upgraded>>>;

/// The peer is gone, or takes nothing: there is nobody to say anything to.
struct Gone;

/// How a socket ends.
enum End {
    /// We close it, and say why.
    Close(Closing),
    /// The peer has closed it, or is gone.
    Gone,
}

/// What happens next.
enum Turn {
    /// The server stops.
    Stop,
    /// A deadline has come.
    Due,
    /// The token of whoever is signed in is worth nothing more.
    Expired,
    /// The peer says something, or nothing any more.
    Heard(Option<Result<Message, SocketError>>),
    /// An operation says something; or all have said what they had to, and the server stops.
    Told(Option<(String, Told)>),
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

/// One open socket.
pub struct Socket {
    stream: Stream,
    server: Server,
    protocol: Protocol,
    operations: Operations,
    /// Of the upgrade's header, until `connection_init` has come; then whoever is signed in.
    identity: Option<TokenIdentity>,
    /// Held while somebody is signed in.
    seat: Option<Seat<MemberId>>,
    /// Held to the end: the server waits for it when it stops.
    stopping: watch::Receiver<bool>,
    /// Runs since the peer was last heard. No change of the wall clock moves it.
    heard: Stopwatch,
    /// Runs since a ping was sent that waits for its answer.
    pinged: Option<Stopwatch>,
    /// How many messages have come in the second that runs.
    messages: u64,
    second: Stopwatch,
    /// Runs since the server was told to stop.
    stops_since: Option<Stopwatch>,
}

impl Socket {
    /// A socket whose handshake is done.
    pub fn new(
        stream: Stream,
        server: Server,
        in_header: Option<TokenIdentity>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let protocol = Protocol::new(server.limits.size(Limit::OperationsPerSocket));
        Self {
            stream,
            server,
            protocol,
            operations: Operations::default(),
            identity: in_header,
            seat: None,
            stopping,
            heard: Stopwatch::start(),
            pinged: None,
            messages: 0,
            second: Stopwatch::start(),
            stops_since: None,
        }
    }

    /// Serves it to its end.
    pub async fn serve(mut self) {
        let End::Close(closing) = self.run().await else { return };
        self.operations = Operations::default();
        self.close(closing).await;
    }

    /// Closes it, and waits until the peer has heard that, but not long.
    pub async fn close(&mut self, closing: Closing) {
        let frame = CloseFrame { code: closing.code.into(), reason: message::reason(&closing.reason).into() };
        let farewell = async {
            if self.stream.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
                // What the peer still sends is thrown away: closed with that unread, the connection would be reset, and
                // the peer not hear why.
                self.stream.get_mut().drain().await;
            }
        };
        // A peer that does not answer is cut off.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, farewell).await;
    }

    async fn run(&mut self) -> End {
        let (clock, mut stopping) = (self.server.clock.clone(), self.stopping.clone());
        loop {
            let expires_at =
                self.identity.as_ref().filter(|_| self.seat.is_some()).map(|identity| identity.0.expires_at);
            let is_stopping = self.stops_since.is_some();
            let turn = tokio::select! {
                biased;
                () = async { drop(stopping.wait_for(|stopping| *stopping).await) }, if !is_stopping => Turn::Stop,
                () = tokio::time::sleep(self.due_in()) => Turn::Due,
                () = async { clock.until(expires_at.unwrap_or_default()).await }, if expires_at.is_some() => Turn::Expired,
                message = self.stream.next(), if !is_stopping => Turn::Heard(message),
                told = self.operations.next() => Turn::Told(told),
            };
            // Boxed: a socket waits most of its life, and ten thousand wait at once.
            let step = match turn {
                Turn::Stop => {
                    // What can be resumed ends at once; what was asked is answered first, and nothing new is taken.
                    self.stops_since = Some(Stopwatch::start());
                    self.operations.end_streams();
                    Ok(())
                }
                Turn::Due => Box::pin(self.due()).await,
                Turn::Expired => {
                    let reason = "Unauthorized: the token has expired. Sign in again with a new one.";
                    Err(End::Close(Closing::unauthorized(reason)))
                }
                Turn::Heard(message) => Box::pin(self.hear(message)).await,
                Turn::Told(Some(told)) => Box::pin(self.tell(told)).await.map_err(End::from),
                Turn::Told(None) => Err(End::Close(Closing::stopping())),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// How soon something is due if nothing happens before.
    fn due_in(&self) -> std::time::Duration {
        if let Some(since) = &self.stops_since {
            // Queries and mutations run on, but time is left to close.
            let running = self.server.limits.span(Limit::StopSeconds).saturating_sub(CLOSE_TIMEOUT);
            return running.saturating_sub(since.elapsed());
        }
        let (since, limit) = match &self.pinged {
            _ if !self.protocol.is_initialized() => (&self.heard, Limit::InitSeconds),
            None => (&self.heard, Limit::PingSeconds),
            Some(pinged) => (pinged, Limit::PongSeconds),
        };
        self.server.limits.span(limit).saturating_sub(since.elapsed())
    }

    async fn due(&mut self) -> Result<(), End> {
        if self.stops_since.is_some() {
            return Err(End::Close(Closing::stopping()));
        }
        if !self.protocol.is_initialized() {
            return Err(End::Close(Closing::new(4408, "Connection initialisation timeout")));
        }
        if self.pinged.is_some() {
            return Err(End::Gone);
        }
        self.pinged = Some(Stopwatch::start());
        Ok(self.write(Message::Ping(Vec::new().into())).await?)
    }

    async fn hear(&mut self, heard: Option<Result<Message, SocketError>>) -> Result<(), End> {
        let close = |closing| Err(End::Close(closing));
        let message = match heard {
            Some(Ok(message)) => message,
            Some(Err(SocketError::Capacity(CapacityError::MessageTooLong { .. }))) => {
                return close(Closing::new(1009, too_long(&self.server, Limit::MessageBytes)));
            }
            Some(Err(SocketError::Io(_))) if self.stream.get_ref().exceeded().is_some() => {
                let limit = self.stream.get_ref().exceeded().unwrap_or(Limit::MessageBytes);
                return close(Closing::new(1009, too_long(&self.server, limit)));
            }
            Some(Err(SocketError::Utf8(_))) => return close(Closing::new(1007, "A text message has to be UTF-8.")),
            Some(Err(SocketError::Protocol(_))) => {
                return close(Closing::new(1002, "These are no frames of WebSocket."));
            }
            Some(Err(_)) | None => return Err(End::Gone),
        };
        if self.is_too_often() {
            let (limit, most) = (Limit::MessagesPerSecond.name(), self.server.limits.get(Limit::MessagesPerSecond));
            return close(Closing::new(1008, format!("More messages than the limit {limit} of {most} allows.")));
        }
        // Before connection_init nothing puts its deadline off.
        if self.protocol.is_initialized() {
            (self.heard, self.pinged) = (Stopwatch::start(), None);
        }
        match message {
            Message::Text(text) => match message::read(&text) {
                Ok(message) => self.take(message).await,
                Err(reason) => close(Closing::invalid(reason)),
            },
            Message::Binary(_) => close(Closing::invalid("Invalid message: send text, not binary.")),
            Message::Close(_) => {
                // The library has answered it; what is left is to send that. Nobody polls what runs meanwhile.
                self.operations = Operations::default();
                let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.stream.flush()).await;
                Err(End::Gone)
            }
            // The library answers pings.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn take(&mut self, message: message::ClientMessage) -> Result<(), End> {
        match self.protocol.take(message) {
            Step::SignIn(payload) => {
                self.sign_in(&payload).await.map_err(End::Close)?;
                let most = self.server.limits.size(Limit::MessageBytes);
                self.stream.get_mut().allow((Limit::MessageBytes, most));
                self.heard = Stopwatch::start();
                Ok(self.write(Message::text(message::ack())).await?)
            }
            Step::Pong(payload) => Ok(self.write(Message::text(message::pong(payload))).await?),
            Step::Start(id, asked) => Ok(self.start(id, asked).await?),
            Step::Refuse(id) => {
                let error = limit_exceeded(Limit::OperationsPerSocket, &self.server.limits);
                Ok(self.refuse(&id, error).await?)
            }
            Step::Stop(id) => {
                self.operations.stop(&id);
                Ok(())
            }
            Step::Nothing => Ok(()),
            Step::Close(closing) => Err(End::Close(closing)),
        }
    }

    /// Counts a message. True where it is one too many in this second.
    fn is_too_often(&mut self) -> bool {
        if self.second.elapsed() >= std::time::Duration::from_secs(1) {
            (self.second, self.messages) = (Stopwatch::start(), 0);
        }
        self.messages += 1;
        self.messages > self.server.limits.get(Limit::MessagesPerSecond)
    }

    /// The payload's token counts; without one, that of the upgrade's header.
    async fn sign_in(&mut self, payload: &serde_json::Value) -> Result<(), Closing> {
        let in_payload = self.server.identity_in(payload).await.map_err(not_let_in)?;
        let identity = in_payload.or(self.identity.take()).ok_or_else(|| {
            Closing::unauthorized("Unauthorized: send {\"Authorization\": \"Bearer <token>\"} in connection_init")
        })?;
        let most = self.server.limits.size(Limit::SocketsPerMember);
        let seat = self.server.seats.take(identity.0.member_id, most);
        self.seat = Some(seat.ok_or_else(|| {
            Closing::busy(format!("This member has {most} sockets open already (sockets_per_member). Close one."))
        })?);
        self.identity = Some(identity);
        Ok(())
    }

    async fn start(&mut self, id: String, asked: Asked) -> Result<(), Gone> {
        let by_member = self.identity.as_ref().map(|identity| self.server.rates.take_member(identity.0.member_id));
        if let Some(Err(too_often)) = by_member {
            self.protocol.ended(&id);
            return self.refuse(&id, limit_exceeded(too_often.limit, &self.server.limits)).await;
        }
        let request_id = request_id::generate();
        let span = tracing::error_span!("request", id = request_id);
        let started = operation::take(self.server.clone(), asked, self.identity.clone());
        let started = request_id::scope(request_id, operation::caught(started)).instrument(span);
        self.operations.start(id, started.boxed());
        Ok(())
    }

    async fn refuse(&mut self, id: &str, error: async_graphql::ServerError) -> Result<(), Gone> {
        let mut errors = [error];
        request_id::tell(&mut errors);
        let errors = serde_json::to_string(&errors).unwrap_or_default();
        self.write(Message::text(message::error(id, &errors))).await
    }

    /// Sends what an operation says, with whatever the others have ready, in one go.
    async fn tell(&mut self, told: (String, Told)) -> Result<(), Gone> {
        let mut frames = Vec::new();
        let mut told = Some(told);
        while let Some((id, one)) = told {
            if !matches!(one, Told::Next(_)) {
                self.protocol.ended(&id);
            }
            frames.push(Message::text(frame(&id, &one)));
            told = if frames.len() < FRAMES_AT_ONCE { self.operations.next().now_or_never().flatten() } else { None };
        }
        self.send(frames).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Gone> {
        self.send([message]).await
    }

    /// Sends messages to a peer that has its time to take them. Meanwhile the operations run on.
    async fn send(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), Gone> {
        let stream = &mut self.stream;
        let written = async {
            for message in messages {
                stream.feed(message).await?;
            }
            stream.flush().await
        };
        tokio::select! {
            biased;
            written = written => written.map_err(|_| Gone),
            never = self.operations.run() => match never {},
            () = tokio::time::sleep(self.server.limits.span(Limit::WriteSeconds)) => Err(Gone),
        }
    }
}

fn frame(id: &str, told: &Told) -> String {
    match told {
        Told::Next(payload) => message::next(id, payload),
        Told::Refused(errors) => message::error(id, errors),
        Told::Complete => message::complete(id),
    }
}

/// As far as a close frame has room for the reason (RFC 6455, section 5.5).
fn not_let_in(told: NotLetIn) -> Closing {
    let mut reason = told.message;
    reason.truncate(reason.floor_char_boundary(123));
    if told.status == StatusCode::SERVICE_UNAVAILABLE { Closing::busy(reason) } else { Closing::forbidden(reason) }
}

fn too_long(server: &Server, limit: Limit) -> String {
    format!("The message is over the limit {} of {} {}.", limit.name(), server.limits.get(limit), limit.unit())
}
