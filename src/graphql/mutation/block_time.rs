//! A clinician keeps time free of meetings.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::domain::time::Interval;
use crate::graphql::context::Asking;
use crate::graphql::error::{answer, declared, refusals};
use crate::graphql::input;
use crate::graphql::scalars::DateTime;
use crate::graphql::types::appointment::Appointment;
use crate::graphql::types::blocked_time::BlockedTime;
use crate::graphql::types::request::AppointmentRequest;
use crate::usecases::{self, Refusal};

/// Whose time, and which.
#[derive(InputObject, Debug)]
pub struct BlockTimeInput {
    /// The clinician.
    pub clinician_id: ID,
    /// The start of the time; it may be past.
    pub starts_at: DateTime,
    /// Its end: after `startsAt` by at most 366 days, still to come, and at most 1096 days from now.
    pub ends_at: DateTime,
    /// What becomes of requests that wait for the time. False: they are in the way, and are listed with the refusal. True: they
    /// end as SUPERSEDED in the same moment, and their clients are told.
    #[graphql(default = false)]
    pub supersede_pending_requests: bool,
    /// True answers what is in the way, and the refusal where there would be one, and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// A name of the caller's choice for this one act, 1 to 100 characters: a retry with the same key and body answers the
    /// first result, also when the time has begun since; the same key with another body is refused.
    pub idempotency_key: Option<String>,
}

/// What became of the time. Of each list the first 100 by start are answered, and all are counted.
#[derive(SimpleObject, Default)]
pub struct BlockTimePayload {
    /// The time as it is blocked; null on a dry run, where it was refused, and where a retry finds it freed since.
    blocked_time: Option<BlockedTime>,
    /// The requests that ended for it, by start, at most 100; empty unless `supersedePendingRequests` was set, and on a dry
    /// run.
    superseded_requests: Vec<AppointmentRequest>,
    /// How many requests ended for it.
    superseded_requests_count: usize,
    /// The requests that wait for that time, by start, at most 100, where it was refused; nothing became of them. On a dry
    /// run too, where with `supersedePendingRequests` they are those that would end.
    pending_requests_in_the_way: Vec<AppointmentRequest>,
    /// How many requests wait for that time, where `pendingRequestsInTheWay` lists them.
    pending_requests_in_the_way_count: usize,
    /// The appointments that are booked then, by start, at most 100, where it was refused, and on a dry run. They stay booked.
    appointments_in_the_way: Vec<Appointment>,
    /// How many appointments are booked then, where `appointmentsInTheWay` lists them.
    appointments_in_the_way_count: usize,
    /// Why it was refused; empty where it was not.
    errors: Vec<BlockTimeError>,
}

refusals! {
    BlockTimePayload, BlockTimeError, BlockTimeErrorCode:
    /// An instant that is none, a time that ends before it starts, is over, too long or too far ahead, or an id of another
    /// kind.
    InvalidInput,
    /// Appointments are booked then, counting the buffers that they hold, or part of the time is blocked already.
    SlotTaken,
    /// Requests wait for that time, and `supersedePendingRequests` is false.
    RequestsWaiting,
    /// The clinician has 500 stretches blocked that are not over.
    LimitReached,
    /// The key was used for a different time.
    IdempotencyKeyReused,
}

/// The mutation `blockTime`.
#[derive(Default)]
pub struct BlockTime;

#[Object]
impl BlockTime {
    /// Keeps a stretch of a clinician's time free: no client is offered a time in it, nor can ask for one, counting the
    /// buffers. It never moves what is booked: where appointments are in the way it is refused with their list. Requests that
    /// wait for an answer hold their time too, and a client loses theirs only where that is said: see
    /// `supersedePendingRequests`. With `dryRun` it says what is in the way before anything is done. The hours stay as they are; to close whole dates and keep what is booked on them, use
    /// `setDateException`.
    async fn block_time(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: BlockTimeInput,
    ) -> Result<BlockTimePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: BlockTimeInput) -> Result<BlockTimePayload, Refusal> {
    let set = usecases::BlockTime {
        clinician_id: input::id("input.clinicianId", &input.clinician_id)?,
        stretch: Interval::new(
            input::instant("input.startsAt", &input.starts_at)?,
            input::instant("input.endsAt", &input.ends_at)?,
        ),
        supersede_requests: input.supersede_pending_requests,
        dry_run: input.dry_run,
        idempotency_key: input.idempotency_key,
    };
    let done = ctx.desk().block_time(ctx.viewer()?, set).await?;
    let settings = done.settings;
    let request = |request| AppointmentRequest { request, settings: settings.clone() };
    let appointment = |appointment| Appointment { appointment, settings: settings.clone() };
    let mut payload = match &done.rejection {
        Some(rejection) => declared(rejection)?,
        None => BlockTimePayload::default(),
    };
    payload.blocked_time = done.block.map(BlockedTime::from);
    payload.superseded_requests_count = done.superseded.total;
    payload.superseded_requests = done.superseded.first.into_iter().map(request).collect();
    payload.pending_requests_in_the_way_count = done.requests_in_the_way.total;
    payload.pending_requests_in_the_way = done.requests_in_the_way.first.into_iter().map(request).collect();
    payload.appointments_in_the_way_count = done.appointments_in_the_way.total;
    payload.appointments_in_the_way = done.appointments_in_the_way.first.into_iter().map(appointment).collect();
    Ok(payload)
}
