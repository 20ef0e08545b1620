//! What a token says, once its signature is known to be right, and when that counts.

use chrono::{DateTime, Duration};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::bad_token::BadToken;
use crate::domain::time::Instant;

/// The claims that are looked at. Times are in seconds since 1970, and may have fractions (RFC 7519, section 2).
#[derive(Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    aud: Audience,
    pub sub: String,
    exp: f64,
    nbf: Option<f64>,
    /// In our own tokens: the practice of the member that `sub` names.
    pub practice: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Reads a token that is signed with this key by this algorithm and no other.
    pub fn read(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Self, BadToken> {
        let mut validation = Validation::new(algorithm);
        // Judged below: with a reason for each, and by our clock, which tests hold.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims.clear();
        match jsonwebtoken::decode(token, key, &validation) {
            Ok(read) => Ok(read.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => BadToken::Signature,
                ErrorKind::InvalidAlgorithm => BadToken::Algorithm,
                // The header was read before, so that it is the claims that are not as they should be.
                ErrorKind::Json(_) => BadToken::Claims,
                _ => BadToken::Unreadable,
            }),
        }
    }

    /// Passes what this issuer says to this audience, and what counts at `now`, a clock that is off by `leeway` allowed
    /// for. Answers until when it does.
    pub fn judge(&self, issuer: &str, audience: &str, now: Instant, leeway: Duration) -> Result<Instant, BadToken> {
        if self.iss != issuer {
            return Err(BadToken::Issuer);
        }
        let is_for_us = match &self.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        };
        if !is_for_us {
            return Err(BadToken::Audience);
        }
        let valid_from = self.nbf.map(instant).transpose()?;
        if valid_from.is_some_and(|from| now.checked_add_signed(leeway).is_none_or(|latest| latest < from)) {
            return Err(BadToken::NotYetValid);
        }
        let expires_at = instant(self.exp)?.checked_add_signed(leeway).ok_or(BadToken::Claims)?;
        if now < expires_at { Ok(expires_at) } else { Err(BadToken::Expired) }
    }
}

/// A number of seconds as an instant, in whole seconds; what lies beyond all calendars is none.
#[allow(clippy::cast_possible_truncation, reason = "it is cut to whole seconds, and to what 64 bits hold")]
fn instant(seconds: f64) -> Result<Instant, BadToken> {
    DateTime::from_timestamp(seconds as i64, 0).ok_or(BadToken::Claims)
}
