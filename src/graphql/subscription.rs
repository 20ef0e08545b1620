//! The subscription root: what happens, as it happens.

use async_graphql::futures_util::stream;
use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, Subscription as Root, Union};

use super::context::{Asking, ResumeAfter};
use super::enums::{AppointmentRequestEventType, StreamResetReason};
use super::error::{denial, top_level};
use super::following::{OneItem, Opening, What};
use super::guard;
use super::input;
use super::scalars::{Cursor, DateTime};
use super::types::member::Member;
use super::types::request::AppointmentRequest;
use crate::domain::events::{self, EventKind};
use crate::domain::ids::{ClinicianId, MemberId};
use crate::domain::viewer::Viewer;
use crate::push::{Feed, ResetReason, Told};
use crate::usecases::{Refusal, RequestStream};

/// Where every stream begins.
pub struct Subscription;

/// One item of a stream of requests.
// One is made for each frame that is sent, and a reset once in a stream's life: boxing would cost the frames.
#[allow(clippy::large_enum_variant)]
#[derive(Union)]
pub enum AppointmentRequestItem {
    /// Something happened to a request.
    Event(AppointmentRequestEvent),
    /// A request has passed from a clinician to another.
    HandedOver(AppointmentRequestHandedOver),
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

/// A request has passed from a clinician to another: take it off the list of whoever had it. For the clinician who had it,
/// who may not see it any more, and for admins; the clinician who has it now, and the client, get an event of type REASSIGNED.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct AppointmentRequestHandedOver {
    /// The event's place in the practice's log. Keep it: give it as `after` to resume right behind this event.
    cursor: Cursor,
    /// When it happened.
    occurred_at: DateTime,
    /// The request's id, `request_` and 32 hexadecimal digits.
    appointment_request_id: ID,
    /// The id of the clinician who had it, `clinician_` and 32 hexadecimal digits.
    clinician_id: ID,
    #[graphql(skip)]
    actor: Option<MemberId>,
}

#[ComplexObject]
impl AppointmentRequestHandedOver {
    /// The admin who handed it over.
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

/// Where every stream begins. A stream ends with UNAUTHENTICATED when its token expires, and with FORBIDDEN at once when its
/// member's roles change or they leave, and when a client's care with a clinician ends. After a drop, subscribe again with the last cursor as `after`.
#[Root]
impl Subscription {
    /// New requests, the moment they are made, and requests that an admin hands to another clinician, as new to them: for an
    /// admin all, for a clinician their own. Replays what came after `after`
    /// first, then goes live: no hole, no double.
    async fn appointment_requested(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this clinician's. A clinician can name only themselves.")] clinician_id: Option<ID>,
        #[graphql(desc = "Replay first what came after this cursor; without it the stream begins now.")] after: Option<
            Cursor,
        >,
    ) -> Result<Items<AppointmentRequestItem>> {
        permit(ctx, "appointmentRequested")?;
        Box::pin(follow(ctx, &EventKind::OF_NEW_REQUESTS, clinician_id, after)).await
    }

    /// Every change of a request that the viewer may see: made, confirmed, declined, withdrawn, expired, superseded, or
    /// handed to another clinician. A client follows their own, a clinician theirs, an admin all. Replays what came after `after` first.
    async fn appointment_request_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this clinician's. A clinician can name only themselves, a client nobody.")]
        clinician_id: Option<ID>,
        #[graphql(desc = "Replay first what came after this cursor; without it the stream begins now.")] after: Option<
            Cursor,
        >,
    ) -> Result<Items<AppointmentRequestItem>> {
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
    ) -> Result<Items<i32>> {
        permit(ctx, "pendingRequestCount")?;
        let (feed, viewer, clinician) =
            Box::pin(open(ctx, &EventKind::OF_REQUESTS, clinician_id, None)).await.map_err(top_level)?;
        let what = What::Count(Box::new((ctx.desk().clone(), clinician)));
        leave(ctx, feed, what, viewer)
    }
}

/// Subscription resolvers run before the field policy does, so each asks it first.
fn permit(ctx: &Context<'_>, field: &str) -> Result<()> {
    guard::judge(ctx.viewer().ok(), "Subscription", field).map_err(|denied| denial(&denied))
}

/// What a subscription's resolver gives out itself: the one item that is being written down, or nothing. What follows is
/// left in the request's `Opening`.
type Items<T> = stream::Iter<std::option::IntoIter<Result<T>>>;

async fn open(
    ctx: &Context<'_>,
    kinds: &'static [EventKind],
    clinician_id: Option<ID>,
    after: Option<Cursor>,
) -> Result<(Feed, Viewer, Option<ClinicianId>), Refusal> {
    let clinician_id = clinician_id.as_ref().map(|id| input::id("clinicianId", id)).transpose()?;
    let viewer = ctx.viewer()?.clone();
    let to_clinicians_only = kinds == EventKind::OF_NEW_REQUESTS;
    let stream = RequestStream { kinds, clinician_id, to_clinicians_only, after: after.map(|cursor| cursor.0) };
    let feed = ctx.desk().follow_requests(&viewer, ctx.expires_at()?, stream).await?;
    Ok((feed, viewer, clinician_id))
}

async fn follow(
    ctx: &Context<'_>,
    kinds: &'static [EventKind],
    clinician_id: Option<ID>,
    after: Option<Cursor>,
) -> Result<Items<AppointmentRequestItem>> {
    if let Some(item) = OneItem::of(ctx) {
        return Ok(stream::iter(Some(Ok(item))));
    }
    let last = ctx.data_opt::<ResumeAfter>().map(|last| Cursor(last.0.clone()));
    let (feed, viewer, _) = open(ctx, kinds, clinician_id, last.or(after)).await.map_err(top_level)?;
    leave(ctx, feed, What::Requests(Box::new(ctx.desk().clone())), viewer)
}

fn leave<T>(ctx: &Context<'_>, feed: Feed, what: What, viewer: Viewer) -> Result<Items<T>> {
    let expires_at = ctx.expires_at().map_err(|denied| denial(&denied))?;
    Opening::leave(ctx, feed, what, viewer, expires_at);
    Ok(stream::iter(None))
}

impl AppointmentRequestItem {
    /// Whether the event is about a request that the viewer may see.
    pub fn may_be_told(told: &Told, viewer: &Viewer) -> bool {
        if told.event.kind == EventKind::AppointmentRequestHandedOver {
            return told.event.clinician_id.is_some_and(|clinician| viewer.acts_for(clinician));
        }
        let request = told.request.as_ref();
        event_type(told.event.kind).is_some()
            && request.is_some_and(|request| viewer.reach().holds(request.clinician_id, request.client_id))
    }

    /// What the event tells; none where it is about no request.
    pub fn event(cursor: events::Cursor, told: &Told) -> Option<Self> {
        if told.event.kind == EventKind::AppointmentRequestHandedOver {
            return Self::handed_over(cursor, told);
        }
        let (r#type, request) = (event_type(told.event.kind)?, told.request.clone()?);
        let appointment_request = AppointmentRequest { request, settings: told.settings.clone() };
        let (cursor, occurred_at, actor) = (cursor.into(), told.event.occurred_at.into(), told.event.actor);
        Some(Self::Event(AppointmentRequestEvent { cursor, r#type, occurred_at, appointment_request, actor }))
    }

    fn handed_over(cursor: events::Cursor, told: &Told) -> Option<Self> {
        let (request, clinician) = (told.event.request_id?, told.event.clinician_id?);
        Some(Self::HandedOver(AppointmentRequestHandedOver {
            cursor: cursor.into(),
            occurred_at: told.event.occurred_at.into(),
            appointment_request_id: request.to_string().into(),
            clinician_id: clinician.to_string().into(),
            actor: told.event.actor,
        }))
    }

    /// That the stream starts over at a cursor.
    pub fn reset(cursor: events::Cursor, reason: ResetReason) -> Self {
        let (cursor, message) = (cursor.into(), what_to_do(reason));
        Self::Reset(StreamReset { cursor, message, reason: reason.into() })
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
        EventKind::AppointmentRequestReassigned => AppointmentRequestEventType::Reassigned,
        _ => return None,
    })
}
