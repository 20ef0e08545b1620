//! Held time. The database itself refuses two claims that overlap, of one clinician or of one client.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryResult, Value};
use uuid::Uuid;

use super::convert::{corrupt, instant, millis};
use super::{Scope, StoreError, Write, held};
use crate::domain::ids::{AppointmentId, ClientId, ClinicianId, RequestId};
use crate::domain::slots::Held;
use crate::domain::time::{Instant, Interval};
use entity::claims;

/// What holds the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    /// A pending request, until `lapses_at`.
    Request { id: RequestId, lapses_at: Instant },
    /// An appointment.
    Appointment(AppointmentId),
}

/// A stretch to hold.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub kind: ClaimKind,
    pub clinician_id: ClinicianId,
    pub client_id: ClientId,
    /// The meeting, which binds the client.
    pub meeting: Interval,
    /// The meeting with its buffers, which binds the clinician.
    pub held: Interval,
}

/// What holds time in a range.
#[derive(Clone, Default)]
pub struct HeldTime {
    /// Of the clinician, buffers included.
    pub of_clinician: Vec<Held>,
    /// The client's meetings, with whichever clinician.
    pub of_client: Vec<Interval>,
    /// Overdue requests that were not swept yet: they hold nothing, but their claims still stand.
    pub lapsed: Vec<Lapsed>,
}

/// An overdue request whose claim stands in the range: the stretch of the clinician's time, or of the client's.
#[derive(Clone, Copy, Debug)]
pub struct Lapsed {
    pub id: RequestId,
    pub of_clinician: Option<Interval>,
    pub of_client: Option<Interval>,
}

impl HeldTime {
    /// From a row with the text of `Scope::held_text`, which it names `held`.
    pub(super) fn read(row: Option<&QueryResult>, now: Instant) -> Result<Self, StoreError> {
        let text: Option<String> = row.map(|row| row.try_get("", "held")).transpose()?.flatten();
        let mut found = Self::default();
        for record in text.as_deref().unwrap_or_default().split_terminator(',') {
            found.add(record, now)?;
        }
        Ok(found)
    }

    fn add(&mut self, record: &str, now: Instant) -> Result<(), StoreError> {
        let wrong = || corrupt("held time", record);
        let fields: Vec<_> = record.split(' ').collect();
        let [is_clinicians, is_clients, is_meeting, starts_at, ends_at, from, until, lapses_at, request] = fields[..]
        else {
            return Err(wrong());
        };
        let at = |text: &str| instant(text.parse().map_err(|_| wrong())?);
        let (meeting, held) = (Interval::new(at(starts_at)?, at(ends_at)?), Interval::new(at(from)?, at(until)?));
        let [is_clinicians, is_clients, is_meeting] = [is_clinicians, is_clients, is_meeting].map(|flag| flag == "1");
        if !lapses_at.is_empty() && at(lapses_at)? <= now {
            let (of_clinician, of_client) = (is_clinicians.then_some(held), is_clients.then_some(meeting));
            let id = RequestId(Uuid::try_parse(request).map_err(|_| wrong())?);
            self.lapsed.push(Lapsed { id, of_clinician, of_client });
            return Ok(());
        }
        if is_clinicians {
            self.of_clinician.push(Held { stretch: held, meeting_starts_at: is_meeting.then_some(meeting.start) });
        }
        if is_clients {
            self.of_client.push(meeting);
        }
        Ok(())
    }
}

impl Lapsed {
    /// True where the database would refuse the claim until this one is gone.
    pub fn is_in_the_way_of(&self, claim: &Claim) -> bool {
        self.of_clinician.is_some_and(|held| held.overlaps(&claim.held))
            || self.of_client.is_some_and(|meeting| meeting.overlaps(&claim.meeting))
    }
}

impl Write {
    /// Holds the time, written with the other new rows: that fails with `ClinicianTimeTaken` or `ClientTimeTaken` where it
    /// is not free.
    pub fn add_claim(&mut self, claim: &Claim) {
        let (kind, lapses_at, request, appointment) = match claim.kind {
            ClaimKind::Request { id, lapses_at } => ("REQUEST", Some(millis(lapses_at)), Some(id.0), None),
            ClaimKind::Appointment(id) => ("APPOINTMENT", None, None, Some(id.0)),
        };
        let scope = self.scope();
        let row = scope.insertion::<claims::Entity, _>(claims::Model {
            practice_id: scope.practice().0,
            id: Uuid::now_v7(),
            kind: kind.to_owned(),
            clinician_id: claim.clinician_id.0,
            client_id: Some(claim.client_id.0),
            starts_at: millis(claim.meeting.start),
            ends_at: millis(claim.meeting.end),
            held_from_at: millis(claim.held.start),
            held_until_at: millis(claim.held.end),
            lapses_at,
            appointment_request_id: request,
            appointment_id: appointment,
        });
        self.add(row);
    }
}

impl Scope<'_> {
    /// Turns a request's claim into its appointment's; the time stays held without a moment between.
    pub async fn pass_claim_on(&self, request: RequestId, appointment: AppointmentId) -> Result<(), StoreError> {
        let change = claims::ActiveModel {
            kind: Set("APPOINTMENT".to_owned()),
            lapses_at: Set(None),
            appointment_request_id: Set(None),
            appointment_id: Set(Some(appointment.0)),
            ..Default::default()
        };
        let of_request = claims::Column::AppointmentRequestId.eq(request.0);
        match self.run_update(self.update::<claims::Entity>().filter(of_request).set(change)).await? {
            1 => Ok(()),
            _ => Err(corrupt("a pending request without its claim", &request.to_string())),
        }
    }

    /// Passes what a request holds from its clinician to another, without a moment between: `held` is the meeting with the
    /// other's buffers.
    pub async fn move_claim(
        &self,
        request: RequestId,
        clinician: ClinicianId,
        held: Interval,
    ) -> Result<(), StoreError> {
        let change = claims::ActiveModel {
            clinician_id: Set(clinician.0),
            held_from_at: Set(millis(held.start)),
            held_until_at: Set(millis(held.end)),
            ..Default::default()
        };
        let of_request = claims::Column::AppointmentRequestId.eq(request.0);
        match self.run_update(self.update::<claims::Entity>().filter(of_request).set(change)).await? {
            1 => Ok(()),
            _ => Err(corrupt("a pending request without its claim", &request.to_string())),
        }
    }

    /// Frees what a request held.
    pub async fn release_claim(&self, request: RequestId) -> Result<(), StoreError> {
        let of_request = claims::Column::AppointmentRequestId.eq(request.0);
        self.run_delete(self.delete::<claims::Entity>().filter(of_request)).await.map(|_| ())
    }

    /// What holds the clinician's time in `range`, and the client's, where one is asked for: one statement for both.
    pub async fn held(
        &self,
        clinician: ClinicianId,
        client: Option<ClientId>,
        range: Interval,
        now: Instant,
    ) -> Result<HeldTime, StoreError> {
        let sql = format!("SELECT {} AS held", self.held_text("$2", client.map(|_| "$5"), ("$3", "$4")));
        let mut values: Vec<Value> = vec![clinician.0.into(), millis(range.start).into(), millis(range.end).into()];
        values.extend(client.map(|client| Value::from(client.0)));
        let rows = self.query(&sql, values).await?;
        HeldTime::read(rows.first(), now)
    }

    /// The same as one value of a query, for `HeldTime::read`: as rows of its own it would be a statement of its own. All
    /// are parameters.
    pub(super) fn held_text(&self, clinician: &str, client: Option<&str>, (from, until): (&str, &str)) -> String {
        let mut held = format!("({})", held::of_clinician(clinician, from, until));
        let mut is_clients = "FALSE".to_owned();
        if let Some(client) = client {
            held += &format!(" OR ({})", held::of_client(client, from, until));
            is_clients = format!("h.client_id = {client}");
        }
        let flag = |condition: &str| format!("CASE WHEN {condition} THEN '1' ELSE '0' END");
        let fields = [
            flag(&format!("h.clinician_id = {clinician}")),
            flag(&is_clients),
            flag("h.kind <> 'BLOCKED_TIME'"),
            "h.starts_at".to_owned(),
            "h.ends_at".to_owned(),
            "h.held_from_at".to_owned(),
            "h.held_until_at".to_owned(),
            "h.lapses_at".to_owned(),
            self.id_text("h.appointment_request_id"),
        ];
        let fields = fields.map(|field| format!("COALESCE(CAST({field} AS TEXT), '')")).join(" || ' ' || ");
        format!("(SELECT string_agg({fields}, ',') FROM claims h WHERE h.practice_id = $1 AND ({held}))")
    }

    /// Every overdue request of the practice, at most `limit`.
    pub async fn lapsed(&self, now: Instant, limit: u64) -> Result<Vec<RequestId>, StoreError> {
        use sea_orm::QuerySelect;
        let select = self.select::<claims::Entity>().filter(claims::Column::LapsesAt.lte(millis(now))).limit(limit);
        let rows = self.all(select).await?;
        Ok(rows.into_iter().filter_map(|row| row.appointment_request_id).map(RequestId).collect())
    }
}
