//! Relay connections: bounded pages of lists.

use async_graphql::connection::PageInfo;
use async_graphql::{ComplexObject, SimpleObject};

use super::types::audit::AuditEntry;
use super::types::client::Client;
use super::types::client_read::ClientRead;
use super::types::client_view::ClinicianView;
use super::types::clinician::Clinician;
use super::types::impact::AccessChange;
use super::types::member::Member;
use super::types::request::AppointmentRequest;
use super::types::snapshot::ClinicianSnapshot;
use crate::domain::rejection::Rejection;

/// The longest page.
pub const PAGE_MAX: i32 = 100;
/// The page where no size is asked for.
pub const PAGE_DEFAULT: i32 = 50;

/// A page before it has the types of its list.
pub struct Page<T> {
    rows: Vec<(String, T)>,
    has_previous: bool,
    has_next: bool,
    total: i64,
}

macro_rules! connections {
    ($($what:literal $node:ident $connection:ident $edge:ident;)+) => {$(
        #[doc = concat!("One page of ", $what, ", in order.")]
        #[derive(SimpleObject)]
        #[graphql(complex)]
        pub struct $connection {
            /// The page's items, each with its cursor; at most 100.
            edges: Vec<$edge>,
            /// Whether there is more on either side, and the cursors to go on from.
            page_info: PageInfo,
            /// How many there are over all pages, 0 or more. Entries of the audit trail are counted up to 10,000: that
            /// number means as many or more.
            total_count: i64,
        }

        #[ComplexObject]
        impl $connection {
            /// The page's items without their cursors.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }
        }

        #[doc = concat!("One of ", $what, " in its place in the list.")]
        #[derive(SimpleObject)]
        pub struct $edge {
            /// The item's place: give it as `after` or `before` for the next page. Opaque, and good for this list only.
            cursor: String,
            /// The item.
            node: $node,
        }

        impl From<Page<$node>> for $connection {
            fn from(page: Page<$node>) -> Self {
                let mut page_info = PageInfo {
                    has_previous_page: page.has_previous,
                    has_next_page: page.has_next,
                    start_cursor: None,
                    end_cursor: None,
                };
                page_info.start_cursor = page.rows.first().map(|(cursor, _)| cursor.clone());
                page_info.end_cursor = page.rows.last().map(|(cursor, _)| cursor.clone());
                let edges = page.rows.into_iter().map(|(cursor, node)| $edge { cursor, node }).collect();
                Self { edges, page_info, total_count: page.total }
            }
        }
    )+};
}

connections! {
    "clinicians" Clinician ClinicianConnection ClinicianEdge;
    "clinicians in a client's view" ClinicianView ClinicianViewConnection ClinicianViewEdge;
    "members" Member MemberConnection MemberEdge;
    "clients" Client ClientConnection ClientEdge;
    "appointment requests" AppointmentRequest AppointmentRequestConnection AppointmentRequestEdge;
    "looks at clients' data" ClientRead ClientReadConnection ClientReadEdge;
    "entries of the audit trail" AuditEntry AuditEntryConnection AuditEntryEdge;
    "clinicians' settings as they were" ClinicianSnapshot ClinicianSnapshotConnection ClinicianSnapshotEdge;
    "changed pairs" AccessChange AccessChangeConnection AccessChangeEdge;
}

/// How many are wanted, from 1 to 100.
pub fn size(path: &str, first: Option<i32>) -> Result<usize, Rejection> {
    match first.unwrap_or(PAGE_DEFAULT) {
        wanted @ 1..=PAGE_MAX => Ok(usize::try_from(wanted).unwrap_or_default()),
        _ => Err(Rejection::invalid(path, format!("A page has 1 to {PAGE_MAX} items."))),
    }
}

/// The words for a page cursor that no page gave out.
pub fn wrong_cursor(path: &str) -> Rejection {
    Rejection::invalid(path, "This is not a cursor of this list. Give back one that a page of it answered.")
}

/// A page from rows of which one more than wanted was read, to know whether there is a next page.
pub fn from_rows<T>(mut rows: Vec<(String, T)>, wanted: usize, has_previous: bool, total: i64) -> Page<T> {
    let has_next = rows.len() > wanted;
    rows.truncate(wanted);
    Page { rows, has_previous, has_next, total }
}

/// Which part of a list in memory is wanted.
pub struct Window {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// A page of a list in memory, forward or backward.
pub fn from_list<K, T>(
    keys: Vec<K>,
    window: &Window,
    text: impl Fn(&K) -> String,
    node: impl Fn(K) -> T,
) -> Result<Page<T>, Rejection> {
    if window.first.is_some() && window.last.is_some() {
        return Err(Rejection::invalid("last", "Give `first` or `last`, not both."));
    }
    let count = keys.len();
    let place = |path: &str, cursor: &String| {
        keys.iter().position(|key| text(key) == *cursor).ok_or_else(|| wrong_cursor(path))
    };
    let mut start = window.after.as_ref().map_or(Ok(0), |cursor| place("after", cursor).map(|at| at + 1))?;
    let mut end = window.before.as_ref().map_or(Ok(count), |cursor| place("before", cursor))?;
    match window.last {
        Some(last) => start = start.max(end.saturating_sub(size("last", Some(last))?)),
        None => end = end.min(start + size("first", window.first)?),
    }
    let chosen = keys.into_iter().enumerate().filter(|(at, _)| (start..end).contains(at)).map(|(_, key)| key);
    Ok(Page {
        rows: chosen.map(|key| (text(&key), node(key))).collect(),
        has_previous: start > 0,
        has_next: end < count,
        total: i64::try_from(count).unwrap_or(i64::MAX),
    })
}
