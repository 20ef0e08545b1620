//! Wake-ups over NATS: plain publish and subscribe, since losing a message is allowed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_nats::{Client, ConnectOptions, Event, Subscriber};
use futures_util::StreamExt;
use tokio::sync::Notify;

/// What every server publishes on and listens to. Practices have ids of their own in the whole world, so installations
/// that share a NATS server only hear more than they need; those of a copied database wake each other for nothing.
const SUBJECT: &str = "frontdesk.wake_ups";

/// A connection to NATS, which reconnects by itself.
#[derive(Clone)]
pub struct Nats {
    client: Client,
    reconnected: Arc<Notify>,
}

/// What came.
pub(super) enum Heard {
    Message(String),
    /// The connection was made anew: messages may have been lost.
    Reconnected,
    /// The subscription ended.
    Nothing,
}

/// The listening half.
pub(super) struct Ears {
    subscriber: Option<Subscriber>,
    reconnected: Arc<Notify>,
}

impl Nats {
    /// Begins to connect to `nats://…`, and goes on trying while frontdesk serves.
    pub async fn connect(url: &str) -> Result<Self, String> {
        let reconnected = Arc::new(Notify::new());
        let told = reconnected.clone();
        // Of one outage the log tells once.
        let is_gone = Arc::new(AtomicBool::new(false));
        let noted = is_gone.clone();
        let gone = move |cause: &str| {
            if !noted.swap(true, Ordering::Relaxed) {
                tracing::warn!(cause, "NATS is not there; wake-ups wait for the re-check until it is");
            }
        };
        let options = ConnectOptions::new().name("frontdesk").retry_on_initial_connect().event_callback(move |event| {
            match event {
                Event::Connected => {
                    if is_gone.swap(false, Ordering::Relaxed) {
                        tracing::info!("NATS is there again");
                    }
                    told.notify_one();
                }
                Event::Disconnected => gone("it ended the connection"),
                Event::ServerError(error) => gone(&error.to_string()),
                Event::ClientError(error) => gone(&error.to_string()),
                _ => {}
            }
            std::future::ready(())
        });
        let client = options.connect(url).await;
        let client = client.map_err(|error| format!("The bus cannot be reached: {error}. Check --bus."))?;
        Ok(Self { client, reconnected })
    }

    pub(super) async fn send(&self, messages: Vec<String>) -> Result<(), String> {
        for message in messages {
            let sent = self.client.publish(SUBJECT, message.into()).await;
            sent.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    pub(super) async fn listen(&self) -> Ears {
        let subscriber = self.client.subscribe(SUBJECT).await.ok();
        Ears { subscriber, reconnected: self.reconnected.clone() }
    }
}

impl Ears {
    pub(super) async fn next(&mut self) -> Heard {
        let Some(subscriber) = &mut self.subscriber else { return Heard::Nothing };
        tokio::select! {
            () = self.reconnected.notified() => Heard::Reconnected,
            message = subscriber.next() => match message {
                Some(message) => Heard::Message(String::from_utf8_lossy(&message.payload).into_owned()),
                None => Heard::Nothing,
            },
        }
    }
}
