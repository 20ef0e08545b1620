//! The subscription root: what happens, as it happens.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use async_graphql::futures_util::stream::{self, Stream};
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ComplexObject, Context, ContextSelectionSet, Error, ID, OutputType, Positioned, Result, ServerResult, SimpleObject,
    Subscription as Root, Union, Value,
};
use tokio::sync::OnceCell;

use super::context::{Asking, ResumeAfter};
use super::enums::{AppointmentRequestEventType, StreamResetReason};
use super::error::{denial, top_level};
use super::guard;
use super::input;
use super::once;
use super::scalars::{Cursor, DateTime};
use super::types::member::Member;
use super::types::request::AppointmentRequest;
use crate::domain::events::EventKind;
use crate::domain::ids::{ClinicianId, MemberId};
use crate::domain::viewer::Viewer;
use crate::push::{Feed, FeedEnd, FeedItem, ResetReason, Told};
use crate::usecases::{Denied, Desk, Refusal, RequestStream, may_see};

/// Where every stream begins.
pub struct Subscription;

/// One item of a stream of requests.
// One is made for each frame that is sent, and a reset once in a stream's life: boxing would cost the frames.
#[allow(clippy::large_enum_variant)]
#[derive(Union)]
pub enum AppointmentRequestItem {
    /// Something happened to a request.
    Event(AppointmentRequestEvent),
    /// Load again, and go on from here.
    Reset(StreamReset),
}

/// Something happened to a request.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct AppointmentRequestEvent {
    /// The event's place in the practice's log. Keep it: give it as `after` to resume right behind this event.
    cursor: Cursor,
    /// What happened.
    r#type: AppointmentRequestEventType,
    /// When it happened.
    occurred_at: DateTime,
    /// The request as it stands now, which may be later than the event tells.
    appointment_request: AppointmentRequest,
    #[graphql(skip)]
    actor: Option<MemberId>,
}

#[ComplexObject]
impl AppointmentRequestEvent {
    /// Who did it; null where frontdesk itself did, and where the viewer may not see them.
    async fn actor(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.actor).await.transpose()
    }
}

/// The stream cannot go on from the cursor that was given: load again what you show, and go on from this cursor. What lay
/// between is not sent.
#[derive(SimpleObject)]
pub struct StreamReset {
    /// Give it as `after` from now on.
    cursor: Cursor,
    /// Why.
    reason: StreamResetReason,
    /// What to do, in one English sentence for the developer of the frontend.
    message: &'static str,
}

/// Where every stream begins. A stream ends with UNAUTHENTICATED when its token expires, and with FORBIDDEN when its
/// member loses the right to follow it. After a drop, subscribe again with the last cursor as `after`.
#[Root]
impl Subscription {
    /// New requests, the moment they are made: for an admin all, for a clinician their own. Replays what came after `after`
    /// first, then goes live: no hole, no double.
    async fn appointment_requested(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this clinician's. A clinician can name only themselves.")] clinician_id: Option<ID>,
        #[graphql(desc = "Replay first what came after this cursor; without it the stream begins now.")] after: Option<
            Cursor,
        >,
    ) -> Result<impl Stream<Item = Result<Frame>> + use<>> {
        permit(ctx, "appointmentRequested")?;
        Box::pin(follow(ctx, &[EventKind::AppointmentRequested], clinician_id, after)).await
    }

    /// Every change of a request that the viewer may see: made, confirmed, declined, withdrawn, expired, superseded. A
    /// client follows their own, a clinician theirs, an admin all. Replays what came after `after` first.
    async fn appointment_request_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this clinician's. A clinician can name only themselves, a client nobody.")]
        clinician_id: Option<ID>,
        #[graphql(desc = "Replay first what came after this cursor; without it the stream begins now.")] after: Option<
            Cursor,
        >,
    ) -> Result<impl Stream<Item = Result<Frame>> + use<>> {
        permit(ctx, "appointmentRequestChanged")?;
        Box::pin(follow(ctx, &EventKind::OF_REQUESTS, clinician_id, after)).await
    }

    /// The number on the calendar icon: how many requests wait for an answer, now and at every change. It is a state, not
    /// a series of events, so a new subscription begins with the present number and needs no cursor.
    async fn pending_request_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this clinician's; an admin who leaves it out counts all. A clinician can name only \
                          themselves.")]
        clinician_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<i32>> + use<>> {
        permit(ctx, "pendingRequestCount")?;
        let (feed, viewer, clinician) =
            Box::pin(open(ctx, &EventKind::OF_REQUESTS, clinician_id, None)).await.map_err(top_level)?;
        let key = format!("{} counts {clinician:?}", once::view(&viewer)).into();
        let counts = Counts { feed, desk: ctx.desk().clone(), viewer, clinician, key, last: None, ended: false };
        Ok(stream::unfold(counts, |mut counts| async move { Some((counts.next().await?, counts)) }))
    }
}

/// Subscription resolvers run before the field policy does, so each asks it first.
fn permit(ctx: &Context<'_>, field: &str) -> Result<()> {
    guard::judge(ctx.viewer().ok(), "Subscription", field).map_err(|denied| denial(&denied))
}

async fn open(
    ctx: &Context<'_>,
    kinds: &'static [EventKind],
    clinician_id: Option<ID>,
    after: Option<Cursor>,
) -> Result<(Feed, Viewer, Option<ClinicianId>), Refusal> {
    let clinician_id = clinician_id.as_ref().map(|id| input::id("clinicianId", id)).transpose()?;
    let viewer = ctx.viewer()?.clone();
    let to_clinicians_only = kinds == [EventKind::AppointmentRequested];
    let stream = RequestStream { kinds, clinician_id, to_clinicians_only, after: after.map(|cursor| cursor.0) };
    let feed = ctx.desk().follow_requests(&viewer, ctx.expires_at()?, stream).await?;
    Ok((feed, viewer, clinician_id))
}

async fn follow(
    ctx: &Context<'_>,
    kinds: &'static [EventKind],
    clinician_id: Option<ID>,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<Frame>> + use<>> {
    let last = ctx.data_opt::<ResumeAfter>().map(|last| Cursor(last.0.clone()));
    let after = last.or(after);
    let (feed, viewer, _) = open(ctx, kinds, clinician_id, after).await.map_err(top_level)?;
    let follower = Follower { feed, view: once::view(&viewer), viewer };
    Ok(stream::unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) }))
}

/// An item of a stream on its way to one reader. What others see alike is rendered for the first of them.
pub struct Frame {
    item: Arc<AppointmentRequestItem>,
    shared: Option<(Arc<Told>, Arc<str>)>,
}

impl OutputType for Frame {
    fn type_name() -> Cow<'static, str> {
        AppointmentRequestItem::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.item.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        AppointmentRequestItem::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let render = self.item.resolve(ctx, field);
        match &self.shared {
            Some((told, view)) => once::render(told, view, ctx, render).await,
            None => render.await,
        }
    }
}

/// What an event tells the readers of one view; none where they may not see it.
type Shaped = OnceLock<Option<Arc<AppointmentRequestItem>>>;

/// Turns a feed's items into the API's.
struct Follower {
    feed: Feed,
    viewer: Viewer,
    view: Arc<str>,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Frame>> {
        loop {
            let item = match self.feed.next().await? {
                Ok(item) => item,
                Err(end) => return Some(Err(ended(end))),
            };
            match item {
                FeedItem::Reset(cursor, reason) => {
                    let (cursor, message) = (cursor.into(), what_to_do(reason));
                    let reset = StreamReset { cursor, message, reason: reason.into() };
                    return Some(Ok(Frame { item: Arc::new(AppointmentRequestItem::Reset(reset)), shared: None }));
                }
                FeedItem::Event(cursor, told) => {
                    if let Some(item) = self.shape(cursor.into(), &told) {
                        return Some(Ok(Frame { item, shared: Some((told, self.view.clone())) }));
                    }
                }
            }
        }
    }

    /// What the event tells its reader, made once for all who have the same rights; none where they may not see it.
    fn shape(&self, cursor: Cursor, told: &Told) -> Option<Arc<AppointmentRequestItem>> {
        let place = told.place::<Shaped>(&self.view);
        let shaped = place.get_or_init(|| {
            let r#type = event_type(told.event.kind)?;
            let request = told.request.clone().filter(|request| may_see(&self.viewer, request))?;
            let appointment_request = AppointmentRequest { request, settings: told.settings.clone() };
            let (occurred_at, actor) = (told.event.occurred_at.into(), told.event.actor);
            let event = AppointmentRequestEvent { cursor, r#type, occurred_at, appointment_request, actor };
            Some(Arc::new(AppointmentRequestItem::Event(event)))
        });
        shaped.clone()
    }
}

fn what_to_do(reason: ResetReason) -> &'static str {
    match reason {
        ResetReason::CursorUnknown => {
            "The database has been restored to a time before this cursor. Query again what you show; this stream goes on."
        }
        ResetReason::CursorExpired => {
            "The cursor is older than what is replayed. Query again what you show; this stream goes on from now."
        }
        ResetReason::FellBehind => {
            "Events came faster than you read them. Query again what you show; this stream goes on from now."
        }
    }
}

fn event_type(kind: EventKind) -> Option<AppointmentRequestEventType> {
    Some(match kind {
        EventKind::AppointmentRequested => AppointmentRequestEventType::Requested,
        EventKind::AppointmentRequestConfirmed => AppointmentRequestEventType::Confirmed,
        EventKind::AppointmentRequestDeclined => AppointmentRequestEventType::Declined,
        EventKind::AppointmentRequestWithdrawn => AppointmentRequestEventType::Withdrawn,
        EventKind::AppointmentRequestExpired => AppointmentRequestEventType::Expired,
        EventKind::AppointmentRequestSuperseded => AppointmentRequestEventType::Superseded,
        _ => return None,
    })
}

/// The count, sent when it differs from the one sent before.
struct Counts {
    feed: Feed,
    desk: Desk,
    viewer: Viewer,
    clinician: Option<ClinicianId>,
    /// Of all who count the same.
    key: Arc<str>,
    last: Option<i32>,
    ended: bool,
}

impl Counts {
    async fn next(&mut self) -> Option<Result<i32>> {
        if self.ended {
            return None;
        }
        loop {
            let news = match self.last {
                None => None,
                Some(_) => match self.feed.next().await? {
                    Ok(FeedItem::Event(_, told)) => Some(told),
                    Ok(FeedItem::Reset(..)) => None,
                    Err(end) => return self.end(ended(end)),
                },
            };
            // Counted anew where there is no event, else once an event for all who would count the same.
            let place = news.map_or_else(Arc::default, |told| told.place::<OnceCell<i32>>(&self.key));
            let count = match place.get_or_try_init(|| Box::pin(self.count())).await {
                Ok(count) => *count,
                Err(refusal) => return self.end(top_level(refusal)),
            };
            if self.last.replace(count) != Some(count) {
                return Some(Ok(count));
            }
        }
    }

    async fn count(&self) -> Result<i32, Refusal> {
        let count = self.desk.pending_request_count(&self.viewer, self.clinician).await?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    fn end(&mut self, error: Error) -> Option<Result<i32>> {
        self.ended = true;
        Some(Err(error))
    }
}

/// Why a stream ended, as its last word.
fn ended(end: FeedEnd) -> Error {
    match end {
        FeedEnd::TokenExpired => denial(&Denied::Unauthenticated(
            "The token has expired. Sign in again, and resume from your cursor.".to_owned(),
        )),
        FeedEnd::RightsChanged => {
            denial(&Denied::Forbidden("Your rights have changed, and this stream has ended. Subscribe again."))
        }
        FeedEnd::Fault(error) => top_level(Refusal::Fault(crate::usecases::Fault(Box::new(error)))),
    }
}
