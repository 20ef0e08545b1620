//! Both sides of a settings change, kept so that more can be asked of them than is compared at once: who becomes bookable,
//! and which starts open.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::gates;
use super::ids::{ClientId, ClinicianId};
use super::impact::Impact;
use super::rollout::Moment;
use super::settings::{Clinician, PracticeSettings, Service};
use super::standings::{Pair, Standings};

/// Settings, and what is on record of the pairs that the change can touch.
#[derive(Clone)]
pub struct Side {
    pub settings: Arc<PracticeSettings>,
    pub standings: Arc<Standings>,
}

/// Before and after a change, and when they are compared.
#[derive(Clone)]
pub struct Sides {
    pub before: Side,
    pub after: Side,
    pub moment: Moment,
}

impl Sides {
    /// The clinicians who can be booked by a client with access after the change, and could not before; by name.
    pub fn becoming_bookable(&self) -> Vec<ClinicianId> {
        bookable_in(&self.after.settings, &self.before.settings, self.moment)
    }

    /// The clinicians who could be booked by a client with access before the change, and cannot after; by name.
    pub fn ceasing_bookable(&self) -> Vec<ClinicianId> {
        bookable_in(&self.before.settings, &self.after.settings, self.moment)
    }

    /// The clinicians at whom starts can open, by name: those with new clients, and those who can be booked and whose time
    /// is offered by other settings than before.
    pub fn clinicians_opening(&self, gaining: &[Pair]) -> Vec<ClinicianId> {
        let gaining: BTreeSet<_> = Impact::clinicians(gaining).into_iter().collect();
        let (before, after) = (&self.before.settings, &self.after.settings);
        let opens = |clinician: &&Clinician| {
            gaining.contains(&clinician.id)
                || gates::is_bookable(after, clinician, self.moment) && is_offered_otherwise(before, after, clinician)
        };
        by_name(after.clinicians.values().filter(opens))
    }

    /// The clients who may book a clinician on one of the sides. `today` is what is on record of this clinician's clients
    /// now: what the change cannot touch is the same on both.
    pub fn clients_of(&self, clinician: ClinicianId, side: &Side, today: &Standings) -> Vec<ClientId> {
        let Some(of) = side.settings.clinicians.get(&clinician) else { return Vec::new() };
        let is_touched = |client: ClientId| {
            [&self.before, &self.after].iter().any(|side| side.standings.facts((clinician, client)).is_some())
        };
        let others = today.of_clinician(clinician).filter(|(client, _)| !is_touched(*client));
        let known = side.standings.of_clinician(clinician).chain(others);
        let may = known.filter(|(_, facts)| gates::is_open_to(of, facts, self.moment.today));
        may.map(|(client, _)| client).collect()
    }
}

/// Those who can be booked under these settings, and not under the others.
fn bookable_in(these: &PracticeSettings, those: &PracticeSettings, moment: Moment) -> Vec<ClinicianId> {
    let is_bookable_there = |id: &ClinicianId| {
        those.clinicians.get(id).is_some_and(|clinician| gates::is_bookable(those, clinician, moment))
    };
    let only_here =
        |clinician: &&Clinician| gates::is_bookable(these, clinician, moment) && !is_bookable_there(&clinician.id);
    by_name(these.clinicians.values().filter(only_here))
}

/// True where hours, services or the rules that bind differ.
fn is_offered_otherwise(before: &PracticeSettings, after: &PracticeSettings, clinician: &Clinician) -> bool {
    let Some(old) = before.clinicians.get(&clinician.id) else { return true };
    let offered = |service: &Service| {
        let was = before.offered_services(old).find(|was| was.id == service.id);
        was.is_none_or(|was| {
            (was.duration, was.modality) != (service.duration, service.modality)
                || before.rules_for(old, was) != after.rules_for(clinician, service)
        })
    };
    old.zone != clinician.zone || old.hours != clinician.hours || after.offered_services(clinician).any(offered)
}

fn by_name<'a>(clinicians: impl Iterator<Item = &'a Clinician>) -> Vec<ClinicianId> {
    let mut found: Vec<_> = clinicians.map(|one| (&one.display_name, one.id)).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id).collect()
}
