//! Writes in a crowd: each holds or not on its own, and the log has no hole.

use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use super::super::{DatabaseUrl, Store, StoreError};
use crate::domain::events::{Event, EventFilter, EventKind};
use crate::domain::ids::PracticeId;
use crate::domain::time::parse_zone;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("an instant")
}

async fn store_with_a_practice(folder: &tempfile::TempDir) -> (Store, PracticeId) {
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
    let store = Store::open(&url).await.expect("a database");
    let practice = PracticeId::generate();
    let zone = parse_zone("America/New_York").expect("a zone");
    let write = store.begin_practice(practice, "Riverbend", zone, now()).await.expect("a practice");
    write.commit().await.expect("it holds");
    (store, practice)
}

/// One write of one event, which then holds, is taken back, or is left lying.
async fn write(store: &Store, practice: PracticeId, end: usize) -> Result<Option<i64>, StoreError> {
    let mut write = store.write(practice).await?;
    write.append(&Event::new(EventKind::PracticePolicyUpdated, None), now());
    write.flush().await?;
    match end {
        0 => write.commit().await,
        1 => write.roll_back().await.map(|()| None),
        _ => Ok(None),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_crowd_of_writes_exactly_those_that_were_committed_hold_and_are_numbered_without_a_hole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, practice) = store_with_a_practice(&folder).await;
    let crowd = (0..90).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { write(&store, practice, number % 3).await })
    });
    let done = join_all(crowd).await;
    let mut numbers: Vec<_> = done.into_iter().filter_map(|one| one.expect("no panic").expect("no error")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=30).collect::<Vec<_>>());
    let events = store.read(practice).events(&EventFilter::default(), 0, 100).await.expect("it reads");
    assert_eq!(events.iter().map(|(event, _)| event.seq).collect::<Vec<_>>(), numbers);
    assert_eq!(store.read(practice).counters().await.expect("it reads").last_event, 30);
}

#[tokio::test]
async fn a_write_that_shares_a_transaction_is_seen_by_nobody_before_the_commit_and_undone_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, practice) = store_with_a_practice(&folder).await;
    let mut first = store.write(practice).await.expect("a turn");
    first.append(&Event::new(EventKind::PracticePolicyUpdated, None), now());
    // The second is in the queue before the first is done, so that they share a transaction.
    let second = store.write(practice);
    tokio::pin!(second);
    assert!(futures_util::poll!(&mut second).is_pending());
    let first = tokio::spawn(first.commit());
    let mut second = second.await.expect("a turn");
    second.append(&Event::new(EventKind::PracticePolicyUpdated, None), now());
    second.flush().await.expect("it writes");
    assert_eq!(store.read(practice).counters().await.expect("it reads").last_event, 0);
    assert!(!first.is_finished(), "acknowledged before the commit");
    second.roll_back().await.expect("undone");
    let read = store.read(practice).counters().await.expect("it reads");
    assert_eq!(read.last_event, 1, "what the second read of the first holds once it may tell of it");
    assert_eq!(first.await.expect("no panic").expect("it holds"), Some(1));
    let events = store.read(practice).events(&EventFilter::default(), 0, 100).await.expect("it reads");
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn what_a_dropped_write_read_of_others_is_durable_once_the_store_has_settled() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, practice) = store_with_a_practice(&folder).await;
    let mut first = store.write(practice).await.expect("a turn");
    first.append(&Event::new(EventKind::PracticePolicyUpdated, None), now());
    let second = store.write(practice);
    tokio::pin!(second);
    assert!(futures_util::poll!(&mut second).is_pending());
    let first = tokio::spawn(first.commit());
    drop(second.await.expect("a turn"));
    store.settle().await.expect("it settles");
    assert_eq!(store.read(practice).counters().await.expect("it reads").last_event, 1);
    assert_eq!(first.await.expect("no panic").expect("it holds"), Some(1));
}
