//! What is measured beside the program: the least that a server for the same clients can be, by hand, in a process of
//! its own. It checks the token, writes the rows with their guards, answers, and pushes one text that is written once;
//! it knows no GraphQL, no rules, no replay, no rights but who follows whom, and no other server.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{Duration, Utc};
use frontdesk::auth::secret::Secret;
use frontdesk::auth::token::{Identity, Tokens};
use frontdesk::domain::ids::{ClientId, ClinicianId, MemberId, ServiceId};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::SECRET;
use super::bare::Bare;
use super::office::Ask;

const READ_BUFFER_BYTES: usize = 4 * 1024;
/// How many frames wait for one slow reader.
const QUEUE: usize = 64;

#[derive(Clone)]
struct Reference(Arc<Inner>);

struct Inner {
    tokens: Tokens,
    bare: Bare,
    clients: HashMap<MemberId, (ClientId, String)>,
    clinicians: HashMap<MemberId, ClinicianId>,
    followers: Mutex<HashMap<ClinicianId, Vec<mpsc::Sender<Utf8Bytes>>>>,
}

/// Serves until it is killed.
pub async fn serve(listen: SocketAddr, database_url: &str) {
    let bare = Bare::open(database_url).await;
    let (clients, clinicians) = bare.people().await;
    let tokens = Tokens::new(Secret::given(SECRET).expect("long enough"));
    let inner = Inner { tokens, bare, clients, clinicians, followers: Mutex::default() };
    let routes = Router::new()
        .route("/graphql", post(ask))
        .route("/graphql/ws", get(open))
        .route("/readyz", get(|| async { "ready" }))
        .route("/metrics", get(count))
        .with_state(Reference(Arc::new(inner)));
    let listener = tokio::net::TcpListener::bind(listen).await.expect("a free port");
    axum::serve(listener, routes).await.expect("it serves");
}

impl Reference {
    fn who(&self, token: &str) -> Option<Identity> {
        self.0.tokens.check(token.strip_prefix("Bearer ")?, Utc::now()).ok()
    }

    fn followers(&self) -> std::sync::MutexGuard<'_, HashMap<ClinicianId, Vec<mpsc::Sender<Utf8Bytes>>>> {
        self.0.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn count(State(reference): State<Reference>) -> String {
    let count: usize = reference.followers().values().map(Vec::len).sum();
    format!("frontdesk_push_subscribers {count}\n")
}

async fn ask(State(reference): State<Reference>, headers: HeaderMap, body: Bytes) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(identity) = reference.who(token) else { return StatusCode::UNAUTHORIZED.into_response() };
    let Some((ask, name, key, note)) = read(&reference, identity, &body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Ok(made) = reference.0.bare.insert(&ask, key, note).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (starts, respond_by) = (ask.starts_at.to_rfc3339(), made.respond_by.to_rfc3339());
    let event = json!({ "__typename": "AppointmentRequestEvent", "cursor": made.seq.to_string(),
        "type": "APPOINTMENT_REQUESTED", "occurredAt": Utc::now().to_rfc3339(), "appointmentRequest": {
            "id": made.id, "status": "PENDING", "startsAt": starts,
            "endsAt": (ask.starts_at + Duration::hours(1)).to_rfc3339(), "localStart": starts, "respondBy": respond_by,
            "modality": "IN_PERSON", "noteToClinician": note, "client": { "id": ask.client_id.0, "displayName": name },
            "service": { "id": ask.service_id.0, "name": "Session" } } });
    let frame = json!({ "id": "1", "type": "next", "payload": { "data": { "appointmentRequested": event } } });
    let frame = Utf8Bytes::from(frame.to_string());
    if let Some(followers) = reference.followers().get(&ask.clinician_id) {
        for follower in followers {
            let _ = follower.try_send(frame.clone());
        }
    }
    let request = json!({ "id": made.id, "status": "PENDING", "startsAt": starts, "respondBy": respond_by });
    let answer = json!({ "appointmentRequest": request, "alternatives": [], "errors": [] });
    Json(json!({ "data": { "requestAppointment": answer } })).into_response()
}

/// What is asked for, the client's name, the key and the note.
fn read<'a>(reference: &Reference, identity: Identity, body: &'a [u8]) -> Option<(Ask, String, String, &'a str)> {
    #[derive(serde::Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        variables: Variables<'a>,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Variables<'a> {
        clinician: &'a str,
        service: &'a str,
        starts_at: chrono::DateTime<Utc>,
        key: String,
        note: &'a str,
    }
    let asked = serde_json::from_slice::<Body<'_>>(body).ok()?.variables;
    let (client_id, name) = reference.0.clients.get(&identity.member_id)?.clone();
    let ask = Ask {
        practice_id: identity.practice_id,
        clinician_id: ClinicianId::parse(asked.clinician).ok()?,
        clinician: 0,
        service_id: ServiceId::parse(asked.service).ok()?,
        client_id,
        member_id: identity.member_id,
        token: String::new(),
        starts_at: asked.starts_at,
    };
    Some((ask, name, asked.key, asked.note))
}

async fn open(State(reference): State<Reference>, mut request: Request) -> Response {
    let Ok(answer) = create_response_with_body(&request, Body::empty) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0);
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        follow(&reference, socket).await;
    });
    let mut answer = answer.into_response();
    answer.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("graphql-transport-ws"));
    answer
}

/// One socket, until either side ends it.
async fn follow(reference: &Reference, mut socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>) -> Option<()> {
    let init: Value = serde_json::from_str(socket.next().await?.ok()?.to_text().ok()?).ok()?;
    let identity = reference.who(init["payload"]["Authorization"].as_str()?)?;
    let clinician = *reference.0.clinicians.get(&identity.member_id)?;
    socket.send(Message::text(r#"{"type":"connection_ack"}"#)).await.ok()?;
    let _subscribe = socket.next().await?.ok()?;
    let (sender, mut frames) = mpsc::channel(QUEUE);
    reference.followers().entry(clinician).or_default().push(sender);
    loop {
        tokio::select! {
            frame = frames.recv() => socket.send(Message::Text(frame?)).await.ok()?,
            message = socket.next() => drop(message?.ok()?),
        }
    }
}
