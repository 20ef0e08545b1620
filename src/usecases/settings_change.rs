//! How every settings change is made: under the write lock, against the revision the caller saw, with its impact
//! computed from the facts before and after. A dry run is the same change, taken back instead of committed; so is one against
//! another revision, which is refused then.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use super::rights::require_still;
use super::{Desk, Refusal};
use crate::domain::events::Event;
use crate::domain::ids::{ClinicianId, MemberId};
use crate::domain::impact::{self, Impact, Moved, Picture};
use crate::domain::opening::{Side, Sides};
use crate::domain::rejection::{Code, Rejection};
use crate::domain::rollout::{self, Moment};
use crate::domain::settings::{Clinician, Decision, PracticeSettings};
use crate::domain::standings::Standings;
use crate::domain::time::{self, Instant};
use crate::domain::viewer::Viewer;
use crate::store::{Pairs, Scope, StoreError, Write};

use super::Denied;

/// How a change is to be made.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Show the impact, save nothing.
    pub dry_run: bool,
    /// Only if the settings still are at this revision.
    pub expected_revision: Option<String>,
}

/// A change that was made, or shown.
#[derive(Clone)]
pub struct Changed {
    pub dry_run: bool,
    /// The settings after the change; on a dry run as they would be.
    pub settings: Arc<PracticeSettings>,
    pub impact: Impact,
    /// What to give back as `expected_revision`: the revision that holds now.
    pub revision: i64,
    /// What was compared, for what is worked out only where it is asked for.
    pub sides: Sides,
}

/// Without names and reasons: a refusal is logged, and may carry one.
impl fmt::Debug for Changed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Changed").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// A settings change between its first and its last statement.
pub(super) struct Draft {
    pub write: Write,
    /// The settings before the change.
    pub before: Arc<PracticeSettings>,
    standings: Standings,
    pairs: Pairs,
    dry_run: bool,
    /// Why it is refused once it has shown what it would do: the caller saw other settings.
    stale: Option<Rejection>,
    viewer: Viewer,
    pub now: Instant,
    pub today: NaiveDate,
    events: Vec<Event>,
}

impl Desk {
    /// Begins a change that can touch these pairs. Where the settings are not where the caller saw them, it goes on as a dry
    /// run, and `finish` refuses it with what it would do now.
    pub(super) async fn draft(&self, viewer: &Viewer, change: &Change, pairs: Pairs) -> Result<Draft, Refusal> {
        let mut draft = self.draft_of_retry(viewer, change, pairs).await?;
        draft.check_revision(change);
        Ok(draft)
    }

    /// Begins a change that may be a retry. One that is none checks the revision itself: a retry finds its first answer
    /// though that moved the revision.
    pub(super) async fn draft_of_retry(
        &self,
        viewer: &Viewer,
        change: &Change,
        pairs: Pairs,
    ) -> Result<Draft, Refusal> {
        let mut write = self.store.write(viewer.practice_id).await?;
        require_still(viewer, &write).await?;
        let before = write.settings().await?;
        let now = self.clock.now();
        let today = time::local_date(before.zone, now);
        let standings = write.scope().standings(&pairs, today).await?;
        write.move_revision().await?;
        let (dry_run, viewer) = (change.dry_run, viewer.clone());
        let (stale, events) = (None, Vec::new());
        Ok(Draft { write, before, standings, pairs, dry_run, stale, viewer, now, today, events })
    }

    /// Compares before with after, then commits or, on a dry run, takes everything back.
    pub(super) async fn finish(&self, mut draft: Draft) -> Result<Changed, Refusal> {
        draft.forget_what_changes_nothing();
        let scope = draft.write.scope();
        let settings = Arc::new(scope.load_settings().await?);
        let after = match draft.events.iter().all(|event| event.kind.leaves_standings()) {
            true => None,
            false => Some(scope.standings(&draft.pairs, draft.today).await?),
        };
        let judged = Moment::in_zone(settings.zone, rollout::judged_at(&draft.before, &settings, draft.now));
        if judged.today != draft.today {
            // A start moves no standing: those of its day count on both sides.
            draft.standings = scope.standings(&draft.pairs, judged.today).await?;
        }
        let standings = Arc::new(std::mem::take(&mut draft.standings));
        let after = after.map_or_else(|| standings.clone(), Arc::new);
        let sides = Sides {
            before: Side { settings: draft.before.clone(), standings },
            after: Side { settings: settings.clone(), standings: after },
            moment: judged,
        };
        let before = Picture { settings: &sides.before.settings, standings: &sides.before.standings };
        let after = Picture { settings: &sides.after.settings, standings: &sides.after.standings };
        let moved = Moved::between(&before, &after, judged);
        let changed_hours = impact::clinicians_with_other_hours(&draft.before, &settings);
        let asked = [moved.clinicians_losing(), changed_hours.clone()].concat();
        let pending = match asked.is_empty() {
            true => Vec::new(),
            false => scope.pending_requests(Some(&asked), draft.now).await?,
        };
        let booked = scope.booked_from(&changed_hours, draft.now).await?;
        let mut touched: BTreeSet<_> = &before.standings.clinicians() | &after.standings.clinicians();
        // Those who have no clients yet are warned of too.
        touched.extend(draft.pairs.clinicians(&settings));
        let mut impact = moved.impact(&draft.before, &settings, &touched, &pending, &booked);
        impact.warnings.extend(rollout::warnings(&draft.before, &settings, &touched, draft.now));
        self.note_open(&draft.viewer, &[], &impact.outside_hours);
        let practice = settings.practice_id;
        // A retry that found its first answer, and a change that changes nothing, tell of nothing new: the revision stays
        // where it is.
        if draft.dry_run || draft.events.is_empty() {
            let revision = draft.before.revision;
            draft.write.roll_back().await?;
            let settings = if draft.events.is_empty() { draft.before } else { settings };
            let shown = Changed { dry_run: draft.dry_run, settings, impact, revision, sides };
            return match draft.stale {
                Some(rejection) => Err(Refusal::Stale(rejection, Box::new(shown))),
                None => Ok(shown),
            };
        }
        for event in &draft.events {
            draft.write.append(event, draft.now);
        }
        self.commit(practice, draft.write).await?;
        self.store.keep(settings.clone());
        let revision = settings.revision;
        Ok(Changed { dry_run: false, settings, impact, revision, sides })
    }
}

impl Draft {
    /// The practice, inside the change.
    pub fn scope(&self) -> Scope<'_> {
        self.write.scope()
    }

    /// Takes everything back; answers the settings as they are. What was read of other writes is durable by then, so that
    /// it may be told.
    pub async fn take_back(self) -> Result<Arc<PracticeSettings>, StoreError> {
        self.write.roll_back().await?;
        Ok(self.before)
    }

    /// Where the settings are not at the revision that the caller saw, nothing is saved from here on.
    pub fn check_revision(&mut self, change: &Change) {
        let revision = self.before.revision;
        if change.expected_revision.as_ref().is_some_and(|expected| *expected != revision.to_string()) {
            (self.dry_run, self.stale) = (true, Some(stale(revision)));
        }
    }

    /// Who decides, and when.
    pub fn decision(&self) -> Decision {
        Decision { by: Some(self.viewer.member_id), at: self.now }
    }

    /// The member who makes the change.
    pub fn actor(&self) -> MemberId {
        self.viewer.member_id
    }

    /// Adds a fact, appended when the change is made.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Where no field moves and nothing new is said of why, there is nothing to tell and nothing to save.
    fn forget_what_changes_nothing(&mut self) {
        let held = |id| self.before.clinicians.get(&id).and_then(|clinician| clinician.lock.as_ref());
        let is_new = |event: &Event| {
            // A hold on a hold moves no field: its reason is what it changes.
            let why = event.clinician_id.and_then(held).map(|lock| &lock.reason);
            let says_why = event.reason.is_some() && event.reason.as_ref() != why;
            says_why || event.changes.iter().any(|change| change.before != change.after)
        };
        if !self.events.iter().any(is_new) {
            self.events.clear();
        }
    }

    /// The clinician, or the words that there is none.
    pub fn clinician(&self, id: ClinicianId) -> Result<&Clinician, Denied> {
        self.before.clinicians.get(&id).ok_or_else(|| Denied::not_found_at("clinician", "input.clinicianId"))
    }
}

fn stale(revision: i64) -> Rejection {
    Rejection::of_field(
        Code::StaleRevision,
        "input.expectedRevision",
        format!(
            "The practice's settings have changed since: they are at revision {revision} now. The impact beside this is \
             what the change would do now; give back its revision to apply exactly that."
        ),
    )
}
