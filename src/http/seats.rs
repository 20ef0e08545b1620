//! How much somebody holds of something that there is only so much of.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who holds any, with how many; cheap to clone.
pub struct Seats<K>(Arc<Mutex<HashMap<K, usize>>>);

/// One that is held. Dropped, it is free.
pub struct Seat<K: Copy + Eq + Hash> {
    seats: Seats<K>,
    who: K,
}

impl<K> Clone for Seats<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> Default for Seats<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Copy + Eq + Hash> Seats<K> {
    /// One more for somebody, unless they have that many.
    pub fn take(&self, who: K, most: usize) -> Option<Seat<K>> {
        let mut all = self.all();
        let taken = all.get(&who).copied().unwrap_or_default();
        if taken >= most {
            return None;
        }
        all.insert(who, taken + 1);
        Some(Seat { seats: self.clone(), who })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut all = self.seats.all();
        if let Some(taken) = all.get_mut(&self.who) {
            *taken -= 1;
            if *taken == 0 {
                all.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_free_again_once_it_is_dropped_and_nobody_is_remembered_who_holds_none() {
        let seats = Seats::<u8>::default();
        let (first, second) = (seats.take(1, 2), seats.take(1, 2));
        assert!(first.is_some() && second.is_some() && seats.take(1, 2).is_none() && seats.take(2, 1).is_some());
        drop(first);
        assert!(seats.take(1, 2).is_some() && seats.take(1, 1).is_none());
        drop(second);
        assert!(seats.all().is_empty() && seats.take(3, 0).is_none() && seats.all().is_empty());
    }
}
