//! graphql-transport-ws, message by message: what is refused with which code, and what keeps a socket open.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use frontdesk::limits::Limit;

use crate::support::{Person, Stream, TestPractice, text};

const OURS: (&str, &str) = ("Sec-WebSocket-Protocol", "graphql-transport-ws");
const COUNT: &str = "subscription { pendingRequestCount }";

/// An open socket on which nothing was said yet.
async fn open(practice: &TestPractice) -> Stream {
    Stream::dial(practice.address(), "", &[OURS]).await.expect("the server takes it")
}

/// A socket of a member who is signed in.
async fn signed_in(practice: &TestPractice, person: &Person) -> Stream {
    let mut stream = practice.socket(json!({ "Authorization": format!("Bearer {}", person.token()) })).await;
    assert_eq!(stream.message().await.expect("an answer")["type"], "connection_ack");
    stream
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": query } })
}

async fn what_the_protocol_does_not_have_closes_the_socket_with_its_code() {
    let practice = TestPractice::begin().await;
    let ping = json!({ "type": "ping" });
    let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {}", practice.admin.token()) } });
    let no_token = json!({ "type": "connection_init" });
    let forged = json!({ "type": "connection_init", "payload": { "Authorization": "Bearer forged" } });
    let count = subscribe("1", COUNT);
    let cases: [(&[&Value], u16, &str); 9] = [
        (&[&json!("hello")], 4400, "Invalid message"),
        (&[&json!({ "type": "start", "id": "1" })], 4400, "none of graphql-transport-ws"),
        (&[&init, &json!({ "type": "subscribe", "id": "1" })], 4400, "is an object"),
        (&[&ping, &count], 4401, "connection_init first"),
        (&[&no_token], 4401, "Bearer <token>"),
        (&[&forged], 4403, "token"),
        (&[&init, &count, &count], 4409, "Subscriber for 1 already exists"),
        (&[&init, &init], 4429, "Too many initialisation requests"),
        (&[&init, &json!({ "type": "complete" })], 4400, "needs an “id”"),
    ];
    for (messages, code, words) in cases {
        let mut stream = open(&practice).await;
        for message in messages {
            stream.say((*message).clone()).await;
        }
        let (closed, reason) = stream.closed().await;
        assert!(closed == code && reason.contains(words), "{messages:?}: {closed} {reason}");
    }
    let mut stream = open(&practice).await;
    stream.send(Message::binary(b"{}".to_vec())).await;
    assert_eq!(stream.closed().await.0, 4400);
}

async fn a_socket_that_does_not_ask_for_the_protocol_is_told_so() {
    let practice = TestPractice::begin().await;
    for headers in [&[][..], &[("Sec-WebSocket-Protocol", "graphql-ws")]] {
        let mut stream = Stream::dial(practice.address(), "", headers).await.expect("the handshake is done");
        assert_eq!(stream.closed().await.0, 4406);
    }
    let several = [("Sec-WebSocket-Protocol", "graphql-ws, graphql-transport-ws")];
    let mut stream = Stream::dial(practice.address(), "", &several).await.expect("the server takes it");
    stream.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(stream.message().await, Some(json!({ "type": "pong", "payload": { "n": 1 } })));
}

async fn a_handshake_is_refused_for_a_bad_token_one_in_the_address_or_a_page_of_elsewhere() {
    let practice = TestPractice::begin().await;
    let address = practice.address();
    let refused = async |query: &str, headers: &[(&'static str, &str)]| {
        let headers = [&[OURS], headers].concat();
        Stream::dial(address, query, &headers).await.err()
    };
    assert_eq!(refused("", &[("Authorization", "Bearer forged")]).await, Some(401));
    assert_eq!(refused(&format!("?token={}", practice.admin.token()), &[]).await, Some(400));
    assert_eq!(refused("?access_token=x", &[]).await, Some(400));
    assert_eq!(refused("", &[("Origin", "https://elsewhere.test")]).await, Some(403));
    assert_eq!(refused("", &[("Origin", &format!("http://{address}"))]).await, None);
    let no_socket = reqwest::get(format!("http://{address}/graphql/ws")).await.expect("an answer");
    assert_eq!(no_socket.status(), 426);
}

async fn the_token_of_the_handshake_signs_in_where_the_first_message_has_none() {
    let practice = TestPractice::begin().await;
    let bearer = format!("Bearer {}", practice.admin.token());
    let mut stream =
        Stream::dial(practice.address(), "", &[OURS, ("Authorization", &bearer)]).await.expect("the server takes it");
    stream.say(json!({ "type": "connection_init" })).await;
    assert_eq!(stream.message().await, Some(json!({ "type": "connection_ack" })));
    stream.say(subscribe("1", "{ viewer { member { displayName } } }")).await;
    let answer = stream.message().await.expect("an answer");
    assert_eq!(answer["payload"]["data"]["viewer"]["member"]["displayName"], "Avery", "{answer}");
}

async fn what_was_not_run_is_an_error_and_what_was_run_is_a_response_and_its_end() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let mut stream = signed_in(&practice, &dana).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { madeUp }", ""),
        ("{ a { ".repeat(40).as_str(), "LIMIT_EXCEEDED"),
    ] {
        stream.say(subscribe("1", query)).await;
        let answer = stream.message().await.expect("an answer");
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("1")), "{answer}");
        let told = answer["payload"][0]["extensions"]["code"].as_str().unwrap_or_default();
        assert!(told == code || code.is_empty(), "{answer}");
    }
    // The id is free again. A field that fails is part of a response.
    stream
        .say(subscribe("1", "{ viewer { member { displayName } } clinician(id: \"clinician_1\") { displayName } }"))
        .await;
    let answer = stream.message().await.expect("an answer");
    assert_eq!(
        (&answer["type"], &answer["payload"]["data"]["viewer"]["member"]["displayName"]),
        (&json!("next"), &json!("Dana"))
    );
    assert_eq!(stream.message().await, Some(json!({ "type": "complete", "id": "1" })));
}

async fn a_completed_operation_says_nothing_more_and_the_others_go_on() {
    let practice = TestPractice::begin().await;
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let mut stream = signed_in(&practice, &dana).await;
    for id in ["a", "b"] {
        stream.say(subscribe(id, COUNT)).await;
        assert_eq!(stream.message().await.expect("a count")["id"], id);
    }
    stream.say(json!({ "type": "complete", "id": "a" })).await;
    // The pong comes once the completion was heard.
    stream.say(json!({ "type": "ping" })).await;
    assert_eq!(stream.message().await, Some(json!({ "type": "pong" })));
    casey.run(crate::support::REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    let count = stream.message().await.expect("a count");
    assert_eq!((text(&count["id"]).as_str(), &count["payload"]["data"]["pendingRequestCount"]), ("b", &json!(1)));
    stream.say(subscribe("a", COUNT)).await;
    assert_eq!(stream.message().await.expect("a count")["id"], "a");
}

async fn what_is_over_a_limit_is_refused_by_its_name() {
    let limits = [(Limit::OperationsPerSocket, 2), (Limit::SocketsPerMember, 2), (Limit::MessageBytes, 2_048)];
    let practice = TestPractice::begin_with(&limits).await;
    let mut first = signed_in(&practice, &practice.admin).await;
    for id in ["1", "2", "3"] {
        first.say(subscribe(id, COUNT)).await;
    }
    let refused = loop {
        let message = first.message().await.expect("an answer");
        if message["type"] == "error" {
            break message;
        }
    };
    let told = &refused["payload"][0]["extensions"];
    assert_eq!(
        (&refused["id"], &told["limit"], &told["value"]),
        (&json!("3"), &json!("operations_per_socket"), &json!(2))
    );

    let mut second = signed_in(&practice, &practice.admin).await;
    let mut third = practice.socket(json!({ "Authorization": format!("Bearer {}", practice.admin.token()) })).await;
    let (code, reason) = third.closed().await;
    assert!(code == 1013 && reason.contains("sockets_per_member"), "{code} {reason}");

    second.send(Message::text("x".repeat(3_000))).await;
    let (code, reason) = second.closed().await;
    assert!(code == 1009 && reason.contains("message_bytes"), "{code} {reason}");
}

async fn a_message_may_have_so_many_frames_and_before_sign_in_so_many_bytes_and_come_so_often() {
    let practice = TestPractice::begin().await;
    // One frame more than the limit, none of them the last.
    let mut endless = open(&practice).await;
    let frame = |opcode| Message::Frame(Frame::message(Vec::new(), OpCode::Data(opcode), false));
    endless.send(frame(Data::Text)).await;
    for _ in 0..64 {
        endless.send(frame(Data::Continue)).await;
    }
    let (code, reason) = endless.closed().await;
    assert!(code == 1009 && reason.contains("fragments_per_message of 64"), "{code} {reason}");

    let mut unknown = open(&practice).await;
    unknown.send(Message::text("x".repeat(16 * 1024 + 1))).await;
    let (code, reason) = unknown.closed().await;
    assert!(code == 1009 && reason.contains("init_bytes of 16384"), "{code} {reason}");

    let mut chatty = signed_in(&practice, &practice.admin).await;
    for _ in 0..1_000 {
        if chatty.try_send(Message::text("{\"type\":\"pong\"}")).await.is_err() {
            break;
        }
    }
    let (code, reason) = chatty.closed().await;
    assert!(code == 1008 && reason.contains("messages_per_second of 200"), "{code} {reason}");
}

async fn what_is_no_text_and_what_is_no_frame_ends_a_socket_by_their_codes() {
    let practice = TestPractice::begin().await;
    let broken = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    let mut socket = signed_in(&practice, &practice.admin).await;
    socket.send(Message::Frame(broken)).await;
    assert_eq!(socket.closed().await.0, 1007);
    let unknown = Frame::message(Vec::new(), OpCode::Data(Data::Continue), true);
    let mut socket = signed_in(&practice, &practice.admin).await;
    socket.send(Message::Frame(unknown)).await;
    assert_eq!(socket.closed().await.0, 1002);
}

async fn who_does_not_sign_in_and_who_does_not_answer_a_ping_is_let_go() {
    let limits = [(Limit::InitSeconds, 1), (Limit::PingSeconds, 1), (Limit::PongSeconds, 1)];
    let practice = TestPractice::begin_with(&limits).await;
    assert_eq!(open(&practice).await.closed().await.0, 4408);

    // A client that answers pings stays: its library does so while it waits for the event, for longer than both limits.
    let dana = practice.clinician("Dana").await;
    let casey = practice.client("Casey", &[&dana]).await;
    practice.open(&dana, &[&casey]).await;
    let mut awake = signed_in(&practice, &dana).await;
    awake.say(subscribe("1", COUNT)).await;
    assert_eq!(awake.message().await.expect("a count")["type"], "next");

    // By hand, so that nothing is answered: a ping comes, and then the end.
    let mut silent = TcpStream::connect(practice.address()).await.expect("it connects");
    let handshake = "GET /graphql/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    silent.write_all(handshake.as_bytes()).await.expect("it takes it");
    let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {}", dana.token()) } });
    let frame = Frame::message(init.to_string().into_bytes(), OpCode::Data(Data::Text), true);
    silent.write_all(&masked(frame)).await.expect("it takes it");
    let mut all = Vec::new();
    let heard = tokio::select! {
        read = silent.read_to_end(&mut all) => read,
        message = awake.message() => panic!("the other one got {message:?}"),
    };
    heard.expect("the server ends the connection");
    assert!(all.ends_with(&[0x89, 0x00]), "a ping is the last that comes: {all:?}");
    casey.run(crate::support::REQUEST, practice.asking(&dana, "2027-01-12T20:00:00Z")).await;
    assert_eq!(awake.message().await.expect("a count")["payload"]["data"]["pendingRequestCount"], 1);
}

fn masked(mut frame: Frame) -> Vec<u8> {
    frame.header_mut().mask = Some([0; 4]);
    let mut bytes = Vec::new();
    frame.format(&mut bytes).expect("it is written");
    bytes
}

async fn a_reader_who_stops_keeps_nothing_from_the_others() {
    let practice = TestPractice::begin_with(&[(Limit::OperationsPerSocket, 1_000)]).await;
    let (dana, casey) = practice.open_practice().await;
    let mut stopped = signed_in(&practice, &practice.admin).await;
    // Far more than the sockets' buffers hold, and between the long answers writes that take their turn.
    let types = "{ __schema { types { description fields { description args { description } } } } }";
    let switch = "mutation { setPracticeSelfScheduling(input: { enabled: false, dryRun: true }) { errors { code } } }";
    for number in 0..100 {
        stopped.say(subscribe(&format!("long {number}"), types)).await;
        stopped.say(subscribe(&format!("write {number}"), switch)).await;
    }
    for hour in 15..20 {
        casey.run(crate::support::REQUEST, practice.asking(&dana, &format!("2027-01-12T{hour}:00:00Z"))).await;
    }
}

async fn a_server_that_stops_tells_every_socket_to_come_back() {
    let mut practice = TestPractice::begin().await;
    let mut sockets = vec![open(&practice).await, signed_in(&practice, &practice.admin).await];
    sockets[1].say(subscribe("1", COUNT)).await;
    assert_eq!(sockets[1].message().await.expect("a count")["type"], "next");
    practice.stop();
    for mut socket in sockets {
        let (code, reason) = socket.closed().await;
        assert!(code == 1012 && reason.contains("Come back"), "{code} {reason}");
    }
}

crate::support::tests!(
    what_the_protocol_does_not_have_closes_the_socket_with_its_code,
    a_socket_that_does_not_ask_for_the_protocol_is_told_so,
    a_handshake_is_refused_for_a_bad_token_one_in_the_address_or_a_page_of_elsewhere,
    the_token_of_the_handshake_signs_in_where_the_first_message_has_none,
    what_was_not_run_is_an_error_and_what_was_run_is_a_response_and_its_end,
    a_completed_operation_says_nothing_more_and_the_others_go_on,
    what_is_over_a_limit_is_refused_by_its_name,
    a_message_may_have_so_many_frames_and_before_sign_in_so_many_bytes_and_come_so_often,
    what_is_no_text_and_what_is_no_frame_ends_a_socket_by_their_codes,
    who_does_not_sign_in_and_who_does_not_answer_a_ping_is_let_go,
    a_reader_who_stops_keeps_nothing_from_the_others,
    a_server_that_stops_tells_every_socket_to_come_back,
);
