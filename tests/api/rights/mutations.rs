//! Every mutation, for those who may not call it.

use serde_json::{Value, json};

use super::Scene;

/// Every mutation with an input that would do something, were it allowed.
pub fn all(scene: &Scene) -> Vec<(&'static str, Value)> {
    let (dana, casey) = (&scene.dana.id, &scene.casey.id);
    let dana_as_member = &scene.danas_member;
    let service = &scene.practice.service_id;
    let care = json!({ "clinicianId": scene.ida.id, "clientId": casey });
    let person = json!({ "displayName": "Nia", "email": "nia@practice.test" });
    let start = json!({ "clinicianId": dana, "serviceId": service, "startsAt": "2027-01-19T20:00:00Z",
        "idempotencyKey": "new" });
    let request = json!({ "id": scene.caseys_request });
    let decline = json!({ "id": scene.caseys_request, "reason": "OTHER" });
    vec![
        ("setPracticeSelfScheduling", json!({ "enabled": false })),
        ("updatePracticePolicy", json!({ "clinicianOptIn": "ADMIN_ONLY" })),
        ("undoSettingsChange", json!({ "entryId": format!("entry_{:048x}", 1) })),
        ("lockClinicianSelfScheduling", json!({ "clinicianIds": [dana], "locked": true, "reason": "On leave" })),
        ("createService", json!({ "name": "Intake", "durationMinutes": 50, "modality": "EITHER" })),
        ("updateService", json!({ "id": service, "durationMinutes": 60 })),
        ("archiveService", json!({ "id": service })),
        ("addClinician", person.clone()),
        ("addClient", person),
        ("updateClient", json!({ "clientId": casey, "displayName": "Cassie" })),
        ("startCare", care),
        ("endCare", json!({ "clinicianId": dana, "clientId": casey })),
        ("linkMember", json!({ "memberId": scene.danas_member, "issuer": "https://id.test", "subject": "new" })),
        ("unlinkMember", json!({ "linkId": scene.link })),
        ("inviteMember", json!({ "displayName": "Kim", "email": "kim@practice.test" })),
        ("updateMemberRoles", json!({ "memberId": dana_as_member, "admin": true })),
        ("deactivateMember", json!({ "memberId": dana_as_member })),
        ("reactivateMember", json!({ "memberId": dana_as_member })),
        ("deactivateClinician", json!({ "clinicianId": dana })),
        ("reactivateClinician", json!({ "clinicianId": dana })),
        ("deactivateClient", json!({ "clientId": casey })),
        ("reactivateClient", json!({ "clientId": casey })),
        ("reassignAppointmentRequest", json!({ "id": scene.caseys_request, "clinicianId": scene.ida.id })),
        ("setClinicianSelfScheduling", json!({ "clinicianIds": [dana], "enabled": false })),
        ("pauseNewRequests", json!({ "clinicianId": dana, "paused": true })),
        ("setOfferedServices", json!({ "clinicianId": dana, "serviceIds": [] })),
        ("setWeeklyHours", json!({ "clinicianId": dana, "hours": [] })),
        ("setDateException", json!({ "clinicianId": dana, "on": "2027-01-12", "windows": [] })),
        ("removeDateException", json!({ "clinicianId": dana, "on": "2027-01-13" })),
        (
            "blockTime",
            json!({ "clinicianId": dana, "startsAt": "2027-01-20T20:00:00Z", "endsAt": "2027-01-20T21:00:00Z" }),
        ),
        ("unblockTime", json!({ "id": scene.block })),
        ("updateClinician", json!({ "clinicianId": dana, "displayName": "Dina" })),
        ("setBookingRules", json!({ "clinicianId": dana, "bufferAfterMinutes": 10 })),
        ("setClientAccess", json!({ "clinicianId": dana, "clientIds": [casey], "access": "BLOCKED" })),
        ("confirmAppointmentRequest", request.clone()),
        ("declineAppointmentRequest", decline),
        ("requestAppointment", start),
        ("withdrawAppointmentRequest", request),
    ]
}
