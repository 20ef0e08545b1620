//! What is still missing before a client sees a slot, computed from the settings as they stand.

use chrono::NaiveDate;

use super::gates::{self, Verdict};
use super::settings::{Clinician, Control, PracticeSettings};
use super::spelled;
use super::viewer::Role;

spelled! {
    /// One step from "nothing is open" to "a client sees a slot".
    pub enum Step {
        PracticeSwitchOn = "PRACTICE_SWITCH_ON",
        ServiceExists = "SERVICE_EXISTS",
        ClinicianOptedIn = "CLINICIAN_OPTED_IN",
        NotLocked = "NOT_LOCKED",
        ServicesOffered = "SERVICES_OFFERED",
        HoursOpened = "HOURS_OPENED",
    }
}

/// A step, whether it is done, and who can do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChecklistItem {
    pub step: Step,
    pub done: bool,
    pub can_be_done_by: &'static [Role],
}

const ADMIN: &[Role] = &[Role::Admin];
const EITHER: &[Role] = &[Role::Admin, Role::Clinician];

impl ChecklistItem {
    fn new(step: Step, done: bool, can_be_done_by: &'static [Role]) -> Self {
        Self { step, done, can_be_done_by }
    }

    /// The step in words, with the mutation that does it.
    pub fn description(&self) -> &'static str {
        match self.step {
            Step::PracticeSwitchOn => {
                "Turn the practice switch on: setPracticeSelfScheduling. It opens nothing by itself."
            }
            Step::ServiceExists => "Have at least one service: createService.",
            Step::ClinicianOptedIn => "Opt in, and choose which clients: setClinicianSelfScheduling.",
            Step::NotLocked => "Have no admin's hold: lockClinicianSelfScheduling with locked: false.",
            Step::ServicesOffered => "Choose the services to offer: setOfferedServices.",
            Step::HoursOpened => "Open weekly hours, or hours of single dates: setWeeklyHours, setDateException.",
        }
    }
}

fn opt_in_roles(settings: &PracticeSettings) -> &'static [Role] {
    if settings.clinician_opt_in == Control::AdminOnly { ADMIN } else { EITHER }
}

/// The practice's steps; those of clinicians are done when one active clinician has done them. A step is done where the
/// gate that it opens is: the gates judge, nothing here does.
pub fn of_practice(settings: &PracticeSettings, today: NaiveDate) -> Vec<ChecklistItem> {
    let any =
        |gate: &dyn Fn(&Clinician) -> Verdict| settings.clinicians.values().any(|c| c.active && gate(c).is_open());
    vec![
        ChecklistItem::new(Step::PracticeSwitchOn, gates::practice_switch(settings).is_open(), ADMIN),
        ChecklistItem::new(Step::ServiceExists, settings.services.values().any(|service| service.active), ADMIN),
        ChecklistItem::new(Step::ClinicianOptedIn, any(&gates::clinician_opt_in), opt_in_roles(settings)),
        ChecklistItem::new(Step::ServicesOffered, any(&|c| gates::service_offered(settings, c, None)), EITHER),
        ChecklistItem::new(Step::HoursOpened, any(&|c| gates::hours_open(settings, c, None, today)), EITHER),
    ]
}

/// One clinician's steps.
pub fn of_clinician(settings: &PracticeSettings, clinician: &Clinician, today: NaiveDate) -> Vec<ChecklistItem> {
    let item = |step, gate: Verdict, roles| ChecklistItem::new(step, gate.is_open(), roles);
    vec![
        item(Step::PracticeSwitchOn, gates::practice_switch(settings), ADMIN),
        item(Step::ClinicianOptedIn, gates::clinician_opt_in(clinician), opt_in_roles(settings)),
        item(Step::NotLocked, gates::clinician_lock(clinician), ADMIN),
        item(Step::ServicesOffered, gates::service_offered(settings, clinician, None), EITHER),
        item(Step::HoursOpened, gates::hours_open(settings, clinician, None, today), EITHER),
    ]
}
