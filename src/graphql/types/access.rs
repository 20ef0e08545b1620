//! Who may book whom, and why.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};

use super::Settings;
use super::member::Member;
use super::remedy::{self, AccessChangeNeeded};
use crate::domain::gates::Verdict;
use crate::domain::ids::ClinicianId;
use crate::domain::settings::Decision;
use crate::domain::words::{self, Reader};
use crate::graphql::enums::{Gate, Role};
use crate::graphql::scalars::DateTime;
use crate::usecases::Access;

/// Whether a client can book a clinician, and each gate's part in it.
#[derive(SimpleObject)]
pub struct SelfSchedulingAccess {
    /// True where every gate that was asked is open.
    allowed: bool,
    /// Every gate that was asked, in the order in which they are judged. Clients see a version that tells nothing
    /// private.
    gates: Vec<GateStatus>,
    /// The gates that were not asked, since they are about a client, a service or a start that was not named; `allowed` says
    /// nothing of them. Empty where all three were.
    not_asked: Vec<Gate>,
    /// The smallest set of changes that would open every gate that is closed, in an order in which they can be made: without
    /// any one of them the client still cannot book. They open no more than they must. Empty where `allowed` is true;
    /// null where no change helps, for which see `cannotBeOpenedBecause`. For the clinician themselves and admins; null to
    /// others, who read in `GateStatus.remedy` what they can do.
    changes_to_open: Option<Vec<AccessChangeNeeded>>,
    /// Why no change helps, in one sentence with what to do instead: the time is taken or cannot be booked, the service is
    /// archived, or somebody has left the practice. Null where changes help, and to those who do not read them.
    cannot_be_opened_because: Option<String>,
}

impl From<Access> for SelfSchedulingAccess {
    fn from(access: Access) -> Self {
        let (settings, asked) = (&access.settings, &access.asked);
        let gates = GateStatus::all(&access.verdicts, settings, asked.clinician_id, access.reader);
        let (changes_to_open, cannot_be_opened_because) = match access.opening {
            Some(Ok(needed)) => (Some(remedy::shown(&needed, settings, asked)), None),
            Some(Err(finding)) => (None, Some(words::nothing_opens(finding, name(settings, asked.clinician_id)))),
            None => (None, None),
        };
        let not_asked = access.not_asked.into_iter().map(Gate::from).collect();
        Self { allowed: access.allowed, gates, not_asked, changes_to_open, cannot_be_opened_because }
    }
}

/// One gate: whether it is open, why, who decided so, and what would open it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct GateStatus {
    /// Which gate.
    gate: Gate,
    /// True where it lets a booking pass.
    open: bool,
    /// One sentence that says what was found, fit to be shown to the viewer.
    explanation: String,
    /// The roles that can open it under the practice's policy; empty for an open gate, and where only another time, person
    /// or service helps. Clients read of themselves alone.
    can_be_opened_by: Vec<Role>,
    /// What would open it, in one sentence; null for an open gate.
    remedy: Option<String>,
    /// The mutation with which the viewer, or somebody of `canBeOpenedBy`, opens it, by name; null for an open gate, and where
    /// none does. To clients: what they can call themselves.
    remedy_mutation: Option<&'static str>,
    #[graphql(skip)]
    decision: Option<Decision>,
}

#[ComplexObject]
impl GateStatus {
    /// The member who decided so last; null where nobody has yet, where the operator did, and to clients.
    async fn decided_by(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.decision?.by).await.transpose()
    }

    /// When it was decided so last; null where nobody has yet, and to clients.
    async fn decided_at(&self) -> Option<DateTime> {
        Some(self.decision?.at.into())
    }
}

impl GateStatus {
    /// Verdicts in words.
    pub fn all(verdicts: &[Verdict], settings: &Settings, clinician: ClinicianId, reader: Reader) -> Vec<Self> {
        let name = name(settings, clinician);
        let shown = |verdict: &Verdict| Self {
            gate: verdict.gate().into(),
            open: verdict.is_open(),
            explanation: words::explanation(verdict.finding, name, reader),
            can_be_opened_by: words::can_be_opened_by(verdict, settings, reader)
                .iter()
                .map(|role| Role::from(*role))
                .collect(),
            remedy: words::remedy(verdict, reader).map(str::to_owned),
            remedy_mutation: words::remedy_mutation(verdict, reader),
            decision: verdict.decision,
        };
        verdicts.iter().map(shown).collect()
    }
}

fn name(settings: &Settings, clinician: ClinicianId) -> &str {
    settings.clinicians.get(&clinician).map_or("The clinician", |clinician| &clinician.display_name)
}
