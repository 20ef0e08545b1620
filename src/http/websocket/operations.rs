//! The operations that run on one socket.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_graphql::futures_util::FutureExt;
use async_graphql::futures_util::future::BoxFuture;
use async_graphql::futures_util::stream::StreamExt;

use crate::graphql::Saying;
use crate::http::answer::is_request_error;
use crate::http::operation::Started;
use crate::http::panics;

/// One that runs.
struct Operation {
    id: String,
    state: State,
    /// Said while nothing could be sent. It runs on only when this is on its way: no more than one waits.
    held: Option<Told>,
}

enum State {
    /// It runs, or its stream is being opened. Boxed, so that a stream takes no more than it needs once it is open.
    Starting(BoxFuture<'static, Started>),
    Following(Saying),
    Over,
}

/// What an operation has to say.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// A response, as JSON.
    Next(Arc<str>),
    /// It was not run: its errors, as JSON.
    Refused(String),
    /// It is over.
    Complete,
}

impl Operation {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        if let Some(told) = self.held.take() {
            return Poll::Ready(told);
        }
        loop {
            match &mut self.state {
                State::Over => return Poll::Ready(Told::Complete),
                State::Following(said) => match catch_unwind(AssertUnwindSafe(|| said.poll_next_unpin(cx))) {
                    Ok(said) => {
                        return Poll::Ready(ready!(said).map_or(Told::Complete, |said| Told::Next(said.payload)));
                    }
                    // A fault of this stream, of which it ends; the others go on.
                    Err(_) => {
                        self.state = State::Over;
                        return Poll::Ready(told(&async_graphql::Response::from_errors(vec![panics::error()])));
                    }
                },
                State::Starting(started) => match ready!(started.poll_unpin(cx)) {
                    Ok(said) => self.state = State::Following(said),
                    Err(response) => {
                        self.state = State::Over;
                        return Poll::Ready(told(&response));
                    }
                },
            }
        }
    }
}

fn told(response: &async_graphql::Response) -> Told {
    if is_request_error(response) {
        return Told::Refused(serde_json::to_string(&response.errors).unwrap_or_default());
    }
    Told::Next(serde_json::to_string(response).unwrap_or_default().into())
}

/// All that run, polled in turn: one that says much does not silence the others.
#[derive(Default)]
pub struct Operations {
    all: Vec<Operation>,
    turn: usize,
    answers_only: bool,
}

impl Operations {
    /// One more.
    pub fn start(&mut self, id: String, started: BoxFuture<'static, Started>) {
        // Most sockets have one for all their life.
        self.all.reserve_exact(1);
        self.all.push(Operation { id, state: State::Starting(started), held: None });
    }

    /// Drops one: whatever it was doing ends here.
    pub fn stop(&mut self, id: &str) {
        self.all.retain(|operation| operation.id != id);
    }

    /// Drops the streams, and those that are being opened as soon as they are.
    pub fn end_streams(&mut self) {
        self.answers_only = true;
    }

    /// What one of them says next; waits for ever where none runs. None once the streams have been ended and all else has
    /// been answered.
    pub async fn next(&mut self) -> Option<(String, Told)> {
        poll_fn(|cx| {
            for _ in 0..self.all.len() {
                let place = self.turn % self.all.len();
                self.turn = self.turn.wrapping_add(1);
                if let Poll::Ready(told) = self.all[place].poll(cx) {
                    return Poll::Ready(Some(self.tell(place, told)));
                }
            }
            if self.answers_only {
                self.all.retain(|operation| !matches!(operation.state, State::Following(_)));
            }
            if self.answers_only && self.all.is_empty() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }

    /// Lets each run until it has something to say, and never ends. One that nobody polled would keep what it holds from
    /// everybody else: the write lock, a connection, what others wait for it to make.
    pub async fn run(&mut self) -> Infallible {
        poll_fn(|cx| {
            for operation in &mut self.all {
                if operation.held.is_none()
                    && let Poll::Ready(told) = operation.poll(cx)
                {
                    operation.held = Some(told);
                }
            }
            Poll::Pending
        })
        .await
    }

    fn tell(&mut self, place: usize, told: Told) -> (String, Told) {
        match told {
            Told::Next(_) => (self.all[place].id.clone(), told),
            Told::Refused(_) | Told::Complete => (self.all.swap_remove(place).id, told),
        }
    }
}
