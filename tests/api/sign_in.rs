//! Signing in by an issuer: whose tokens are good, when its keys are asked for, and whom its subjects name.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    AUDIENCE, Answer, ISSUER, Person, SigningKey, TestIssuer, TestPractice, assert_nothing_leaks, door, keys_of,
    sign_with_secret, text,
};
use frontdesk::auth::ASK_AGAIN_SECONDS;
use frontdesk::auth::issuer::Issuer;

const ROLES: &str = "{ viewer { roles } }";
const MEMBER: &str = "{ viewer { member { id } } }";

async fn believing(issuer: &TestIssuer) -> TestPractice {
    TestPractice::begin_believing(door(&[]), issuer.believed()).await
}

/// Good claims, of which some are exchanged.
fn claims(practice: &TestPractice, others: Value) -> Value {
    let exp = practice.clock.now().timestamp() + 3_600;
    let mut claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "dana", "exp": exp });
    for (name, value) in others.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    claims
}

async fn member_of(person: &Person) -> String {
    text(&person.run(MEMBER, json!({})).await["viewer"]["member"]["id"])
}

/// Links the subject `dana` to a person; answers the link's id.
async fn link(practice: &TestPractice, person: &Person) -> String {
    let input = json!({ "memberId": member_of(person).await, "issuer": ISSUER, "subject": "dana" });
    text(&practice.admin.done("linkMember", "link { id }", input).await["link"]["id"])
}

/// What a token gets: the HTTP status, and what is said.
async fn tried(practice: &TestPractice, token: &str) -> (u16, String) {
    let (status, answer) = practice.bearer(token).send(ROLES, json!({})).await;
    assert_nothing_leaks(&answer.to_string());
    (status, answer["errors"][0]["message"].as_str().unwrap_or_default().to_owned())
}

fn pass(practice: &TestPractice, seconds: i64) {
    practice.clock.set(practice.clock.now() + chrono::Duration::seconds(seconds));
}

async fn a_subject_signs_in_as_the_member_whom_it_is_linked_to_and_as_nobody_otherwise() {
    let key = SigningKey::rsa("r");
    let issuer = TestIssuer::begin(keys_of(&[&key])).await;
    let practice = believing(&issuer).await;
    let dana = practice.clinician("Dana").await;
    let token = key.sign(&claims(&practice, json!({ "roles": ["ADMIN"], "email": "admin@practice.test" })));
    let (status, told) = tried(&practice, &token).await;
    assert!(status == 401 && told.contains("“dana”") && told.contains(ISSUER), "{status} {told}");

    let link_id = link(&practice, &dana).await;
    let by_token = practice.bearer(&token);
    let roles = by_token.run(ROLES, json!({})).await;
    assert_eq!(roles["viewer"]["roles"], json!(["CLINICIAN"]), "the member's row has the say, not the token");
    assert_eq!(member_of(&by_token).await, member_of(&dana).await);
    let mut stream = by_token.follow("subscription { pendingRequestCount }", json!({})).await;
    assert_eq!(stream.next().await["pendingRequestCount"], 0);
    let input = json!({ "memberId": member_of(&dana).await, "issuer": ISSUER, "subject": "dana2" });
    practice.admin.done("linkMember", "link { id }", input).await;
    let by_other = practice.bearer(&key.sign(&claims(&practice, json!({ "sub": "dana2" }))));
    let mut others = Vec::new();
    for person in [&dana, &by_other] {
        let mut stream = person.follow("subscription { pendingRequestCount }", json!({})).await;
        assert_eq!(stream.next().await["pendingRequestCount"], 0);
        others.push(stream);
    }

    let unlinked =
        practice.admin.done("unlinkMember", "member { links { subject } }", json!({ "linkId": link_id })).await;
    assert_eq!(unlinked["member"]["links"], json!([{ "subject": "dana2" }]));
    let ended = stream.payload().await;
    assert_eq!(ended["errors"][0]["extensions"]["code"], "FORBIDDEN", "an open stream ends at once: {ended}");
    let again = json!({ "type": "subscribe", "id": "2", "payload": { "query": ROLES } });
    stream.say(again).await;
    while let Some(message) = stream.message().await {
        if message["id"] == "2" {
            assert!(message.to_string().contains("UNAUTHENTICATED"), "nor does the socket serve them: {message}");
            break;
        }
    }
    assert_eq!(tried(&practice, &token).await.0, 401);
    for person in [&dana, &by_other] {
        let roles = person.run(ROLES, json!({})).await;
        assert_eq!(roles["viewer"]["roles"], json!(["CLINICIAN"]), "our own token stays good, and the other link");
    }
    let (casey, request) = (practice.client("Casey", &[&dana]).await, "2027-01-12T20:00:00Z");
    practice.open(&dana, &[&casey]).await;
    casey.run(crate::support::REQUEST, practice.asking(&dana, request)).await;
    for stream in &mut others {
        assert_eq!(stream.next().await["pendingRequestCount"], 1, "and so do the streams that they opened");
    }
}

async fn a_token_that_is_not_as_it_should_be_is_401_with_a_plain_reason() {
    let (key, ed) = (SigningKey::rsa("r"), SigningKey::ed("e", 1));
    let issuer = TestIssuer::begin(keys_of(&[&key, &ed])).await;
    let practice = believing(&issuer).await;
    link(&practice, &practice.clinician("Dana").await).await;
    let now = practice.clock.now().timestamp();
    let with = |others| claims(&practice, others);
    let good = with(json!({}));
    let none = ed.sign(&good).split('.').nth(1).map(|body| format!("eyJhbGciOiJub25lIn0.{body}."));
    let modulus = text(&key.jwk()["n"]);
    let cases = [
        (key.sign(&with(json!({ "iss": "https://id.elsewhere.test/" }))), "issuer"),
        (key.sign(&with(json!({ "aud": "elsewhere" }))), "audience"),
        (key.sign(&with(json!({ "exp": now - 60 }))), "expired"),
        (key.sign(&with(json!({ "nbf": now + 60 }))), "not valid yet"),
        (key.sign(&with(json!({ "sub": null }))), "sub"),
        (none.expect("three parts"), "JWT"),
        (sign_with_secret("r", modulus.as_bytes(), &good), "signature"),
        (sign_with_secret("r", key.jwk().to_string().as_bytes(), &good), "signature"),
        (SigningKey::ec("r", 1).sign(&good), "algorithm"),
        (SigningKey::ed("e", 2).sign(&good), "signature"),
        (SigningKey::ed("x", 1).sign(&good), "key is not known"),
        ("no token".to_owned(), "JWT"),
        ("x".repeat(10_000), "longer"),
    ];
    for (token, reason) in cases {
        let (status, told) = tried(&practice, &token).await;
        assert!(status == 401 && told.contains(reason), "{reason}: {status} {told}");
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        let (code, told) = practice.socket(payload).await.closed().await;
        assert!(code == 4403 && told.contains(reason), "{reason}: {code} {told}");
    }
    let payload = json!({ "Authorization": format!("Bearer {}", "x".repeat(100_000)) });
    assert_eq!(practice.socket(payload).await.closed().await.0, 1009, "that is no first message");
    for signed in [&key, &ed] {
        assert_eq!(tried(&practice, &signed.sign(&good)).await, (200, String::new()));
        assert_eq!(tried(&practice, &signed.sign(&with(json!({ "aud": ["x", AUDIENCE], "nbf": now })))).await.0, 200);
    }
}

async fn new_keys_are_asked_for_once_in_a_while_and_known_ones_never() {
    let [first, second, forged] = [("1", 1), ("2", 2), ("3", 3)].map(|(id, number)| SigningKey::ed(id, number));
    let issuer = TestIssuer::begin(keys_of(&[&first])).await;
    let practice = believing(&issuer).await;
    link(&practice, &practice.clinician("Dana").await).await;
    assert_eq!(issuer.asked(), 1, "at the start");
    let [by_first, by_second, by_forged] =
        [&first, &second, &forged].map(|key| key.sign(&claims(&practice, json!({}))));
    for _ in 0..5 {
        assert_eq!(tried(&practice, &by_first).await.0, 200);
    }
    assert_eq!(issuer.asked(), 1, "a known key asks nobody");

    issuer.tell(&[&second]);
    pass(&practice, ASK_AGAIN_SECONDS);
    let all = [&by_second, &by_second, &by_forged, &by_second, &by_forged].map(|token| tried(&practice, token));
    let statuses: Vec<_> = futures_util::future::join_all(all).await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, [200, 200, 401, 200, 401]);
    assert_eq!(issuer.asked(), 2, "however many come at once");
    assert_eq!(tried(&practice, &by_first).await.0, 401, "the old key is gone with the set that had it");
    assert_eq!(issuer.asked(), 2);
    pass(&practice, ASK_AGAIN_SECONDS);
    assert_eq!(tried(&practice, &by_forged).await.0, 401);
    assert_eq!((issuer.asked(), tried(&practice, &by_second).await.0), (3, 200));
}

async fn an_issuer_that_is_down_at_the_start_or_later_stops_only_what_needs_its_keys() {
    let (key, later) = (SigningKey::ec("1", 1), SigningKey::ec("2", 2));
    let issuer = TestIssuer::begin(Answer::Down).await;
    let practice = believing(&issuer).await;
    let dana = practice.clinician("Dana").await;
    link(&practice, &dana).await;
    let token = key.sign(&claims(&practice, json!({})));
    let (status, answer) = practice.bearer(&token).send(ROLES, json!({})).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (503, &json!("UNAVAILABLE")), "{answer}");
    let payload = json!({ "Authorization": format!("Bearer {token}") });
    assert_eq!(practice.socket(payload).await.closed().await.0, 1013, "come back later");
    assert_eq!(dana.run(ROLES, json!({})).await["viewer"]["roles"], json!(["CLINICIAN"]), "our own tokens need nobody");

    issuer.tell(&[&key]);
    assert_eq!(tried(&practice, &token).await.0, 503, "it was asked just now");
    pass(&practice, ASK_AGAIN_SECONDS);
    assert_eq!(tried(&practice, &token).await.0, 200);

    issuer.answer(Answer::Down);
    pass(&practice, ASK_AGAIN_SECONDS);
    let by_later = later.sign(&claims(&practice, json!({})));
    assert_eq!(tried(&practice, &by_later).await.0, 503, "whether it is good is not known");
    assert_eq!(tried(&practice, &token).await.0, 200, "what is known stays known");
}

async fn an_answer_that_is_slow_endless_elsewhere_or_none_is_cut_and_the_known_keys_stay() {
    let (key, later) = (SigningKey::ed("1", 1), SigningKey::ed("2", 2));
    let (issuer, elsewhere) = (TestIssuer::begin(keys_of(&[&key])).await, TestIssuer::begin(keys_of(&[&later])).await);
    // Long enough for what is there, and short for what never comes.
    let believed = Issuer { patience: std::time::Duration::from_secs(2), ..issuer.believed() };
    let practice = TestPractice::begin_believing(door(&[]), believed).await;
    link(&practice, &practice.clinician("Dana").await).await;
    let bad = [
        Answer::Stalled,
        Answer::Endless,
        Answer::Redirect(elsewhere.url()),
        Answer::Keys(json!({ "keys": [] })),
        Answer::Keys(json!("A".repeat(200_000))),
        Answer::Keys(json!({ "keys": vec![later.jwk(); 101] })),
    ];
    for (round, answer) in bad.into_iter().enumerate() {
        issuer.answer(answer);
        pass(&practice, ASK_AGAIN_SECONDS);
        let [by_key, by_later] = [&key, &later].map(|key| key.sign(&claims(&practice, json!({}))));
        let (unknown, known) = tokio::join!(tried(&practice, &by_later), tried(&practice, &by_key));
        assert_eq!((unknown.0, known.0), (503, 200), "round {round}: {}", unknown.1);
    }
    assert_eq!((issuer.asked(), elsewhere.asked()), (7, 0), "redirects are not followed");
}

async fn one_subject_names_one_member_of_one_practice() {
    let practice = TestPractice::begin().await;
    let (dana, ida) = (practice.clinician("Dana").await, practice.clinician("Ida").await);
    let (dana, ida) = (member_of(&dana).await, member_of(&ida).await);
    let elsewhere = practice.elsewhere().await;
    let stranger = member_of(&elsewhere.clinician).await;
    let asked = |member: &str, subject: &str| json!({ "memberId": member, "issuer": ISSUER, "subject": subject });
    let chosen = "member { id } link { id issuer subject linkedAt linkedBy { displayName } }";
    let made = practice.admin.done("linkMember", chosen, asked(&dana, " auth0|Dana ")).await;
    let link = json!({ "id": made["link"]["id"], "issuer": ISSUER, "subject": "auth0|Dana",
        "linkedAt": "2027-01-04T14:00:00Z", "linkedBy": { "displayName": "Avery" } });
    assert_eq!((&made["member"]["id"], &made["link"]), (&json!(dana), &link));

    for (admin, member) in [(&practice.admin, &dana), (&practice.admin, &ida), (&elsewhere.admin, &stranger)] {
        let refused = admin.call("linkMember", "link { id }", asked(member, "auth0|Dana")).await;
        assert_eq!(refused["errors"][0]["code"], "ALREADY_EXISTS", "{refused}");
        assert!(!refused.to_string().contains(&dana), "whose it is, is not told");
    }
    practice.admin.done("linkMember", "link { id }", asked(&ida, "auth0|dana")).await;
    for wrong in ["", "dänä", "a\nb", &"x".repeat(256)] {
        let refused = practice.admin.call("linkMember", "link { id }", asked(&ida, wrong)).await;
        assert_eq!(refused["errors"][0]["field"], json!(["input", "subject"]), "{wrong}");
    }
    for number in 0..9 {
        practice.admin.done("linkMember", "link { id }", asked(&dana, &number.to_string())).await;
    }
    let refused = practice.admin.call("linkMember", "link { id }", asked(&dana, "9")).await;
    assert_eq!(refused["errors"][0]["code"], "LIMIT_REACHED");

    let before = practice.snapshot().await;
    let link_id = json!({ "linkId": made["link"]["id"] });
    let denied = [("linkMember", asked(&stranger, "new")), ("linkMember", asked(&dana.replace('0', "1"), "new"))];
    for (name, input) in denied {
        let document = crate::support::mutation(name, "");
        assert_eq!(practice.admin.denied(&document, json!({ "input": input })).await.0, "NOT_FOUND");
    }
    let document = crate::support::mutation("unlinkMember", "");
    assert_eq!(elsewhere.admin.denied(&document, json!({ "input": link_id })).await.0, "NOT_FOUND");
    assert_eq!(practice.snapshot().await, before, "a refused link changed something");
}

async fn a_link_is_made_and_taken_once_however_often_it_is_asked_for_and_the_log_tells_of_both() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let member = member_of(&dana).await;
    let before = practice.snapshot().await["latestCursor"].take();
    let input = json!({ "memberId": member, "issuer": ISSUER, "subject": "dana", "idempotencyKey": "a" });
    let twice = [&input, &input].map(|input| practice.admin.done("linkMember", "link { id }", input.clone()));
    let links: BTreeSet<_> =
        futures_util::future::join_all(twice).await.iter().map(|made| text(&made["link"]["id"])).collect();
    assert_eq!(links.len(), 1);
    let mut other = input.clone();
    other["subject"] = json!("ida");
    let refused = practice.admin.call("linkMember", "link { id }", other).await;
    assert_eq!(refused["errors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
    let query = "query($id: ID!) { clinician(id: $id) { member { id links { id subject } } } }";
    let seen = practice.admin.run(query, json!({ "id": dana.id })).await["clinician"]["member"].take();
    let link_id = links.first().expect("one");
    assert_eq!(seen, json!({ "id": member, "links": [{ "id": link_id, "subject": "dana" }] }));
    let (_, denied) = dana.send(query, json!({ "id": dana.id })).await;
    assert_eq!(denied["data"]["clinician"]["member"], json!({ "id": member, "links": null }), "for admins alone");

    let input = json!({ "linkId": link_id, "idempotencyKey": "b" });
    for _ in 0..2 {
        let taken = practice.admin.done("unlinkMember", "member { id }", input.clone()).await;
        assert_eq!(taken["member"]["id"], member);
    }
    let document = crate::support::mutation("unlinkMember", "");
    let gone = practice.admin.denied(&document, json!({ "input": { "linkId": link_id } })).await;
    assert_eq!(gone.0, "NOT_FOUND", "without the key it is another act");
    let number = |cursor: &Value| {
        let cursor = text(cursor);
        i64::from_str_radix(cursor.split('.').nth(1).expect("two parts"), 16).expect("a number")
    };
    let after = practice.snapshot().await["latestCursor"].take();
    assert_eq!(number(&after) - number(&before), 2, "one event for each");
}

crate::support::tests!(
    a_subject_signs_in_as_the_member_whom_it_is_linked_to_and_as_nobody_otherwise,
    a_token_that_is_not_as_it_should_be_is_401_with_a_plain_reason,
    new_keys_are_asked_for_once_in_a_while_and_known_ones_never,
    an_issuer_that_is_down_at_the_start_or_later_stops_only_what_needs_its_keys,
    an_answer_that_is_slow_endless_elsewhere_or_none_is_cut_and_the_known_keys_stay,
    one_subject_names_one_member_of_one_practice,
    a_link_is_made_and_taken_once_however_often_it_is_asked_for_and_the_log_tells_of_both,
);
