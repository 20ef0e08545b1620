//! Which tokens are good, by claims, keys and algorithms; and that no text whatever breaks the check.

use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::{EncodingKey, Header};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::made::MadeKey;
use super::super::secret::Secret;
use super::*;
use crate::domain::ids::{MemberId, PracticeId};
use crate::domain::time::parse_instant;

const ISSUER: &str = "https://id.example.org/";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A server that believes an issuer, whose keys are in a file.
struct Scene {
    clock: Clock,
    checker: Checker,
    tokens: Tokens,
    folder: TempDir,
}

impl Scene {
    fn set(keys: &[&MadeKey]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::held(parse_instant("2027-01-04T12:00:00Z").expect("an instant"));
        let tokens = Tokens::new(Secret::given(SECRET).expect("long enough"));
        let issuer = Issuer {
            name: ISSUER.to_owned(),
            audience: "frontdesk".to_owned(),
            leeway: TimeDelta::seconds(30),
            keys: KeySource::File(folder.path().join("keys.json")),
            patience: Duration::from_secs(5),
        };
        let scene = Self { checker: Checker::new(tokens.clone(), Some(issuer), &clock), clock, tokens, folder };
        scene.tell(keys);
        scene
    }

    /// The issuer tells these keys from now on.
    fn tell(&self, keys: &[&MadeKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        std::fs::write(self.folder.path().join("keys.json"), json!({ "keys": keys }).to_string()).expect("written");
    }

    fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now() + TimeDelta::seconds(seconds));
    }

    /// Good claims, of which some are exchanged.
    fn claims(&self, others: Value) -> Value {
        let now = self.clock.now().timestamp();
        let mut claims = json!({ "iss": ISSUER, "aud": "frontdesk", "sub": "dana", "exp": now + 60 });
        for (name, value) in others.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        claims
    }

    async fn check(&self, token: &str) -> Result<Bearer, BadToken> {
        self.checker.check(token, self.clock.now()).await
    }

    async fn refusal(&self, token: &str) -> Option<BadToken> {
        self.check(token).await.err()
    }
}

#[tokio::test]
async fn a_token_of_the_issuer_names_its_subject_until_it_expires() {
    for key in [MadeKey::ed("a", 1), MadeKey::ec("b", 1)] {
        let scene = Scene::set(&[&key]);
        let token = key.sign(&scene.claims(json!({})));
        let expires_at = scene.clock.now() + TimeDelta::seconds(60 + 30);
        let subject = Subject { issuer: ISSUER.to_owned(), subject: "dana".to_owned(), expires_at };
        assert_eq!(scene.check(&token).await, Ok(Bearer::Subject(subject)));
        scene.pass(89);
        assert_eq!(scene.refusal(&token).await, None, "its clock may be off by thirty seconds");
        scene.pass(1);
        assert_eq!(scene.refusal(&token).await, Some(BadToken::Expired));
    }
}

#[tokio::test]
async fn each_claim_has_to_be_right_and_is_refused_by_its_own_words() {
    let key = MadeKey::ed("a", 1);
    let scene = Scene::set(&[&key]);
    let now = scene.clock.now().timestamp();
    let cases = [
        (json!({ "iss": "https://id.example.org" }), Some(BadToken::Issuer)),
        (json!({ "iss": [ISSUER] }), Some(BadToken::Claims)),
        (json!({ "aud": "another" }), Some(BadToken::Audience)),
        (json!({ "aud": [] }), Some(BadToken::Audience)),
        (json!({ "aud": ["another", "frontdesk"] }), None),
        (json!({ "aud": null }), Some(BadToken::Claims)),
        (json!({ "exp": now - 31 }), Some(BadToken::Expired)),
        (json!({ "exp": now as f64 + 0.5 }), None),
        (json!({ "exp": "tomorrow" }), Some(BadToken::Claims)),
        (json!({ "exp": null }), Some(BadToken::Claims)),
        (json!({ "exp": 1e300 }), Some(BadToken::Claims)),
        (json!({ "exp": 8_210_266_876_799_i64 }), Some(BadToken::Claims)),
        (json!({ "nbf": now + 31 }), Some(BadToken::NotYetValid)),
        (json!({ "nbf": now + 30 }), None),
        (json!({ "nbf": -1e300 }), Some(BadToken::Claims)),
        (json!({ "sub": "" }), Some(BadToken::Claims)),
        (json!({ "sub": 7 }), Some(BadToken::Claims)),
    ];
    for (others, expected) in cases {
        assert_eq!(scene.refusal(&key.sign(&scene.claims(others.clone()))).await, expected, "{others}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret_and_an_algorithm_belongs_to_its_key() {
    let (ed, ec) = (MadeKey::ed("a", 1), MadeKey::ec("b", 1));
    let scene = Scene::set(&[&ed, &ec]);
    let claims = scene.claims(json!({}));
    let sign = |header: &Header, secret: &[u8]| {
        jsonwebtoken::encode(header, &claims, &EncodingKey::from_secret(secret)).expect("signed")
    };
    let named = Header { kid: Some("a".to_owned()), ..Header::new(Algorithm::HS256) };
    for secret in [ed.jwk()["x"].as_str().unwrap_or_default(), &ed.jwk().to_string(), ""] {
        assert_eq!(scene.refusal(&sign(&named, secret.as_bytes())).await, Some(BadToken::Signature));
    }
    assert_eq!(scene.refusal(&sign(&named, SECRET.as_bytes())).await, Some(BadToken::Issuer), "ours says frontdesk");
    let hs512 = Header { kid: Some("a".to_owned()), ..Header::new(Algorithm::HS512) };
    assert_eq!(scene.refusal(&sign(&hs512, SECRET.as_bytes())).await, Some(BadToken::Algorithm));
    let critical = Header { crit: Some(vec!["b64".to_owned()]), ..named };
    assert_eq!(scene.refusal(&sign(&critical, SECRET.as_bytes())).await, Some(BadToken::Unreadable));
    let other_key = MadeKey::ec("a", 1).sign(&claims);
    assert_eq!(scene.refusal(&other_key).await, Some(BadToken::Algorithm), "the key a is for EdDSA");
    let forged = MadeKey::ed("a", 2).sign(&claims);
    assert_eq!(scene.refusal(&forged).await, Some(BadToken::Signature));
    // {"alg":"none"}
    let none = ed.sign(&claims).split('.').nth(1).map(|body| format!("eyJhbGciOiJub25lIn0.{body}."));
    assert_eq!(scene.refusal(&none.unwrap_or_default()).await, Some(BadToken::Unreadable));
    assert_eq!(scene.refusal(&"x".repeat(1_000_000)).await, Some(BadToken::TooLong));
}

#[tokio::test]
async fn without_an_issuer_its_tokens_are_of_no_algorithm_that_is_accepted() {
    let key = MadeKey::ed("a", 1);
    let scene = Scene::set(&[&key]);
    let alone = Checker::new(scene.tokens.clone(), None, &scene.clock);
    let token = key.sign(&scene.claims(json!({})));
    assert_eq!(alone.check(&token, scene.clock.now()).await, Err(BadToken::Algorithm));
}

#[tokio::test]
async fn a_key_that_is_not_known_is_asked_for_once_in_a_while() {
    let (old, new) = (MadeKey::ed("old", 1), MadeKey::ed("new", 2));
    let scene = Scene::set(&[&old]);
    let [by_old, by_new] = [&old, &new].map(|key| key.sign(&scene.claims(json!({ "exp": 4_000_000_000_u32 }))));
    assert_eq!(scene.refusal(&by_old).await, None);
    scene.tell(&[&new]);
    assert_eq!(scene.refusal(&by_new).await, Some(BadToken::UnknownKey), "they were asked for just now");
    scene.pass(super::super::ASK_AGAIN_SECONDS);
    assert_eq!(scene.refusal(&by_old).await, None, "a known key asks nobody");
    assert_eq!(scene.refusal(&by_new).await, None);
    assert_eq!(scene.refusal(&by_old).await, Some(BadToken::UnknownKey), "it was taken back");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_taken_back_is_not_believed_for_long_though_nobody_asks() {
    let (old, new) = (MadeKey::ed("old", 1), MadeKey::ed("new", 2));
    let scene = Scene::set(&[&old]);
    let by_old = old.sign(&scene.claims(json!({})));
    assert_eq!(scene.refusal(&by_old).await, None);
    scene.tell(&[&new]);
    // Time passes by itself, as nothing else is to be done.
    let fresh = tokio::spawn(scene.checker.clone().keep_fresh());
    tokio::time::timeout(Duration::from_secs(11 * 60), fresh).await.expect_err("it never ends");
    assert_eq!(scene.refusal(&by_old).await, Some(BadToken::UnknownKey));
}

#[tokio::test]
async fn keys_that_can_no_longer_be_read_stay_as_they_were() {
    let key = MadeKey::ed("a", 1);
    let scene = Scene::set(&[&key]);
    let token = key.sign(&scene.claims(json!({ "exp": 4_000_000_000_u32 })));
    assert_eq!(scene.refusal(&token).await, None);
    scene.tell(&[]);
    scene.pass(60);
    let unknown = MadeKey::ed("b", 1).sign(&scene.claims(json!({})));
    assert_eq!(scene.refusal(&unknown).await, Some(BadToken::NoKeys), "whether it is good is not known");
    assert_eq!(scene.refusal(&token).await, None);
    assert!(scene.checker.begin().await.is_err_and(|told| told.contains("keys.json")), "a start says what is wrong");
}

/// A part of a token: any text, any JSON, or what such a part has.
fn part(members: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        proptest::sample::select(vec!["none", "HS256", "RS256", "ES256", "EdDSA", "a", "b", ISSUER, "frontdesk"])
            .prop_map(|word| json!(word)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(|text| json!(text)),
        Just(json!(null)),
        Just(json!([["frontdesk"], {}])),
    ];
    let object = proptest::collection::hash_map(proptest::sample::select(members), word, 0..8);
    prop_oneof![
        object.prop_map(|object| json!(object).to_string().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..64),
    ]
}

fn base64url(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let six = |chunk: &[u8], at: usize| {
        let whole = (0..3).fold(0u32, |all, byte| all << 8 | u32::from(chunk.get(byte).copied().unwrap_or(0)));
        char::from(SIGNS[(whole >> (18 - 6 * at) & 63) as usize])
    };
    bytes.chunks(3).flat_map(|chunk| (0..=chunk.len()).map(move |at| six(chunk, at))).collect()
}

proptest! {
    #[test]
    fn no_text_whatever_makes_the_check_panic_or_lets_anybody_in(
        text in any::<String>(),
        header in part(&["alg", "kid", "typ", "crit", "jwk", "x5c"]),
        claims in part(&["iss", "aud", "sub", "exp", "nbf", "practice"]),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let scene = Scene::set(&[&MadeKey::ed("a", 1), &MadeKey::ec("b", 1)]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let made = [&header, &claims, &signature].map(|part| base64url(part)).join(".");
        for token in [text, made] {
            prop_assert!(runtime.block_on(scene.check(&token)).is_err());
        }
    }

    #[test]
    fn no_claims_whatever_make_the_check_panic(claims in part(&["iss", "aud", "sub", "exp", "nbf", "practice"])) {
        let key = MadeKey::ed("a", 1);
        let scene = Scene::set(&[&key]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let claims = serde_json::from_slice(&claims).unwrap_or(json!(null));
        let own = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()));
        for token in [key.sign(&claims), own.expect("signed")] {
            let _ = runtime.block_on(scene.check(&token));
        }
        let (practice, member) = (PracticeId::generate(), MemberId::generate());
        let good = scene.tokens.issue(practice, member, scene.clock.now(), TimeDelta::hours(1)).expect("signed");
        prop_assert!(runtime.block_on(scene.check(&good)).is_ok());
    }
}
