//! An admin takes a change of settings back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::domain::audit::EntryId;
use crate::domain::rejection::Rejection;
use crate::graphql::context::Asking;
use crate::graphql::error::{answer, refusals};
use crate::graphql::input;
use crate::graphql::types::impact::SelfSchedulingImpact;
use crate::graphql::types::practice::Practice;
use crate::usecases::Refusal;

/// Which change to take back.
#[derive(InputObject, Debug)]
pub struct UndoSettingsChangeInput {
    /// The `id` of its entry in `Practice.auditLog`.
    pub entry_id: ID,
    /// True shows the impact and saves nothing.
    #[graphql(default = false)]
    pub dry_run: bool,
    /// Change only if the settings still are at this revision, as `PracticeSelfScheduling.revision` or an impact
    /// answered it; else STALE_REVISION.
    pub expected_revision: Option<String>,
}

/// What became of taking a change back.
#[derive(SimpleObject, Default)]
pub struct UndoSettingsChangePayload {
    /// The practice with its settings after that, on a dry run as they would be; null where it was refused.
    practice: Option<Practice>,
    /// What it does to who can book; null where it was refused, but for STALE_REVISION.
    impact: Option<SelfSchedulingImpact>,
    /// Why it was refused; empty where it was not.
    errors: Vec<UndoSettingsChangeError>,
}

refusals! {
    UndoSettingsChangePayload, UndoSettingsChangeError, UndoSettingsChangeErrorCode:
    /// The id is none of an entry.
    InvalidInput,
    /// The settings have changed since `expectedRevision`. `impact` is then what the same would do now, as a dry run: give
    /// back its `revision` to apply exactly that.
    StaleRevision,
    /// The same has been changed again since, or a service that stood there has been archived.
    ChangedSince,
    /// The entry is of a kind that is not taken back so, changed nothing, or does not say what was there before.
    NotUndoable,
}

/// The mutation `undoSettingsChange`.
#[derive(Default)]
pub struct UndoSettingsChange;

#[Object]
impl UndoSettingsChange {
    /// Takes one change of settings back: what it replaced is set again, as a change of its own with its own impact and
    /// entry, decided by the caller. Only while nothing has been built on it. For the practice switch, the policy, an
    /// opt-in, a hold, a pause, offered services, weekly hours, hours of single dates, booking rules and client access; of a change of
    /// many, one entry at a time. An
    /// entry that does not exist is NOT_FOUND.
    async fn undo_settings_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take back.")] input: UndoSettingsChangeInput,
    ) -> Result<UndoSettingsChangePayload> {
        answer(run(ctx, input).await)
    }
}

async fn run(ctx: &Context<'_>, input: UndoSettingsChangeInput) -> Result<UndoSettingsChangePayload, Refusal> {
    let id = EntryId::parse(&input.entry_id).ok_or_else(|| {
        let message = "This is not the id of an entry. Such an id looks like entry_… and is taken from auditLog.";
        Rejection::invalid("input.entryId", message)
    })?;
    let change = input::change(input.dry_run, input.expected_revision);
    let changed = ctx.desk().undo_settings_change(ctx.viewer()?, id, &change).await?;
    Ok(UndoSettingsChangePayload {
        practice: Some(Practice(changed.settings.clone())),
        impact: Some(SelfSchedulingImpact(changed)),
        errors: vec![],
    })
}
