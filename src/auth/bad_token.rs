//! Why a token lets nobody in, in words for its bearer.

use std::fmt;

/// Why a token is not good, or cannot be told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// No `Bearer <token>`.
    Scheme,
    /// Longer than any that is looked at.
    TooLong,
    /// Three parts in base64url with JSON in them: something of this is missing.
    Unreadable,
    /// Signed by no algorithm that is accepted, or by another than its key is for.
    Algorithm,
    /// Signed with a key that is not known here.
    UnknownKey,
    /// Not signed with the key that it names.
    Signature,
    /// `iss`, `aud`, `sub` or `exp` is missing, or is none.
    Claims,
    /// Made by somebody else than who is believed here.
    Issuer,
    /// Made for somebody else than this server.
    Audience,
    /// It was good until it expired.
    Expired,
    /// It will be good later.
    NotYetValid,
    /// The issuer does not tell its keys: whether the token is good is not known.
    NoKeys,
}

impl fmt::Display for BadToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Scheme => "The token is not valid here: write “Bearer” and a blank before it.",
            Self::TooLong => "The token is not valid here: it is longer than 8192 bytes.",
            Self::Unreadable => "The token is not valid here: it does not read as a signed JWT.",
            Self::Algorithm => "The token is not valid here: its algorithm is not one that its key is for.",
            Self::UnknownKey => "The token is not valid here: its key is not known. Sign in again for a new one.",
            Self::Signature => "The token is not valid here: its signature is wrong. Sign in again for a new one.",
            Self::Claims => "The token is not valid here: it needs iss, aud, sub and exp.",
            Self::Issuer => "The token is not valid here: it is of another issuer.",
            Self::Audience => "The token is not valid here: it is for another audience.",
            Self::Expired => "The token has expired. Sign in again for a new one.",
            Self::NotYetValid => "The token is not valid yet. Try again later, or set the issuer's clock right.",
            Self::NoKeys => "The issuer does not tell its keys just now. Try again in half a minute.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::TOKEN_MAX_BYTES;
    use super::*;

    #[test]
    fn the_longest_token_is_told_as_it_is() {
        assert!(BadToken::TooLong.to_string().contains(&format!("{TOKEN_MAX_BYTES} bytes")));
    }
}
