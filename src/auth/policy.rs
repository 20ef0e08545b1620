//! The field policy: for every field of every type, which roles may read or call it, and how near a member must be to
//! what it is of. One table: it is enforced before any resolver runs, printed into schema.graphql as `@auth`, said in each
//! field's description, and printed to be read by `frontdesk policy`. A field without a row is refused to everybody.
//!
//! Nearness is judged where an object is somebody's (`graphql::guard::Of`). The parts that such an object is made of, its
//! hours say, are reached through it alone, and a use case loads only what its viewer may see.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::viewer::{Role, Viewer, Whose, Within};
use Role::{Admin, Client, Clinician};
use Within::{Own, OwnClient, OwnPractice};

/// A role that may, and how near it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    pub within: Within,
}

/// Some fields of one type, and who may read or call them.
pub struct Rule {
    pub parent: &'static str,
    pub grants: &'static [Grant],
    pub fields: &'static str,
}

const fn rule(parent: &'static str, grants: &'static [Grant], fields: &'static str) -> Rule {
    Rule { parent, grants, fields }
}

const fn may(role: Role, within: Within) -> Grant {
    Grant { role, within }
}

/// Anything of the practice.
const ALL: &[Grant] = &[may(Admin, OwnPractice), may(Clinician, OwnPractice), may(Client, OwnPractice)];
const STAFF: &[Grant] = &[may(Admin, OwnPractice), may(Clinician, OwnPractice)];
const ADMIN: &[Grant] = &[may(Admin, OwnPractice)];
/// Staff may see every person of the practice, a client only themselves.
const PEOPLE: &[Grant] = &[may(Admin, OwnPractice), may(Clinician, OwnPractice), may(Client, Own)];
/// What is a clinician's, or between a clinician and a client.
const OWN: &[Grant] = &[may(Admin, OwnPractice), may(Clinician, Own), may(Client, Own)];
const OWN_STAFF: &[Grant] = &[may(Admin, OwnPractice), may(Clinician, Own)];
/// What is about a client.
const CARE: &[Grant] = &[may(Admin, OwnPractice), may(Clinician, OwnClient), may(Client, Own)];
const CARE_STAFF: &[Grant] = &[may(Admin, OwnPractice), may(Clinician, OwnClient)];
/// The two whom a request is between.
const PARTIES: &[Grant] = &[may(Clinician, Own), may(Client, Own)];
const CLIENT: &[Grant] = &[may(Client, Own)];
/// Who is signed in.
const ONESELF: &[Grant] = &[may(Admin, Own), may(Clinician, Own), may(Client, Own)];

#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    rule("Query", ALL, "node practice clinician service"),
    rule("Query", CARE, "client selfSchedulingAccess"),
    rule("Query", CARE_STAFF, "seenByClient"),
    rule("Query", OWN, "appointmentRequest appointment"),
    rule("Query", ONESELF, "viewer"),
    rule("Subscription", OWN, "appointmentRequestChanged pendingRequestCount"),
    rule("Subscription", OWN_STAFF, "appointmentRequested"),
    rule("Mutation", ADMIN, "undoSettingsChange setPracticeSelfScheduling updatePracticePolicy lockClinicianSelfScheduling createService updateService archiveService addClinician updateClinician addClient updateClient startCare endCare linkMember unlinkMember inviteMember updateMemberRoles deactivateMember reactivateMember deactivateClinician reactivateClinician deactivateClient reactivateClient reassignAppointmentRequest"),
    rule("Mutation", OWN_STAFF, "pauseNewRequests setClinicianSelfScheduling setOfferedServices setWeeklyHours setDateException removeDateException setBookingRules blockTime unblockTime confirmAppointmentRequest declineAppointmentRequest"),
    rule("Mutation", CARE_STAFF, "setClientAccess"),
    rule("Mutation", CLIENT, "requestAppointment withdrawAppointmentRequest"),

    rule("Node", ALL, "id"),
    rule("Viewer", ONESELF, "member roles practice clinician client"),
    rule("Member", PEOPLE, "id displayName email"),
    rule("Member", ADMIN, "links"),
    rule("MemberLink", ADMIN, "id issuer subject linkedAt linkedBy"),
    rule("Member", ADMIN, "active roles"),
    rule("Practice", ALL, "id name timeZone selfScheduling services clinicians soonestSlots latestCursor"),
    rule("Practice", CARE_STAFF, "clients"),
    rule("Practice", OWN_STAFF, "appointmentRequests"),
    rule("Practice", ADMIN, "members clientReads auditLog settingsAsOf"),
    rule("AuditEntry", ADMIN, "id at actor kind summary member clinician client service appointmentRequest appointment changes reason"),
    rule("AuditChange", ADMIN, "field before after"),
    rule("SettingsSnapshot", ADMIN, "at enabled startsAt newRequestsPaused clinicianOptIn clientAccessControl defaultRules services clinicians access unknown"),
    rule("ClinicianSnapshot", ADMIN, "clinician active enabled startsAt newRequestsPaused audience locked lockReason lockedBy lockedAt offeredServices weeklyHours dateExceptions timeZone rules"),
    rule("ClientRead", ADMIN, "member client kind readAt"),
    rule("ClientReadConnection", ADMIN, "edges nodes pageInfo totalCount"),
    rule("ClientReadEdge", ADMIN, "cursor node"),
    rule("PracticeSelfScheduling", ALL, "enabled newRequestsPaused defaultRules revision"),
    rule("PracticeSelfScheduling", STAFF, "startsAt pause clinicianOptIn clientAccessControl setupChecklist"),
    rule("Clinician", ALL, "id displayName credentials timeZone active selfScheduling availableSlots"),
    rule("Clinician", STAFF, "member"),
    rule("Clinician", OWN_STAFF, "clients appointmentRequests appointments blockedTime"),
    rule("ClinicianSelfScheduling", ALL, "enabled newRequestsPaused offeredServices rules bookable"),
    rule("ClinicianSelfScheduling", OWN_STAFF, "startsAt pause lock audience weeklyHours dateExceptions clockChanges setupChecklist"),
    rule("NewRequestsPause", STAFF, "pausedBy pausedAt"),
    rule("ClinicianLock", OWN_STAFF, "reason lockedBy lockedAt"),
    rule("ChecklistItem", STAFF, "step done description mutation canBeDoneBy"),
    rule("WeeklyHours", OWN_STAFF, "weekday opensAt closesAt closesNextDay serviceIds modality"),
    rule("DateException", OWN_STAFF, "on closed windows"),
    rule("DateWindow", OWN_STAFF, "on opensAt closesAt closesNextDay serviceIds modality"),
    rule("ClockChange", OWN_STAFF, "on at kind minutes windows explanation"),
    rule("BlockedTime", OWN_STAFF, "id startsAt endsAt"),
    rule("Service", ALL, "id name durationMinutes modality active confirmation rules"),
    rule("BookingRules", ALL, "slotIntervalMinutes bufferBeforeMinutes bufferAfterMinutes minimumNoticeMinutes bookingHorizonDays maxPerDay maxPerWeek maxPendingPerClient responseDeadlineHours cancellationNoticeHours"),
    rule("BookingRulesOverride", ALL, "slotIntervalMinutes bufferBeforeMinutes bufferAfterMinutes minimumNoticeMinutes bookingHorizonDays maxPerDay maxPerWeek maxPendingPerClient responseDeadlineHours cancellationNoticeHours"),
    rule("EffectiveBookingRules", ALL, "slotIntervalMinutes bufferBeforeMinutes bufferAfterMinutes minimumNoticeMinutes bookingHorizonDays maxPerDay maxPerWeek maxPendingPerClient responseDeadlineHours cancellationNoticeHours"),
    rule("EffectiveInt", ALL, "value source"),
    rule("Client", CARE, "id displayName email active care appointmentRequests appointments"),
    rule("Client", CARE_STAFF, "member selfSchedulingBlocked"),
    rule("ClientView", CARE_STAFF, "client services clinicians availableSlots selfSchedulingAccess"),
    rule("ClinicianView", CARE_STAFF, "clinician bookable offeredServices"),
    rule("CareRelationship", CARE, "clinician startedOn endedOn"),

    rule("SelfSchedulingAccess", CARE, "allowed gates notAsked"),
    rule("SelfSchedulingAccess", OWN_STAFF, "changesToOpen cannotBeOpenedBecause"),
    rule("AccessChangeNeeded", OWN_STAFF, "gate mutation inputJson description canBeMadeBy"),
    rule("GateStatus", ALL, "gate open explanation canBeOpenedBy remedy remedyMutation"),
    rule("GateStatus", OWN_STAFF, "decidedBy decidedAt"),
    rule("SlotList", ALL, "slots hasMore closedGates timeZone"),
    rule("Slot", ALL, "startsAt endsAt localStart timeZone modality"),
    rule("SoonestSlotList", ALL, "slots clinicianCount"),
    rule("SoonestSlot", ALL, "clinician startsAt endsAt localStart timeZone modality"),
    rule("SelfSchedulingImpact", OWN_STAFF, "dryRun revision judgedAt cliniciansGaining cliniciansLosing cliniciansBecomingBookable cliniciansCeasingBookable firstSlots clientsGainingCount clientsLosingCount changes pendingRequestsAffected appointmentsOutsideHours warnings"),
    rule("FirstSlot", OWN_STAFF, "clinician service startsAt endsAt localStart timeZone modality"),
    rule("ImpactWarning", OWN_STAFF, "code message clinician"),
    rule("AccessChange", CARE_STAFF, "clinician client before after"),

    rule("AppointmentRequest", OWN, "id status client clinician service startsAt endsAt localStart modality messageToClient decisionReason requestedAt respondBy decidedAt decidedBy appointment reschedules version"),
    rule("AppointmentRequest", PARTIES, "noteToClinician"),
    rule("Appointment", OWN, "id status client clinician service startsAt endsAt localStart modality request"),
    rule("AppointmentRequestEvent", OWN, "cursor type occurredAt appointmentRequest actor"),
    rule("AppointmentRequestHandedOver", OWN_STAFF, "cursor occurredAt appointmentRequestId clinicianId actor"),
    rule("StreamReset", ALL, "cursor reason message"),

    rule("ClinicianConnection", ALL, "edges nodes pageInfo totalCount"),
    rule("ClinicianEdge", ALL, "cursor node"),
    rule("ClinicianViewConnection", CARE_STAFF, "edges nodes pageInfo totalCount"),
    rule("ClinicianViewEdge", CARE_STAFF, "cursor node"),
    rule("MemberConnection", ADMIN, "edges nodes pageInfo totalCount"),
    rule("MemberEdge", ADMIN, "cursor node"),
    rule("ClientConnection", CARE_STAFF, "edges nodes pageInfo totalCount"),
    rule("ClientEdge", CARE_STAFF, "cursor node"),
    rule("AppointmentRequestConnection", OWN, "edges nodes pageInfo totalCount"),
    rule("AppointmentRequestEdge", OWN, "cursor node"),
    rule("ClinicianSnapshotConnection", ADMIN, "edges nodes pageInfo totalCount"),
    rule("ClinicianSnapshotEdge", ADMIN, "cursor node"),
    rule("AuditEntryConnection", ADMIN, "edges nodes pageInfo totalCount"),
    rule("AuditEntryEdge", ADMIN, "cursor node"),
    rule("AccessChangeConnection", CARE_STAFF, "edges nodes pageInfo totalCount"),
    rule("AccessChangeEdge", CARE_STAFF, "cursor node"),
    rule("PageInfo", ALL, "hasPreviousPage hasNextPage startCursor endCursor"),

    rule("SetPracticeSelfSchedulingPayload", ADMIN, "practice impact errors"),
    rule("SetPracticeSelfSchedulingError", ADMIN, "code field message"),
    rule("UndoSettingsChangePayload", ADMIN, "practice impact errors"),
    rule("UndoSettingsChangeError", ADMIN, "code field message"),
    rule("UpdatePracticePolicyPayload", ADMIN, "practice impact errors"),
    rule("UpdatePracticePolicyError", ADMIN, "code field message"),
    rule("SetClinicianSelfSchedulingPayload", OWN_STAFF, "clinicians impact errors"),
    rule("SetClinicianSelfSchedulingError", OWN_STAFF, "code field message"),
    rule("PauseNewRequestsPayload", OWN_STAFF, "practice clinician impact errors"),
    rule("PauseNewRequestsError", OWN_STAFF, "code field message"),
    rule("LockClinicianSelfSchedulingPayload", ADMIN, "clinicians impact errors"),
    rule("LockClinicianSelfSchedulingError", ADMIN, "code field message"),
    rule("SetOfferedServicesPayload", OWN_STAFF, "clinician impact errors"),
    rule("SetOfferedServicesError", OWN_STAFF, "code field message"),
    rule("SetWeeklyHoursPayload", OWN_STAFF, "clinician impact errors"),
    rule("SetWeeklyHoursError", OWN_STAFF, "code field message"),
    rule("SetDateExceptionPayload", OWN_STAFF, "clinician impact errors"),
    rule("SetDateExceptionError", OWN_STAFF, "code field message"),
    rule("RemoveDateExceptionPayload", OWN_STAFF, "clinician impact errors"),
    rule("RemoveDateExceptionError", OWN_STAFF, "code field message"),
    rule("BlockTimePayload", OWN_STAFF, "blockedTime supersededRequests supersededRequestsCount pendingRequestsInTheWay pendingRequestsInTheWayCount appointmentsInTheWay appointmentsInTheWayCount errors"),
    rule("BlockTimeError", OWN_STAFF, "code field message"),
    rule("UnblockTimePayload", OWN_STAFF, "clinician errors"),
    rule("UnblockTimeError", OWN_STAFF, "code field message"),
    rule("UpdateClinicianPayload", ADMIN, "clinician impact errors"),
    rule("UpdateClinicianError", ADMIN, "code field message"),
    rule("SetBookingRulesPayload", OWN_STAFF, "practice clinician service impact errors"),
    rule("SetBookingRulesError", OWN_STAFF, "code field message"),
    rule("SetClientAccessPayload", CARE_STAFF, "clients clinician impact errors"),
    rule("SetClientAccessError", CARE_STAFF, "code field message"),
    rule("RequestAppointmentPayload", CLIENT, "appointmentRequest alternatives errors"),
    rule("RequestAppointmentError", CLIENT, "code field message"),
    rule("WithdrawAppointmentRequestPayload", CLIENT, "appointmentRequest errors"),
    rule("WithdrawAppointmentRequestError", CLIENT, "code field message"),
    rule("ConfirmAppointmentRequestPayload", OWN_STAFF, "appointmentRequest errors"),
    rule("ConfirmAppointmentRequestError", OWN_STAFF, "code field message"),
    rule("DeclineAppointmentRequestPayload", OWN_STAFF, "appointmentRequest errors"),
    rule("DeclineAppointmentRequestError", OWN_STAFF, "code field message"),
    rule("CreateServicePayload", ADMIN, "service errors"),
    rule("CreateServiceError", ADMIN, "code field message"),
    rule("UpdateServicePayload", ADMIN, "service impact errors"),
    rule("UpdateServiceError", ADMIN, "code field message"),
    rule("ArchiveServicePayload", ADMIN, "service impact errors"),
    rule("ArchiveServiceError", ADMIN, "code field message"),
    rule("AddClinicianPayload", ADMIN, "clinician errors"),
    rule("AddClinicianError", ADMIN, "code field message"),
    rule("AddClientPayload", ADMIN, "client errors"),
    rule("AddClientError", ADMIN, "code field message"),
    rule("UpdateClientPayload", ADMIN, "client errors"),
    rule("UpdateClientError", ADMIN, "code field message"),
    rule("StartCarePayload", ADMIN, "client impact errors"),
    rule("StartCareError", ADMIN, "code field message"),
    rule("EndCarePayload", ADMIN, "client impact errors"),
    rule("EndCareError", ADMIN, "code field message"),
    rule("LinkMemberPayload", ADMIN, "member link errors"),
    rule("LinkMemberError", ADMIN, "code field message"),
    rule("UnlinkMemberPayload", ADMIN, "member errors"),
    rule("UnlinkMemberError", ADMIN, "code field message"),
    rule("InviteMemberPayload", ADMIN, "member errors"),
    rule("InviteMemberError", ADMIN, "code field message"),
    rule("UpdateMemberRolesPayload", ADMIN, "member errors"),
    rule("UpdateMemberRolesError", ADMIN, "code field message"),
    rule("DeactivateMemberPayload", ADMIN, "member pendingRequests comingAppointments impact errors"),
    rule("DeactivateMemberError", ADMIN, "code field message"),
    rule("ReactivateMemberPayload", ADMIN, "member errors"),
    rule("ReactivateMemberError", ADMIN, "code field message"),
    rule("DeactivateClinicianPayload", ADMIN, "clinician pendingRequests comingAppointments impact errors"),
    rule("DeactivateClinicianError", ADMIN, "code field message"),
    rule("ReactivateClinicianPayload", ADMIN, "clinician impact errors"),
    rule("ReactivateClinicianError", ADMIN, "code field message"),
    rule("DeactivateClientPayload", ADMIN, "client pendingRequests comingAppointments impact errors"),
    rule("DeactivateClientError", ADMIN, "code field message"),
    rule("ReactivateClientPayload", ADMIN, "client impact errors"),
    rule("ReactivateClientError", ADMIN, "code field message"),
    rule("ReassignAppointmentRequestPayload", ADMIN, "appointmentRequest errors"),
    rule("ReassignAppointmentRequestError", ADMIN, "code field message"),
];

type Fields = HashMap<&'static str, &'static [Grant]>;

static TABLE: LazyLock<HashMap<&'static str, Fields>> = LazyLock::new(|| {
    let mut table: HashMap<_, Fields> = HashMap::new();
    for rule in RULES {
        let fields = rule.fields.split_ascii_whitespace().map(|field| (field, rule.grants));
        table.entry(rule.parent).or_default().extend(fields);
    }
    table
});

/// Who may read or call a field; none where no rule is declared.
pub fn grants_for(parent: &str, field: &str) -> Option<&'static [Grant]> {
    TABLE.get(parent)?.get(field).copied()
}

/// The roles of which one is needed for a field; none where no rule is declared.
pub fn roles_for(parent: &str, field: &str) -> Option<Vec<Role>> {
    Some(grants_for(parent, field)?.iter().map(|grant| grant.role).collect())
}

/// True where a role of the viewer's is near enough to what is somebody's.
pub fn reaches(viewer: &Viewer, grants: &[Grant], whose: Whose) -> bool {
    grants.iter().any(|grant| viewer.is_within(grant.role, grant.within, whose))
}

/// A declared field's name as the table spells it.
pub fn spelled(parent: &str, field: &str) -> Option<&'static str> {
    TABLE.get(parent)?.get_key_value(field).map(|(name, _)| *name)
}

/// Every declared field, for the tests that hold the table against the schema.
pub fn declared() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.iter().flat_map(|rule| rule.fields.split_ascii_whitespace().map(move |field| (rule.parent, field)))
}
