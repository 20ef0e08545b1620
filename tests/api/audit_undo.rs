//! Taking a change back: what it replaced is set again, unless something has been built on it since.

use chrono::Duration;
use serde_json::{Value, json};

use crate::audit_as_of::{Dice, Scene};
use crate::support::{Person, text};
use crate::trail::{count, log};

/// What is set, without who decided so and when.
fn set(mut all: Value) -> Value {
    match &mut all {
        Value::Object(fields) => {
            fields.retain(|name, _| !["decidedAt", "decidedBy", "lockedAt", "lockedBy"].contains(&name.as_str()));
            fields.values_mut().for_each(|value| *value = set(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = set(item.take())),
        _ => {}
    }
    all
}

async fn newest(admin: &Person) -> Value {
    log(admin, json!({})).await[0].clone()
}

/// Takes the newest entry back; answers the refusal's code, or null.
async fn undo(admin: &Person, entry: &Value) -> Value {
    let payload = admin.call("undoSettingsChange", "impact { dryRun }", json!({ "entryId": entry["id"] })).await;
    payload["errors"][0]["code"].clone()
}

const UNDOABLE: [&str; 15] = [
    "PRACTICE_SELF_SCHEDULING_SET",
    "PRACTICE_POLICY_UPDATED",
    "CLINICIAN_SELF_SCHEDULING_SET",
    "CLINICIAN_LOCKED",
    "CLINICIAN_UNLOCKED",
    "PRACTICE_PAUSED",
    "PRACTICE_RESUMED",
    "CLINICIAN_PAUSED",
    "CLINICIAN_RESUMED",
    "OFFERED_SERVICES_SET",
    "WEEKLY_HOURS_SET",
    "BOOKING_RULES_SET",
    "DATE_EXCEPTION_SET",
    "DATE_EXCEPTION_REMOVED",
    "CLIENT_ACCESS_SET",
];

async fn any_change_taken_back_leaves_what_was_set_before_it() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let (mut dice, mut undone, mut kept) = (Dice(11), 0, 0);
    for _ in 0..60 {
        scene.practice.clock.set(scene.practice.clock.now() + Duration::hours(5));
        let (before, entries) = (set(scene.now().await), count(admin).await);
        let change = scene.change(&mut dice).await;
        if count(admin).await == entries {
            continue;
        }
        let (entry, after) = (newest(admin).await, set(scene.now().await));
        let can_be = UNDOABLE.contains(&text(&entry["kind"]).as_str())
            && entry["changes"].as_array().is_some_and(|all| all.iter().any(|one| one["before"] != one["after"]));
        let code = undo(admin, &entry).await;
        assert_eq!(code.is_null(), can_be, "{change:?}: {code} {entry}");
        if can_be {
            assert_eq!(set(scene.now().await), before, "{change:?} taken back");
            assert_eq!(newest(admin).await["changes"].as_array().map(|all| all.len() > 1), Some(true));
            // And that too, every second time, so that the settings move on.
            if dice.below(2) == 0 {
                assert_eq!(undo(admin, &newest(admin).await).await, Value::Null, "{change:?}");
                assert_eq!(set(scene.now().await), after, "{change:?} made again");
            }
            undone += 1;
        } else {
            assert_eq!(code, "NOT_UNDOABLE", "{change:?}");
            kept += 1;
        }
    }
    assert!(undone > 15 && kept > 3, "{undone} were taken back and {kept} not: the dice are bad");
}

async fn what_has_been_built_upon_is_not_taken_back() {
    let scene = Scene::set().await;
    let (admin, dana, ida) = (&scene.practice.admin, &scene.clinicians[0].id, &scene.clinicians[1].id);
    let hours = |clinician: &str, opens: &str| json!({ "clinicianId": clinician, "hours": [{ "weekday": "FRIDAY", "opensAt": opens, "closesAt": "24:00" }] });
    admin.done("setWeeklyHours", "__typename", hours(dana, "09:00")).await;
    let first = newest(admin).await;
    admin.done("setWeeklyHours", "__typename", hours(ida, "09:00")).await;
    let of_ida = newest(admin).await;
    admin.done("setWeeklyHours", "__typename", hours(dana, "10:00")).await;
    let second = newest(admin).await;
    let before = scene.practice.snapshot().await;
    assert_eq!(undo(admin, &first).await, "CHANGED_SINCE");
    let stale = json!({ "entryId": second["id"], "expectedRevision": "0" });
    let refused = admin.call("undoSettingsChange", "__typename", stale).await;
    assert_eq!(refused["errors"][0]["code"], "STALE_REVISION");
    let dry = json!({ "entryId": second["id"], "dryRun": true });
    let shown = admin.done("undoSettingsChange", "impact { dryRun revision }", dry).await;
    assert_eq!(shown["impact"]["dryRun"], true);
    assert_eq!(scene.practice.snapshot().await, before, "neither a refusal nor a dry run saves anything");
    let exactly = json!({ "entryId": second["id"], "expectedRevision": shown["impact"]["revision"] });
    admin.done("undoSettingsChange", "__typename", exactly).await;
    assert_eq!(undo(admin, &second).await, "CHANGED_SINCE", "it is taken back once");
    assert_eq!(undo(admin, &of_ida).await, Value::Null, "what became of another's hours is no matter");
}

async fn an_entry_that_is_not_there_is_not_found_and_what_is_no_entrys_id_is_refused() {
    let scene = Scene::set().await;
    let elsewhere = scene.practice.admin_elsewhere().await;
    let theirs = text(&newest(&scene.practice.admin).await["id"]);
    let beyond = format!("{}{:016x}", &theirs[..theirs.len() - 16], 4_711);
    let document = crate::support::mutation("undoSettingsChange", "__typename");
    for (reader, id) in [(&elsewhere, &theirs), (&scene.practice.admin, &beyond)] {
        let (code, message) = reader.denied(&document, json!({ "input": { "entryId": id } })).await;
        assert_eq!((code.as_str(), message.as_str()), ("NOT_FOUND", "There is no such entry."));
    }
    let wrong = json!({ "entryId": scene.casey.id });
    let refused = scene.practice.admin.call("undoSettingsChange", "__typename", wrong).await;
    assert_eq!(refused["errors"][0]["code"], "INVALID_INPUT");
}

crate::support::tests!(
    any_change_taken_back_leaves_what_was_set_before_it,
    what_has_been_built_upon_is_not_taken_back,
    an_entry_that_is_not_there_is_not_found_and_what_is_no_entrys_id_is_refused,
);
