//! What graphql-transport-ws lets a client do when: the state of one socket, without its I/O.

use std::collections::HashSet;

use serde_json::Value;

use super::message::ClientMessage;
use crate::graphql::Asked;

/// Why the server closes a socket: a code of the protocol or of WebSocket itself, and the reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub code: u16,
    pub reason: String,
}

impl Closing {
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// A message that is none.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::new(4400, reason)
    }

    /// Nobody is signed in, or no longer.
    pub fn unauthorized(reason: impl Into<String>) -> Self {
        Self::new(4401, reason)
    }

    /// The token does not let anybody in.
    pub fn forbidden(reason: impl Into<String>) -> Self {
        Self::new(4403, reason)
    }

    /// The server stops; another one is there, or soon.
    pub fn stopping() -> Self {
        Self::new(1012, "The server stops. Come back at once, with your last cursor.")
    }

    /// There is no room.
    pub fn busy(reason: impl Into<String>) -> Self {
        Self::new(1013, reason)
    }
}

/// What is to be done about a message.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Sign in by this payload, and acknowledge.
    SignIn(Value),
    /// Answer the client's ping.
    Pong(Option<Value>),
    /// Run the operation.
    Start(String, Asked),
    /// More would run at once than may: tell so, of this operation alone.
    Refuse(String),
    /// Stop the operation; nothing more is sent of it.
    Stop(String),
    /// Nothing.
    Nothing,
    /// Close the socket.
    Close(Closing),
}

/// One socket's state.
pub struct Protocol {
    is_initialized: bool,
    most_operations: usize,
    running: HashSet<String>,
}

impl Protocol {
    /// A socket that has just been opened.
    pub fn new(most_operations: usize) -> Self {
        Self { is_initialized: false, most_operations, running: HashSet::new() }
    }

    /// True once connection_init has come.
    pub fn is_initialized(&self) -> bool {
        self.is_initialized
    }

    /// What a message leads to.
    pub fn take(&mut self, message: ClientMessage) -> Step {
        match message {
            ClientMessage::Init(_) if self.is_initialized => {
                Step::Close(Closing::new(4429, "Too many initialisation requests"))
            }
            ClientMessage::Init(payload) => {
                self.is_initialized = true;
                Step::SignIn(payload)
            }
            ClientMessage::Ping(payload) => Step::Pong(payload),
            ClientMessage::Pong => Step::Nothing,
            ClientMessage::Subscribe { .. } if !self.is_initialized => {
                Step::Close(Closing::unauthorized("Unauthorized: send connection_init first"))
            }
            ClientMessage::Subscribe { id, .. } if self.running.contains(&id) => {
                Step::Close(Closing::new(4409, format!("Subscriber for {id} already exists")))
            }
            ClientMessage::Subscribe { id, .. } if self.running.len() >= self.most_operations => Step::Refuse(id),
            ClientMessage::Subscribe { id, asked } => {
                self.running.insert(id.clone());
                Step::Start(id, asked)
            }
            // An operation may have ended while its completion was under way.
            ClientMessage::Complete { id } if self.running.remove(&id) => Step::Stop(id),
            ClientMessage::Complete { .. } => Step::Nothing,
        }
    }

    /// The operation has ended by itself; its id is free again.
    pub fn ended(&mut self, id: &str) {
        self.running.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 3;

    fn any_message() -> impl Strategy<Value = ClientMessage> {
        let id = || "[a-e]";
        prop_oneof![
            1 => Just(ClientMessage::Init(Value::Null)),
            1 => Just(ClientMessage::Ping(None)),
            1 => Just(ClientMessage::Pong),
            6 => id().prop_map(|id| ClientMessage::Subscribe { id, asked: Asked::default() }),
            4 => id().prop_map(|id| ClientMessage::Complete { id }),
        ]
    }

    proptest! {
        #[test]
        fn nothing_runs_before_init_nor_twice_under_one_id_nor_more_than_may(
            messages in prop::collection::vec(any_message(), 0..60)
        ) {
            let mut protocol = Protocol::new(MOST);
            let mut running = HashSet::new();
            let mut inits = 0;
            for message in messages {
                let is_init = matches!(message, ClientMessage::Init(_));
                match protocol.take(message) {
                    Step::SignIn(_) => inits += 1,
                    Step::Start(id, _) => {
                        prop_assert_eq!(inits, 1);
                        prop_assert!(running.insert(id));
                        prop_assert!(running.len() <= MOST);
                    }
                    Step::Stop(id) => prop_assert!(running.remove(&id)),
                    Step::Refuse(_) => prop_assert_eq!(running.len(), MOST),
                    Step::Close(Closing { code: 4429, .. }) => prop_assert!(is_init && inits == 1),
                    Step::Close(Closing { code: 4401, .. }) => prop_assert_eq!(inits, 0),
                    Step::Close(Closing { code: 4409, .. }) => prop_assert!(!running.is_empty()),
                    Step::Close(closing) => prop_assert!(false, "{:?}", closing),
                    Step::Pong(_) | Step::Nothing => {}
                }
            }
        }
    }

    #[test]
    fn an_id_is_free_again_once_its_operation_has_ended() {
        let subscribe = || ClientMessage::Subscribe { id: "1".to_owned(), asked: Asked::default() };
        let mut protocol = Protocol::new(MOST);
        assert_eq!(protocol.take(ClientMessage::Init(Value::Null)), Step::SignIn(Value::Null));
        assert!(matches!(protocol.take(subscribe()), Step::Start(..)));
        assert!(matches!(protocol.take(subscribe()), Step::Close(Closing { code: 4409, .. })));
        protocol.ended("1");
        assert!(matches!(protocol.take(subscribe()), Step::Start(..)));
        assert_eq!(protocol.take(ClientMessage::Complete { id: "1".to_owned() }), Step::Stop("1".to_owned()));
        assert_eq!(protocol.take(ClientMessage::Complete { id: "1".to_owned() }), Step::Nothing);
    }
}
