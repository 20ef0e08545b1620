//! Which claims reach into a range. Years of claims lie in the past, and indexes find them by when they begin; so each
//! condition here says not only that a claim overlaps the range, but since when it may have begun.
//!
//! The conditions are for a query of `claims h` that binds the practice as `$1`.

use super::Scope;

/// A meeting holds 48 hours at most: the longest service, with both of the longest buffers. Blocked time has no such
/// bound, and an index of its own, by its end.
pub(super) const MEETING_MAX_MILLIS: i64 = 48 * 60 * 60 * 1_000;

/// One clinician's claims that reach into a range; all are parameters.
pub(super) fn of_clinician(clinician: &str, from: &str, until: &str) -> String {
    of_one(["clinician_id", "held_from_at", "held_until_at"], clinician, from, until)
}

/// The claims whose meetings reach into a range, of one client.
pub(super) fn of_client(client: &str, from: &str, until: &str) -> String {
    of_one(["client_id", "starts_at", "ends_at"], client, from, until)
}

/// Claims of one never overlap, to which the database sees: so of those that begin before the range only the last can
/// reach into it.
fn of_one([whose, begins, ends]: [&str; 3], id: &str, from: &str, until: &str) -> String {
    let last = format!(
        "SELECT MAX(l.{begins}) FROM claims l WHERE l.practice_id = $1 AND l.{whose} = {id} AND l.{begins} <= {from}"
    );
    format!(
        "h.{whose} = {id} AND h.{begins} >= COALESCE(({last}), {from}) AND h.{begins} < {until} AND h.{ends} > {from}"
    )
}

/// The meetings that reach into a range, of many clinicians; `since` is the range's start less `MEETING_MAX_MILLIS`. With
/// `Scope::blocks_of_many` they are all that holds time.
pub(super) fn meetings_of_many(since: &str, from: &str, until: &str) -> String {
    format!(
        "h.kind <> 'BLOCKED_TIME' AND h.held_from_at >= {since} AND h.held_from_at < {until} AND h.held_until_at > {from}"
    )
}

/// The same of many clients.
pub(super) fn meetings_of_clients(since: &str, from: &str, until: &str) -> String {
    format!("h.starts_at >= {since} AND h.starts_at < {until} AND h.ends_at > {from}")
}

impl Scope<'_> {
    /// From where the blocked time of many clinicians is read, and what of it reaches into a range.
    pub(super) fn blocks_of_many(&self, from: &str, until: &str) -> (String, String) {
        let condition = format!("h.kind = 'BLOCKED_TIME' AND h.held_from_at < {until} AND h.held_until_at > {from}");
        (format!("claims h{}", self.following("ix_claims_blocked_time")), condition)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DatabaseUrl, Store};
    use super::*;
    use crate::domain::ids::PracticeId;
    use crate::domain::rules::Rule;

    /// Years of claims lie before the range: SQLite must begin where the condition does, and end where it ends.
    #[tokio::test]
    async fn what_is_held_is_found_from_where_it_can_matter_and_not_from_the_beginning_of_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
        let store = Store::open(&url).await.expect("a database");
        let scope = store.read(PracticeId::generate());
        let of_one = |condition: &str| format!("SELECT h.id FROM claims h WHERE h.practice_id = $1 AND {condition}");
        let (blocks, are_held) = scope.blocks_of_many("$3", "$4");
        let questions = [
            (of_one(&of_clinician("$2", "$3", "$4")), "ix_claims_by_clinician", "held_from_at>? AND held_from_at<?"),
            (of_one(&of_client("$2", "$3", "$4")), "ix_claims_by_client", "starts_at>? AND starts_at<?"),
            (
                of_one(&format!("h.clinician_id = $2 AND {}", meetings_of_many("$5", "$3", "$4"))),
                "ix_claims_by_clinician",
                "held_from_at>? AND held_from_at<?",
            ),
            (
                format!("SELECT h.id FROM {blocks} WHERE h.practice_id = $1 AND {are_held}"),
                "ix_claims_blocked_time",
                "held_until_at>?",
            ),
        ];
        // Both at once, as one question for one statement.
        let both = format!("SELECT {}", scope.held_text("$2", Some("$5"), ("$3", "$4")));
        let of_client = questions[1].clone();
        let questions = questions.into_iter().chain([
            (both.clone(), "ix_claims_by_clinician", "held_from_at>? AND held_from_at<?"),
            (both, of_client.1, of_client.2),
        ]);
        for (sql, index, bounds) in questions {
            let nothing = || vec![0_i64.into(), 0_i64.into(), 0_i64.into(), 0_i64.into()];
            let rows = scope.query(&format!("EXPLAIN QUERY PLAN {sql}"), nothing()).await.expect("a plan");
            let plan: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect();
            let searched = |step: &&String| step.contains("SEARCH h ") && step.contains(index) && step.contains(bounds);
            assert!(plan.iter().any(|step| searched(&step)), "{sql}: {plan:?}");
            assert!(!plan.iter().any(|step| step.contains("SCAN h")), "{sql}: {plan:?}");
        }
    }

    #[test]
    fn no_meeting_that_the_rules_allow_holds_longer_than_is_looked_back() {
        let longest_service = 24 * 60;
        let minutes = longest_service + Rule::BufferBefore.bounds().1 + Rule::BufferAfter.bounds().1;
        assert_eq!(MEETING_MAX_MILLIS, i64::from(minutes) * 60_000);
    }
}
