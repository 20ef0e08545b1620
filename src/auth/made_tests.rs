//! Keys that the tests sign with, each made from a number.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7; RFC 5915).
const ED: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
const EC: &[u8] =
    b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\
                    \x04\x27\x30\x25\x02\x01\x01\x04\x20";

/// A private key with its name.
pub(super) struct MadeKey {
    id: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl MadeKey {
    pub fn ed(id: &str, number: u8) -> Self {
        let key = EncodingKey::from_ed_der(&[ED, &[number; 32]].concat());
        Self { id: id.to_owned(), algorithm: Algorithm::EdDSA, key }
    }

    pub fn ec(id: &str, number: u8) -> Self {
        let key = EncodingKey::from_ec_der(&[EC, &[number; 32]].concat());
        Self { id: id.to_owned(), algorithm: Algorithm::ES256, key }
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let mut jwk = json!(Jwk::from_encoding_key(&self.key, self.algorithm).expect("a key"));
        jwk["kid"] = json!(self.id);
        jwk
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.key).expect("signed")
    }
}
