//! Fresh readings after a run: all requests in the store, and the whole log replayed to a new subscriber.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::door::{Doors, Person};
use crate::history::{Stored, Told};
use crate::record::{Record, standing, text};
use crate::watcher::Watchers;

/// Every request of the practice, page by page.
pub async fn stored(doors: &Doors, admin: &Person) -> Vec<Stored> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let (data, _) = doors.run(&mut Chance::new(0), admin, REQUESTS, json!({ "after": after })).await;
        let page = &data["practice"]["appointmentRequests"];
        all.extend(page["nodes"].as_array().expect("nodes").iter().map(one));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn one(node: &Value) -> Stored {
    let seconds = |value: &Value| DateTime::parse_from_rfc3339(&text(value)).expect("an instant").timestamp();
    let appointment = &node["appointment"];
    let booked = appointment.is_object().then(|| (text(&appointment["id"]), text(&appointment["status"])));
    // An appointment holds its own time, and only that.
    let meeting = if booked.is_some() { appointment } else { node };
    Stored {
        standing: standing(node),
        clinician: text(&node["clinician"]["id"]),
        client: text(&node["client"]["id"]),
        from: seconds(&meeting["startsAt"]),
        until: seconds(&meeting["endsAt"]),
        appointment: booked,
    }
}

/// The log from a cursor to the last request, as a new subscriber is told it.
pub async fn replayed(doors: &Doors, record: &Arc<Record>, admin: &Person, after: &str, last: &str) -> Vec<Told> {
    let watchers = Watchers::begin(std::slice::from_ref(admin), doors, record, after, &mut Chance::new(0));
    let received = watchers.end(&[(admin.clone(), last.to_owned())], record).await;
    received.into_iter().flat_map(|(_, events)| events).collect()
}

const REQUESTS: &str = "query($after: String) { practice { appointmentRequests(first: 100, after: $after) {
    nodes { id status version startsAt endsAt clinician { id } client { id }
        appointment { id status startsAt endsAt } } pageInfo { hasNextPage endCursor } } } }";
