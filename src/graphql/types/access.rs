//! Who may book whom, and why.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};

use super::Settings;
use super::member::Member;
use super::remedy::{self, AccessChangeNeeded};
use crate::domain::gates::{Finding, Verdict};
use crate::domain::ids::ClinicianId;
use crate::domain::remedies::Needed;
use crate::domain::settings::Decision;
use crate::domain::viewer::Whose;
use crate::domain::words::{self, Reader};
use crate::graphql::enums::{Gate, Role};
use crate::graphql::guard::Of;
use crate::graphql::scalars::DateTime;
use crate::usecases::{Access, AccessQuestion};

/// Whether a client can book a clinician, and each gate's part in it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct SelfSchedulingAccess {
    /// True where every gate that was asked is open.
    allowed: bool,
    /// Every gate that was asked, in the order in which they are judged. Clients see a version that tells nothing
    /// private.
    gates: Vec<GateStatus>,
    /// The gates that were not asked, since they are about a client, a service or a start that was not named; `allowed` says
    /// nothing of them. Empty where all three were.
    not_asked: Vec<Gate>,
    #[graphql(skip)]
    opening: Option<std::result::Result<Vec<Needed>, Finding>>,
    #[graphql(skip)]
    asked: AccessQuestion,
    #[graphql(skip)]
    settings: Settings,
}

#[ComplexObject(guard = Of("SelfSchedulingAccess", Whose::clinician(self.asked.clinician_id)))]
impl SelfSchedulingAccess {
    /// The smallest set of changes that would open every gate that is closed, in an order in which they can be made: without
    /// any one of them the client still cannot book. They open no more than they must. Empty where `allowed` is true;
    /// null where no change helps, for which see `cannotBeOpenedBecause`, and of what is past. Others read in `GateStatus.remedy` what they can
    /// do.
    async fn changes_to_open(&self) -> Option<Vec<AccessChangeNeeded>> {
        let needed = self.opening.as_ref()?.as_ref().ok()?;
        Some(remedy::shown(needed, &self.settings, &self.asked))
    }

    /// Why no change helps, in one sentence with what to do instead: the time is taken or cannot be booked, the service is
    /// archived, or somebody has left the practice. Null where changes help.
    async fn cannot_be_opened_because(&self) -> Option<String> {
        let finding = self.opening.as_ref()?.as_ref().err()?;
        Some(words::nothing_opens(*finding, name(&self.settings, self.asked.clinician_id)))
    }
}

impl From<Access> for SelfSchedulingAccess {
    fn from(access: Access) -> Self {
        let Access { allowed, verdicts, not_asked, opening, reader, settings, asked } = access;
        let gates = GateStatus::all(&verdicts, &settings, asked.clinician_id, reader);
        Self { allowed, gates, not_asked: not_asked.into_iter().map(Gate::from).collect(), opening, asked, settings }
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
    clinician_id: ClinicianId,
    #[graphql(skip)]
    decision: Option<Decision>,
}

#[ComplexObject(guard = Of("GateStatus", Whose::clinician(self.clinician_id)))]
impl GateStatus {
    /// The member who decided so last; null where nobody has yet, and where the operator did.
    async fn decided_by(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.decision?.by).await.transpose()
    }

    /// When it was decided so last; null where nobody has yet.
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
            clinician_id: clinician,
            remedy_mutation: words::remedy_mutation(verdict, reader),
            decision: verdict.decision,
        };
        verdicts.iter().map(shown).collect()
    }
}

fn name(settings: &Settings, clinician: ClinicianId) -> &str {
    settings.clinicians.get(&clinician).map_or("The clinician", |clinician| &clinician.display_name)
}
