//! How each type is reached: a document with a place, `@`, where its fields are selected.

use serde_json::{Value, json};

use super::printed::Printed;
use super::scene::{Caller, Scene, Whose};

/// A way to an object of a type.
#[derive(Clone)]
pub struct Path {
    /// The type whose fields are selected at `@`.
    pub of: String,
    pub document: String,
    pub variables: Value,
    pub whose: Whose,
    /// The one field that is selected; all where none is named.
    pub only: Option<String>,
    /// What a mutation answers who has the role and is not near.
    pub refused: &'static str,
}

impl Path {
    pub fn new(of: &str, whose: Whose, document: &str) -> Self {
        Self {
            of: of.to_owned(),
            document: document.to_owned(),
            variables: json!({}),
            whose,
            only: None,
            refused: "NOT_FOUND",
        }
    }

    fn refused(self, refused: &'static str) -> Self {
        Self { refused, ..self }
    }
}

const RANGE: &str = "from: \"2027-01-01T00:00:00Z\", to: \"2027-02-01T00:00:00Z\"";
const DATES: &str = "from: \"2027-01-01\", to: \"2027-12-31\"";

/// When the tests begin.
const AS_OF: &str = "at: \"2027-01-04T14:00:00Z\"";

/// The arguments that a field of a type is asked with; nothing where it needs none. `LOG`, `SERVICE` and
/// `THEIR_…` stand for those of the caller's own practice.
pub fn arguments(scene: &Scene, of: &str, field: &str) -> Option<String> {
    let (dana, casey) = (&scene.dana.id, &scene.casey.id);
    let service = &scene.practice.service_id;
    let id = |id: &str| format!("id: \"{id}\"");
    Some(match (of, field) {
        ("Query", "node" | "service") => id(service),
        ("Query", "clinician") => id(dana),
        ("Query", "client") => id(casey),
        ("Query", "appointmentRequest") => id(&scene.waiting[0]),
        ("Query", "appointment") => id(&scene.appointment),
        ("PracticeSelfScheduling" | "ClinicianSelfScheduling", "setupChecklist") => "includeDone: true".to_owned(),
        ("Query", "seenByClient") => format!("clientId: \"{casey}\""),
        ("ClientView", "availableSlots") => format!("clinicianId: \"{dana}\", serviceId: \"{service}\", {RANGE}"),
        ("ClientView", "selfSchedulingAccess") => format!("clinicianId: \"{dana}\""),
        ("Query", "selfSchedulingAccess") => format!("clinicianId: \"{dana}\", clientId: \"{casey}\""),
        ("Practice", "settingsAsOf") => AS_OF.to_owned(),
        ("SettingsSnapshot", "access") => "clinicianId: \"THEIR_CLINICIAN\", clientId: \"THEIR_CLIENT\"".to_owned(),
        ("Clinician", "availableSlots") => format!("serviceId: \"{service}\", {RANGE}"),
        ("Clinician" | "Client", "appointments") | ("Clinician", "blockedTime") => RANGE.to_owned(),
        ("ClinicianSelfScheduling", "rules") => format!("serviceId: \"{service}\""),
        ("ClinicianSelfScheduling", "dateExceptions") => DATES.to_owned(),
        ("Practice", "soonestSlots") => format!("serviceId: \"SERVICE\", {RANGE}"),
        ("Subscription", "appointmentRequestChanged" | "appointmentRequested") => "after: \"LOG.0\"".to_owned(),
        _ => return None,
    })
}

/// The ways through the roots of queries: each root field by itself.
pub fn roots(printed: &Printed) -> Vec<Path> {
    let whose = |field: &str| match field {
        "node" | "service" => Whose::Practices,
        "clinician" => Whose::Clinicians,
        "client" | "seenByClient" => Whose::Clients,
        "appointmentRequest" | "appointment" | "selfSchedulingAccess" => Whose::Theirs,
        _ => Whose::Askers,
    };
    let root = |root: &str, verb: &str, field: &String| Path {
        only: Some(field.clone()),
        whose: if root == "Query" { whose(field) } else { Whose::Askers },
        ..Path::new(root, Whose::Askers, &format!("{verb} {{ @ }}"))
    };
    let queries = printed.objects["Query"].keys().map(|field| root("Query", "query", field));
    let streams = printed.objects["Subscription"].keys().map(|field| root("Subscription", "subscription", field));
    queries.chain(streams).collect()
}

/// The ways that lead through a lock, a pause and a start to come: Dana is held off while they are gone.
pub fn while_locked(scene: &Scene) -> Vec<Path> {
    let (dana, access) = (clinician(scene), arguments(scene, "Query", "selfSchedulingAccess").expect("known"));
    let slots = arguments(scene, "Clinician", "availableSlots").expect("known");
    let settings = |inside: &str| format!("{{ {dana} {{ selfScheduling {{ {inside} }} }} }}");
    vec![
        Path::new("ClinicianLock", Whose::Clinicians, &settings("lock { @ }")),
        Path::new("ClinicianSelfScheduling", Whose::Clinicians, &settings("@")),
        Path::new("NewRequestsPause", Whose::Clinicians, &settings("pause { @ }")),
        Path::new("PracticeSelfScheduling", Whose::Askers, "{ practice { selfScheduling { @ } } }"),
        Path::new("SettingsSnapshot", Whose::Askers, &format!("{{ practice {{ settingsAsOf({AS_OF}) {{ @ }} }} }}")),
        Path::new(
            "ClinicianSnapshot",
            Whose::Askers,
            &format!("{{ practice {{ settingsAsOf({AS_OF}) {{ clinicians {{ nodes {{ @ }} }} }} }} }}"),
        ),
        Path::new(
            "AccessChangeNeeded",
            Whose::Theirs,
            &format!("{{ selfSchedulingAccess({access}) {{ changesToOpen {{ @ }} }} }}"),
        ),
        Path::new("GateStatus", Whose::Theirs, &format!("{{ selfSchedulingAccess({access}) {{ gates {{ @ }} }} }}")),
        Path::new(
            "GateStatus",
            Whose::Clinicians,
            &format!("{{ {dana} {{ availableSlots({slots}) {{ closedGates {{ @ }} }} }} }}"),
        ),
        Path::new("SlotList", Whose::Clinicians, &format!("{{ {dana} {{ availableSlots({slots}) {{ @ }} }} }}")),
    ]
}

fn clinician(scene: &Scene) -> String {
    format!("clinician(id: \"{}\")", scene.dana.id)
}

/// All other ways.
pub fn all(scene: &Scene) -> Vec<Path> {
    [of_the_practice(scene), of_people(scene), of_meetings(scene), of_impacts(scene), of_streams()].concat()
}

fn of_the_practice(scene: &Scene) -> Vec<Path> {
    let practice = |of: &str, inside: &str| Path::new(of, Whose::Askers, &format!("{{ practice {{ {inside} }} }}"));
    let service = format!("{{ service(id: \"{}\") {{ rules {{ @ }} }} }}", scene.practice.service_id);
    let soonest = arguments(scene, "Practice", "soonestSlots").expect("known");
    vec![
        Path::new("Node", Whose::Practices, &format!("{{ node(id: \"{}\") {{ @ }} }}", scene.practice.service_id)),
        Path::new("Viewer", Whose::Askers, "{ viewer { @ } }"),
        practice("Practice", "@"),
        practice("PracticeSelfScheduling", "selfScheduling { @ }"),
        practice("BookingRules", "selfScheduling { defaultRules { @ } }"),
        practice("ChecklistItem", "selfScheduling { setupChecklist(includeDone: true) { @ } }"),
        practice("Service", "services { @ }"),
        practice("SoonestSlotList", &format!("soonestSlots({soonest}) {{ @ }}")),
        practice("SoonestSlot", &format!("soonestSlots({soonest}) {{ slots {{ @ }} }}")),
        Path::new("BookingRulesOverride", Whose::Practices, &service),
        practice("ClinicianConnection", "clinicians { @ }"),
        practice("ClinicianEdge", "clinicians { edges { @ } }"),
        practice("PageInfo", "clinicians { pageInfo { @ } }"),
        practice("MemberConnection", "members { @ }"),
        practice("MemberEdge", "members { edges { @ } }"),
        practice("ClientReadConnection", "clientReads { @ }"),
        practice("ClientReadEdge", "clientReads { edges { @ } }"),
        practice("ClientRead", "clientReads { nodes { @ } }"),
        practice("ClientConnection", "clients { @ }"),
        practice("ClientEdge", "clients { edges { @ } }"),
        practice("AppointmentRequestConnection", "appointmentRequests { @ }"),
        practice("AppointmentRequestEdge", "appointmentRequests { edges { @ } }"),
        practice("AuditEntryConnection", "auditLog { @ }"),
        practice("AuditEntryEdge", "auditLog { edges { @ } }"),
        practice("AuditEntry", "auditLog { nodes { @ } }"),
        practice("AuditChange", "auditLog { nodes { changes { @ } } }"),
        practice("SettingsSnapshot", &format!("settingsAsOf({AS_OF}) {{ @ }}")),
        practice("ClinicianSnapshotConnection", &format!("settingsAsOf({AS_OF}) {{ clinicians {{ @ }} }}")),
        practice("ClinicianSnapshotEdge", &format!("settingsAsOf({AS_OF}) {{ clinicians {{ edges {{ @ }} }} }}")),
        practice("ClinicianSnapshot", &format!("settingsAsOf({AS_OF}) {{ clinicians {{ nodes {{ @ }} }} }}")),
    ]
}

fn of_people(scene: &Scene) -> Vec<Path> {
    let dana = |of: &str, inside: &str| {
        Path::new(of, Whose::Clinicians, &format!("{{ {} {{ {inside} }} }}", clinician(scene)))
    };
    let casey = |of: &str, inside: &str| {
        let document = format!("{{ client(id: \"{}\") {{ {inside} }} }}", scene.casey.id);
        Path::new(of, Whose::Clients, &document)
    };
    let seen = |of: &str, inside: &str| {
        let document = format!("{{ seenByClient(clientId: \"{}\") {{ {inside} }} }}", scene.casey.id);
        Path::new(of, Whose::Clients, &document)
    };
    let slots = arguments(scene, "Clinician", "availableSlots").expect("known");
    vec![
        dana("Clinician", "@"),
        Path::new("Clinician", Whose::Practices, &format!("{{ clinician(id: \"{}\") {{ @ }} }}", scene.gone.1)),
        dana("ClinicianSelfScheduling", "selfScheduling { @ }"),
        dana("WeeklyHours", "selfScheduling { weeklyHours { @ } }"),
        dana("DateException", &format!("selfScheduling {{ dateExceptions({DATES}) {{ @ }} }}")),
        dana("DateWindow", &format!("selfScheduling {{ dateExceptions({DATES}) {{ windows {{ @ }} }} }}")),
        dana("DateWindow", "selfScheduling { clockChanges { windows { @ } } }"),
        dana("ClockChange", "selfScheduling { clockChanges { @ } }"),
        dana("BlockedTime", &format!("blockedTime({RANGE}) {{ @ }}")),
        dana("ChecklistItem", "selfScheduling { setupChecklist(includeDone: true) { @ } }"),
        dana("EffectiveBookingRules", "selfScheduling { rules { @ } }"),
        dana("EffectiveInt", "selfScheduling { rules { minimumNoticeMinutes { @ } } }"),
        dana("Member", "member { @ }"),
        dana("MemberLink", "member { links { @ } }"),
        dana("Slot", &format!("availableSlots({slots}) {{ slots {{ @ }} }}")),
        dana("SlotList", &format!("availableSlots({slots}) {{ @ }}")),
        Path::new("Member", Whose::Askers, "{ viewer { member { @ } } }"),
        casey("Client", "@"),
        casey("Member", "member { @ }"),
        casey("CareRelationship", "care { @ }"),
        seen("ClientView", "@"),
        seen("ClinicianViewConnection", "clinicians { @ }"),
        seen("ClinicianViewEdge", "clinicians { edges { @ } }"),
        seen("ClinicianView", "clinicians { nodes { @ } }"),
    ]
}

fn of_meetings(scene: &Scene) -> Vec<Path> {
    let request = |id: &str| {
        let document = format!("{{ appointmentRequest(id: \"{id}\") {{ @ }} }}");
        Path::new("AppointmentRequest", Whose::Theirs, &document)
    };
    let appointment = format!("{{ appointment(id: \"{}\") {{ @ }} }}", scene.appointment);
    let access = arguments(scene, "Query", "selfSchedulingAccess").expect("known");
    // Nothing opens a time that is over.
    let over = format!("{access}, serviceId: \"{}\", startsAt: \"2026-12-01T20:00:00Z\"", scene.practice.service_id);
    vec![
        request(&scene.waiting[0]),
        request(&scene.declined),
        request(&scene.confirmed),
        Path::new("Appointment", Whose::Theirs, &appointment),
        Path::new("SelfSchedulingAccess", Whose::Theirs, &format!("{{ selfSchedulingAccess({access}) {{ @ }} }}")),
        Path::new("SelfSchedulingAccess", Whose::Theirs, &format!("{{ selfSchedulingAccess({over}) {{ @ }} }}")),
    ]
}

/// What changes would do, shown and not saved.
fn of_impacts(scene: &Scene) -> Vec<Path> {
    let (dana, sam) = (&scene.dana.id, &scene.sam.id);
    let closing = |of: &str, (act, nothing): (&str, &str), inside: &str| {
        let input = format!("{{ clinicianId: \"{dana}\", {nothing}: [], dryRun: true }}");
        let document = format!("mutation {{ {act}(input: {input}) {{ impact {{ {inside} }} }} }}");
        Path::new(of, Whose::Clinicians, &document).refused("FORBIDDEN")
    };
    // Dana keeps the hours of a date, so that without a week it is not closed to anybody.
    let (week, all) = (("setWeeklyHours", "hours"), ("setOfferedServices", "serviceIds"));
    let allowed = format!("{{ clinicianId: \"{dana}\", clientIds: [\"{sam}\"], access: ALLOWED, dryRun: true }}");
    let opening = format!("mutation {{ setClientAccess(input: {allowed}) {{ impact {{ @ }} }} }}");
    vec![
        closing("SelfSchedulingImpact", week, "@"),
        closing("SelfSchedulingImpact", all, "@"),
        Path::new("SelfSchedulingImpact", Whose::Clinicians, &opening).refused("FORBIDDEN"),
        closing("ImpactWarning", all, "warnings { @ }"),
        closing("AccessChangeConnection", all, "changes { @ }"),
        closing("AccessChangeEdge", all, "changes { edges { @ } }"),
        closing("AccessChange", all, "changes { nodes { @ } }"),
    ]
}

/// Where an item of another type stands in the log, for whoever reads the stream.
const PLACES: &str =
    "... on AppointmentRequestEvent { place: cursor } ... on AppointmentRequestHandedOver { place: cursor }";

/// What streams tell. `LOG` stands for the reader's own practice's log.
fn of_streams() -> Vec<Path> {
    let item = |of: &str, whose, after: &str| {
        let root = format!("appointmentRequestChanged(after: \"LOG.{after}\")");
        Path::new(of, whose, &format!("subscription {{ {root} {{ __typename ... on {of} {{ @ }} {PLACES} }} }}"))
    };
    vec![
        item("AppointmentRequestEvent", Whose::Askers, "0"),
        item("AppointmentRequestHandedOver", Whose::Clinicians, "0"),
        item("StreamReset", Whose::Askers, "ffffffff"),
    ]
}

/// A path's document for a caller, with its fields selected.
pub fn document(printed: &Printed, scene: &Scene, path: &Path, caller: &Caller) -> String {
    let selected = |name: &String| {
        let field = printed.field(&path.of, name);
        let given = arguments(scene, &path.of, name);
        for needed in &field.needs {
            let is_given = given.as_ref().is_some_and(|given| given.contains(&format!("{needed}:")));
            assert!(is_given, "{}.{name} needs {needed}: give it in access_matrix/paths.rs", path.of);
        }
        let given = given.map(|given| format!("({given})")).unwrap_or_default();
        let inside = if printed.is_composite(&field.of) { " { __typename }" } else { "" };
        format!("{name}{given}{inside}")
    };
    let fields: Vec<_> = selection(printed, path).iter().map(selected).collect();
    let document = path.document.replace('@', &fields.join(" "));
    let (clinician, client) = &caller.pair;
    let document = document.replace("LOG", &caller.log).replace("SERVICE", &caller.service);
    document.replace("THEIR_CLINICIAN", clinician).replace("THEIR_CLIENT", client)
}

/// The fields that a path selects.
pub fn selection(printed: &Printed, path: &Path) -> Vec<String> {
    let fields = printed.objects.get(&path.of).unwrap_or_else(|| panic!("no type {}: take its path out", path.of));
    fields.keys().filter(|name| path.only.as_ref().is_none_or(|only| only == *name)).cloned().collect()
}

/// The way into a mutation's payload.
pub fn act(of: &str, whose: Whose, mutation: &str, inside: &str, input: Value) -> Path {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let document = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {inside} }} }}");
    Path { variables: json!({ "input": input }), ..Path::new(of, whose, &document) }
}
