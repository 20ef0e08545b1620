//! A pause of new requests.

use async_graphql::{Context, Object, Result};

use super::member::Member;
use crate::domain::settings::Decision;
use crate::graphql::scalars::DateTime;

/// A pause of new requests.
pub struct NewRequestsPause(pub Decision);

/// A pause of new requests, to the practice or to a clinician: nobody can ask while it lasts, and every setting stays
/// under it.
#[Object]
impl NewRequestsPause {
    /// The member who set it; null where the operator did.
    async fn paused_by(&self, ctx: &Context<'_>) -> Option<Result<Member>> {
        Member::load(ctx, self.0.by).await.transpose()
    }

    /// Since when it holds.
    async fn paused_at(&self) -> DateTime {
        self.0.at.into()
    }
}
