//! A member leaves the practice.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::appointment::Appointment;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::member::Member;
use crate::graphql::types::open;
use crate::graphql::types::request::AppointmentRequest;
use crate::usecases::Refusal;

/// Who leaves.
#[derive(InputObject, Debug)]
pub struct DeactivateMemberInput {
    /// The member.
    pub member_id: ID,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of it.
#[derive(SimpleObject, Default)]
pub struct DeactivateMemberPayload {
    /// The member as they stand, on a dry run as they stood before; null where it was refused.
    member: Option<Member>,
    /// Requests that still wait, newest first, at most 500; empty where it was refused. They stay decidable by admins:
    /// answer them, or hand them over with `reassignAppointmentRequest`.
    pending_requests: Vec<AppointmentRequest>,
    /// Booked appointments to come, by start, at most 500; empty where it was refused. They stay booked.
    coming_appointments: Vec<Appointment>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<DeactivateMemberError>,
}

refusals! {
    DeactivateMemberPayload, DeactivateMemberError, DeactivateMemberErrorCode:
    /// An id of another kind.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
    /// The member is the practice's last admin: make somebody else one first.
    LastAdmin,
}

/// The mutation `deactivateMember`.
#[derive(Default)]
pub struct DeactivateMember;

#[Object]
impl DeactivateMember {
    /// Ends a member's part in the practice: from that moment they cannot sign in, they hold no role, their streams end, and
    /// as a clinician they cannot be booked. Everything that they did and booked stays. Doing it twice changes nothing, and
    /// lists nothing. A practice keeps one active admin at least.
    async fn deactivate_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DeactivateMemberInput,
    ) -> Result<DeactivateMemberPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: DeactivateMemberInput) -> Result<DeactivateMemberPayload, Refusal> {
    let member = input::id("input.memberId", &input.member_id)?;
    let change = input::change(input.dry_run, input.expected_revision);
    let left = ctx.desk().deactivate_member(ctx.viewer()?, member, &change).await?;
    let (pending_requests, coming_appointments) = open::shown(left.open, &left.changed.settings);
    Ok(DeactivateMemberPayload {
        member: Member::anew(ctx, member).await?,
        pending_requests,
        coming_appointments,
        impact: Some(SelfSchedulingImpact(left.changed)),
        errors: vec![],
    })
}
