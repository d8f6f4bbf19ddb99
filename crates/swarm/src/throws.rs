//! Throws of dice that a seed decides: the same seed gives the same fleet.

/// Numbers from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Throws(u64);

impl Throws {
    /// Makes the throws of one device.
    pub(crate) fn of(seed: u64, number: u32) -> Self {
        let mut throws = Self(seed ^ u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        throws.next();
        throws
    }

    /// Returns the next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to just below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        let high = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// Returns whether one of `share` thousandths is meant.
    pub(crate) fn hits(&mut self, share: u16) -> bool {
        self.next() % 1_000 < u64::from(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_and_devices_differ() {
        let first = |seed, number| Throws::of(seed, number).next();
        assert_eq!(first(1, 1), first(1, 1));
        assert_ne!(first(1, 1), first(1, 2));
        assert_ne!(first(1, 1), first(2, 1));
        let mut throws = Throws::of(9, 9);
        assert!((0..1_000).all(|_| (0.0..1.0).contains(&throws.unit())));
        let hits = (0..10_000).filter(|_| throws.hits(100)).count();
        assert!((800..1_200).contains(&hits), "{hits}");
    }
}
