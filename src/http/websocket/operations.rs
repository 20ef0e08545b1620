//! The operations that run on one socket.

use std::convert::Infallible;
use std::future::poll_fn;
use std::task::{Context, Poll};

use async_graphql::Response;
use async_graphql::futures_util::stream::{BoxStream, StreamExt};

use crate::graphql::SharedPayload;
use crate::http::answer::is_request_error;

/// One that runs.
struct Operation {
    id: String,
    stream: BoxStream<'static, Response>,
    shared: SharedPayload,
    has_answered: bool,
    /// Said while nothing could be sent. It runs on only when this is on its way: no more than one waits.
    held: Option<Option<Response>>,
}

impl Operation {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Response>> {
        match self.held.take() {
            Some(response) => Poll::Ready(response),
            None => self.stream.poll_next_unpin(cx),
        }
    }
}

/// What an operation has to say.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// A response, as JSON.
    Next(std::sync::Arc<str>),
    /// It was not run: its errors, as JSON.
    Refused(String),
    /// It is over.
    Complete,
}

/// All that run, polled in turn: one that says much does not silence the others.
#[derive(Default)]
pub struct Operations {
    all: Vec<Operation>,
    turn: usize,
}

impl Operations {
    /// One more.
    pub fn start(&mut self, id: String, stream: BoxStream<'static, Response>, shared: SharedPayload) {
        // Most sockets have one for all their life.
        self.all.reserve_exact(1);
        self.all.push(Operation { id, stream, shared, has_answered: false, held: None });
    }

    /// Drops one: whatever it was doing ends here.
    pub fn stop(&mut self, id: &str) {
        self.all.retain(|operation| operation.id != id);
    }

    /// What one of them says next; waits for ever where none runs.
    pub async fn next(&mut self) -> (String, Told) {
        poll_fn(|cx| {
            for _ in 0..self.all.len() {
                let place = self.turn % self.all.len();
                self.turn = self.turn.wrapping_add(1);
                if let Poll::Ready(response) = self.all[place].poll(cx) {
                    return Poll::Ready(self.tell(place, response));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Lets each run until it has something to say, and never ends. One that nobody polled would keep what it holds from
    /// everybody else: the write lock, a connection, what others wait for it to make.
    pub async fn run(&mut self) -> Infallible {
        poll_fn(|cx| {
            for operation in &mut self.all {
                if operation.held.is_none()
                    && let Poll::Ready(response) = operation.stream.poll_next_unpin(cx)
                {
                    operation.held = Some(response);
                }
            }
            Poll::Pending
        })
        .await
    }

    fn tell(&mut self, place: usize, response: Option<Response>) -> (String, Told) {
        let Some(response) = response else { return (self.all.swap_remove(place).id, Told::Complete) };
        let operation = &mut self.all[place];
        if !operation.has_answered && is_request_error(&response) {
            let errors = serde_json::to_string(&response.errors).unwrap_or_default();
            return (self.all.swap_remove(place).id, Told::Refused(errors));
        }
        operation.has_answered = true;
        (operation.id.clone(), Told::Next(operation.shared.payload(response)))
    }
}
