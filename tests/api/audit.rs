//! The audit trail: every change leaves its entry, found by who, whom, what and when, and none is ever changed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{at, text};
use crate::trail::{LOG, Scene, count, deed, leaves_one_entry, log, said};
use frontdesk::auth::policy;
use frontdesk::domain::audit::AuditFilter;
use frontdesk::domain::ids::PracticeId;
use frontdesk::store::{Store, Stretch};

async fn every_mutation_leaves_one_entry_that_says_who_did_what_and_what_it_was_before() {
    let scene = Scene::set().await;
    let mut tried: BTreeSet<_> = scene.of_requests().await.into_iter().collect();
    for deed in scene.of_settings().iter().chain(&scene.of_people().await) {
        let entry = leaves_one_entry(&scene.practice, deed).await;
        let reason = if deed.kind == "CLINICIAN_LOCKED" { json!("On leave") } else { Value::Null };
        assert_eq!(entry["reason"], reason, "{}", deed.mutation);
        tried.insert(deed.mutation);
    }
    let link =
        scene.practice.admin.run("{ practice { members(first: 100) { nodes { links { id } } } } }", json!({})).await;
    let links: Vec<_> = link["practice"]["members"]["nodes"].as_array().expect("nodes").iter().collect();
    let link = links.iter().find_map(|member| member["links"][0]["id"].as_str()).expect("it was linked");
    let taken = said(&[&format!("linkId: {link} → –")]);
    let unlink = deed("unlinkMember", &scene.practice.admin, json!({ "linkId": link }), "MEMBER_UNLINKED", &taken);
    leaves_one_entry(&scene.practice, &unlink).await;
    let blocks = "query($id: ID!) { clinician(id: $id) { blockedTime(from: \"2027-02-01T00:00:00Z\", to: \"2027-02-02T00:00:00Z\") { id } } }";
    let block =
        scene.dana.run(blocks, json!({ "id": scene.dana.id })).await["clinician"]["blockedTime"][0]["id"].take();
    let freed = said(&["startsAt: 2027-02-01T14:00:00+00:00 → –", "endsAt: 2027-02-01T15:00:00+00:00 → –"]);
    let unblock = deed("unblockTime", &scene.practice.admin, json!({ "id": block }), "TIME_UNBLOCKED", &freed);
    leaves_one_entry(&scene.practice, &unblock).await;
    let new = json!({ "displayName": "Robin", "email": "robin@practice.test" });
    let added = deed("addClient", &scene.practice.admin, new, "CLIENT_ADDED", &[]);
    let before = count(&scene.practice.admin).await;
    added.by.done(added.mutation, "__typename", added.input).await;
    assert_eq!(count(&scene.practice.admin).await, before + 1);
    let on = json!({ "enabled": true });
    scene.practice.admin.done("setPracticeSelfScheduling", "__typename", on).await;
    let last = text(&log(&scene.practice.admin, json!({})).await[0]["id"]);
    let undone = said(&["enabled: true → false", &format!("undoes: – → {last}")]);
    let undo = json!({ "entryId": last });
    let undo = deed("undoSettingsChange", &scene.practice.admin, undo, "PRACTICE_SELF_SCHEDULING_SET", &undone);
    leaves_one_entry(&scene.practice, &undo).await;
    tried.extend(["unlinkMember", "unblockTime", "addClient", "undoSettingsChange"]);
    let all: BTreeSet<_> =
        policy::declared().filter(|(parent, _)| *parent == "Mutation").map(|(_, field)| field).collect();
    assert_eq!(all.difference(&tried).collect::<Vec<_>>(), Vec::<&&str>::new(), "does it leave an entry? try it here");
}

async fn a_change_of_many_leaves_an_entry_for_each_and_a_refused_one_or_a_dry_run_none() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    let before = count(admin).await;
    let both = json!({ "clinicianIds": [scene.dana.id, scene.ida.id], "enabled": false });
    admin.done("setClinicianSelfScheduling", "__typename", both.clone()).await;
    assert_eq!(count(admin).await, before + 2);
    let mut dry = both;
    dry["dryRun"] = json!(true);
    admin.done("setClinicianSelfScheduling", "__typename", dry).await;
    let stale = json!({ "enabled": false, "expectedRevision": "0" });
    let refused = admin.call("setPracticeSelfScheduling", "__typename", stale).await;
    assert_eq!(refused["errors"][0]["code"], "STALE_REVISION");
    assert_eq!(count(admin).await, before + 2);
}

async fn entries_are_found_by_member_client_clinician_kind_and_time_and_by_all_at_once() {
    let scene = Scene::set().await;
    let (practice, admin) = (&scene.practice, &scene.practice.admin);
    let before = practice.clock.now();
    practice.clock.set(at("2027-01-05T09:00:00Z"));
    let block = json!({ "clinicianId": scene.dana.id, "clientIds": [scene.casey.id], "access": "BLOCKED" });
    scene.dana.done("setClientAccess", "__typename", block).await;
    practice.clock.set(at("2027-01-06T09:00:00Z"));
    admin.done("setClientAccess", "__typename", json!({ "clientIds": [scene.casey.id], "access": "BLOCKED" })).await;
    let dana = scene.member_of(&scene.dana).await;
    let all = log(admin, json!({})).await;
    let newest_first = all.windows(2).all(|pair| text(&pair[0]["id"]) > text(&pair[1]["id"]));
    assert!(newest_first && all.len() > 15, "{} entries", all.len());
    let holds = |entry: &Value, field: &str, id: &str| entry[field]["id"] == json!(id);
    let access = |entry: &Value| entry["kind"] == "CLIENT_ACCESS_SET";
    type Check<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let checks: Vec<(Value, Check)> = vec![
        (json!({ "memberId": dana }), Box::new(|entry| entry["actor"]["displayName"] == "Dana")),
        (json!({ "clinicianId": scene.dana.id }), Box::new(|entry| holds(entry, "clinician", &scene.dana.id))),
        (json!({ "clientId": scene.casey.id }), Box::new(|entry| holds(entry, "client", &scene.casey.id))),
        (json!({ "kinds": ["CLIENT_ACCESS_SET"] }), Box::new(access)),
        (
            json!({ "kinds": ["CLIENT_ACCESS_SET", "CARE_STARTED"] }),
            Box::new(|entry| access(entry) || entry["kind"] == "CARE_STARTED"),
        ),
        (json!({ "kinds": [] }), Box::new(|_| false)),
        (json!({ "from": "2027-01-05T00:00:00Z" }), Box::new(|entry| text(&entry["at"]).as_str() >= "2027-01-05")),
        (
            json!({ "to": "2027-01-05T09:00:00Z" }),
            Box::new(|entry| text(&entry["at"]).as_str() < "2027-01-05T09:00:00Z"),
        ),
        (
            json!({ "from": "2027-01-05T09:00:00Z", "to": "2027-01-06T09:00:00Z" }),
            Box::new(|entry| text(&entry["at"]).starts_with("2027-01-05")),
        ),
        (json!({ "from": "2027-02-01T00:00:00Z" }), Box::new(|_| false)),
        (json!({ "to": before.to_rfc3339(), "kinds": ["CARE_STARTED"] }), Box::new(|_| false)),
        (
            json!({ "clientId": scene.casey.id, "clinicianId": scene.dana.id, "memberId": dana, "kinds": ["CLIENT_ACCESS_SET"],
            "from": "2027-01-05T00:00:00Z", "to": "2027-01-06T00:00:00Z" }),
            Box::new(|entry| access(entry) && text(&entry["at"]).starts_with("2027-01-05")),
        ),
    ];
    for (filter, check) in checks {
        let expected: Vec<_> = all.iter().filter(|entry| check(entry)).cloned().collect();
        let found = admin.run(LOG, json!({ "first": 100, "filter": filter })).await["practice"]["auditLog"].take();
        assert_eq!(found["nodes"], json!(expected), "{filter}");
        assert_eq!(found["totalCount"], json!(expected.len()), "{filter}");
    }
    let wrong = json!({ "filter": { "clinicianId": scene.casey.id } });
    assert_eq!(admin.denied(LOG, wrong).await.0, "BAD_USER_INPUT");
    let swapped = json!({ "filter": { "from": "2027-01-06T00:00:00Z", "to": "2027-01-05T00:00:00Z" } });
    assert_eq!(admin.denied(LOG, swapped).await.0, "BAD_USER_INPUT");
}

async fn pages_show_every_entry_once_though_others_come_meanwhile() {
    let scene = Scene::set().await;
    let admin = &scene.practice.admin;
    for filter in
        [json!({}), json!({ "clinicianId": scene.dana.id }), json!({ "kinds": ["CARE_STARTED", "CLIENT_ACCESS_SET"] })]
    {
        let all: Vec<_> = log(admin, filter.clone()).await.iter().map(|entry| text(&entry["id"])).collect();
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let page =
                admin.run(LOG, json!({ "first": 2, "after": after, "filter": filter })).await["practice"]["auditLog"]
                    .take();
            seen.extend(page["nodes"].as_array().expect("nodes").iter().map(|entry| text(&entry["id"])));
            admin.done("setPracticeSelfScheduling", "__typename", json!({ "enabled": true })).await;
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen, all, "{filter}");
    }
}

async fn the_trail_of_another_practice_is_out_of_reach() {
    let scene = Scene::set().await;
    let elsewhere = scene.practice.admin_elsewhere().await;
    let own = log(&elsewhere, json!({})).await;
    assert_eq!(own.iter().map(|entry| text(&entry["kind"])).collect::<Vec<_>>(), ["PRACTICE_CREATED"]);
    for filter in [json!({ "clinicianId": scene.dana.id }), json!({ "clientId": scene.casey.id })] {
        assert_eq!(log(&elsewhere, filter).await, Vec::<Value>::new());
    }
    let cursor = log(&scene.practice.admin, json!({})).await[0]["id"].clone();
    assert_eq!(elsewhere.denied(LOG, json!({ "after": cursor })).await.0, "BAD_USER_INPUT");
}

async fn only_admins_read_the_trail() {
    let scene = Scene::set().await;
    for reader in [&scene.dana, &scene.casey] {
        let (_, answer) = reader.send(LOG, json!({})).await;
        assert_eq!(answer["data"]["practice"]["auditLog"], Value::Null);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let as_of = "{ practice { name settingsAsOf(at: \"2027-01-04T14:00:00Z\") { enabled } } }";
        let (_, answer) = reader.send(as_of, json!({})).await;
        assert_eq!(answer["data"]["practice"], json!({ "name": "Riverbend", "settingsAsOf": null }));
    }
}

async fn no_name_note_message_address_or_reason_stands_in_the_log() {
    let scene = Scene::set().await;
    scene.of_requests().await;
    for deed in scene.of_settings().iter().chain(&scene.of_people().await) {
        deed.by.done(deed.mutation, "__typename", deed.input.clone()).await;
    }
    let id = text(&scene.practice.admin.run("{ practice { id } }", json!({})).await["practice"]["id"]);
    let store = Store::open(scene.practice.database_url()).await.expect("a database");
    let practice = store.read(PracticeId::parse(&id).expect("an id"));
    let entries = practice.audit(&AuditFilter::default(), Stretch::ALL, 1_000).await.expect("it reads");
    assert!(entries.len() > 40, "{} entries", entries.len());
    assert!(entries.iter().any(|entry| entry.reason.as_deref() == Some("On leave")), "it is kept beside the log");
    let words = [
        "Dana",
        "Ida",
        "Casey",
        "Noor",
        "Blake",
        "Avery",
        "Riverbend",
        "@",
        "sleep",
        "Friday",
        "leave",
        "Group",
        "Therapy",
        "id.test",
    ];
    for mut entry in entries {
        entry.reason = None;
        let row = format!("{entry:?}");
        let found: Vec<_> = words.iter().filter(|word| row.contains(**word)).collect();
        assert_eq!(found, Vec::<&&str>::new(), "{row}");
    }
}

/// What the database itself holds, asked by other hands.
pub mod on_postgres {
    use super::*;
    use crate::engines::Postgres;

    async fn the_database_refuses_to_change_remove_or_empty_the_trail() {
        let scene = Scene::set().await;
        let lock = json!({ "clinicianIds": [scene.dana.id], "locked": true, "reason": "On leave" });
        scene.practice.admin.done("lockClinicianSelfScheduling", "__typename", lock).await;
        let before = log(&scene.practice.admin, json!({})).await;
        let url = scene.practice.database_url().to_string();
        let name = url.rsplit('/').next().expect("a name").to_owned();
        let server = Postgres::shared().expect("it was found");
        assert_ne!(server.query(&name, "SELECT count(*) FROM event_reasons"), "0");
        for table in ["events", "event_reasons"] {
            for sql in [
                format!("UPDATE {table} SET seq = seq"),
                format!("DELETE FROM {table}"),
                format!("TRUNCATE {table} CASCADE"),
            ] {
                let done = server.command("psql").args(["-X", "-d", &name, "-c", &sql]).output().expect("psql runs");
                let told = String::from_utf8_lossy(&done.stderr).into_owned();
                assert!(told.contains("events_append_only"), "{sql}: {told}");
            }
        }
        assert_eq!(log(&scene.practice.admin, json!({})).await, before);
    }

    crate::support::tests!(the_database_refuses_to_change_remove_or_empty_the_trail,);
}

crate::support::tests!(
    every_mutation_leaves_one_entry_that_says_who_did_what_and_what_it_was_before,
    a_change_of_many_leaves_an_entry_for_each_and_a_refused_one_or_a_dry_run_none,
    entries_are_found_by_member_client_clinician_kind_and_time_and_by_all_at_once,
    pages_show_every_entry_once_though_others_come_meanwhile,
    the_trail_of_another_practice_is_out_of_reach,
    only_admins_read_the_trail,
    no_name_note_message_address_or_reason_stands_in_the_log,
);
