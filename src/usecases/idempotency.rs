//! Retries of what creates: the same key with the same body finds the first answer, with another body it is refused.

use uuid::Uuid;

use super::Refusal;
use crate::domain::ids::MemberId;
use crate::domain::rejection::{Code, Rejection};
use crate::domain::text;
use crate::domain::time::Instant;
use crate::store::{Scope, Write};

/// One caller's key for one operation and one body.
pub(super) struct Idempotency {
    member: MemberId,
    operation: &'static str,
    key: String,
    fingerprint: Uuid,
}

impl Idempotency {
    /// Checks the key's form. `body` is every field that makes the request what it is, in a fixed order.
    pub fn new(member: MemberId, operation: &'static str, key: &str, body: &[&str]) -> Result<Self, Rejection> {
        let key = text::line(key, "idempotency key", text::KEY_MAX_CHARS)
            .map_err(|message| Rejection::invalid("input.idempotencyKey", message))?;
        // The unit separator cannot be typed into a field, so no two bodies read alike.
        let fingerprint = Uuid::new_v5(&Uuid::NAMESPACE_OID, body.join("\u{1f}").as_bytes());
        Ok(Self { member, operation, key, fingerprint })
    }

    /// What was answered before, under the write lock: a twin that came first has committed or left nothing.
    pub async fn first_answer(&self, scope: &Scope<'_>) -> Result<Option<Uuid>, Refusal> {
        Ok(self.first_answer_and_time(scope).await?.map(|(result, _)| result))
    }

    /// The same, with when that was.
    pub async fn first_answer_and_time(&self, scope: &Scope<'_>) -> Result<Option<(Uuid, Instant)>, Refusal> {
        match scope.answered(self.member, self.operation, &self.key).await? {
            None => Ok(None),
            Some(first) if first.fingerprint == self.fingerprint => Ok(Some((first.result, first.at))),
            Some(_) => Err(Rejection::of_field(
                Code::IdempotencyKeyReused,
                "input.idempotencyKey",
                "This key was used for a different request. Use a new key for each new request, the same one to retry.",
            )
            .into()),
        }
    }

    /// Keeps the answer in the transaction that makes it; a refused try leaves no key.
    pub fn keep(&self, write: &mut Write, result: Uuid, now: Instant) {
        write.keep_answer(self.member, self.operation, &self.key, self.fingerprint, result, now);
    }
}
