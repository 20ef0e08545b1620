//! A clinician keeps time free of meetings; an admin can do it for them. Blocked time is a claim like a meeting's, so the
//! database itself refuses what would overlap it.

use std::sync::Arc;

use chrono::Duration;

use super::decide_request::save_decided;
use super::error::require_acts_for;
use super::expire_requests::expire;
use super::find_slots::{checked_range, whole};
use super::idempotency::Idempotency;
use super::rights::require_still;
use super::{Denied, Desk, Refusal};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{BlockId, ClinicianId, RequestId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::requests::{Appointment, AppointmentRequest, Decision, Outcome, RequestStatus};
use crate::domain::settings::PracticeSettings;
use crate::domain::time::{Instant, Interval};
use crate::domain::viewer::Viewer;
use crate::store::{BlockRow, InTheWay, Write};

/// The longest stretch, and the longest range of a list, in days: a year and a day.
const LONGEST_DAYS: i64 = 366;

/// How far ahead a stretch may end, in days: three years.
const AHEAD_MAX_DAYS: i64 = 1_096;

/// The most stretches of one clinician that are not over: one on every day of a year, and some.
const BLOCKS_MAX: u64 = 500;

/// The most stretches of one list: those that are not over, and as many that are.
const LIST_MAX: u64 = 1_000;

/// Whose time, and what becomes of requests that wait for it.
#[derive(Clone, Debug)]
pub struct BlockTime {
    pub clinician_id: ClinicianId,
    pub stretch: Interval,
    /// Requests that wait for the time are superseded; otherwise they are in the way.
    pub supersede_requests: bool,
    pub idempotency_key: Option<String>,
}

/// What became of it. A refusal is an answer here, since it comes with what is in the way.
pub struct Blocked {
    /// None where it was refused; and in answer to a retry, where it has been freed since.
    pub block: Option<BlockRow>,
    /// The requests whose time was taken.
    pub superseded: Vec<AppointmentRequest>,
    pub requests_in_the_way: Vec<AppointmentRequest>,
    pub appointments_in_the_way: Vec<Appointment>,
    pub settings: Arc<PracticeSettings>,
    pub rejection: Option<Rejection>,
}

impl Desk {
    /// Blocks the time. What is booked is never moved by it; requests that wait give way only where that is asked for.
    pub async fn block_time(&self, viewer: &Viewer, set: BlockTime) -> Result<Blocked, Refusal> {
        require_acts_for(viewer, set.clinician_id)?;
        check(&set, self.clock.now())?;
        let key = key(viewer, &set)?;
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let (settings, now) = (write.settings().await?, self.clock.now());
                let mut answer = Blocked::nothing(settings);
                if !answer.settings.clinicians.contains_key(&set.clinician_id) {
                    return Err(Denied::not_found_at("clinician", "input.clinicianId").into());
                }
                if let Some(key) = &key
                    && let Some(first) = key.first_answer(&write.scope()).await?
                {
                    answer.block = write.scope().block(BlockId(first)).await?;
                    write.roll_back().await?;
                    return Ok(answer);
                }
                let found = write.scope().in_the_way(set.clinician_id, set.stretch).await?;
                let requests = write.scope().requests(viewer.reach_as_staff(), &found.requests).await?;
                let waits = |request: &AppointmentRequest| request.status_at(now) == RequestStatus::Pending;
                let (waiting, lapsed): (Vec<_>, Vec<_>) = requests.into_iter().partition(waits);
                let count = write.scope().blocks_count(set.clinician_id, now).await?;
                if let Some(rejection) = refusal(&set, &found, &waiting, count) {
                    answer.appointments_in_the_way =
                        write.scope().appointments(viewer.reach_as_staff(), &found.appointments).await?;
                    answer.appointments_in_the_way.sort_by_key(|meeting| meeting.starts_at);
                    answer.requests_in_the_way = waiting;
                    self.note_open(viewer, &answer.requests_in_the_way, &answer.appointments_in_the_way);
                    answer.rejection = Some(rejection);
                    // What it was judged by may be told only once it is durable.
                    write.roll_back().await?;
                    return Ok(answer);
                }
                let lapsed: Vec<RequestId> = lapsed.iter().map(|request| request.id).collect();
                expire(&mut write, &lapsed, now).await?;
                answer.superseded = supersede(&mut write, viewer, waiting, now).await?;
                let block = BlockRow { id: BlockId::generate(), clinician_id: set.clinician_id, stretch: set.stretch };
                write.add_blocked_time(&block);
                if let Some(key) = &key {
                    key.keep(&mut write, block.id.0, now);
                }
                let event = Event::new(EventKind::TimeBlocked, Some(viewer.member_id)).clinician(set.clinician_id);
                let [starts_at, ends_at] = shown(set.stretch);
                write.append(&event.change("startsAt", None, starts_at).change("endsAt", None, ends_at), now);
                self.commit(viewer.practice_id, write).await?;
                self.note_open(viewer, &answer.superseded, &[]);
                answer.block = Some(block);
                Ok(answer)
            })
        })
        .await
    }

    /// Frees blocked time; answers whose it was.
    pub async fn unblock_time(&self, viewer: &Viewer, id: BlockId) -> Result<ClinicianId, Refusal> {
        self.retrying(|| {
            Box::pin(async {
                let mut write = self.store.write(viewer.practice_id).await?;
                require_still(viewer, &write).await?;
                let found = write.scope().block(id).await?.filter(|block| viewer.acts_for(block.clinician_id));
                let block = found.ok_or_else(|| Denied::not_found_at("blocked time", "input.id"))?;
                write.scope().delete_block(id).await?;
                let event = Event::new(EventKind::TimeUnblocked, Some(viewer.member_id)).clinician(block.clinician_id);
                let [starts_at, ends_at] = shown(block.stretch);
                let event = event.change("startsAt", starts_at, None).change("endsAt", ends_at, None);
                write.append(&event, self.clock.now());
                self.commit(viewer.practice_id, write).await?;
                Ok(block.clinician_id)
            })
        })
        .await
    }

    /// A clinician's blocked time that overlaps a range, by start: for themselves and admins.
    pub async fn blocked_time(
        &self,
        viewer: &Viewer,
        clinician: ClinicianId,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<BlockRow>, Refusal> {
        require_acts_for(viewer, clinician)?;
        let range = checked_range(from, to, LONGEST_DAYS)?;
        let blocks = self.store.read(viewer.practice_id).blocks_in(clinician, range, LIST_MAX + 1).await?;
        Ok(whole(blocks, LIST_MAX, "stretches of blocked time")?)
    }
}

impl Blocked {
    fn nothing(settings: Arc<PracticeSettings>) -> Self {
        let (block, superseded, requests_in_the_way, appointments_in_the_way, rejection) = Default::default();
        Self { block, superseded, requests_in_the_way, appointments_in_the_way, settings, rejection }
    }
}

fn check(set: &BlockTime, now: Instant) -> Result<(), Rejection> {
    let Interval { start, end } = set.stretch;
    let no = |message: String| Err(Rejection::invalid("input.endsAt", message));
    if end <= start {
        return no("The time ends before it begins. Give an `endsAt` after `startsAt`.".to_owned());
    }
    if end <= now {
        return no("That time is over. Block time that is still to come.".to_owned());
    }
    if end - start > Duration::days(LONGEST_DAYS) {
        return no(format!("The time is longer than {LONGEST_DAYS} days. Block it in parts."));
    }
    if end - now > Duration::days(AHEAD_MAX_DAYS) {
        return no(format!("The time ends more than {AHEAD_MAX_DAYS} days from now. Block it when it is nearer."));
    }
    Ok(())
}

fn key(viewer: &Viewer, set: &BlockTime) -> Result<Option<Idempotency>, Rejection> {
    let Some(key) = set.idempotency_key.as_deref() else { return Ok(None) };
    let at = |instant: Instant| instant.timestamp_millis().to_string();
    let (clinician, supersede) = (set.clinician_id.to_string(), set.supersede_requests.to_string());
    let body = [clinician.as_str(), &at(set.stretch.start), &at(set.stretch.end), &supersede];
    Idempotency::new(viewer.member_id, "blockTime", key, &body).map(Some)
}

/// Why the time cannot be blocked: the first reason in the order in which a person would want to hear it.
fn refusal(set: &BlockTime, found: &InTheWay, waiting: &[AppointmentRequest], count: u64) -> Option<Rejection> {
    let of = |code, message: String| Some(Rejection::of_field(code, "input.startsAt", message));
    match (found.appointments.len(), found.blocks.len(), waiting.len()) {
        (booked @ 1.., _, _) => of(
            Code::SlotTaken,
            format!(
                "Appointments are booked then, counting their buffers: {booked}. Block around them; or close the dates with \
                 setDateException, which leaves what is booked."
            ),
        ),
        (_, 1.., _) => {
            of(Code::SlotTaken, "Part of that time is blocked already. Block what is left of it.".to_owned())
        }
        (_, _, waiting @ 1..) if !set.supersede_requests => of(
            Code::RequestsWaiting,
            format!(
                "Requests wait for that time: {waiting}. Answer them first, or set supersedePendingRequests to end them, \
                 of which their clients are told."
            ),
        ),
        _ if count >= BLOCKS_MAX => of(
            Code::LimitReached,
            format!("At most {BLOCKS_MAX} stretches can be blocked ahead. Free some, or block longer ones."),
        ),
        _ => None,
    }
}

async fn supersede(
    write: &mut Write,
    viewer: &Viewer,
    waiting: Vec<AppointmentRequest>,
    now: Instant,
) -> Result<Vec<AppointmentRequest>, Refusal> {
    let mut superseded = Vec::with_capacity(waiting.len());
    for request in waiting {
        if let Outcome::Changed(next) = request.decide(Decision::Supersede, Some(viewer.member_id), now)? {
            save_decided(write, &next, now).await?;
            superseded.push(*next);
        }
    }
    Ok(superseded)
}

fn shown(stretch: Interval) -> [Option<String>; 2] {
    [stretch.start, stretch.end].map(|at| Some(at.to_rfc3339()))
}
