//! How often a member, and an address, may ask: a burst at once, and then so many a second. One instant is kept for each
//! who asked lately, and no more than that.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;

use super::network::household;
use crate::clock::Clock;
use crate::domain::ids::MemberId;
use crate::domain::time::Instant;
use crate::limits::{Limit, Limits};

/// How many are remembered at most: some 5 MB.
const REMEMBERED_MAX: usize = 50_000;

/// Who asked too often: the limit, and in how many seconds the next request is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    pub limit: Limit,
    pub retry_after_seconds: i64,
}

/// The rates of this server; cheap to clone.
#[derive(Clone)]
pub struct Rates {
    clock: Clock,
    members: Arc<Rate<MemberId>>,
    addresses: Arc<Rate<IpAddr>>,
}

impl Rates {
    /// By these limits, each at its beginning.
    pub fn new(limits: &Limits, clock: Clock) -> Self {
        Self {
            clock,
            members: Rate::new(limits, Limit::MemberBurst, Limit::MemberPerSecond).into(),
            addresses: Rate::new(limits, Limit::AddressBurst, Limit::AddressPerSecond).into(),
        }
    }

    /// One request of a member.
    pub fn take_member(&self, member: MemberId) -> Result<(), TooOften> {
        self.members.take(member, self.clock.now())
    }

    /// One request from an address.
    pub fn take_address(&self, address: IpAddr) -> Result<(), TooOften> {
        self.addresses.take(household(address), self.clock.now())
    }
}

/// A bucket for each, told by the instant at which it will be full again: it leaks at its rate, and one request is one
/// interval of it.
struct Rate<K> {
    limit: Limit,
    interval: Duration,
    burst: Duration,
    full_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Rate<K> {
    fn new(limits: &Limits, burst: Limit, per_second: Limit) -> Self {
        let interval = i64::try_from(1_000_000_000 / limits.get(per_second)).unwrap_or(i64::MAX);
        let interval = Duration::nanoseconds(interval);
        let burst = interval * i32::try_from(limits.get(burst)).unwrap_or(i32::MAX);
        Self { limit: per_second, interval, burst, full_at: Mutex::default() }
    }

    fn take(&self, who: K, now: Instant) -> Result<(), TooOften> {
        let mut all = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED_MAX && !all.contains_key(&who) {
            all.retain(|_, full_at| *full_at > now);
            // So many at once are not people. To forget them lets each burst once more; to remember would take more
            // memory than there is.
            if all.len() >= REMEMBERED_MAX {
                all.clear();
            }
        }
        let full_at = all.entry(who).or_insert(now);
        // Later than a whole burst from now only where the clock was set back.
        if *full_at < now || *full_at > now + self.burst {
            *full_at = now;
        }
        let then = *full_at + self.interval;
        let early = then - now - self.burst;
        if early > Duration::zero() {
            let retry_after_seconds = early.num_seconds() + i64::from(early.subsec_nanos() > 0);
            return Err(TooOften { limit: self.limit, retry_after_seconds });
        }
        *full_at = then;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_instant;
    use crate::limits::SetLimit;

    fn at(text: &str) -> Instant {
        parse_instant(text).expect("an instant")
    }

    fn rates(clock: &Clock) -> Rates {
        let set = [(Limit::MemberBurst, 3), (Limit::MemberPerSecond, 2), (Limit::AddressBurst, 2)];
        let limits = set.into_iter().fold(Limits::default(), |all, (limit, value)| all.with(SetLimit { limit, value }));
        Rates::new(&limits, clock.clone())
    }

    #[test]
    fn a_burst_is_let_through_and_then_so_many_a_second() {
        let noon = at("2027-01-04T12:00:00Z");
        let clock = Clock::held(noon);
        let (rates, dana, casey) = (rates(&clock), MemberId::generate(), MemberId::generate());
        let too_often = Err(TooOften { limit: Limit::MemberPerSecond, retry_after_seconds: 1 });
        let taken = |times: usize| (0..times).map(|_| rates.take_member(dana)).collect::<Vec<_>>();
        assert_eq!(taken(5), [Ok(()), Ok(()), Ok(()), too_often, too_often]);
        assert_eq!(rates.take_member(casey), Ok(()), "somebody else is not held up");
        clock.set(noon + Duration::milliseconds(500));
        assert_eq!(taken(2), [Ok(()), too_often], "half a second brings one");
        clock.set(noon + Duration::hours(1));
        assert_eq!(taken(4), [Ok(()), Ok(()), Ok(()), too_often], "an hour brings no more than the burst");
        clock.set(noon);
        assert_eq!(taken(1), [Ok(())], "a clock that is set back locks nobody out");
    }

    #[test]
    fn addresses_of_one_network_are_counted_as_one_and_the_two_forms_of_an_address_alike() {
        let rates = rates(&Clock::held(at("2027-01-04T12:00:00Z")));
        let take = |address: &str| rates.take_address(address.parse().expect("an address")).is_ok();
        assert!(take("2001:db8::1") && take("2001:db8::2") && !take("2001:db8::ffff:3") && take("2001:db8:0:1::1"));
        assert!(take("192.0.2.1") && take("::ffff:192.0.2.1") && !take("192.0.2.1") && take("192.0.2.2"));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let noon = at("2027-01-04T12:00:00Z");
        let rate = Rate::new(&Limits::default(), Limit::AddressBurst, Limit::AddressPerSecond);
        for who in 0..REMEMBERED_MAX * 2 {
            assert_eq!(rate.take(who, noon), Ok(()));
        }
        assert!(rate.full_at.lock().expect("whole").len() <= REMEMBERED_MAX);
    }
}
