//! The bus: for each practice the number of its last event, and whoever waits for the next. What other servers must
//! hear lies in an outbox until a carrier takes it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::domain::ids::PracticeId;

/// Carries wake-ups. A watch holds one number, so however many wake-ups come, nothing piles up.
#[derive(Clone, Default)]
pub struct Bus(Arc<Inner>);

#[derive(Default)]
struct Inner {
    practices: Mutex<HashMap<PracticeId, watch::Sender<i64>>>,
    outbox: Option<Outbox>,
    doubt: Notify,
}

/// What the other servers are to be told: the last number of each practice, however often it moved.
#[derive(Default)]
struct Outbox {
    news: Mutex<HashMap<PracticeId, i64>>,
    filled: Notify,
}

impl Bus {
    /// A bus whose wake-ups go to other servers too: a carrier empties its outbox.
    pub fn across_servers() -> Self {
        Self(Arc::new(Inner { outbox: Some(Outbox::default()), ..Inner::default() }))
    }

    /// Tells the readers of a practice, here and on other servers, that its log now ends at `last_event`.
    pub fn wake(&self, practice: PracticeId, last_event: i64) {
        self.wake_here(practice, last_event);
        if let Some(outbox) = &self.0.outbox {
            let mut news = outbox.news.lock().unwrap_or_else(PoisonError::into_inner);
            let known = news.entry(practice).or_insert(last_event);
            *known = last_event.max(*known);
            drop(news);
            outbox.filled.notify_one();
        }
    }

    /// Tells the readers on this server. True where somebody listens and did not know.
    pub fn wake_here(&self, practice: PracticeId, last_event: i64) -> bool {
        let mut practices = self.practices();
        let Some(sender) = practices.get(&practice) else { return false };
        if sender.is_closed() {
            practices.remove(&practice);
            return false;
        }
        sender.send_if_modified(|known| {
            let is_news = last_event > *known;
            *known = last_event.max(*known);
            is_news
        })
    }

    /// True where somebody listens and was not told of this number.
    pub(super) fn is_behind(&self, practice: PracticeId, last_event: i64) -> bool {
        self.practices().get(&practice).is_some_and(|sender| *sender.borrow() < last_event)
    }

    /// Takes a number back that is beyond the log's end. It came from elsewhere, such as a copy of the database on the same
    /// line, or from before a restore; kept, it would hide every wake-up until the log has grown past it.
    pub(super) fn correct(&self, practice: PracticeId, told: i64, last_event: i64) {
        if let Some(sender) = self.practices().get(&practice) {
            sender.send_if_modified(|known| {
                if *known == told {
                    *known = last_event;
                }
                false
            });
        }
    }

    /// Waits for a practice's wake-ups, from now on. It begins at the highest number that was told here while others
    /// listened.
    pub fn listen(&self, practice: PracticeId) -> watch::Receiver<i64> {
        self.practices().entry(practice).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// The practices that somebody on this server listens to.
    pub(super) fn listened_to(&self) -> Vec<PracticeId> {
        let mut practices = self.practices();
        practices.retain(|_, sender| !sender.is_closed());
        practices.keys().copied().collect()
    }

    /// Waits until there is something to tell other servers, and takes it all.
    pub(super) async fn take_outbox(&self) -> HashMap<PracticeId, i64> {
        let Some(outbox) = &self.0.outbox else { return std::future::pending().await };
        loop {
            let news = std::mem::take(&mut *outbox.news.lock().unwrap_or_else(PoisonError::into_inner));
            if !news.is_empty() {
                return news;
            }
            outbox.filled.notified().await;
        }
    }

    /// Says that a wake-up did not come: the carrier had better connect anew, since a line can be dead without a word.
    pub(super) fn doubt_carrier(&self) {
        self.0.doubt.notify_one();
    }

    /// Waits until the carrier is in doubt.
    pub(super) async fn in_doubt(&self) {
        self.0.doubt.notified().await;
    }

    fn practices(&self) -> MutexGuard<'_, HashMap<PracticeId, watch::Sender<i64>>> {
        self.0.practices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_of_wake_ups_is_one_and_the_last_number_stays() {
        let (bus, practice) = (Bus::default(), PracticeId::generate());
        let mut reader = bus.listen(practice);
        for number in [1, 3, 2] {
            bus.wake(practice, number);
        }
        reader.changed().await.expect("the bus lives");
        assert_eq!(*reader.borrow_and_update(), 3);
        assert!(!reader.has_changed().expect("the bus lives"));
    }

    #[tokio::test]
    async fn a_number_beyond_the_logs_end_hides_no_later_one_once_it_is_corrected() {
        let (bus, practice) = (Bus::default(), PracticeId::generate());
        let mut reader = bus.listen(practice);
        bus.wake_here(practice, 900);
        reader.changed().await.expect("the bus lives");
        bus.correct(practice, 900, 7);
        assert!(!reader.has_changed().expect("the bus lives"));
        assert!(bus.wake_here(practice, 8));
        bus.correct(practice, 900, 7);
        assert_eq!(*reader.borrow_and_update(), 8);
    }

    #[test]
    fn a_practice_that_nobody_follows_any_more_is_forgotten() {
        let (bus, practice) = (Bus::default(), PracticeId::generate());
        drop(bus.listen(practice));
        bus.wake(practice, 1);
        assert!(bus.practices().is_empty());
    }

    #[tokio::test]
    async fn other_servers_are_told_the_last_number_of_each_practice_once() {
        let (bus, one, two) = (Bus::across_servers(), PracticeId::generate(), PracticeId::generate());
        for (practice, number) in [(one, 7), (two, 1), (one, 9), (one, 8)] {
            bus.wake(practice, number);
        }
        assert_eq!(bus.take_outbox().await, HashMap::from([(one, 9), (two, 1)]));
    }
}
