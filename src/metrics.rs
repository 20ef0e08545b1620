//! What is counted while serving, for Prometheus. Labels are few and fixed: no id, no name, nothing that a caller writes.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// One request's operation, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OperationLabels {
    /// `query`, `mutation` or `subscription`.
    pub kind: &'static str,
    /// The first field of the root that it asks for, as the schema spells it.
    pub field: &'static str,
    /// `ok`, `refused` (a rule's no), `denied` (a right's), `bad_request` or `fault`.
    pub outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// Every counter of this server; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    operations: Family<OperationLabels, Counter>,
    durations: Family<KindLabels, Histogram, fn() -> Histogram>,
    refused: Family<ReasonLabels, Counter>,
    resets: Family<ReasonLabels, Counter>,
    delays: Histogram,
    replay_lags: Histogram,
    pool_open: Gauge,
    pool_idle: Gauge,
    /// Streams that follow a log now.
    pub subscribers: Gauge,
    /// Wake-ups sent to other servers.
    pub wake_ups_sent: Counter,
    /// Wake-ups heard from other servers.
    pub wake_ups_received: Counter,
    /// Events that no wake-up told of, found by the re-check.
    pub wake_ups_missed: Counter,
    /// How often the line between servers was made anew.
    pub carrier_reconnects: Counter,
    /// Looks at clients' data that found no room in the log of reads.
    pub client_reads_lost: Counter,
    registry: Arc<Registry>,
}

/// From 1 ms to 16 s: what a person waits for.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

/// From 1 s to 48 days: how long a reader was away, up to what streams replay and beyond.
fn days() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 4.0, 12))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            operations: Family::default(),
            durations: Family::new_with_constructor(seconds),
            refused: Family::default(),
            resets: Family::default(),
            delays: seconds(),
            replay_lags: days(),
            pool_open: Gauge::default(),
            pool_idle: Gauge::default(),
            subscribers: Gauge::default(),
            wake_ups_sent: Counter::default(),
            wake_ups_received: Counter::default(),
            wake_ups_missed: Counter::default(),
            carrier_reconnects: Counter::default(),
            client_reads_lost: Counter::default(),
            registry: Arc::default(),
        };
        metrics.registry = Arc::new(metrics.register());
        metrics
    }
}

impl Metrics {
    fn register(&self) -> Registry {
        let mut all = Registry::with_prefix("frontdesk");
        all.register("operations", "GraphQL operations, by first field and outcome", self.operations.clone());
        let help = "From a request's arrival to its answer";
        all.register_with_unit("operation_duration", help, Unit::Seconds, self.durations.clone());
        let help = "Requested times that were refused, by the rule's code";
        all.register("requests_refused", help, self.refused.clone());
        all.register("stream_resets", "Streams that had to start over, by reason", self.resets.clone());
        let help = "From an event's writing to its handing out on this server";
        all.register_with_unit("push_delay", help, Unit::Seconds, self.delays.clone());
        all.register("push_subscribers", "Streams that follow a log now", self.subscribers.clone());
        let help = "Age of an event when it was read again for a stream that resumed";
        all.register_with_unit("push_replay_lag", help, Unit::Seconds, self.replay_lags.clone());
        all.register("wake_ups_sent", "Wake-ups sent to other servers", self.wake_ups_sent.clone());
        all.register("wake_ups_received", "Wake-ups heard from other servers", self.wake_ups_received.clone());
        let help = "Events that no wake-up told of, found by the re-check";
        all.register("wake_ups_missed", help, self.wake_ups_missed.clone());
        let help = "How often the line between servers was made anew";
        all.register("carrier_reconnects", help, self.carrier_reconnects.clone());
        let help = "Looks at clients' data that could not be logged";
        all.register("client_reads_lost", help, self.client_reads_lost.clone());
        all.register("database_connections", "Open connections to the database", self.pool_open.clone());
        all.register("database_connections_idle", "Those that nobody uses now", self.pool_idle.clone());
        all
    }

    /// One operation was answered.
    pub fn count_operation(&self, labels: OperationLabels, took: Duration) {
        self.durations.get_or_create(&KindLabels { kind: labels.kind }).observe(took.as_secs_f64());
        self.operations.get_or_create(&labels).inc();
    }

    /// A request was refused before its operation was known.
    pub fn count_bad_request(&self) {
        let labels = OperationLabels { kind: "query", field: "unknown", outcome: "bad_request" };
        self.count_operation(labels, Duration::ZERO);
    }

    /// A time that a client asked for was refused; `reason` is the rule's code.
    pub fn count_refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// A stream had to start over.
    pub fn count_reset(&self, reason: &'static str) {
        self.resets.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// An event was handed to whoever follows it here, so long after it was written.
    pub fn observe_delay(&self, delay: chrono::Duration) {
        self.delays.observe(delay.to_std().unwrap_or_default().as_secs_f64());
    }

    /// An event of this age was read again for a stream that resumed.
    pub fn observe_replay(&self, age: chrono::Duration) {
        self.replay_lags.observe(age.to_std().unwrap_or_default().as_secs_f64());
    }

    /// Everything as Prometheus reads it, with the database's connections as they are used now.
    pub fn render(&self, (open, idle): (u32, usize)) -> Result<String, std::fmt::Error> {
        self.pool_open.set(i64::from(open));
        self.pool_idle.set(i64::try_from(idle).unwrap_or(i64::MAX));
        let mut page = String::new();
        text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}
