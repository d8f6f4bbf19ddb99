//! How simulated devices differ from one that does at once what it is told.

use std::time::Duration;

use crate::throws::Throws;

/// What devices do. Shares are in thousandths: of the devices, or of the answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Behaviour {
    /// Decides which devices are strange, and when: the same seed gives the same fleet.
    pub seed: u64,
    /// How long a device works on a task, at random between the two; receipt and answer go in one write where it is none.
    pub answers_after: (Duration, Duration),
    /// Answers that say that the task failed.
    pub failing: u16,
    /// Devices that read only now and then.
    pub slow: u16,
    /// Devices that fall silent without closing their connection.
    pub vanishing: u16,
    /// Devices that send what is no message.
    pub garbage: u16,
    /// Devices of which there are two with one identity.
    pub duplicate: u16,
}

/// What one device is like.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Manner {
    Steady,
    Slow,
    Vanishing,
    Garbage,
    Duplicate,
}

/// A strange device does what makes it strange within so long after its sign-in, at random.
const STRANGE_WITHIN: Duration = Duration::from_secs(60);

/// How long a slow device leaves unread what came, at most.
const SLOW: Duration = Duration::from_secs(10);

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            seed: 0,
            answers_after: (Duration::ZERO, Duration::ZERO),
            failing: 0,
            slow: 0,
            vanishing: 0,
            garbage: 0,
            duplicate: 0,
        }
    }
}

impl Behaviour {
    /// Returns what the device of this number is like.
    pub(crate) fn manner(&self, number: u32) -> Manner {
        let mut left = u16::try_from(Throws::of(self.seed, number).next() % 1_000).unwrap_or_default();
        for (share, manner) in [
            (self.slow, Manner::Slow),
            (self.vanishing, Manner::Vanishing),
            (self.garbage, Manner::Garbage),
            (self.duplicate, Manner::Duplicate),
        ] {
            if left < share {
                return manner;
            }
            left -= share;
        }
        Manner::Steady
    }

    /// Returns how long the device works on its next task.
    pub(crate) fn works_for(&self, throws: &mut Throws) -> Duration {
        let (least, most) = self.answers_after;
        least + most.saturating_sub(least).mul_f64(throws.unit())
    }
}

impl Manner {
    /// Returns how long after its sign-in the device does what makes it strange.
    pub(crate) fn strikes_after(self, throws: &mut Throws) -> Option<Duration> {
        match self {
            Manner::Vanishing | Manner::Garbage => Some(STRANGE_WITHIN.mul_f64(throws.unit())),
            Manner::Steady | Manner::Slow | Manner::Duplicate => None,
        }
    }

    /// Returns how long the device leaves unread what has come.
    pub(crate) fn reads_after(self, throws: &mut Throws) -> Option<Duration> {
        (self == Manner::Slow).then(|| SLOW.mul_f64(throws.unit()))
    }

    /// Returns whether the connections of such a device are expected to end.
    pub(crate) fn is_strange(self) -> bool {
        self != Manner::Steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_devices() {
        let behaviour =
            Behaviour { slow: 50, vanishing: 50, garbage: 10, duplicate: 10, ..Behaviour::default() };
        let of = |manner| (0..100_000).filter(|number| behaviour.manner(*number) == manner).count();
        for (manner, expected) in [
            (Manner::Slow, 5_000),
            (Manner::Vanishing, 5_000),
            (Manner::Garbage, 1_000),
            (Manner::Duplicate, 1_000),
            (Manner::Steady, 88_000),
        ] {
            let count = of(manner);
            assert!(count.abs_diff(expected) < expected / 8, "{manner:?}: {count}");
        }
        let steady = Behaviour::default();
        assert!((0..10_000).all(|number| steady.manner(number) == Manner::Steady));
    }

    #[test]
    fn work_takes_as_long_as_it_may() {
        let (least, most) = (Duration::from_secs(2), Duration::from_secs(5));
        let behaviour = Behaviour { answers_after: (least, most), ..Behaviour::default() };
        let mut throws = Throws::of(1, 1);
        assert!((0..1_000).all(|_| (least..most).contains(&behaviour.works_for(&mut throws))));
        assert_eq!(Behaviour::default().works_for(&mut throws), Duration::ZERO);
    }

    #[test]
    fn only_the_strange_strike() {
        let mut throws = Throws::of(1, 1);
        assert_eq!(Manner::Steady.strikes_after(&mut throws), None);
        assert_eq!(Manner::Steady.reads_after(&mut throws), None);
        assert!(Manner::Garbage.strikes_after(&mut throws).is_some_and(|after| after < STRANGE_WITHIN));
        assert!(Manner::Slow.reads_after(&mut throws).is_some_and(|after| after < SLOW));
    }
}
