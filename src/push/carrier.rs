//! Carries wake-ups between the servers that share a database. It may lose any of them: a lost one costs a re-check.

use std::collections::HashMap;
use std::time::Duration;

use super::{Bus, wire};
use crate::domain::ids::PracticeId;
use crate::metrics::Metrics;
use crate::store::{Store, WakeUpLine};

/// The least time between two batches of wake-ups: what comes in it goes together, and delays nobody noticeably.
const BATCH_INTERVAL: Duration = Duration::from_millis(2);

/// How long a broken line rests before it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What carries the wake-ups.
#[derive(Clone)]
pub enum Carrier {
    /// LISTEN and NOTIFY of the PostgreSQL that all share.
    Postgres(WakeUpLine),
    /// A NATS server.
    #[cfg(feature = "nats")]
    Nats(super::nats::Nats),
}

/// Carries wake-ups both ways for ever.
pub async fn carry(store: Store, bus: Bus, carrier: Carrier, metrics: Metrics) {
    let receive = async {
        match &carrier {
            Carrier::Postgres(line) => receive_from_postgres(&store, &bus, line, &metrics).await,
            #[cfg(feature = "nats")]
            Carrier::Nats(nats) => receive_from_nats(&store, &bus, nats, &metrics).await,
        }
    };
    tokio::join!(send(&bus, &carrier, &metrics), receive);
}

async fn send(bus: &Bus, carrier: &Carrier, metrics: &Metrics) {
    let mut was_sent = true;
    loop {
        let news = bus.take_outbox().await;
        let messages = wire::write(&news);
        let sent = match carrier {
            Carrier::Postgres(line) => line.send(&messages).await.map_err(|error| error.to_string()),
            #[cfg(feature = "nats")]
            Carrier::Nats(nats) => nats.send(messages).await,
        };
        match sent {
            Ok(()) => {
                metrics.wake_ups_sent.inc_by(news.len() as u64);
                was_sent = true;
            }
            // Told once for a whole outage.
            Err(cause) if was_sent => {
                tracing::warn!(cause, "other servers cannot be woken; they find what is new by their re-check");
                was_sent = false;
            }
            Err(_) => {}
        }
        tokio::time::sleep(BATCH_INTERVAL).await;
    }
}

async fn receive_from_postgres(store: &Store, bus: &Bus, line: &WakeUpLine, metrics: &Metrics) {
    loop {
        if let Ok(mut listener) = line.listen().await {
            catch_up(store, bus).await;
            loop {
                let message = tokio::select! {
                    message = listener.next() => message,
                    // A wake-up did not come: the line may be dead without a word.
                    () = bus.in_doubt() => break,
                };
                match message {
                    Ok(Some(message)) => wake(bus, &message, metrics),
                    Ok(None) => catch_up(store, bus).await,
                    Err(error) => {
                        tracing::warn!(cause = %error, "the line for wake-ups broke; connecting anew");
                        break;
                    }
                }
            }
            metrics.carrier_reconnects.inc();
        }
        tokio::time::sleep(RETRY).await;
    }
}

#[cfg(feature = "nats")]
async fn receive_from_nats(store: &Store, bus: &Bus, nats: &super::nats::Nats, metrics: &Metrics) {
    use super::nats::Heard;
    let mut ears = nats.listen().await;
    loop {
        match ears.next().await {
            Heard::Message(message) => wake(bus, &message, metrics),
            Heard::Reconnected => {
                metrics.carrier_reconnects.inc();
                catch_up(store, bus).await;
            }
            Heard::Nothing => {
                tokio::time::sleep(RETRY).await;
                ears = nats.listen().await;
            }
        }
    }
}

fn wake(bus: &Bus, message: &str, metrics: &Metrics) {
    for (practice, last_event) in wire::read(message) {
        metrics.wake_ups_received.inc();
        bus.wake_here(practice, last_event);
    }
}

/// After a break, wakes whoever was not told meanwhile.
async fn catch_up(store: &Store, bus: &Bus) {
    let last_events: HashMap<PracticeId, i64> = match store.last_events(&bus.listened_to()).await {
        Ok(last_events) => last_events.into_iter().collect(),
        // The re-check will find it.
        Err(_) => return,
    };
    for (practice, last_event) in last_events {
        bus.wake_here(practice, last_event);
    }
}
