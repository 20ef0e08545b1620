//! Who is at the door: the bearer token of a request or of a socket's first message.

use axum::http::{HeaderMap, StatusCode, header};

use super::Server;
use crate::auth::BadToken;
use crate::auth::check::{Bearer, Subject};
use crate::auth::token::Identity;
use crate::graphql::TokenIdentity;

/// Why a token lets nobody in.
#[derive(Debug)]
pub struct NotLetIn {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
}

impl NotLetIn {
    fn bad(message: String) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code: "UNAUTHENTICATED", message }
    }

    /// Not the token's fault: the same may be good in a while.
    fn unavailable(message: &str) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, code: "UNAVAILABLE", message: message.to_owned() }
    }
}

impl From<BadToken> for NotLetIn {
    fn from(bad: BadToken) -> Self {
        match bad {
            BadToken::NoKeys => Self::unavailable(&bad.to_string()),
            bad => Self::bad(bad.to_string()),
        }
    }
}

impl Server {
    /// The identity in the `Authorization` header; none where there is no such header.
    pub(super) async fn identity(&self, headers: &HeaderMap) -> Result<Option<TokenIdentity>, NotLetIn> {
        match headers.get(header::AUTHORIZATION) {
            Some(value) => self.check(value.to_str().unwrap_or_default()).await.map(Some),
            None => Ok(None),
        }
    }

    /// The identity in the payload of `connection_init`: `Authorization` or `authorization`, as a header would have it.
    pub(super) async fn identity_in(&self, payload: &serde_json::Value) -> Result<Option<TokenIdentity>, NotLetIn> {
        match payload.get("Authorization").or_else(|| payload.get("authorization")) {
            Some(value) => self.check(value.as_str().unwrap_or_default()).await.map(Some),
            None => Ok(None),
        }
    }

    async fn check(&self, value: &str) -> Result<TokenIdentity, NotLetIn> {
        let (scheme, token) = value.split_once(' ').ok_or(BadToken::Scheme)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(BadToken::Scheme.into());
        }
        match self.checker.check(token.trim(), self.clock.now()).await? {
            Bearer::Member(identity) => Ok(TokenIdentity(identity)),
            Bearer::Subject(subject) => self.linked(subject).await,
        }
    }

    /// The member whom an issuer's subject names.
    async fn linked(&self, subject: Subject) -> Result<TokenIdentity, NotLetIn> {
        let Subject { issuer, subject, expires_at } = subject;
        let linked = self.desk.linked(&issuer, &subject).await.map_err(|fault| {
            tracing::error!(cause = ?fault, "a token's subject could not be looked up");
            NotLetIn::unavailable("This token cannot be checked just now. Try again in a few seconds.")
        })?;
        let linked = linked.ok_or_else(|| {
            NotLetIn::bad(format!(
                "Nobody here is linked to the subject “{subject}” of {issuer}. Ask an admin of the practice to link it."
            ))
        })?;
        let (practice_id, member_id, link_id) = (linked.practice_id, linked.member_id, Some(linked.link_id));
        Ok(TokenIdentity(Identity { practice_id, member_id, link_id, expires_at }))
    }
}
