//! Who may book whom, and why.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};

use super::Settings;
use super::member::Member;
use crate::domain::gates::Verdict;
use crate::domain::ids::ClinicianId;
use crate::domain::settings::Decision;
use crate::domain::viewer::Whose;
use crate::domain::words::{self, Reader};
use crate::graphql::enums::{Gate, Role};
use crate::graphql::guard::Of;
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
}

impl From<Access> for SelfSchedulingAccess {
    fn from(access: Access) -> Self {
        let gates = GateStatus::all(&access.verdicts, &access.settings, access.clinician_id, access.reader);
        Self { allowed: access.allowed, gates }
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
    /// The roles that can open it under the practice's policy; empty for an open gate, and where only another time
    /// helps.
    can_be_opened_by: Vec<Role>,
    /// What would open it, in one sentence; null for an open gate.
    remedy: Option<String>,
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
        let name = settings.clinicians.get(&clinician).map_or("The clinician", |clinician| &clinician.display_name);
        let shown = |verdict: &Verdict| Self {
            gate: verdict.gate().into(),
            open: verdict.is_open(),
            explanation: words::explanation(verdict.finding, name, reader),
            can_be_opened_by: words::can_be_opened_by(verdict, settings).iter().map(|role| Role::from(*role)).collect(),
            remedy: words::remedy(verdict, reader).map(str::to_owned),
            clinician_id: clinician,
            decision: verdict.decision,
        };
        verdicts.iter().map(shown).collect()
    }
}
