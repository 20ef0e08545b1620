//! Who is at the door: the bearer token of a request or of a socket's first message.

use axum::http::{HeaderMap, header};

use super::Server;
use crate::auth::token::BadToken;
use crate::graphql::TokenIdentity;

impl Server {
    /// The identity in the `Authorization` header; none where there is no such header.
    pub(super) fn identity(&self, headers: &HeaderMap) -> Result<Option<TokenIdentity>, BadToken> {
        headers.get(header::AUTHORIZATION).map(|value| self.check(value.to_str().unwrap_or_default())).transpose()
    }

    /// The identity in the payload of `connection_init`: `Authorization` or `authorization`, as a header would have it.
    pub(super) fn identity_in(&self, payload: &serde_json::Value) -> Result<Option<TokenIdentity>, BadToken> {
        let value = payload.get("Authorization").or_else(|| payload.get("authorization"));
        value.map(|value| self.check(value.as_str().unwrap_or_default())).transpose()
    }

    fn check(&self, value: &str) -> Result<TokenIdentity, BadToken> {
        let (scheme, token) = value.split_once(' ').ok_or(BadToken::NotOurs)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(BadToken::NotOurs);
        }
        self.tokens.check(token.trim(), self.clock.now()).map(TokenIdentity)
    }
}
