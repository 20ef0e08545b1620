//! How many sockets each member has open on this server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::ids::MemberId;

/// The members who have sockets open, with how many; cheap to clone.
#[derive(Clone, Default)]
pub struct Seats(Arc<Mutex<HashMap<MemberId, usize>>>);

/// One member's socket. Dropped, it is free.
pub struct Seat {
    seats: Seats,
    member: MemberId,
}

impl Seats {
    /// One more for the member, unless they have that many.
    pub fn take(&self, member: MemberId, most: usize) -> Option<Seat> {
        let mut all = self.all();
        let taken = all.entry(member).or_default();
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Seat { seats: self.clone(), member })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<MemberId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.seats.all();
        if let Some(taken) = all.get_mut(&self.member) {
            *taken -= 1;
            if *taken == 0 {
                all.remove(&self.member);
            }
        }
    }
}
