//! What a settings change does to who can book.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::Settings;
use super::appointment::Appointment;
use super::client::Client;
use super::clinician::Clinician;
use super::request::AppointmentRequest;
use crate::domain::impact::{Impact, Warning};
use crate::domain::standings::Pair;
use crate::graphql::context::Asking;
use crate::graphql::enums::ImpactWarningCode;
use crate::graphql::error::{denial, top_level};
use crate::graphql::page::{self, AccessChangeConnection, Window};
use crate::graphql::scalars::DateTime;
use crate::usecases::Changed;

/// The impact of one change.
pub struct SelfSchedulingImpact(pub Changed);

impl SelfSchedulingImpact {
    fn clinicians(&self, pairs: &[Pair]) -> Vec<Clinician> {
        let of = |id| Clinician::of(self.0.settings.clone(), id);
        Impact::clinicians(pairs).into_iter().filter_map(of).collect()
    }
}

/// What a settings change does to who can book: the same judgement before and after, compared. A dry run computes it on
/// the very path of the real change, and stops before anything is saved. Gates that depend on a time are not part of it.
#[Object]
impl SelfSchedulingImpact {
    /// True where nothing was saved.
    async fn dry_run(&self) -> bool {
        self.0.dry_run
    }

    /// The settings' revision that holds now. After a dry run, give it back as `expectedRevision` to apply exactly what
    /// was previewed.
    async fn revision(&self) -> String {
        self.0.revision.to_string()
    }

    /// When who can book was compared, before the change and after it: now or, where the change sets a start to come, that
    /// start. Nothing opens before it: see the warning STARTS_LATER.
    async fn judged_at(&self) -> DateTime {
        self.0.impact.judged_at.into()
    }

    /// Clinicians whom at least one client can book who could not before.
    async fn clinicians_gaining(&self) -> Vec<Clinician> {
        self.clinicians(&self.0.impact.gaining)
    }

    /// Clinicians whom at least one client can no longer book.
    async fn clinicians_losing(&self) -> Vec<Clinician> {
        self.clinicians(&self.0.impact.losing)
    }

    /// How many different clients can book a clinician whom they could not book before.
    async fn clients_gaining_count(&self) -> usize {
        Impact::client_count(&self.0.impact.gaining)
    }

    /// How many different clients can no longer book a clinician whom they could book before.
    async fn clients_losing_count(&self) -> usize {
        Impact::client_count(&self.0.impact.losing)
    }

    /// Every pair of client and clinician whose access changes: first those that gain, then those that lose.
    async fn changes(
        &self,
        #[graphql(desc = "How many, 1 to 100; 50 where nothing is given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this `pageInfo.endCursor` of an earlier page of the same change.")]
        after: Option<String>,
    ) -> Result<AccessChangeConnection> {
        let impact = &self.0.impact;
        let gaining = impact.gaining.iter().map(|pair| (*pair, true));
        let all: Vec<_> = gaining.chain(impact.losing.iter().map(|pair| (*pair, false))).collect();
        let window = Window { first, after, last: None, before: None };
        let text = |((clinician, client), _): &(Pair, bool)| format!("{clinician}.{client}");
        let node = |(pair, gains)| AccessChange { pair, gains, settings: self.0.settings.clone() };
        let page = page::from_list(all, &window, text, node);
        Ok(page.map_err(|wrong| top_level(wrong.into()))?.into())
    }

    /// Requests that wait for an answer and whose client loses access, or whose time the change leaves outside the hours. They
    /// stay decidable.
    async fn pending_requests_affected(&self, ctx: &Context<'_>) -> Result<Vec<AppointmentRequest>> {
        let ids = self.0.impact.pending_affected.clone();
        let loaders = ctx.loaders().map_err(|denied| denial(&denied))?;
        let mut found = loaders.many(ids.clone()).await?;
        let shown = |request| AppointmentRequest { request, settings: self.0.settings.clone() };
        Ok(ids.iter().filter_map(|id| found.remove(id)).map(shown).collect())
    }

    /// Booked meetings to come that lie outside the hours, on dates whose hours the change touches. They stay booked.
    async fn appointments_outside_hours(&self) -> Vec<Appointment> {
        let shown = |appointment: &crate::domain::requests::Appointment| Appointment {
            appointment: appointment.clone(),
            settings: self.0.settings.clone(),
        };
        self.0.impact.outside_hours.iter().map(shown).collect()
    }

    /// What whoever makes the change would want to know.
    async fn warnings(&self) -> Vec<ImpactWarning> {
        let shown = |warning: &Warning| ImpactWarning {
            code: warning.code.into(),
            message: warning.message.clone(),
            clinician: warning.clinician_id.and_then(|id| Clinician::of(self.0.settings.clone(), id)),
        };
        self.0.impact.warnings.iter().map(shown).collect()
    }
}

/// Something whoever makes the change would want to know.
#[derive(SimpleObject)]
pub struct ImpactWarning {
    /// What it is about.
    code: ImpactWarningCode,
    /// The warning in one sentence.
    message: String,
    /// The clinician it is about; null where it is about the practice.
    clinician: Option<Clinician>,
}

/// A pair of client and clinician whose access changes.
pub struct AccessChange {
    pair: Pair,
    gains: bool,
    settings: Settings,
}

/// A pair of client and clinician whose access changes, before and after.
#[Object]
impl AccessChange {
    /// The clinician of the pair; null only if they were removed since.
    async fn clinician(&self) -> Option<Clinician> {
        Clinician::of(self.settings.clone(), self.pair.0)
    }

    /// The client of the pair; null where the viewer may not see them.
    async fn client(&self, ctx: &Context<'_>) -> Option<Result<Client>> {
        Client::load(ctx, self.settings.clone(), self.pair.1).await.transpose()
    }

    /// True where the client could book the clinician before the change.
    async fn before(&self) -> bool {
        !self.gains
    }

    /// True where the client can book the clinician after the change.
    async fn after(&self) -> bool {
        self.gains
    }
}
