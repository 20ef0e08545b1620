//! Checks whatever somebody shows for a token: one of our own, or one of the issuer's.
//!
//! The algorithm decides whose it is said to be. HS256 is checked with our secret alone, and the issuer's keys are for
//! the algorithms of key pairs alone, each for one: no token can have a public key taken for a secret.

use std::sync::Arc;

use jsonwebtoken::Algorithm;

use super::bad_token::BadToken;
use super::claims::Claims;
use super::issuer::{Issuer, KeySource};
use super::keys::Keys;
use super::token::{Identity, TOKEN_MAX_BYTES, Tokens};
use crate::clock::Clock;
use crate::domain::time::Instant;

/// Who a good token's bearer is said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A member, by a token of ours.
    Member(Identity),
    /// Whom the issuer calls so. Who that is here, a link says.
    Subject(Subject),
}

/// Whom an issuer speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub issuer: String,
    pub subject: String,
    pub expires_at: Instant,
}

/// Checks tokens; cheap to clone.
#[derive(Clone)]
pub struct Checker {
    tokens: Tokens,
    issuer: Option<Arc<Believed>>,
}

/// An issuer, with its keys.
struct Believed {
    issuer: Issuer,
    keys: Arc<Keys>,
}

impl Checker {
    /// Checks our own tokens, and those of the issuer where there is one.
    pub fn new(tokens: Tokens, issuer: Option<Issuer>, clock: &Clock) -> Self {
        let believed = |issuer: Issuer| {
            let keys = Keys::new(issuer.keys.clone(), issuer.patience, clock.clone());
            Arc::new(Believed { issuer, keys })
        };
        Self { tokens, issuer: issuer.map(believed) }
    }

    /// Asks the issuer for its keys, where there is one. A file that has none is an error: nobody will put it
    /// right but the operator. An address that does not answer may do so later.
    pub async fn begin(&self) -> Result<(), String> {
        let Some(believed) = &self.issuer else { return Ok(()) };
        let source = &believed.issuer.keys;
        match (believed.keys.refresh().await, source) {
            (Ok(keys), _) => tracing::info!(keys, %source, "the issuer's keys are known"),
            (Err(_), KeySource::Address(_)) => {}
            (Err(cause), KeySource::File(_)) => {
                return Err(format!("The issuer's keys cannot be read from {source}: {cause}."));
            }
        }
        Ok(())
    }

    /// Keeps the issuer's keys fresh. Never ends.
    pub async fn keep_fresh(self) {
        match &self.issuer {
            Some(believed) => believed.keys.keep_fresh().await,
            None => std::future::pending().await,
        }
    }

    /// Who the token's bearer is said to be, if it is good at `now`.
    pub async fn check(&self, token: &str, now: Instant) -> Result<Bearer, BadToken> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(BadToken::TooLong);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken::Unreadable)?;
        // What must be understood (RFC 7515, section 4.1.11), and is not.
        if header.crit.is_some() {
            return Err(BadToken::Unreadable);
        }
        match (header.alg, &self.issuer) {
            (Algorithm::HS256, _) => self.tokens.check(token, now).map(Bearer::Member),
            (Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA, Some(believed)) => {
                believed.check(token, header.kid.as_deref(), header.alg, now).await.map(Bearer::Subject)
            }
            _ => Err(BadToken::Algorithm),
        }
    }
}

impl Believed {
    async fn check(
        &self,
        token: &str,
        key_id: Option<&str>,
        algorithm: Algorithm,
        now: Instant,
    ) -> Result<Subject, BadToken> {
        let Issuer { name, audience, leeway, .. } = &self.issuer;
        let key = self.keys.find(key_id, algorithm).await?;
        let claims = Claims::read(token, &key.key, key.algorithm)?;
        let expires_at = claims.judge(name, audience, now, *leeway)?;
        if claims.sub.is_empty() {
            return Err(BadToken::Claims);
        }
        Ok(Subject { issuer: claims.iss, subject: claims.sub, expires_at })
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
