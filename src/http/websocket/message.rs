//! The messages of graphql-transport-ws, in and out.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::graphql::Asked;
use crate::http::parameters;

/// The longest id of an operation, in bytes: clients send a UUID or a number.
const ID_MAX_BYTES: usize = 128;
/// The longest reason of a close frame, in bytes (RFC 6455, 5.5.1).
const REASON_MAX_BYTES: usize = 123;

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    Init(Value),
    Ping(Option<Value>),
    Pong,
    Subscribe { id: String, asked: Asked },
    Complete { id: String },
}

#[derive(Deserialize)]
struct Envelope {
    r#type: String,
    id: Option<String>,
    payload: Option<Value>,
}

/// Reads one message; what is not one is told in words short enough for a close frame.
pub fn read(text: &str) -> Result<ClientMessage, String> {
    let Envelope { r#type, id, payload } = serde_json::from_str(text)
        .map_err(|_| "Invalid message: send a JSON object with “type”, as graphql-transport-ws has it.".to_owned())?;
    let id = |what: &str| match id {
        Some(id) if !id.is_empty() && id.len() <= ID_MAX_BYTES => Ok(id),
        Some(_) => Err(format!("Invalid message: the id of {what} has 1 to {ID_MAX_BYTES} bytes.")),
        None => Err(format!("Invalid message: {what} needs an “id”.")),
    };
    match r#type.as_str() {
        "connection_init" => match payload {
            None | Some(Value::Null) => Ok(ClientMessage::Init(Value::Null)),
            Some(payload @ Value::Object(_)) => Ok(ClientMessage::Init(payload)),
            Some(_) => Err("Invalid message: the payload of connection_init is an object.".to_owned()),
        },
        "ping" => Ok(ClientMessage::Ping(payload)),
        "pong" => Ok(ClientMessage::Pong),
        "subscribe" => {
            let id = id("subscribe")?;
            Ok(ClientMessage::Subscribe { id, asked: asked(payload)? })
        }
        "complete" => Ok(ClientMessage::Complete { id: id("complete")? }),
        _ => Err("Invalid message: this “type” is none of graphql-transport-ws.".to_owned()),
    }
}

fn asked(payload: Option<Value>) -> Result<Asked, String> {
    let wrong = |what: &str| format!("Invalid message: the payload of subscribe {what}.");
    let Some(Value::Object(payload)) = payload else { return Err(wrong("is an object")) };
    parameters::from_object(payload).map_err(wrong)
}

/// What the server says.
pub fn ack() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

/// The answer to the client's own ping, with what it carried.
pub fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

/// One response of an operation. The payload is copied as it is: it may be that of ten thousand others too.
pub fn next(id: &str, payload: &str) -> String {
    framed("next", id, payload)
}

/// The operation was not run; the payload is a list of errors.
pub fn error(id: &str, errors: &str) -> String {
    framed("error", id, errors)
}

/// The operation is over.
pub fn complete(id: &str) -> String {
    json!({ "type": "complete", "id": id }).to_string()
}

fn framed(kind: &str, id: &str, payload: &str) -> String {
    let id = Value::String(id.to_owned()).to_string();
    let mut frame = String::with_capacity(payload.len() + id.len() + kind.len() + 32);
    for part in ["{\"type\":\"", kind, "\",\"id\":", &id, ",\"payload\":", payload, "}"] {
        frame.push_str(part);
    }
    frame
}

/// As much of a reason as a close frame carries.
pub fn reason(text: &str) -> &str {
    &text[..text.floor_char_boundary(REASON_MAX_BYTES)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_message_of_the_protocol_is_read() {
        let read = |value: Value| read(&value.to_string()).expect("a message");
        assert_eq!(read(json!({ "type": "connection_init" })), ClientMessage::Init(Value::Null));
        let payload = json!({ "Authorization": "Bearer x" });
        assert_eq!(read(json!({ "type": "connection_init", "payload": payload })), ClientMessage::Init(payload));
        assert_eq!(
            read(json!({ "type": "ping", "payload": { "a": 1 } })),
            ClientMessage::Ping(Some(json!({ "a": 1 })))
        );
        assert_eq!(read(json!({ "type": "pong" })), ClientMessage::Pong);
        assert_eq!(read(json!({ "type": "complete", "id": "1" })), ClientMessage::Complete { id: "1".to_owned() });
        let asked = Asked {
            query: "{ a }".to_owned(),
            operation_name: Some("A".to_owned()),
            variables: async_graphql::Variables::from_json(json!({ "b": 1 })),
        };
        let payload = json!({ "query": "{ a }", "operationName": "A", "variables": { "b": 1 }, "extensions": {} });
        let message = json!({ "type": "subscribe", "id": "1", "payload": payload });
        assert_eq!(read(message), ClientMessage::Subscribe { id: "1".to_owned(), asked });
    }

    #[test]
    fn what_is_no_message_is_refused_in_words_that_fit_a_close_frame() {
        for wrong in [
            json!(null),
            json!([]),
            json!("ping"),
            json!({}),
            json!({ "type": 1 }),
            json!({ "type": "start", "id": "1" }),
            json!({ "type": "connection_ack" }),
            json!({ "type": "connection_init", "payload": "Bearer x" }),
            json!({ "type": "complete" }),
            json!({ "type": "complete", "id": "" }),
            json!({ "type": "complete", "id": "x".repeat(129) }),
            json!({ "type": "subscribe", "id": "1" }),
            json!({ "type": "subscribe", "payload": { "query": "{ a }" } }),
            json!({ "type": "subscribe", "id": "1", "payload": {} }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": 1 } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ a }", "operationName": 1 } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ a }", "variables": [] } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ a }", "extensions": 1 } }),
        ] {
            let told = read(&wrong.to_string()).expect_err("refused");
            assert!(told.starts_with("Invalid message") && told.len() <= REASON_MAX_BYTES, "{wrong}: {told}");
        }
    }

    proptest! {
        #[test]
        fn no_text_whatever_makes_the_reader_panic(text in ".{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn an_operations_id_and_payload_come_back_as_they_were(id in ".{1,30}", value in ".{0,60}") {
            let frame = next(&id, &json!({ "data": value }).to_string());
            let read: Value = serde_json::from_str(&frame).expect("JSON");
            prop_assert_eq!(read, json!({ "type": "next", "id": id, "payload": { "data": value } }));
        }

        #[test]
        fn a_reason_is_cut_between_characters(text in ".{0,200}") {
            prop_assert!(reason(&text).len() <= REASON_MAX_BYTES && text.starts_with(reason(&text)));
        }
    }
}
