//! The bus within one process: for each practice the number of its last event, and whoever waits for the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::ids::PracticeId;

/// Carries wake-ups. A watch holds one number, so however many wake-ups come, nothing piles up.
#[derive(Clone, Default)]
pub struct Bus {
    practices: Arc<Mutex<HashMap<PracticeId, watch::Sender<i64>>>>,
}

impl Bus {
    /// Tells the readers of a practice that its log now ends at `last_event`.
    pub fn wake(&self, practice: PracticeId, last_event: i64) {
        let mut practices = self.practices.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = practices.get(&practice) else { return };
        if sender.is_closed() {
            practices.remove(&practice);
            return;
        }
        sender.send_if_modified(|known| {
            let is_news = last_event > *known;
            *known = last_event.max(*known);
            is_news
        });
    }

    /// Waits for a practice's wake-ups, from now on.
    pub fn listen(&self, practice: PracticeId) -> watch::Receiver<i64> {
        let mut practices = self.practices.lock().unwrap_or_else(PoisonError::into_inner);
        practices.entry(practice).or_insert_with(|| watch::Sender::new(0)).subscribe()
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

    #[test]
    fn a_practice_that_nobody_follows_any_more_is_forgotten() {
        let (bus, practice) = (Bus::default(), PracticeId::generate());
        drop(bus.listen(practice));
        bus.wake(practice, 1);
        assert!(bus.practices.lock().expect("not poisoned").is_empty());
    }
}
