//! The numbers that bind clients.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};

use crate::domain::rejection::Rejection;
use crate::domain::rules::{Rule, RuleEdits};
use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::clinician::Clinician;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::practice::Practice;
use crate::graphql::types::service::Service;
use crate::usecases::{self, Refusal, RulesOf};

/// Whose rules, and what becomes of which. A rule that is left out stays as it is; a number sets it; null takes the value
/// that was set here away, so that the one from above holds again: a service's comes before the clinician's, and that
/// before the practice's. The practice's own values cannot be null, but for the two caps: without one there is no limit.
#[derive(InputObject, Debug)]
pub struct SetBookingRulesInput {
    /// Sets the rules of this clinician. With neither a clinician nor a service, those of the practice.
    pub clinician_id: Option<ID>,
    /// Sets the rules of this service; not together with `clinicianId`.
    pub service_id: Option<ID>,
    /// Minutes from one offered start to the next, counted from the start of the hours; 5 to 1440.
    pub slot_interval_minutes: MaybeUndefined<i32>,
    /// Minutes kept free before each meeting, besides the buffer after the one before it; 0 to 720.
    pub buffer_before_minutes: MaybeUndefined<i32>,
    /// Minutes kept free after each meeting, besides the buffer before the next one; 0 to 720.
    pub buffer_after_minutes: MaybeUndefined<i32>,
    /// A start must be more than this many minutes from now; 0 to 525600.
    pub minimum_notice_minutes: MaybeUndefined<i32>,
    /// The last day that can be booked is this many days after today, in the clinician's zone; 1 to 730.
    pub booking_horizon_days: MaybeUndefined<i32>,
    /// The most meetings of a clinician's day, pending requests counted, whatever their services; 1 to 1000.
    pub max_per_day: MaybeUndefined<i32>,
    /// The most meetings of a clinician's week from Monday, counted alike; 1 to 7000.
    pub max_per_week: MaybeUndefined<i32>,
    /// The most requests of one client to one clinician that wait for an answer at a time; 1 to 1000.
    pub max_pending_per_client: MaybeUndefined<i32>,
    /// Hours until an unanswered request expires, for requests made from now on; 1 to 8760.
    pub response_deadline_hours: MaybeUndefined<i32>,
    /// Hours before its start until which a client may cancel; 0 to 8760.
    pub cancellation_notice_hours: MaybeUndefined<i32>,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of the rules.
#[derive(SimpleObject, Default)]
pub struct SetBookingRulesPayload {
    /// The practice with its settings after the change, on a dry run as they would be; null where it was refused.
    practice: Option<Practice>,
    /// The clinician whose rules were set; null where it was nobody's, and where it was refused.
    clinician: Option<Clinician>,
    /// The service whose rules were set; null where it was none's, and where it was refused.
    service: Option<Service>,
    /// What the change does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<SetBookingRulesError>,
}

refusals! {
    SetBookingRulesPayload, SetBookingRulesError, SetBookingRulesErrorCode:
    /// A number outside its bounds, null where the practice needs a number, an id of another kind, or two ids.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
}

/// The mutation `setBookingRules`.
#[derive(Default)]
pub struct SetBookingRules;

#[Object]
impl SetBookingRules {
    /// Sets booking rules of the practice, a clinician or a service. They bind what clients ask for from now on; what is
    /// asked for and booked stays as it is. The practice's and a service's are an admin's to set.
    async fn set_booking_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SetBookingRulesInput,
    ) -> Result<SetBookingRulesPayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: SetBookingRulesInput) -> Result<SetBookingRulesPayload, Refusal> {
    let of = match (&input.clinician_id, &input.service_id) {
        (None, None) => RulesOf::Practice,
        (Some(id), None) => RulesOf::Clinician(input::id("input.clinicianId", id)?),
        (None, Some(id)) => RulesOf::Service(input::id("input.serviceId", id)?),
        (Some(_), Some(_)) => {
            let message =
                "Rules are a clinician's or a service's. Give one of the two ids, or neither for the practice.";
            return Err(Rejection::invalid("input.serviceId", message).into());
        }
    };
    let set = usecases::SetBookingRules { of, edits: edits(&input) };
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().set_booking_rules(ctx.viewer()?, set, &change).await?;
    let settings = changed.settings.clone();
    let (clinician, service) = match of {
        RulesOf::Practice => (None, None),
        RulesOf::Clinician(id) => (Clinician::of(settings.clone(), id), None),
        RulesOf::Service(id) => (None, settings.services.get(&id).cloned().map(Service)),
    };
    let (practice, impact) = (Some(Practice(settings)), Some(SelfSchedulingImpact(changed)));
    Ok(SetBookingRulesPayload { practice, clinician, service, impact, errors: vec![] })
}

fn edits(input: &SetBookingRulesInput) -> RuleEdits {
    let given = |rule: &Rule| match rule {
        Rule::SlotInterval => input.slot_interval_minutes,
        Rule::BufferBefore => input.buffer_before_minutes,
        Rule::BufferAfter => input.buffer_after_minutes,
        Rule::MinimumNotice => input.minimum_notice_minutes,
        Rule::BookingHorizon => input.booking_horizon_days,
        Rule::MaxPerDay => input.max_per_day,
        Rule::MaxPerWeek => input.max_per_week,
        Rule::MaxPendingPerClient => input.max_pending_per_client,
        Rule::ResponseDeadline => input.response_deadline_hours,
        Rule::CancellationNotice => input.cancellation_notice_hours,
    };
    let edit = |rule: &Rule| match given(rule) {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some((*rule, None)),
        MaybeUndefined::Value(value) => Some((*rule, Some(value))),
    };
    Rule::ALL.iter().filter_map(edit).collect()
}
