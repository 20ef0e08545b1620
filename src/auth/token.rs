//! Tokens of our own: signed statements of who a member is, good for a while. What the member may do is read from their
//! row.

use chrono::Duration;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;

use super::bad_token::BadToken;
use super::claims::Claims;
use super::secret::Secret;
use crate::domain::ids::{LinkId, MemberId, PracticeId};
use crate::domain::time::Instant;
use crate::domain::viewer::SignIn;

const ISSUER: &str = "frontdesk";

/// The longest token that is looked at, in bytes. One of ours has about 300, one of an issuer's with a hundred
/// groups in it some 5,000.
pub(super) const TOKEN_MAX_BYTES: usize = 8_192;

/// Who a good token's bearer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub practice_id: PracticeId,
    pub member_id: MemberId,
    /// Set where an issuer's token was linked to the member.
    pub link_id: Option<LinkId>,
    pub expires_at: Instant,
}

impl Identity {
    /// How they are signed in.
    pub fn sign_in(&self) -> SignIn {
        SignIn { member_id: self.member_id, link_id: self.link_id }
    }
}

#[derive(Serialize)]
struct Said<'a> {
    iss: &'a str,
    aud: &'a str,
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
        let said = Said {
            iss: ISSUER,
            aud: ISSUER,
            sub: member.to_string(),
            practice: practice.to_string(),
            iat: now.timestamp(),
            exp: (now + ttl).timestamp(),
        };
        let key = EncodingKey::from_secret(self.secret.bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &said, &key)
            .map_err(|error| format!("The token cannot be signed: {error}."))
    }

    /// What a token says, if it is good at `now`.
    pub fn check(&self, token: &str, now: Instant) -> Result<Identity, BadToken> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(BadToken::TooLong);
        }
        let key = DecodingKey::from_secret(self.secret.bytes());
        let claims = Claims::read(token, &key, Algorithm::HS256)?;
        let expires_at = claims.judge(ISSUER, ISSUER, now, Duration::zero())?;
        let practice = claims.practice.as_deref().ok_or(BadToken::Claims)?;
        Ok(Identity {
            practice_id: PracticeId::parse(practice).map_err(|_| BadToken::Claims)?,
            member_id: MemberId::parse(&claims.sub).map_err(|_| BadToken::Claims)?,
            link_id: None,
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
        let identity = Identity { practice_id, member_id, link_id: None, expires_at };
        assert_eq!(tokens('a').check(&token, now()), Ok(identity));
        assert_eq!(tokens('a').check(&token, expires_at), Err(BadToken::Expired));
    }

    #[test]
    fn a_forged_token_and_one_that_is_none_are_refused() {
        let (token, ..) = issued();
        assert_eq!(tokens('b').check(&token, now()), Err(BadToken::Signature), "another secret");
        assert_eq!(tokens('a').check(&token[..token.len() - 2], now()), Err(BadToken::Unreadable), "cut");
        assert_eq!(tokens('a').check("", now()), Err(BadToken::Unreadable));
        assert_eq!(tokens('a').check(&"x".repeat(1_000_000), now()), Err(BadToken::TooLong));
    }

    #[test]
    fn a_token_of_another_algorithm_is_refused() {
        let exp = now().timestamp() + 60;
        let said = Said { iss: ISSUER, aud: ISSUER, sub: String::new(), practice: String::new(), iat: 0, exp };
        let key = EncodingKey::from_secret("a".repeat(32).as_bytes());
        let hs384 = jsonwebtoken::encode(&Header::new(Algorithm::HS384), &said, &key).expect("signed");
        assert_eq!(tokens('a').check(&hs384, now()), Err(BadToken::Algorithm));
        let hs256 = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &said, &key).expect("signed");
        assert_eq!(tokens('a').check(&hs256, now()), Err(BadToken::Claims), "it names nobody");
    }
}
