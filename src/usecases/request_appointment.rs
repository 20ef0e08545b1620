//! A client asks for a time. Everything that the slot list judged is judged again, under the write lock.

use std::sync::Arc;

use chrono::Duration;

use super::booking_facts::{BookingFacts, Slot};
use super::decide_request::save_decided;
use super::expire_requests::expire;
use super::idempotency::Idempotency;
use super::{Denied, Desk, FaultKind, Refusal};
use crate::domain::events::Event;
use crate::domain::gates::{self, Finding, Verdict};
use crate::domain::hours::Modality;
use crate::domain::ids::{ClientId, ClinicianId, RequestId, ServiceId};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::requests::{self, AppointmentRequest, Decision, Outcome, RequestStatus};
use crate::domain::settings::{Confirmation, PracticeSettings};
use crate::domain::text;
use crate::domain::time::{self, Instant, Interval};
use crate::domain::viewer::Viewer;
use crate::domain::words::{self, Reader};
use crate::store::{Claim, ClaimKind, StoreError, Write};

/// How many other times a refusal offers.
const ALTERNATIVES_MAX: usize = 5;

/// How far past the wanted start other times are looked for.
const ALTERNATIVES_DAYS: i64 = 14;

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct RequestAppointment {
    pub clinician_id: ClinicianId,
    pub service_id: ServiceId,
    pub starts_at: Instant,
    /// Needed where the service can be met in either way.
    pub modality: Option<Modality>,
    pub note_to_clinician: Option<String>,
    pub idempotency_key: String,
}

/// What became of it. A refusal is an answer here, since it comes with other times.
pub struct Requested {
    pub request: Option<AppointmentRequest>,
    /// As they stood when it was judged.
    pub settings: Arc<PracticeSettings>,
    pub alternatives: Vec<Slot>,
    pub rejection: Option<Rejection>,
}

impl Desk {
    /// Makes the request, holds its time, and tells the clinician.
    pub async fn request_appointment(&self, viewer: &Viewer, ask: RequestAppointment) -> Result<Requested, Refusal> {
        let client = viewer.client_id.ok_or(Denied::Forbidden("Only a client of the practice can ask for a time."))?;
        let note = note(ask.note_to_clinician.as_deref())?;
        let key = key(viewer, &ask, note.as_deref())?;
        self.retrying(|| {
            Box::pin(async {
                let asked = self.try_request(viewer, client, &ask, note.as_deref(), &key).await;
                // A retry finds its time taken by the first, or else its key: only then the key is looked for.
                let may_be_retry = match &asked {
                    Ok(requested) => requested.rejection.is_some(),
                    Err(Refusal::Fault(fault)) => fault.kind() == FaultKind::Duplicate,
                    Err(_) => true,
                };
                let first = if may_be_retry { self.first_request(viewer, &key).await? } else { None };
                let answer = first.map_or(asked, Ok)?;
                if let Some(rejection) = &answer.rejection {
                    self.metrics.count_refused(rejection.code.as_str());
                }
                Ok(answer)
            })
        })
        .await
    }

    async fn try_request(
        &self,
        viewer: &Viewer,
        client: ClientId,
        ask: &RequestAppointment,
        note: Option<&str>,
        key: &Idempotency,
    ) -> Result<Requested, Refusal> {
        let mut write = self.store.write(viewer.practice_id).await?;
        let (settings, now) = (write.settings().await?, self.clock.now());
        let range = Interval::new(ask.starts_at, ask.starts_at + Duration::days(ALTERNATIVES_DAYS));
        let ids = (ask.clinician_id, ask.service_id);
        let facts = BookingFacts::load(&write.scope(), Arc::clone(&settings), ids, Some(client), range, now).await;
        let facts = facts.map_err(Refusal::in_input)?;
        let modality = way_of_meeting(facts.service().modality, ask.modality, "input.modality")?;
        let asked = facts.ask(ask.starts_at, Some(modality));
        let verdicts = facts.verdicts(Some(&asked));
        if !gates::all_open(&verdicts) {
            // What it was judged by may be told only once it is durable.
            write.roll_back().await?;
            return Ok(self.refused(&facts, &verdicts));
        }
        let mut request = draft(&facts, client, viewer, ask.starts_at, modality, note.map(str::to_owned));
        place(&mut write, &facts, &request).await?;
        key.keep(&mut write, request.id.0, now);
        // Judged free under the write lock, so the database's guard has nothing left to refuse but a fault of ours, and
        // a key that was used: even then the client hears the truth.
        write.flush().await.map_err(|error| self.taken(error, &facts))?;
        if facts.service().confirmation == Confirmation::Automatic
            && let Outcome::Changed(confirmed) = request.decide(Decision::Confirm { message: None }, None, now)?
        {
            save_decided(&mut write, &confirmed, now).await?;
            request = *confirmed;
        }
        self.commit(viewer.practice_id, write).await?;
        Ok(Requested { request: Some(request), settings, alternatives: vec![], rejection: None })
    }

    /// What was answered under the key before, once it is durable; none where nothing was.
    async fn first_request(&self, viewer: &Viewer, key: &Idempotency) -> Result<Option<Requested>, Refusal> {
        self.store.settle().await?;
        let scope = self.store.read(viewer.practice_id);
        let Some(first) = key.first_answer(&scope).await? else { return Ok(None) };
        let request = scope.requests(viewer.reach(), &[RequestId(first)]).await?.into_iter().next();
        let settings = self.store.settings(viewer.practice_id).await?;
        Ok(Some(Requested { request, settings, alternatives: vec![], rejection: None }))
    }

    /// The refusal in a client's words. Other times are offered where only the time was wrong.
    fn refused(&self, facts: &BookingFacts, verdicts: &[Verdict]) -> Requested {
        let told = gates::as_told_to_client(verdicts);
        let closed = told.iter().find(|verdict| !verdict.is_open());
        let rejection = rejection(closed.map_or(Finding::SlotTaken, |verdict| verdict.finding), facts);
        let only_the_time = gates::all_open(&facts.verdicts(None));
        let alternatives = if only_the_time { facts.slots(ALTERNATIVES_MAX) } else { Vec::new() };
        Requested { request: None, settings: Arc::clone(&facts.settings), alternatives, rejection: Some(rejection) }
    }

    /// What the database's guard refused, in a client's words.
    fn taken(&self, error: StoreError, facts: &BookingFacts) -> Refusal {
        let finding = match error {
            StoreError::ClinicianTimeTaken => Finding::SlotTaken,
            StoreError::ClientTimeTaken => Finding::ClientAlreadyBooked,
            other => return Refusal::from(other),
        };
        let rejection = rejection(finding, facts);
        self.metrics.count_refused(rejection.code.as_str());
        rejection.into()
    }
}

fn note(text: Option<&str>) -> Result<Option<String>, Rejection> {
    let note = text.map(|text| text::paragraph(text, "note", text::NOTE_MAX_CHARS)).transpose();
    let note = note.map_err(|message| Rejection::invalid("input.noteToClinician", message))?;
    Ok(note.filter(|note| !note.is_empty()))
}

fn key(viewer: &Viewer, ask: &RequestAppointment, note: Option<&str>) -> Result<Idempotency, Rejection> {
    let (clinician, service) = (ask.clinician_id.to_string(), ask.service_id.to_string());
    let starts_at = ask.starts_at.timestamp_millis().to_string();
    let modality = ask.modality.map_or("", |modality| modality.as_str());
    let body = [clinician.as_str(), &service, &starts_at, modality, note.unwrap_or("")];
    Idempotency::new(viewer.member_id, "requestAppointment", &ask.idempotency_key, &body)
}

/// The one way of meeting that is asked for, of those that a service has.
pub(super) fn way_of_meeting(offered: Modality, asked: Option<Modality>, field: &str) -> Result<Modality, Rejection> {
    match asked.unwrap_or(offered) {
        Modality::Either => {
            let message = "This service is met in person or by telehealth. Choose IN_PERSON or TELEHEALTH.";
            Err(Rejection::invalid(field, message))
        }
        concrete if offered.allows(concrete) => Ok(concrete),
        _ => Err(Rejection::invalid(field, format!("This service is met {} only.", offered.as_str()))),
    }
}

fn draft(
    facts: &BookingFacts,
    client: ClientId,
    viewer: &Viewer,
    starts_at: Instant,
    modality: Modality,
    note: Option<String>,
) -> AppointmentRequest {
    let zone = facts.clinician().zone;
    AppointmentRequest {
        id: RequestId::generate(),
        status: RequestStatus::Pending,
        client_id: client,
        clinician_id: facts.clinician_id,
        service_id: facts.service_id,
        starts_at,
        ends_at: facts.meeting(starts_at).end,
        time_zone: zone.name().to_owned(),
        local_start: time::local_text(zone, starts_at),
        modality,
        note_to_clinician: note,
        message_to_client: None,
        decline_reason: None,
        requested_at: facts.now,
        requested_by: viewer.member_id,
        respond_by: requests::respond_by(&facts.rules, facts.now, starts_at),
        decided_at: None,
        decided_by: None,
        appointment_id: None,
        reschedules: None,
        version: 1,
    }
}

/// Saves the request with its claim. Overdue requests in the way expire here and now, swept or not.
async fn place(write: &mut Write, facts: &BookingFacts, request: &AppointmentRequest) -> Result<(), Refusal> {
    let meeting = Interval::new(request.starts_at, request.ends_at);
    let claim = Claim {
        kind: ClaimKind::Request { id: request.id, lapses_at: request.respond_by },
        clinician_id: request.clinician_id,
        client_id: request.client_id,
        meeting,
        held: facts.claimed(meeting),
    };
    expire(write, &facts.lapsed_in_the_way(&claim), facts.now).await?;
    write.add_request(request);
    write.add_claim(&claim);
    write.append(&Event::of_request(request, Some(request.requested_by)), facts.now);
    Ok(())
}

fn rejection(finding: Finding, facts: &BookingFacts) -> Rejection {
    let (code, field) = match finding {
        Finding::SlotTaken => (Code::SlotTaken, "input.startsAt"),
        Finding::ClientAlreadyBooked => (Code::ClientAlreadyBooked, "input.startsAt"),
        Finding::StartOutsideHours => (Code::OutsideHours, "input.startsAt"),
        Finding::StartOffSlotInterval => (Code::OffSlotInterval, "input.startsAt"),
        Finding::InsideMinimumNotice => (Code::InsideMinimumNotice, "input.startsAt"),
        Finding::BeyondBookingHorizon => (Code::BeyondBookingHorizon, "input.startsAt"),
        Finding::DayFull | Finding::WeekFull => (Code::LimitReached, "input.startsAt"),
        Finding::PendingLimitReached => (Code::LimitReached, "input"),
        Finding::ServiceArchived => (Code::ServiceArchived, "input.serviceId"),
        Finding::ServiceNotOffered => (Code::AccessClosed, "input.serviceId"),
        _ => (Code::AccessClosed, "input.clinicianId"),
    };
    let sentence = words::explanation(finding, &facts.clinician().display_name, Reader::Client);
    let next = match code {
        Code::SlotTaken | Code::OffSlotInterval | Code::OutsideHours => {
            " Choose one of the alternatives, or another slot."
        }
        Code::AccessClosed => " Contact the practice to arrange a meeting.",
        Code::LimitReached if finding == Finding::PendingLimitReached => " Wait for an answer, or withdraw one.",
        _ => " Choose another time.",
    };
    Rejection::of_field(code, field, sentence + next)
}
