//! What was sent, and what came of it: each frame is known by the number in its note.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;

/// Frames that have not come after this long do not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long is looked for frames that should not come, once all are there that should.
const AFTERMATH: Duration = Duration::from_millis(500);
const MARK: &str = "bench#";

/// The note of a request.
pub fn note(number: usize) -> String {
    format!("{MARK}{number}#")
}

fn number(frame: &str) -> Option<usize> {
    let (_, rest) = frame.split_once(MARK)?;
    rest.split_once('#')?.0.parse().ok()
}

/// To whom an event goes.
pub enum Whose {
    /// Each to one socket.
    One(Vec<usize>),
    /// Each to all, of whom there are so many.
    All(usize),
}

/// The times of all events and of all their frames, in nanoseconds since the ledger was opened; zero is never.
pub struct Ledger {
    opened: Instant,
    whose: Whose,
    sent: Vec<AtomicU64>,
    came: Vec<AtomicU64>,
    arrived: AtomicUsize,
    awaited: AtomicUsize,
    complete: Notify,
    doubled: AtomicU64,
    leaked: AtomicU64,
    strange: AtomicU64,
}

impl Ledger {
    pub fn open(events: usize, whose: Whose) -> Self {
        let fan = if let Whose::All(sockets) = whose { sockets } else { 1 };
        let zeros = |count| std::iter::repeat_with(AtomicU64::default).take(count).collect();
        Self {
            opened: Instant::now(),
            whose,
            sent: zeros(events),
            came: zeros(events * fan),
            arrived: AtomicUsize::default(),
            awaited: AtomicUsize::default(),
            complete: Notify::new(),
            doubled: AtomicU64::default(),
            leaked: AtomicU64::default(),
            strange: AtomicU64::default(),
        }
    }

    /// Notes when an event was sent, or was due to be.
    pub fn note_sent(&self, event: usize, at: Instant) {
        self.sent[event].store(self.since_opened(at), Relaxed);
    }

    /// Notes a frame that came to a socket. Once a stream is open, each tells of an event.
    pub fn note_frame(&self, socket: usize, frame: &str) {
        let Some(event) = number(frame).filter(|event| *event < self.sent.len()) else {
            if self.strange.fetch_add(1, Relaxed) == 0 {
                eprintln!("a frame that tells of no request: {frame}");
            }
            return;
        };
        let place = match &self.whose {
            Whose::One(sockets) if sockets[event] != socket => {
                self.leaked.fetch_add(1, Relaxed);
                return;
            }
            Whose::One(_) => event,
            Whose::All(sockets) => event * sockets + socket,
        };
        if self.came[place].swap(self.since_opened(Instant::now()), Relaxed) != 0 {
            self.doubled.fetch_add(1, Relaxed);
        } else if self.arrived.fetch_add(1, Relaxed) + 1 == self.awaited.load(Relaxed) {
            self.complete.notify_one();
        }
    }

    /// Notes a socket that ended.
    pub fn note_end(&self) {
        self.strange.fetch_add(1, Relaxed);
    }

    /// Waits for that many frames in all, and no longer than one could still come.
    pub async fn until(&self, frames: usize) {
        self.awaited.store(frames, Relaxed);
        if self.arrived.load(Relaxed) < frames {
            // Those that do not come are lost, and counted as such.
            let _ = tokio::time::timeout(PATIENCE, self.complete.notified()).await;
        }
    }

    /// How long one frame was under way, of each event from `first` on.
    pub fn delays(&self, first: usize) -> Vec<Duration> {
        (first..self.sent.len()).filter_map(|event| self.delay_of_last(event)).collect()
    }

    /// From an event's sending until its last frame came; none where none did.
    pub fn delay_of_last(&self, event: usize) -> Option<Duration> {
        let fan = self.came.len() / self.sent.len();
        let came = self.came[event * fan..][..fan].iter().map(|came| came.load(Relaxed)).max().filter(|at| *at > 0)?;
        Some(Duration::from_nanos(came.saturating_sub(self.sent[event].load(Relaxed))))
    }

    /// What went wrong, once nothing more is under way: all zeros where nothing did.
    pub async fn faults(&self) -> Value {
        tokio::time::sleep(AFTERMATH).await;
        let lost = self.came.len() - self.arrived.load(Relaxed);
        let [doubled, leaked, strange] = [&self.doubled, &self.leaked, &self.strange].map(|count| count.load(Relaxed));
        json!({ "lost": lost, "doubled": doubled, "leaked": leaked, "strange": strange })
    }

    fn since_opened(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.opened).as_nanos() as u64
    }
}
