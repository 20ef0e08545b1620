//! What clients see for themselves, asked as each of them: whom they can book, and the starts that they are offered. Nothing
//! of it is taken from an impact.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{Mixed, Person, text};

/// How far ahead starts are looked at, in days: as far as the first slots of an impact.
const DAYS: i64 = 14;

/// A clinician, a service of theirs, and a start.
pub type Start = (String, String, String);

/// What all clients see together, and what staff see of the clinicians.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Clinician and client, where the client can book the clinician.
    pub pairs: BTreeSet<(String, String)>,
    /// Every start that some client is offered, as it is shown.
    pub starts: BTreeMap<Start, Value>,
    /// The clinicians who are told to be bookable.
    pub bookable: BTreeSet<String>,
    /// The clinicians who have not left.
    pub active: BTreeSet<String>,
    /// Where the settings and the log stand.
    pub at: (String, Value),
}

/// Where the settings and the log stand, and the clinicians.
const PRACTICE: &str = "{ practice { selfScheduling { revision } auditLog(first: 1) { totalCount }
    clinicians(first: 100) { nodes { id active selfScheduling { bookable } } } } }";

impl Seen {
    /// Asks everybody.
    pub async fn by_all(mixed: &Mixed) -> Self {
        let mut seen = Self::by_staff(mixed).await;
        for client in &mixed.clients {
            seen.add(mixed, client).await;
        }
        seen
    }

    /// Asks an admin: nothing of what clients see.
    async fn by_staff(mixed: &Mixed) -> Self {
        let mut seen = Self::default();
        let told = mixed.practice.admin.run(PRACTICE, json!({})).await;
        let practice = &told["practice"];
        seen.at = (text(&practice["selfScheduling"]["revision"]), practice["auditLog"]["totalCount"].clone());
        for clinician in practice["clinicians"]["nodes"].as_array().expect("clinicians") {
            if clinician["active"] == true {
                seen.active.insert(text(&clinician["id"]));
            }
            if clinician["selfScheduling"]["bookable"] == true {
                seen.bookable.insert(text(&clinician["id"]));
            }
        }
        seen
    }

    /// True where the settings and the log stand where they stood.
    pub async fn is_where_it_was(&self, mixed: &Mixed) -> bool {
        let now = Self::by_staff(mixed).await;
        (&now.at, &now.bookable, &now.active) == (&self.at, &self.bookable, &self.active)
    }

    /// What one client sees; nothing, once they have left.
    async fn add(&mut self, mixed: &Mixed, client: &Person) {
        let now = mixed.practice.clock.now();
        let range = json!({ "from": now.to_rfc3339(), "to": (now + Duration::days(DAYS)).to_rfc3339() });
        let (_, answer) = client.send(&document(mixed), range).await;
        if answer["errors"].is_array() {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
            return;
        }
        for (place, clinician) in mixed.clinicians.iter().enumerate() {
            let shown = &answer["data"][format!("c{place}")];
            let mut can_book = false;
            for (number, service) in mixed.services.iter().enumerate() {
                let list = &shown[format!("s{number}")];
                // That one more request may wait is no matter of access.
                let closed = list["closedGates"].as_array().expect("gates");
                can_book |= closed.iter().all(|gate| gate["gate"] == "BOOKING_RULES");
                assert_eq!(list["hasMore"], false, "the list is whole");
                for slot in list["slots"].as_array().expect("slots") {
                    let start = (clinician.id.clone(), service.clone(), text(&slot["startsAt"]));
                    self.starts.insert(start, slot.clone());
                }
            }
            let told = (&shown["selfScheduling"]["bookable"], &answer["data"][format!("a{place}")]["allowed"]);
            assert_eq!(told, (&json!(can_book), &json!(can_book)), "a client is told one thing: {answer}");
            if can_book {
                self.pairs.insert((clinician.id.clone(), client.id.clone()));
            }
        }
    }
}

/// Everything that a client can ask of every clinician, at once.
fn document(mixed: &Mixed) -> String {
    let of_clinician = |(place, clinician): (usize, &Person)| {
        let list = |(number, service): (usize, &String)| {
            format!(
                "s{number}: availableSlots(serviceId: \"{service}\", from: $from, to: $to) {{ closedGates {{ gate }}
                    hasMore slots {{ startsAt endsAt localStart timeZone modality }} }}"
            )
        };
        let lists: String = mixed.services.iter().enumerate().map(list).collect();
        let id = &clinician.id;
        format!(
            "c{place}: clinician(id: \"{id}\") {{ selfScheduling {{ bookable }} {lists} }}
             a{place}: selfSchedulingAccess(clinicianId: \"{id}\") {{ allowed }}"
        )
    };
    let all: String = mixed.clinicians.iter().enumerate().map(of_clinician).collect();
    format!("query($from: DateTime!, $to: DateTime!) {{ {all} }}")
}
