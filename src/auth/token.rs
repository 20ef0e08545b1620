//! Tokens: signed statements of who a member is, good for a while. What the member may do is read from their row.

use chrono::{DateTime, Duration};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::secret::Secret;
use crate::domain::ids::{MemberId, PracticeId};
use crate::domain::time::Instant;

const ISSUER: &str = "frontdesk";

/// The longest token that is looked at, in bytes. One of ours has about 300.
const TOKEN_MAX_BYTES: usize = 4_096;

/// What a good token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub practice_id: PracticeId,
    pub member_id: MemberId,
    pub expires_at: Instant,
}

/// Why a token is not good, in words for its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// Not a token of ours: wrong form, signature, algorithm, issuer or audience.
    NotOurs,
    /// It was ours until it expired.
    Expired,
}

impl std::fmt::Display for BadToken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::NotOurs => "The token is not valid here. Sign in again for a new one.",
            Self::Expired => "The token has expired. Sign in again for a new one.",
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    practice: String,
    iat: i64,
    exp: i64,
}

/// Makes and checks tokens with one secret. HS256 and nothing else.
#[derive(Clone)]
pub struct Tokens {
    secret: Secret,
}

impl Tokens {
    /// With this secret.
    pub fn new(secret: Secret) -> Self {
        Self { secret }
    }

    /// A token for a member, good for `ttl` from `now`.
    pub fn issue(&self, practice: PracticeId, member: MemberId, now: Instant, ttl: Duration) -> Result<String, String> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: member.to_string(),
            practice: practice.to_string(),
            iat: now.timestamp(),
            exp: (now + ttl).timestamp(),
        };
        let key = EncodingKey::from_secret(self.secret.bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(|error| format!("The token cannot be signed: {error}."))
    }

    /// What a token says, if it is good at `now`.
    pub fn check(&self, token: &str, now: Instant) -> Result<Identity, BadToken> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(BadToken::NotOurs);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Judged below by our clock, which tests hold.
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(self.secret.bytes());
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| BadToken::NotOurs)?.claims;
        let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(BadToken::NotOurs)?;
        if now >= expires_at {
            return Err(BadToken::Expired);
        }
        Ok(Identity {
            practice_id: PracticeId::parse(&claims.practice).map_err(|_| BadToken::NotOurs)?,
            member_id: MemberId::parse(&claims.sub).map_err(|_| BadToken::NotOurs)?,
            expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_instant;

    fn tokens(secret: char) -> Tokens {
        Tokens::new(Secret::given(&secret.to_string().repeat(32)).expect("long enough"))
    }

    fn now() -> Instant {
        parse_instant("2027-01-04T12:00:00Z").expect("an instant")
    }

    fn issued() -> (String, PracticeId, MemberId) {
        let (practice, member) = (PracticeId::generate(), MemberId::generate());
        (tokens('a').issue(practice, member, now(), Duration::hours(1)).expect("signed"), practice, member)
    }

    #[test]
    fn a_token_names_its_member_until_it_expires() {
        let (token, practice_id, member_id) = issued();
        let expires_at = now() + Duration::hours(1);
        assert_eq!(tokens('a').check(&token, now()), Ok(Identity { practice_id, member_id, expires_at }));
        assert_eq!(tokens('a').check(&token, expires_at), Err(BadToken::Expired));
    }

    #[test]
    fn a_forged_token_and_one_that_is_none_are_refused() {
        let (token, ..) = issued();
        assert_eq!(tokens('b').check(&token, now()), Err(BadToken::NotOurs), "another secret");
        assert_eq!(tokens('a').check(&token[..token.len() - 2], now()), Err(BadToken::NotOurs), "cut");
        assert_eq!(tokens('a').check("", now()), Err(BadToken::NotOurs));
        assert_eq!(tokens('a').check(&"x".repeat(1_000_000), now()), Err(BadToken::NotOurs));
    }

    #[test]
    fn a_token_of_another_algorithm_is_refused() {
        let (_, practice, member) = issued();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: member.to_string(),
            practice: practice.to_string(),
            iat: now().timestamp(),
            exp: now().timestamp() + 60,
        };
        let key = EncodingKey::from_secret("a".repeat(32).as_bytes());
        let hs384 = jsonwebtoken::encode(&Header::new(Algorithm::HS384), &claims, &key).expect("signed");
        assert_eq!(tokens('a').check(&hs384, now()), Err(BadToken::NotOurs));
    }
}
