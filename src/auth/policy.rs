//! The field policy: for every field of every type, which roles may read or call it. One table, enforced before any
//! resolver runs and printed into schema.graphql as `@auth`. A field without a row is refused to everybody.
//!
//! Roles are half of it. The other half is scope: a use case loads only what its viewer may see, so that a role's field
//! on an object can be read only where the object itself could be reached.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::viewer::Role;
use Role::{Admin, Client, Clinician};

/// Some fields of one type, and who may read or call them.
struct Rule {
    parent: &'static str,
    roles: &'static [Role],
    fields: &'static str,
}

const fn rule(parent: &'static str, roles: &'static [Role], fields: &'static str) -> Rule {
    Rule { parent, roles, fields }
}

const ALL: &[Role] = &[Admin, Clinician, Client];
const STAFF: &[Role] = &[Admin, Clinician];
const ADMIN: &[Role] = &[Admin];
/// The two whom a request is between.
const PARTIES: &[Role] = &[Clinician, Client];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule("Query", ALL, "viewer node practice clinician client service appointmentRequest appointment selfSchedulingAccess"),
    rule("Subscription", ALL, "appointmentRequestChanged pendingRequestCount"),
    rule("Subscription", STAFF, "appointmentRequested"),
    rule("Mutation", ADMIN, "undoSettingsChange setPracticeSelfScheduling updatePracticePolicy lockClinicianSelfScheduling createService archiveService addClinician addClient startCare endCare linkMember unlinkMember inviteMember updateMemberRoles deactivateMember reactivateMember deactivateClinician reactivateClinician deactivateClient reactivateClient reassignAppointmentRequest"),
    rule("Mutation", STAFF, "setClinicianSelfScheduling setOfferedServices setWeeklyHours setClientAccess confirmAppointmentRequest declineAppointmentRequest"),
    rule("Mutation", &[Client], "requestAppointment withdrawAppointmentRequest"),

    rule("Node", ALL, "id"),
    rule("Viewer", ALL, "member roles practice clinician client"),
    rule("Member", ALL, "id displayName email"),
    rule("Member", ADMIN, "links"),
    rule("MemberLink", ADMIN, "id issuer subject linkedAt linkedBy"),
    rule("Member", ADMIN, "active roles"),
    rule("Practice", ALL, "id name timeZone selfScheduling services clinicians latestCursor"),
    rule("Practice", STAFF, "clients appointmentRequests"),
    rule("Practice", ADMIN, "members auditLog settingsAsOf"),
    rule("AuditEntry", ADMIN, "id at actor kind summary member clinician client service appointmentRequest appointment changes reason"),
    rule("AuditChange", ADMIN, "field before after"),
    rule("SettingsSnapshot", ADMIN, "at enabled clinicianOptIn clientAccessControl defaultRules services clinicians access unknown"),
    rule("ClinicianSnapshot", ADMIN, "clinician active enabled audience locked lockReason lockedBy lockedAt offeredServices weeklyHours rules"),
    rule("PracticeSelfScheduling", ALL, "enabled defaultRules revision"),
    rule("PracticeSelfScheduling", STAFF, "clinicianOptIn clientAccessControl setupChecklist"),
    rule("Clinician", ALL, "id displayName credentials timeZone active selfScheduling availableSlots"),
    rule("Clinician", STAFF, "member clients appointmentRequests appointments"),
    rule("ClinicianSelfScheduling", ALL, "enabled offeredServices rules bookable"),
    rule("ClinicianSelfScheduling", STAFF, "lock audience weeklyHours setupChecklist"),
    rule("ClinicianLock", STAFF, "reason lockedBy lockedAt"),
    rule("ChecklistItem", STAFF, "step done description canBeDoneBy"),
    rule("WeeklyHours", STAFF, "weekday opensAt closesAt closesNextDay serviceIds modality"),
    rule("Service", ALL, "id name durationMinutes modality active confirmation rules"),
    rule("BookingRules", ALL, "slotIntervalMinutes bufferBeforeMinutes bufferAfterMinutes minimumNoticeMinutes bookingHorizonDays maxPerDay maxPerWeek maxPendingPerClient responseDeadlineHours cancellationNoticeHours"),
    rule("BookingRulesOverride", ALL, "slotIntervalMinutes bufferBeforeMinutes bufferAfterMinutes minimumNoticeMinutes bookingHorizonDays maxPerDay maxPerWeek maxPendingPerClient responseDeadlineHours cancellationNoticeHours"),
    rule("EffectiveBookingRules", ALL, "slotIntervalMinutes bufferBeforeMinutes bufferAfterMinutes minimumNoticeMinutes bookingHorizonDays maxPerDay maxPerWeek maxPendingPerClient responseDeadlineHours cancellationNoticeHours"),
    rule("EffectiveInt", ALL, "value source"),
    rule("Client", ALL, "id displayName email active care appointmentRequests appointments"),
    rule("Client", STAFF, "member selfSchedulingBlocked"),
    rule("CareRelationship", ALL, "clinician startedOn endedOn"),

    rule("SelfSchedulingAccess", ALL, "allowed gates"),
    rule("GateStatus", ALL, "gate open explanation canBeOpenedBy remedy"),
    rule("GateStatus", STAFF, "decidedBy decidedAt"),
    rule("SlotList", ALL, "slots closedGates timeZone"),
    rule("Slot", ALL, "startsAt endsAt localStart modality"),
    rule("SelfSchedulingImpact", STAFF, "dryRun revision cliniciansGaining cliniciansLosing clientsGainingCount clientsLosingCount changes pendingRequestsAffected appointmentsOutsideHours warnings"),
    rule("ImpactWarning", STAFF, "code message clinician"),
    rule("AccessChange", STAFF, "clinician client before after"),

    rule("AppointmentRequest", ALL, "id status client clinician service startsAt endsAt localStart modality messageToClient decisionReason requestedAt respondBy decidedAt decidedBy appointment reschedules version"),
    rule("AppointmentRequest", PARTIES, "noteToClinician"),
    rule("Appointment", ALL, "id status client clinician service startsAt endsAt localStart modality request"),
    rule("AppointmentRequestEvent", ALL, "cursor type occurredAt appointmentRequest actor"),
    rule("AppointmentRequestHandedOver", STAFF, "cursor occurredAt appointmentRequestId clinicianId actor"),
    rule("StreamReset", ALL, "cursor reason message"),

    rule("ClinicianConnection", ALL, "edges nodes pageInfo totalCount"),
    rule("ClinicianEdge", ALL, "cursor node"),
    rule("MemberConnection", ADMIN, "edges nodes pageInfo totalCount"),
    rule("MemberEdge", ADMIN, "cursor node"),
    rule("ClientConnection", STAFF, "edges nodes pageInfo totalCount"),
    rule("ClientEdge", STAFF, "cursor node"),
    rule("AppointmentRequestConnection", ALL, "edges nodes pageInfo totalCount"),
    rule("AppointmentRequestEdge", ALL, "cursor node"),
    rule("ClinicianSnapshotConnection", ADMIN, "edges nodes pageInfo totalCount"),
    rule("ClinicianSnapshotEdge", ADMIN, "cursor node"),
    rule("AuditEntryConnection", ADMIN, "edges nodes pageInfo totalCount"),
    rule("AuditEntryEdge", ADMIN, "cursor node"),
    rule("AccessChangeConnection", STAFF, "edges nodes pageInfo totalCount"),
    rule("AccessChangeEdge", STAFF, "cursor node"),
    rule("PageInfo", ALL, "hasPreviousPage hasNextPage startCursor endCursor"),

    rule("SetPracticeSelfSchedulingPayload", ADMIN, "practice impact errors"),
    rule("SetPracticeSelfSchedulingError", ADMIN, "code field message"),
    rule("UndoSettingsChangePayload", ADMIN, "practice impact errors"),
    rule("UndoSettingsChangeError", ADMIN, "code field message"),
    rule("UpdatePracticePolicyPayload", ADMIN, "practice impact errors"),
    rule("UpdatePracticePolicyError", ADMIN, "code field message"),
    rule("SetClinicianSelfSchedulingPayload", STAFF, "clinicians impact errors"),
    rule("SetClinicianSelfSchedulingError", STAFF, "code field message"),
    rule("LockClinicianSelfSchedulingPayload", ADMIN, "clinician impact errors"),
    rule("LockClinicianSelfSchedulingError", ADMIN, "code field message"),
    rule("SetOfferedServicesPayload", STAFF, "clinician impact errors"),
    rule("SetOfferedServicesError", STAFF, "code field message"),
    rule("SetWeeklyHoursPayload", STAFF, "clinician impact errors"),
    rule("SetWeeklyHoursError", STAFF, "code field message"),
    rule("SetClientAccessPayload", STAFF, "clients clinician impact errors"),
    rule("SetClientAccessError", STAFF, "code field message"),
    rule("RequestAppointmentPayload", &[Client], "appointmentRequest alternatives errors"),
    rule("RequestAppointmentError", &[Client], "code field message"),
    rule("WithdrawAppointmentRequestPayload", &[Client], "appointmentRequest errors"),
    rule("WithdrawAppointmentRequestError", &[Client], "code field message"),
    rule("ConfirmAppointmentRequestPayload", STAFF, "appointmentRequest errors"),
    rule("ConfirmAppointmentRequestError", STAFF, "code field message"),
    rule("DeclineAppointmentRequestPayload", STAFF, "appointmentRequest errors"),
    rule("DeclineAppointmentRequestError", STAFF, "code field message"),
    rule("CreateServicePayload", ADMIN, "service errors"),
    rule("CreateServiceError", ADMIN, "code field message"),
    rule("ArchiveServicePayload", ADMIN, "service impact errors"),
    rule("ArchiveServiceError", ADMIN, "code field message"),
    rule("AddClinicianPayload", ADMIN, "clinician errors"),
    rule("AddClinicianError", ADMIN, "code field message"),
    rule("AddClientPayload", ADMIN, "client errors"),
    rule("AddClientError", ADMIN, "code field message"),
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

type Fields = HashMap<&'static str, &'static [Role]>;

static TABLE: LazyLock<HashMap<&'static str, Fields>> = LazyLock::new(|| {
    let mut table: HashMap<_, Fields> = HashMap::new();
    for rule in RULES {
        let fields = rule.fields.split_ascii_whitespace().map(|field| (field, rule.roles));
        table.entry(rule.parent).or_default().extend(fields);
    }
    table
});

/// The roles of which one is needed for a field; none where no rule is declared.
pub fn roles_for(parent: &str, field: &str) -> Option<&'static [Role]> {
    TABLE.get(parent)?.get(field).copied()
}

/// A declared field's name as the table spells it.
pub fn spelled(parent: &str, field: &str) -> Option<&'static str> {
    TABLE.get(parent)?.get_key_value(field).map(|(name, _)| *name)
}

/// Every declared field, for the tests that hold the table against the schema.
pub fn declared() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.iter().flat_map(|rule| rule.fields.split_ascii_whitespace().map(move |field| (rule.parent, field)))
}
