//! How often an address may try something. Holds no clock: the time arrives as an argument.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

/// The most addresses that are remembered: 100,000 take some 8 MB. Who has more of them is not limited by address.
const MOST_ADDRESSES: usize = 100_000;

/// How often something may be tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Allowance {
    /// How many times at once.
    pub burst: u32,
    /// One more after each of these.
    pub every: Duration,
}

/// What each address has used of its allowance.
#[derive(Debug)]
pub(crate) struct Rate {
    allowance: Allowance,
    /// When each address will have its whole burst again.
    full_again: HashMap<IpAddr, Duration>,
}

impl Rate {
    pub(crate) fn new(allowance: Allowance) -> Self {
        Self { allowance, full_again: HashMap::new() }
    }

    /// Returns how long `address` has to wait for its next attempt; zero where it may try now.
    pub(crate) fn wait(&self, address: IpAddr, now: Duration) -> Duration {
        let full_again = self.full_again.get(&network(address)).copied().unwrap_or_default();
        let used = full_again.saturating_sub(now);
        let allowed = self.allowance.every.saturating_mul(self.allowance.burst.saturating_sub(1));

        used.saturating_sub(allowed)
    }

    /// Counts an attempt of `address`.
    pub(crate) fn count(&mut self, address: IpAddr, now: Duration) {
        if self.full_again.len() >= MOST_ADDRESSES {
            self.full_again.retain(|_, full_again| *full_again > now);
        }
        if self.full_again.len() >= MOST_ADDRESSES {
            self.full_again.clear();
        }
        let full_again = self.full_again.entry(network(address)).or_insert(now);
        *full_again = (*full_again).max(now) + self.allowance.every;
    }
}

/// Returns what stands for `address`: of an IPv6 address the network of 64 bits that one customer has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// Tries at each second of `at` and checks how long the wait is then.
    #[track_caller]
    fn check(rate: &mut Rate, from: &str, steps: &[(u64, u64)]) {
        for (at, wait) in steps {
            let now = Duration::from_secs(*at);
            assert_eq!(
                rate.wait(address(from), now),
                SECOND * u32::try_from(*wait).expect("small"),
                "at {at}"
            );
            if *wait == 0 {
                rate.count(address(from), now);
            }
        }
    }

    #[test]
    fn a_burst_is_allowed_and_then_one_after_the_other() {
        let mut rate = Rate::new(Allowance { burst: 3, every: SECOND * 10 });
        check(
            &mut rate,
            "192.0.2.1",
            &[(5, 0), (5, 0), (5, 0), (5, 10), (14, 1), (15, 0), (15, 10), (1_000, 0)],
        );
        check(&mut rate, "192.0.2.1", &[(1_000, 0), (1_000, 0), (1_000, 10)]);
    }

    #[test]
    fn addresses_do_not_take_from_each_other_but_networks_share() {
        let mut rate = Rate::new(Allowance { burst: 1, every: SECOND });
        check(&mut rate, "192.0.2.1", &[(0, 0), (0, 1)]);
        check(&mut rate, "::ffff:192.0.2.1", &[(0, 1)]);
        check(&mut rate, "192.0.2.2", &[(0, 0)]);
        check(&mut rate, "2001:db8::1", &[(0, 0)]);
        check(&mut rate, "2001:db8::2", &[(0, 1)]);
        check(&mut rate, "2001:db8:0:1::1", &[(0, 0)]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut rate = Rate::new(Allowance { burst: 1, every: SECOND });
        for number in 0..u32::try_from(MOST_ADDRESSES).expect("small") + 5 {
            rate.count(IpAddr::V4(number.into()), SECOND);
        }
        assert!(rate.full_again.len() <= MOST_ADDRESSES);
        for number in 0..9 {
            rate.count(IpAddr::V4(number.into()), SECOND * 60);
        }
        assert!(rate.full_again.len() <= MOST_ADDRESSES);
    }
}
