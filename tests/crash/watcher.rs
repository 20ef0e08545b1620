//! A subscriber over graphql-transport-ws: notes each event, and after each drop goes on from its last cursor.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::chance::Chance;
use crate::door::{Doors, PAUSE, Person};
use crate::history::Told;
use crate::record::{Record, text};

/// A connection that is not ready within this long is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is due must come within this long once all servers stand: several re-checks.
pub const DUE: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a subscriber has received so far.
#[derive(Clone, Default)]
pub struct Received(Arc<Mutex<Vec<Told>>>);

impl Received {
    pub fn events(&self) -> Vec<Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, told: Told) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }

    fn has(&self, request: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().any(|told| told.request == request)
    }
}

/// One who follows what happens to the requests that they may see.
pub struct Watcher {
    pub person: Person,
    pub doors: Doors,
    pub record: Arc<Record>,
    pub received: Received,
    /// The last cursor; at first where to begin.
    pub after: String,
}

impl Watcher {
    /// Follows until the request has come that is told to be the last.
    pub async fn follow(mut self, mut chance: Chance, mut last: watch::Receiver<Option<String>>) {
        loop {
            let door = self.doors.any(&mut chance);
            if let Ok(Ok(socket)) = tokio::time::timeout(PATIENCE, self.subscribe(door)).await
                && self.read(socket, &mut last).await
            {
                return;
            }
            self.record.notes().reconnects += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn subscribe(&self, door: SocketAddr) -> Result<Socket, tokio_tungstenite::tungstenite::Error> {
        let mut request = format!("ws://{door}/graphql/ws").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-transport-ws"));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
        let authorization = format!("Bearer {}", self.person.token);
        let payload = json!({ "query": CHANGED, "variables": { "after": self.after } });
        for message in [
            json!({ "type": "connection_init", "payload": { "Authorization": authorization } }),
            json!({ "type": "subscribe", "id": "1", "payload": payload }),
        ] {
            socket.send(Message::text(message.to_string())).await?;
        }
        Ok(socket)
    }

    /// Reads until the connection breaks, or until the last request has come; then it is true.
    async fn read(&mut self, mut socket: Socket, last: &mut watch::Receiver<Option<String>>) -> bool {
        loop {
            if last.borrow_and_update().as_ref().is_some_and(|last| self.received.has(last)) {
                return true;
            }
            let message = tokio::select! {
                _ = last.changed() => continue,
                message = socket.next() => message,
            };
            let Some(Ok(Message::Text(message))) = message else { return false };
            let message: Value = serde_json::from_str(&message).expect("JSON");
            match message["type"].as_str() {
                Some("connection_ack") => {}
                Some("next") if message["payload"].get("errors").is_none() => {
                    self.note(&message["payload"]["data"]["appointmentRequestChanged"]);
                }
                _ => {
                    self.note_end(&message);
                    return false;
                }
            }
        }
    }

    fn note(&mut self, item: &Value) {
        self.after = text(&item["cursor"]);
        if item["__typename"] != "AppointmentRequestEvent" {
            self.record.fault(format!("a stream was reset: {item}"));
            return;
        }
        let request = text(&item["appointmentRequest"]["id"]);
        self.received.note(Told { place: place(&self.after), what: text(&item["type"]), request });
    }

    /// A server whose database is gone may end a stream with an error; whose rights are untouched may not be refused.
    fn note_end(&self, message: &Value) {
        let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
        match errors[0]["extensions"]["code"].as_str() {
            Some(code @ ("UNAVAILABLE" | "INTERNAL")) => self.record.count_failed(code),
            None if message["type"] == "complete" => {}
            _ => self.record.fault(format!("a stream ended for no good reason: {message}")),
        }
    }
}

/// All who follow during a run.
pub struct Watchers {
    each: Vec<(Person, Received, watch::Sender<Option<String>>)>,
    tasks: JoinSet<()>,
}

impl Watchers {
    /// These people begin to follow, behind a cursor.
    pub fn begin(people: &[Person], doors: &Doors, record: &Arc<Record>, begin: &str, chance: &mut Chance) -> Self {
        let (mut each, mut tasks) = (Vec::new(), JoinSet::new());
        for person in people {
            let (received, (told, last)) = (Received::default(), watch::channel(None));
            let watcher = Watcher {
                person: person.clone(),
                doors: doors.clone(),
                record: record.clone(),
                received: received.clone(),
                after: begin.to_owned(),
            };
            tasks.spawn(watcher.follow(chance.fork(), last));
            each.push((person.clone(), received, told));
        }
        Self { each, tasks }
    }

    /// Tells each the last request that they will hear of, and waits until they have; answers what each received.
    pub async fn end(mut self, last: &[(Person, String)], record: &Record) -> Vec<(Person, Vec<Told>)> {
        for (person, request) in last {
            let own = self.each.iter().filter(|(one, ..)| one.id == person.id);
            own.for_each(|(.., told)| drop(told.send_replace(Some(request.clone()))));
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DUE, all).await.is_err() {
            record.fault(format!("{} subscribers still miss events after {} s", self.tasks.len(), DUE.as_secs()));
        }
        self.each.into_iter().map(|(person, received, _)| (person, received.events())).collect()
    }
}

/// The number that a cursor holds.
pub fn place(cursor: &str) -> i64 {
    let number = cursor.split('.').nth(1).expect("a cursor");
    i64::from_str_radix(number, 16).expect("a number")
}

const CHANGED: &str = "subscription($after: Cursor) { appointmentRequestChanged(after: $after) {
    __typename ... on AppointmentRequestEvent { cursor type appointmentRequest { id } }
    ... on StreamReset { cursor reason } } }";
