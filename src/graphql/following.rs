//! A subscription that is followed. A reader keeps their place in the log and little more; what an event says is written
//! down once for all who see the same of it and ask for the same, by running their document for that one event.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::futures_util::stream::{self, BoxStream, StreamExt};
use async_graphql::{Context, Error, Name, PathSegment, Pos, Response, Value};
use tokio::sync::OnceCell;

use super::context::KnownViewer;
use super::documents::Document;
use super::error::{denial, top_level};
use super::subscription::AppointmentRequestItem;
use super::{Schema, request_id};
use crate::domain::client_reads::ClientReadKind;
use crate::domain::events::{Cursor, EventKind};
use crate::domain::ids::ClinicianId;
use crate::domain::time::Instant;
use crate::domain::viewer::Viewer;
use crate::push::{Feed, FeedEnd, FeedItem, Key, ResetReason, Told};
use crate::usecases::{Denied, Desk, Fault, Refusal};

/// One response of a stream.
pub struct Said {
    /// The response as JSON.
    pub payload: Arc<str>,
    /// Where the stream can be resumed right behind it; none where that is nowhere.
    pub cursor: Option<Cursor>,
}

/// What a stream says, to its end.
pub type Saying = BoxStream<'static, Said>;

/// Where a subscription's resolver leaves what is to be followed.
#[derive(Clone, Default)]
pub struct Opening(Arc<Mutex<Option<Opened>>>);

/// What is to be followed.
pub struct Opened {
    feed: Feed,
    what: What,
    viewer: Viewer,
    expires_at: Instant,
    /// The field, as the response names it, and where the document has it.
    field: Name,
    position: Pos,
}

/// What is told of an event.
pub enum What {
    /// The request that it is about.
    Requests(Box<Desk>),
    /// How many requests wait now, of one clinician or of all whom the viewer may see.
    Count(Box<(Desk, Option<ClinicianId>)>),
}

impl Opening {
    /// Leaves it for whoever opened the stream.
    pub fn leave(ctx: &Context<'_>, feed: Feed, what: What, viewer: Viewer, expires_at: Instant) {
        let (field, position) = (ctx.item.node.response_key().node.clone(), ctx.item.pos);
        if let Some(Self(opened)) = ctx.data_opt() {
            let left = Opened { feed, what, viewer, expires_at, field, position };
            *opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
        }
    }

    pub(super) fn take(&self) -> Option<Opened> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One item of a stream, for the run of the document that writes it down.
pub struct OneItem(Mutex<Option<AppointmentRequestItem>>);

impl OneItem {
    /// The item, in such a run.
    pub fn of(ctx: &Context<'_>) -> Option<AppointmentRequestItem> {
        ctx.data_opt::<Self>()?.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One reader.
pub struct Following {
    schema: Schema,
    document: Document,
    opened: Opened,
    /// Under which the payloads are kept with their event.
    key: Key,
    /// What of a client an item shows.
    shows: Box<[ClientReadKind]>,
    /// Of the request that opened it: it stands in errors and on the log's lines.
    request_id: Box<str>,
    last_count: Option<i32>,
    ended: bool,
}

impl Following {
    /// Follows what was opened.
    pub fn begin(schema: Schema, document: Document, opened: Opened) -> Saying {
        let (of, with) = document.key();
        let key = Key { view: opened.viewer.view(), of, with };
        let request_id = request_id::current().into();
        let besides = [("client", ClientReadKind::Profile), ("appointment", ClientReadKind::Appointments)];
        let besides = besides.into_iter().filter(|(field, _)| document.names(field)).map(|(_, kind)| kind);
        let shows = std::iter::once(ClientReadKind::Requests).chain(besides).collect();
        let reader = Self { schema, document, opened, key, shows, request_id, last_count: None, ended: false };
        stream::unfold(reader, |mut reader| {
            let id = reader.request_id.to_string();
            request_id::scope(id, async move { Some((reader.next().await?, reader)) })
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Said> {
        if self.ended {
            return None;
        }
        if matches!(self.opened.what, What::Count(_)) && self.last_count.is_none() {
            return Box::pin(self.count(None)).await;
        }
        loop {
            // Boxed, like what else happens once in a while: a stream waits most of its life, and ten thousand wait at once.
            let said = match self.opened.feed.next().await? {
                Err(end) => Some(self.end(ended(end))),
                Ok(FeedItem::Reset(cursor, reason)) => Box::pin(self.reset(cursor, reason)).await,
                Ok(FeedItem::Event(cursor, told)) => Box::pin(self.tell(cursor, told)).await,
            };
            if said.is_some() {
                return said;
            }
        }
    }

    async fn reset(&mut self, cursor: Cursor, reason: ResetReason) -> Option<Said> {
        match self.opened.what {
            What::Requests(_) => {
                let payload = json(&self.run(Some(AppointmentRequestItem::reset(cursor, reason))).await);
                Some(Said { payload, cursor: Some(cursor) })
            }
            What::Count(_) => self.count(None).await,
        }
    }

    async fn tell(&mut self, cursor: Cursor, told: Arc<Told>) -> Option<Said> {
        let What::Requests(desk) = &self.opened.what else { return self.count(Some(told)).await };
        if !AppointmentRequestItem::may_be_told(&told, &self.opened.viewer) {
            return None;
        }
        // Here, since the document runs once for all who see the same. A handing over tells of no client.
        let is_told = told.event.kind != EventKind::AppointmentRequestHandedOver;
        let client = told.request.as_ref().filter(|_| is_told).map(|request| request.client_id);
        for kind in &self.shows {
            desk.note_reads(&self.opened.viewer, *kind, client);
        }
        let place = told.place::<OnceCell<Arc<str>>>(&self.key);
        let written = place
            .get_or_try_init(|| async {
                let response = self.run(AppointmentRequestItem::event(cursor, &told)).await;
                // Errors are this reader's alone: they bear the id of their request, and of a fault the next one may be free.
                if response.errors.is_empty() { Ok(json(&response)) } else { Err(response) }
            })
            .await;
        let (payload, is_fault) = match written {
            Ok(payload) => (payload.clone(), false),
            Err(response) => (json(&response), is_fault(&response)),
        };
        // What a fault kept from being written is followed by nothing, so that the reader comes back behind the last cursor
        // and misses nothing.
        self.ended = is_fault;
        Some(Said { payload, cursor: (!is_fault).then_some(cursor) })
    }

    /// The document, run for one item.
    async fn run(&self, item: Option<AppointmentRequestItem>) -> Response {
        let known = KnownViewer { viewer: self.opened.viewer.clone(), expires_at: self.opened.expires_at };
        let request = self.document.request().data(known).data(OneItem(Mutex::new(item)));
        let mut responses = self.schema.execute_stream(request);
        let mut response = responses.next().await.unwrap_or_else(|| {
            let fault = Fault("a document that was followed gives no item".into());
            Response::from_errors(vec![top_level(Refusal::Fault(fault)).into_server_error(self.opened.position)])
        });
        request_id::tell(&mut response.errors);
        response
    }

    /// The count, after an event or at first; none where it is as it was before.
    async fn count(&mut self, news: Option<Arc<Told>>) -> Option<Said> {
        let What::Count(counted) = &self.opened.what else { return None };
        let (desk, clinician) = &**counted;
        // Counted anew where there is no event, else once an event for all who would count the same.
        let key = Key { view: self.key.view, of: 0, with: format!("{clinician:?}").into() };
        let place = news.map_or_else(Arc::default, |told| told.place::<OnceCell<u64>>(&key));
        let counting = place.get_or_try_init(|| desk.pending_request_count(&self.opened.viewer, *clinician));
        let count = match counting.await {
            Ok(count) => i32::try_from(*count).unwrap_or(i32::MAX),
            Err(refusal) => return Some(self.end(top_level(refusal))),
        };
        if self.last_count.replace(count) == Some(count) {
            return None;
        }
        let data = Value::Object([(self.opened.field.clone(), Value::from(count))].into_iter().collect());
        Some(Said { payload: json(&Response::new(data)), cursor: None })
    }

    /// The stream's last word.
    fn end(&mut self, error: Error) -> Said {
        self.ended = true;
        let mut error = error.into_server_error(self.opened.position);
        error.path = vec![PathSegment::Field(self.opened.field.to_string())];
        let mut errors = vec![error];
        request_id::tell(&mut errors);
        Said { payload: json(&Response::from_errors(errors)), cursor: None }
    }
}

fn json(response: &Response) -> Arc<str> {
    serde_json::to_string(response).unwrap_or_default().into()
}

/// True where something could not be loaded.
fn is_fault(response: &Response) -> bool {
    let code = |error: &async_graphql::ServerError| error.extensions.as_ref()?.get("code").cloned();
    let faults = ["INTERNAL", "UNAVAILABLE"].map(Value::from);
    response.errors.iter().filter_map(code).any(|code| faults.contains(&code))
}

/// Why a stream ended.
fn ended(end: FeedEnd) -> Error {
    match end {
        FeedEnd::TokenExpired => denial(&Denied::Unauthenticated(
            "The token has expired. Sign in again, and resume from your cursor.".to_owned(),
        )),
        FeedEnd::RightsChanged => {
            denial(&Denied::Forbidden("Your rights have changed, and this stream has ended. Subscribe again."))
        }
        FeedEnd::Fault(error) => top_level(Refusal::Fault(Fault(Box::new(error)))),
    }
}
