//! A clinician keeps time free of meetings; an admin can do it for them. Blocked time is a claim like a meeting's, so the
//! database itself refuses what would overlap it.

use std::sync::Arc;

use chrono::Duration;

use super::decide_request::save_decided_as;
use super::error::require_acts_for;
use super::expire_requests::expire;
use super::find_slots::{checked_range, whole};
use super::idempotency::Idempotency;
use super::rights::require_still;
use super::{Denied, Desk, Refusal};
use crate::domain::audit::{AuditFilter, Entry};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{BlockId, ClinicianId, RequestId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::requests::{Appointment, AppointmentRequest, Decision, Outcome};
use crate::domain::settings::PracticeSettings;
use crate::domain::time::{Instant, Interval};
use crate::domain::viewer::Viewer;
use crate::store::{BlockRow, InTheWay, Scope, Stretch, Write};

/// The longest stretch, and the longest range of a list, in days: a year and a day.
const LONGEST_DAYS: i64 = 366;

/// How far ahead a stretch may end, in days: three years.
const AHEAD_MAX_DAYS: i64 = 1_096;

/// The most stretches of one clinician that are not over: one on every day of a year, and some.
const BLOCKS_MAX: u64 = 500;

/// The most stretches of one list: those that are not over, and as many that are.
const LIST_MAX: u64 = 1_000;

/// How many of what is in the way, or gave way, are answered: more than anybody reads. All are counted.
const ANSWERED_MAX: usize = 100;

/// How many entries of the log of one moment are looked through for what gave way then.
const ENTRIES_MAX: u64 = 10_000;

/// The field by which the log says for which blocked time a request gave way.
const BLOCK_ID: &str = "blockId";

/// Whose time, and what becomes of requests that wait for it.
#[derive(Clone, Debug)]
pub struct BlockTime {
    pub clinician_id: ClinicianId,
    pub stretch: Interval,
    /// Requests that wait for the time are superseded; otherwise they are in the way.
    pub supersede_requests: bool,
    /// Say what is in the way, and save nothing.
    pub dry_run: bool,
    pub idempotency_key: Option<String>,
}

/// The first of some things, by start, and how many there are in all.
pub struct FirstOf<T> {
    pub first: Vec<T>,
    pub total: usize,
}

impl<T> Default for FirstOf<T> {
    fn default() -> Self {
        Self { first: Vec::new(), total: 0 }
    }
}

/// What became of it. A refusal is an answer here, since it comes with what is in the way.
pub struct Blocked {
    /// None where it was refused or only tried; and in answer to a retry, where it has been freed since.
    pub block: Option<BlockRow>,
    /// The requests whose time was taken.
    pub superseded: FirstOf<AppointmentRequest>,
    pub requests_in_the_way: FirstOf<AppointmentRequest>,
    pub appointments_in_the_way: FirstOf<Appointment>,
    pub settings: Arc<PracticeSettings>,
    pub rejection: Option<Rejection>,
}

impl Desk {
    /// Blocks the time. What is booked is never moved by it; requests that wait give way only where that is asked for.
    pub async fn block_time(&self, viewer: &Viewer, set: BlockTime) -> Result<Blocked, Refusal> {
        require_acts_for(viewer, set.clinician_id)?;
        check_length(&set)?;
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
                    && let Some((first, at)) = key.first_answer_and_time(&write.scope()).await?
                {
                    answer.fill_again(viewer, &write.scope(), &set, (BlockId(first), at)).await?;
                    write.roll_back().await?;
                    self.note_open(viewer, &answer.superseded.first, &[]);
                    return Ok(answer);
                }
                // A retry is answered also when the time has come.
                check_distance(&set, now)?;
                let found = write.scope().in_the_way(set.clinician_id, set.stretch, now).await?;
                let count = write.scope().blocks_count(set.clinician_id, now).await?;
                answer.rejection = refusal(&set, &found, count);
                if answer.rejection.is_some() || set.dry_run {
                    answer.fill_in_the_way(viewer, &write.scope(), &found).await?;
                    // What it was judged by may be told only once it is durable.
                    write.roll_back().await?;
                    self.note_open(viewer, &answer.requests_in_the_way.first, &answer.appointments_in_the_way.first);
                    return Ok(answer);
                }
                expire(&mut write, &found.lapsed, now).await?;
                let block = BlockRow { id: BlockId::generate(), clinician_id: set.clinician_id, stretch: set.stretch };
                answer.superseded = supersede(&mut write, viewer, &found.waiting, &block, now).await?;
                write.add_blocked_time(&block);
                if let Some(key) = &key {
                    key.keep(&mut write, block.id.0, now);
                }
                let event = Event::new(EventKind::TimeBlocked, Some(viewer.member_id)).clinician(set.clinician_id);
                let [starts_at, ends_at] = shown(set.stretch);
                let event = event.change("startsAt", None, starts_at).change("endsAt", None, ends_at);
                write.append(&event.change(BLOCK_ID, None, Some(block.id.to_string())), now);
                self.commit(viewer.practice_id, write).await?;
                self.note_open(viewer, &answer.superseded.first, &[]);
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
                write.append(&event.change(BLOCK_ID, Some(id.to_string()), None), self.clock.now());
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
        let (superseded, requests_in_the_way, appointments_in_the_way) = Default::default();
        Self { block: None, superseded, requests_in_the_way, appointments_in_the_way, settings, rejection: None }
    }

    /// The first answer once more: the time, unless it was freed since, and what gave way for it.
    async fn fill_again(
        &mut self,
        viewer: &Viewer,
        scope: &Scope<'_>,
        set: &BlockTime,
        (first, at): (BlockId, Instant),
    ) -> Result<(), Refusal> {
        self.block = scope.block(first).await?;
        let then = AuditFilter {
            kinds: Some(vec![EventKind::AppointmentRequestSuperseded]),
            actor: Some(viewer.member_id),
            clinician: Some(set.clinician_id),
            client: None,
            from: Some(at),
            to: Some(at + Duration::milliseconds(1)),
        };
        let entries = scope.audit(&then, Stretch::ALL, ENTRIES_MAX).await?;
        let for_it = |entry: &&Entry| entry.after(BLOCK_ID) == Some(&first.to_string());
        // Newest first; they were told of by start.
        let ids: Vec<_> = entries.iter().rev().filter(for_it).filter_map(|entry| entry.request_id).collect();
        self.superseded = requests(viewer, scope, &ids).await?;
        Ok(())
    }

    async fn fill_in_the_way(&mut self, viewer: &Viewer, scope: &Scope<'_>, found: &InTheWay) -> Result<(), Refusal> {
        let ids = &found.appointments;
        let mut first = scope.appointments(viewer.reach_as_staff(), answered(ids)).await?;
        first.sort_by_key(|meeting| meeting.starts_at);
        self.appointments_in_the_way = FirstOf { first, total: ids.len() };
        self.requests_in_the_way = requests(viewer, scope, &found.waiting).await?;
        Ok(())
    }
}

/// The first of these requests, which are in order of their start.
async fn requests(
    viewer: &Viewer,
    scope: &Scope<'_>,
    ids: &[RequestId],
) -> Result<FirstOf<AppointmentRequest>, Refusal> {
    let mut first = scope.requests(viewer.reach_as_staff(), answered(ids)).await?;
    first.sort_by_key(|request| request.starts_at);
    Ok(FirstOf { first, total: ids.len() })
}

fn answered<T>(all: &[T]) -> &[T] {
    &all[..all.len().min(ANSWERED_MAX)]
}

/// What no moment makes right or wrong.
fn check_length(set: &BlockTime) -> Result<(), Rejection> {
    let Interval { start, end } = set.stretch;
    if end <= start {
        return Err(no("The time ends before it begins. Give an `endsAt` after `startsAt`."));
    }
    if end - start > Duration::days(LONGEST_DAYS) {
        return Err(no(&format!("The time is longer than {LONGEST_DAYS} days. Block it in parts.")));
    }
    Ok(())
}

fn check_distance(set: &BlockTime, now: Instant) -> Result<(), Rejection> {
    let end = set.stretch.end;
    if end <= now {
        return Err(no("That time is over. Block time that is still to come."));
    }
    if end - now > Duration::days(AHEAD_MAX_DAYS) {
        return Err(no(&format!(
            "The time ends more than {AHEAD_MAX_DAYS} days from now. Block it when it is nearer."
        )));
    }
    Ok(())
}

fn no(message: &str) -> Rejection {
    Rejection::invalid("input.endsAt", message)
}

fn key(viewer: &Viewer, set: &BlockTime) -> Result<Option<Idempotency>, Rejection> {
    let Some(key) = set.idempotency_key.as_deref() else { return Ok(None) };
    let at = |instant: Instant| instant.timestamp_millis().to_string();
    let (clinician, supersede) = (set.clinician_id.to_string(), set.supersede_requests.to_string());
    let body = [clinician.as_str(), &at(set.stretch.start), &at(set.stretch.end), &supersede];
    Idempotency::new(viewer.member_id, "blockTime", key, &body).map(Some)
}

/// Why the time cannot be blocked: the first reason in the order in which a person would want to hear it.
fn refusal(set: &BlockTime, found: &InTheWay, count: u64) -> Option<Rejection> {
    let of = |code, message: String| Some(Rejection::of_field(code, "input.startsAt", message));
    match (found.appointments.len(), found.blocks.len(), found.waiting.len()) {
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

/// Ends the requests that wait; answers the first of them.
async fn supersede(
    write: &mut Write,
    viewer: &Viewer,
    waiting: &[RequestId],
    block: &BlockRow,
    now: Instant,
) -> Result<FirstOf<AppointmentRequest>, Refusal> {
    let mut superseded = FirstOf::default();
    // By start, so that a retry answers the same first ones.
    for ids in waiting.chunks(ANSWERED_MAX) {
        let mut requests = write.scope().requests(viewer.reach_as_staff(), ids).await?;
        requests.sort_by_key(|request| request.starts_at);
        for request in requests {
            if let Outcome::Changed(next) = request.decide(Decision::Supersede, Some(viewer.member_id), now)? {
                let event = Event::of_request(&next, next.decided_by);
                let event = event.change(BLOCK_ID, None, Some(block.id.to_string()));
                save_decided_as(write, &next, &event, now).await?;
                superseded.total += 1;
                if superseded.first.len() < ANSWERED_MAX {
                    superseded.first.push(*next);
                }
            }
        }
    }
    Ok(superseded)
}

fn shown(stretch: Interval) -> [Option<String>; 2] {
    [stretch.start, stretch.end].map(|at| Some(at.to_rfc3339()))
}
