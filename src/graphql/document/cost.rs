//! What a field costs, as far as that is reckoned before anything is looked up: once for itself, and what is in it as often
//! as its page or list is long in a large practice.

use async_graphql::parser::types::{Field, Selection};
use async_graphql::{Name, Positioned, Value, Variables};
use async_graphql_value::Value as ArgumentValue;

use super::types;
use crate::domain::time::parse_instant;
use crate::graphql::page::{PAGE_DEFAULT, PAGE_MAX};

/// What a selection costs. Numbers stop at their type's largest.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Fields, each as often as it is answered.
    pub fields: u64,
    /// What is in one slot, while the range that they are looked for in is not yet known.
    pub each_slot: u64,
}

/// What a field costs with all that is in it, in a type of the schema; anywhere else it may still be a page.
pub fn of(known: Option<(&Name, &types::Field)>, field: &Field, within: Cost, variables: &Variables) -> Cost {
    let (parent, name) = (known.map_or("", |(parent, _)| parent.as_str()), field.name.node.as_str());
    let is_list = known.is_some_and(|(_, field)| field.is_list);
    let once = |items: u64, more: u64| within.fields.saturating_mul(items).saturating_add(1).saturating_add(more);
    let (fields, each_slot) = match (parent, name) {
        // How many there are is said by the field above.
        ("SlotList" | "SoonestSlotList", "slots") => (1, within.fields),
        // Everybody's time is looked through for them.
        ("Practice", "soonestSlots") => {
            let slots = of_page(known, field, variables);
            (once(1, slots.saturating_mul(within.each_slot.max(1)).saturating_add(work(parent, name))), 0)
        }
        // They are looked for, whether or not they are asked for.
        ("Clinician" | "ClientView", "availableSlots") => {
            let slots = in_range(field, variables, SLOTS_PER_DAY, SLOTS_DAYS_MAX);
            (once(1, slots.saturating_mul(within.each_slot.max(1))), 0)
        }
        ("Client" | "Clinician", "appointments") => {
            (once(in_range(field, variables, APPOINTMENTS_PER_DAY, APPOINTMENTS_DAYS_MAX), 0), 0)
        }
        _ => {
            let listed = if is_list { items(parent, name) } else { None };
            let items = listed.unwrap_or_else(|| of_page(known, field, variables));
            (once(items, work(parent, name)), within.each_slot)
        }
    };
    Cost { fields, each_slot }
}

/// How many items a field is asked for, where it says so in `first` or `last`.
pub fn page_size(field: &Field, variables: &Variables) -> Option<u64> {
    let asked = field.arguments.iter().filter(|(name, _)| matches!(name.node.as_str(), "first" | "last"));
    let numbers = asked.filter_map(|(_, value)| match given(&value.node, variables) {
        Some(Value::Number(number)) => number.as_u64(),
        _ => None,
    });
    numbers.max()
}

/// How often what is in a field is made: once, but where it is a page.
fn of_page(known: Option<(&Name, &types::Field)>, field: &Field, variables: &Variables) -> u64 {
    let number = page_size(field, variables);
    let is_page = |item: &Positioned<Selection>| match &item.node {
        Selection::Field(field) => matches!(field.node.name.node.as_str(), "nodes" | "edges"),
        _ => false,
    };
    let is_connection =
        known.is_some_and(|(_, field)| field.of.ends_with("Connection") || field.of == "SoonestSlotList");
    let pages = is_connection || number.is_some() || field.selection_set.node.items.iter().any(is_page);
    let size = |page: i32| u64::from(page.unsigned_abs());
    if pages { number.unwrap_or(size(PAGE_DEFAULT)).clamp(1, size(PAGE_MAX)) } else { 1 }
}

/// How much there is in the range of a field's `from` and `to`, at so much a day: where it has none that can be read, in
/// the longest that may be asked for.
fn in_range(field: &Field, variables: &Variables, per_day: u64, days_max: u64) -> u64 {
    let at = |name: &str| {
        let (_, value) = field.arguments.iter().find(|(argument, _)| argument.node == name)?;
        let Some(Value::String(text)) = given(&value.node, variables) else { return None };
        parse_instant(&text).ok()
    };
    let days = at("from").zip(at("to")).map(|(from, to)| (to - from).num_days());
    let days = days.and_then(|days| u64::try_from(days).ok()).unwrap_or(days_max);
    days.saturating_add(1).min(days_max) * per_day
}

/// An argument's value as the operation is run with it.
fn given(value: &ArgumentValue, variables: &Variables) -> Option<Value> {
    let given = |name| variables.get(&name).cloned().ok_or(());
    value.clone().into_const_with(given).ok()
}

/// The starts of a day: one every half hour, day and night, or every ten minutes of eight hours.
pub const SLOTS_PER_DAY: u64 = 48;
/// The longest range that slots are looked for in, as the schema says it.
pub const SLOTS_DAYS_MAX: u64 = 62;
/// The appointments of a clinician's long day.
pub const APPOINTMENTS_PER_DAY: u64 = 12;
/// The longest range of appointments, as the schema says it.
pub const APPOINTMENTS_DAYS_MAX: u64 = 366;

/// How many items a list holds. None for what is no list, for those whose length their arguments say, and for a page's
/// `nodes` and `edges`, which the page counts.
pub fn items(of: &str, field: &str) -> Option<u64> {
    Some(match (of, field) {
        // What was refused, and why: seldom more than one thing.
        (_, "errors" | "field") => 1,
        (_, "roles" | "canBeDoneBy" | "canBeOpenedBy" | "canBeMadeBy" | "links") => 2,
        (_, "setupChecklist" | "gates" | "closedGates" | "notAsked" | "changesToOpen") => 10,
        ("Practice" | "ClientView", "services") => 20,
        ("ClinicianSelfScheduling" | "ClinicianView" | "ClinicianSnapshot", "offeredServices" | "weeklyHours") => 10,
        ("ClinicianSelfScheduling" | "ClinicianSnapshot", "dateExceptions") => 20,
        ("ClinicianSelfScheduling", "clockChanges") => 2,
        ("DateException" | "ClockChange", "windows") => 2,
        ("AuditEntry", "changes") => 3,
        ("SettingsSnapshot", "services") => 20,
        ("SettingsSnapshot", "unknown") => 1,
        ("WeeklyHours" | "DateWindow", "serviceIds") => 5,
        ("Clinician", "blockedTime") => 50,
        ("BlockTimePayload", "supersededRequests" | "pendingRequestsInTheWay" | "appointmentsInTheWay") => 20,
        ("Client", "care") => 5,
        ("RequestAppointmentPayload", "alternatives") => 5,
        ("SelfSchedulingImpact", "warnings") => 10,
        ("SelfSchedulingImpact", _) if is_affected(field) => 100,
        ("DeactivateMemberPayload" | "DeactivateClinicianPayload" | "DeactivateClientPayload", _) => 100,
        // As many as the input may name.
        ("SetClientAccessPayload", "clients") => 1_000,
        ("SetClinicianSelfSchedulingPayload" | "LockClinicianSelfSchedulingPayload", "clinicians") => 1_000,
        _ => return None,
    })
}

/// What is done for a field beside answering it, in fields that could be answered in that time. Whoever may change settings
/// can ask for the impact of changes without making them.
pub fn work(of: &str, field: &str) -> u64 {
    match (of, field) {
        // Every client is judged with every clinician, before and after.
        ("Mutation", "setPracticeSelfScheduling" | "updatePracticePolicy") => 3_500,
        ("Mutation", "setClinicianSelfScheduling" | "lockClinicianSelfScheduling") => 3_500,
        ("Mutation", "pauseNewRequests") => 3_500,
        // It may be that of the practice switch.
        ("Mutation", "undoSettingsChange") => 3_500,
        ("Mutation", "setClientAccess") => 2_000,
        ("Mutation", "setOfferedServices" | "setWeeklyHours" | "setBookingRules") => 1_000,
        // The held time of a thousand clinicians is read in about this time.
        ("Practice", "soonestSlots") => 1_000,
        ("Mutation", "setDateException" | "removeDateException" | "updateClinician") => 1_000,
        ("Mutation", "startCare" | "endCare" | "updateService" | "archiveService") => 1_000,
        ("Mutation", "deactivateMember" | "deactivateClinician" | "deactivateClient") => 1_000,
        ("Mutation", "reactivateClinician" | "reactivateClient") => 1_000,
        ("Mutation", _) => 300,
        // Whether a clinician's clients see a slot is worked out from their care and the time that is held.
        ("PracticeSelfScheduling", "setupChecklist") => 200,
        ("ClinicianSelfScheduling", "setupChecklist") => 20,
        ("ClientView", "clinicians") => 200,
        // The settings are loaded and the log undone.
        ("Practice", "settingsAsOf") => 1_000,
        ("SettingsSnapshot", "access") => 300,
        // A page is looked up and counted, however little of it is shown.
        (
            "Practice" | "Clinician" | "Client",
            "members" | "clients" | "clinicians" | "appointmentRequests" | "auditLog",
        ) => 200,
        _ => 0,
    }
}

/// Who and what a change touches, in a practice of a hundred clinicians.
fn is_affected(field: &str) -> bool {
    matches!(field, "cliniciansGaining" | "cliniciansLosing" | "pendingRequestsAffected" | "appointmentsOutsideHours")
}

#[cfg(test)]
mod tests {
    use async_graphql::Name;

    use super::*;
    use crate::graphql::document::types::TYPES;

    #[test]
    fn every_list_of_the_schema_is_a_page_has_a_range_or_is_said_to_be_so_long() {
        let known = |of: &str, field: &str| match (of, field) {
            (_, "nodes" | "edges") => of.ends_with("Connection"),
            ("Client" | "Clinician", "appointments") | ("SlotList" | "SoonestSlotList", "slots") => true,
            _ => items(of, field).is_some(),
        };
        let unknown: Vec<_> = TYPES.lists().filter(|(of, field)| !known(of, field)).collect();
        assert_eq!(unknown, Vec::new(), "say how long they are, or whoever asks for them pays for one item");
        assert!(TYPES.lists().count() > 40, "the schema is read");
    }

    #[test]
    fn every_mutation_that_tells_its_impact_pays_for_it() {
        let judging = |field: &str| {
            let payload = TYPES.field(&Name::new("Mutation"), &Name::new(field)).map(|field| field.of.clone());
            payload.is_some_and(|payload| TYPES.field(&payload, &Name::new("impact")).is_some())
        };
        let mutations: Vec<_> = TYPES.fields(&Name::new("Mutation")).collect();
        let cheap: Vec<_> =
            mutations.iter().filter(|field| judging(field) && work("Mutation", field) < 1_000).collect();
        assert_eq!(cheap, Vec::<&&Name>::new());
        assert!(mutations.iter().filter(|field| judging(field)).count() > 5, "the schema is read");
    }

    #[test]
    fn nothing_is_said_to_be_a_list_that_is_none() {
        assert_eq!(items("Practice", "clients"), None);
        assert_eq!(items("Practice", "name"), None);
    }
}
