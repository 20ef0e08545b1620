//! The log as an audit trail: who did what, for whom, what it was before and after, and why.

use super::events::EventKind;
use super::ids::{AppointmentId, ClientId, ClinicianId, MemberId, PracticeId, RequestId, ServiceId};
use super::time::Instant;

/// A field that an entry tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryChange {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub kind: EventKind,
    pub occurred_at: Instant,
    /// None for the system and the operator.
    pub actor: Option<MemberId>,
    pub clinician_id: Option<ClinicianId>,
    pub client_id: Option<ClientId>,
    pub request_id: Option<RequestId>,
    pub appointment_id: Option<AppointmentId>,
    pub changes: Vec<EntryChange>,
    /// What somebody wrote to say why.
    pub reason: Option<String>,
}

impl Entry {
    /// A field's change, where the entry tells of one.
    pub fn change(&self, field: &str) -> Option<&EntryChange> {
        self.changes.iter().find(|change| change.field == field)
    }

    /// What a field was before, where the entry tells of a change from something.
    pub fn before(&self, field: &str) -> Option<&str> {
        self.change(field)?.before.as_deref()
    }

    /// What a field was from then on.
    pub fn after(&self, field: &str) -> Option<&str> {
        self.change(field)?.after.as_deref()
    }

    /// The service that it is about.
    pub fn service_id(&self) -> Option<ServiceId> {
        self.named("serviceId").and_then(|text| ServiceId::parse(text).ok())
    }

    /// The member that it is about, besides whoever did it.
    pub fn member_id(&self) -> Option<MemberId> {
        self.named("memberId").and_then(|text| MemberId::parse(text).ok())
    }

    fn named(&self, field: &str) -> Option<&str> {
        self.after(field).or_else(|| self.before(field))
    }
}

/// Which entries are asked for; all that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// None means every kind.
    pub kinds: Option<Vec<EventKind>>,
    pub actor: Option<MemberId>,
    pub clinician: Option<ClinicianId>,
    pub client: Option<ClientId>,
    /// At or after.
    pub from: Option<Instant>,
    /// Before.
    pub to: Option<Instant>,
}

/// An entry's id: its practice and its number there. As text `entry_` and 48 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryId {
    pub practice_id: PracticeId,
    pub seq: i64,
}

impl EntryId {
    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        let (practice, seq) = text.strip_prefix("entry_")?.split_at_checked(32)?;
        let practice_id = PracticeId(uuid::Uuid::try_parse(practice).ok()?);
        let seq = i64::from_str_radix(seq, 16).ok()?;
        let id = Self { practice_id, seq };
        (id.to_string() == text).then_some(id)
    }
}

impl std::fmt::Display for EntryId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "entry_{}{:016x}", self.practice_id.0.simple(), self.seq)
    }
}

/// The names that an entry's sentence has, as its reader may see them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub member: Option<String>,
    pub clinician: Option<String>,
    pub client: Option<String>,
    pub service: Option<String>,
}

/// What happened, in one sentence.
pub fn sentence(entry: &Entry, names: &Names) -> String {
    let in_practice = entry.clinician_id.is_none();
    let text = match entry.kind {
        EventKind::PracticeCreated => "The practice was created.",
        EventKind::PracticePaused => "New requests to the practice were paused.",
        EventKind::PracticeResumed => "The pause of new requests to the practice was lifted.",
        EventKind::ClinicianPaused => "New requests to {clinician} were paused.",
        EventKind::ClinicianResumed => "The pause of new requests to {clinician} was lifted.",
        EventKind::PracticeSelfSchedulingSet | EventKind::ClinicianSelfSchedulingSet => switched(entry),
        EventKind::PracticePolicyUpdated => "It was decided who may opt clinicians in, and who may allow clients.",
        EventKind::ServiceCreated => "{service} was added.",
        EventKind::ServiceUpdated => {
            "{service} was changed: its name, its length, how one meets, or what answers a request."
        }
        EventKind::ServiceArchived => "{service} was archived.",
        EventKind::ClinicianAdded => "{clinician} was added as a clinician.",
        EventKind::ClinicianUpdated => "What is shown of {clinician}, or the zone of their clock, was changed.",
        EventKind::ClientAdded => "{client} was added as a client.",
        EventKind::ClientUpdated => "The name of {client}, or the address they sign in with, was changed.",
        EventKind::MemberLinked => "A sign-in was linked to {member}.",
        EventKind::MemberUnlinked => "A sign-in was taken from {member}.",
        EventKind::MemberInvited => "{member} was invited as an admin.",
        EventKind::MemberRolesUpdated => turned(
            entry,
            "admin",
            "{member} was made an admin.",
            "The admin's role was taken from {member}.",
            "The roles of {member} were set as they stood.",
        ),
        EventKind::MemberDeactivated => "{member} left, and can no longer sign in.",
        EventKind::MemberReactivated => "{member} came back, and can sign in again.",
        EventKind::ClinicianDeactivated => "{clinician} no longer sees clients.",
        EventKind::ClinicianReactivated => "{clinician} sees clients again.",
        EventKind::ClientDeactivated => "{client} is no longer a client.",
        EventKind::ClientReactivated => "{client} is a client again.",
        EventKind::CareStarted => "Care of {client} by {clinician} was started.",
        EventKind::CareEnded => "Care of {client} by {clinician} was given an end.",
        EventKind::ClinicianLocked => "{clinician} was held off.",
        EventKind::ClinicianUnlocked => "The hold on {clinician} was lifted.",
        EventKind::OfferedServicesSet => "The services that {clinician} offers were set.",
        EventKind::WeeklyHoursSet => "The weekly hours of {clinician} were set.",
        EventKind::BookingRulesSet if !in_practice => "The booking rules of {clinician} were set.",
        EventKind::BookingRulesSet if entry.service_id().is_some() => "The booking rules of {service} were set.",
        EventKind::BookingRulesSet => "The booking rules of the practice were set.",
        EventKind::DateExceptionSet => "The hours of {clinician} on one date were set.",
        EventKind::DateExceptionRemoved => "The week's hours of {clinician} hold again on one date.",
        EventKind::TimeBlocked => "Time of {clinician} was blocked.",
        EventKind::TimeUnblocked => "Time of {clinician} was freed again.",
        EventKind::ClientAccessSet if in_practice => "Access of {client} in the whole practice was set.",
        EventKind::ClientAccessSet => "Access of {client} to {clinician} was set.",
        EventKind::AppointmentRequested => "{client} asked {clinician} for a time.",
        EventKind::AppointmentRequestConfirmed => "{client}'s request to {clinician} was confirmed.",
        EventKind::AppointmentRequestDeclined => "{client}'s request to {clinician} was declined.",
        EventKind::AppointmentRequestWithdrawn => "{client} withdrew a request to {clinician}.",
        EventKind::AppointmentRequestExpired => "{client}'s request to {clinician} expired unanswered.",
        EventKind::AppointmentRequestSuperseded => "Staff took the time of {client}'s request to {clinician}.",
        EventKind::AppointmentRequestReassigned => "{client}'s request was handed to {clinician}.",
        EventKind::AppointmentRequestHandedOver => "A request was handed over by {clinician} to another clinician.",
    };
    filled(text, names)
}

/// One of three texts, by what became of a field that is true or false.
fn turned(entry: &Entry, field: &str, on: &'static str, off: &'static str, same: &'static str) -> &'static str {
    match entry.after(field) {
        Some("true") => on,
        Some(_) => off,
        None => same,
    }
}

/// What became of a switch, and whether it waits for a start.
fn switched(entry: &Entry) -> &'static str {
    match (entry.clinician_id.is_none(), entry.after("startsAt").is_some()) {
        (true, true) => "The practice switch was turned on for a later start.",
        (true, false) => turned(
            entry,
            "enabled",
            "The practice switch was turned on.",
            "The practice switch was turned off.",
            match entry.change("startsAt") {
                Some(_) => "The start of the practice switch was taken away: it counts at once.",
                None => "The practice switch was set as it stood.",
            },
        ),
        (false, true) => "{clinician} was opted in to self-scheduling for a later start.",
        (false, false) => turned(
            entry,
            "enabled",
            "{clinician} was opted in to self-scheduling.",
            "{clinician} was opted out of self-scheduling.",
            match entry.change("startsAt") {
                Some(_) => "The start of the opt-in of {clinician} was taken away: it counts at once.",
                None => "The opt-in of {clinician} was set again.",
            },
        ),
    }
}

/// Puts the names into their places, in one pass: a name that looks like a place is a name.
fn filled(text: &str, names: &Names) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, place)) = rest.split_once('{') {
        let (place, after) = place.split_once('}').unwrap_or((place, ""));
        let (name, other) = match place {
            "service" => (&names.service, "a service"),
            "clinician" => (&names.clinician, "a clinician"),
            "client" => (&names.client, "a client"),
            _ => (&names.member, "a member"),
        };
        out.push_str(before);
        match name {
            Some(name) => out.push_str(name),
            None if out.is_empty() => out.push_str(&other.replacen('a', "A", 1)),
            None => out.push_str(other),
        }
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entrys_id_reads_back_and_has_one_spelling() {
        let id = EntryId { practice_id: PracticeId::generate(), seq: 4711 };
        let text = id.to_string();
        assert_eq!(EntryId::parse(&text), Some(id));
        for wrong in ["", "entry_", &text[..text.len() - 1], &text.to_uppercase(), &text.replace("entry", "member")] {
            assert_eq!(EntryId::parse(wrong), None, "{wrong}");
        }
    }
}
