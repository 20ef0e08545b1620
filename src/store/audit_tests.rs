//! The trail in SQLite: no hand can change it, and no question reads all of it.

use chrono::{DateTime, Utc};
use sea_orm::Value;

use super::super::{DatabaseUrl, Store};
use super::{AuditFilter, COLUMNS, Stretch};
use crate::domain::events::{Event, EventKind};
use crate::domain::ids::{ClientId, ClinicianId, MemberId, PracticeId};
use crate::domain::time::parse_zone;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("an instant")
}

/// A practice with one entry, which has a reason.
async fn store_with_an_entry(folder: &tempfile::TempDir) -> (Store, PracticeId) {
    let store = Store::open(&DatabaseUrl::Sqlite(folder.path().join("test.db"))).await.expect("a database");
    let practice = PracticeId::generate();
    let zone = parse_zone("America/New_York").expect("a zone");
    let mut write = store.begin_practice(practice, "Riverbend", zone, now()).await.expect("a practice");
    write.append(&Event::new(EventKind::ClinicianLocked, None).reason(Some("On leave".to_owned())), now());
    write.commit().await.expect("it holds");
    (store, practice)
}

#[tokio::test]
async fn no_statement_changes_removes_or_replaces_an_entry_or_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, practice) = store_with_an_entry(&folder).await;
    let before = store.read(practice).audit(&AuditFilter::default(), Stretch::ALL, 10).await.expect("it reads");
    assert_eq!((before.len(), before[0].reason.as_deref()), (1, Some("On leave")));
    for sql in [
        "UPDATE events SET kind = 'CLINICIAN_UNLOCKED' WHERE practice_id = $1",
        "UPDATE OR REPLACE events SET kind = 'CLINICIAN_UNLOCKED' WHERE practice_id = $1",
        "DELETE FROM events WHERE practice_id = $1",
        "INSERT OR REPLACE INTO events SELECT practice_id, seq, 'CLINICIAN_UNLOCKED', occurred_at, actor_member_id, clinician_id, \
         client_id, appointment_request_id, appointment_id, details FROM events WHERE practice_id = $1",
        "UPDATE event_reasons SET reason = 'Another' WHERE practice_id = $1",
        "DELETE FROM event_reasons WHERE practice_id = $1",
        "INSERT OR REPLACE INTO event_reasons SELECT practice_id, seq, 'Another' FROM event_reasons WHERE practice_id = $1",
    ] {
        let write = store.write(practice).await.expect("the lock");
        let refused = write.scope().query(sql, vec![]).await.map(|_| ());
        write.roll_back().await.expect("it is taken back");
        let told = refused.expect_err(sql).to_string();
        assert!(told.contains("events_append_only"), "{sql}: {told}");
    }
    let after = store.read(practice).audit(&AuditFilter::default(), Stretch::ALL, 10).await.expect("it reads");
    assert_eq!(after, before);
}

#[tokio::test]
async fn each_question_follows_an_index_and_sorts_no_more_than_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, practice) = store_with_an_entry(&folder).await;
    let kinds = Some(vec![EventKind::ClientAccessSet, EventKind::CareStarted]);
    let (client, clinician) = (Some(ClientId::generate()), Some(ClinicianId::generate()));
    let actor = Some(MemberId::generate());
    let all = AuditFilter::default;
    let questions = [
        (all(), "sqlite_autoindex_events_1"),
        (AuditFilter { actor, ..all() }, "ix_events_by_actor"),
        (AuditFilter { client, ..all() }, "ix_events_by_client"),
        (AuditFilter { clinician, ..all() }, "ix_events_by_clinician"),
        (AuditFilter { kinds: kinds.clone(), ..all() }, "ix_events_by_kind"),
        (AuditFilter { kinds: kinds.clone(), actor, ..all() }, "ix_events_by_actor"),
        (AuditFilter { kinds, client, from: Some(now()), to: Some(now()), ..all() }, "ix_events_by_client"),
        (AuditFilter { from: Some(now()), to: Some(now()), ..all() }, "sqlite_autoindex_events_1"),
    ];
    for (filter, index) in questions {
        let (sql, values) = store.read(practice).entries(COLUMNS, &filter, Stretch::ALL, 101);
        let plan = plan(&store, practice, &sql, values).await;
        let searched: Vec<_> = plan.iter().filter(|step| step.contains("SEARCH") || step.contains("SCAN")).collect();
        let on_events: Vec<_> = searched.iter().filter(|step| step.contains("events")).collect();
        assert!(!on_events.is_empty() && on_events.iter().all(|step| step.contains(index)), "{filter:?}: {plan:?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{filter:?}: {plan:?}");
    }
}

async fn plan(store: &Store, practice: PracticeId, sql: &str, values: Vec<Value>) -> Vec<String> {
    let rows = store.read(practice).query(&format!("EXPLAIN QUERY PLAN {sql}"), values).await.expect("a plan");
    rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect()
}
