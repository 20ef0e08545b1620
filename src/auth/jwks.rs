//! The keys that an issuer signs with, as its JWK Set (RFC 7517) tells them.

use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use serde::Deserialize;

/// The most keys of one set. Providers tell two or three.
const KEYS_MAX: usize = 100;

/// The shortest and the longest modulus of an RSA key, in bytes (RFC 7518, section 3.3; what is longer takes too long).
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A key, for one algorithm and no other.
pub(super) struct Key {
    id: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// Keys of one issuer.
#[derive(Default)]
pub(super) struct KeySet(Vec<Arc<Key>>);

/// What a set has for a token.
pub(super) enum Found {
    Key(Arc<Key>),
    /// The key is for another algorithm.
    ForAnother,
    Nothing,
}

#[derive(Deserialize)]
struct Told {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a set. Keys that sign nothing here are left out: other uses, other algorithms, shared secrets, weak ones.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let told: Told = serde_json::from_slice(text).map_err(|_| "it is no JWK Set".to_owned())?;
        let count = told.keys.len();
        if count > KEYS_MAX {
            return Err(format!("it has {count} keys, and {KEYS_MAX} are the most"));
        }
        let keys: Vec<_> = told.keys.into_iter().filter_map(|key| Key::read(key).map(Arc::new)).collect();
        if keys.is_empty() {
            return Err(format!("none of its {count} keys checks signatures by RS256, ES256 or EdDSA"));
        }
        Ok(Self(keys))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The key that a token names. One that names none is taken for the only key of its algorithm.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found {
        let named = || self.0.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
        let mut fitting = named().filter(|key| key.algorithm == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Found::Key(key.clone()),
            (Some(key), Some(_)) if id.is_some() => Found::Key(key.clone()),
            (None, _) if id.is_some() && named().next().is_some() => Found::ForAnother,
            _ => Found::Nothing,
        }
    }
}

impl Key {
    fn read(told: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(told).ok()?;
        let may_verify = jwk.common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
        let is_for_signing = jwk.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
        if !may_verify || !is_for_signing {
            return None;
        }
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => Algorithm::ES256,
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
            _ => return None,
        };
        if jwk.common.key_algorithm.is_some_and(|named| named != algorithm.into()) {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok().filter(is_whole)?;
        Some(Self { id: jwk.common.key_id, algorithm, key })
    }
}

/// True where the numbers are as long as they have to be: the library takes their lengths for granted.
fn is_whole(key: &DecodingKey) -> bool {
    use jsonwebtoken::AlgorithmFamily::{Ec, Ed};
    match (key.family(), key.kind()) {
        (_, DecodingKeyKind::RsaModulusExponent { n, .. }) => {
            let zeros = n.iter().take_while(|byte| **byte == 0).count();
            RSA_BYTES.contains(&(n.len() - zeros))
        }
        // A mark, and two coordinates.
        (Ec, DecodingKeyKind::SecretOrDer(point)) => point.len() == 65,
        (Ed, DecodingKeyKind::SecretOrDer(point)) => point.len() == 32,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::MadeKey;
    use super::*;
    use serde_json::json;

    fn parse(keys: serde_json::Value) -> Result<KeySet, String> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn keys_of_other_uses_and_kinds_are_left_out_and_the_others_stay() {
        let good = MadeKey::ed("a", 1).jwk();
        let with = |name: &str, value: serde_json::Value| {
            let mut key = MadeKey::ed("b", 2).jwk();
            key[name] = value;
            key
        };
        let left_out = [
            with("use", json!("enc")),
            with("alg", json!("RS256")),
            with("alg", json!("EdDSA2")),
            with("key_ops", json!(["sign"])),
            with("crv", json!("Ed448")),
            with("x", json!("AAAA")),
            with("kty", json!("EC")),
            json!({ "kty": "oct", "kid": "b", "alg": "HS256", "k": "AAAA" }),
            json!({ "kty": "RSA", "kid": "b", "n": "AQAB", "e": "AQAB" }),
            json!({ "kty": "RSA", "kid": "b", "n": "A".repeat(1_000), "e": "AQAB" }),
            json!({ "kty": "EC", "kid": "b", "crv": "P-256", "x": "AAAA", "y": "AAAA" }),
            json!("a key"),
        ];
        for key in left_out {
            let set = parse(json!([key, good])).expect("one is good");
            assert_eq!(set.len(), 1, "{key}");
            assert!(matches!(set.find(Some("b"), Algorithm::EdDSA), Found::Nothing), "{key}");
            assert!(parse(json!([key])).is_err(), "{key}");
        }
    }

    #[test]
    fn a_key_is_for_one_algorithm_and_found_by_its_name() {
        let set = parse(json!([MadeKey::ed("a", 1).jwk(), MadeKey::ec("b", 2).jwk()])).expect("good");
        assert!(matches!(set.find(Some("a"), Algorithm::EdDSA), Found::Key(_)));
        assert!(matches!(set.find(Some("a"), Algorithm::ES256), Found::ForAnother));
        assert!(matches!(set.find(Some("c"), Algorithm::ES256), Found::Nothing));
        assert!(matches!(set.find(None, Algorithm::ES256), Found::Key(_)), "there is one of them");
        let two = parse(json!([MadeKey::ed("a", 1).jwk(), MadeKey::ed("b", 2).jwk()])).expect("good");
        assert!(matches!(two.find(None, Algorithm::EdDSA), Found::Nothing), "which one?");
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for wrong in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "<html>"] {
            assert!(KeySet::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(parse(json!(vec![MadeKey::ed("a", 1).jwk(); KEYS_MAX + 1])).is_err());
    }
}
