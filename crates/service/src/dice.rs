//! The one place that throws the dice: the cryptographic random numbers of aws-lc, for keys and for jitter alike.

use uuid::Uuid;

/// Fills `buffer` with random bytes.
pub fn fill(buffer: &mut [u8]) {
    aws_lc_rs::rand::fill(buffer).expect("aws-lc aborts the process itself where the system has no entropy");
}

/// Returns `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Returns a random UUID (version 4).
pub fn uuid() -> Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}

/// Returns a number from 0 to `bound` - 1, each as likely as the others; 0 where `bound` is 0.
pub fn below(bound: u64) -> u64 {
    if bound == 0 {
        return 0;
    }
    // Numbers from the last, incomplete run of `bound` would favour its beginning.
    let limit = u64::MAX - u64::MAX % bound;
    loop {
        let number = u64::from_le_bytes(bytes());
        if number < limit {
            return number % bound;
        }
    }
}

/// Returns a number from 0 to just below 1.
pub fn unit() -> f64 {
    // A double has 53 bits of precision: more would round up to 1.
    const STEPS: u64 = 1 << 53;
    #[expect(clippy::cast_precision_loss, reason = "both are at most 2^53, which a double holds exactly")]
    let unit = below(STEPS) as f64 / STEPS as f64;
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_stays_below_and_reaches_each_number() {
        let mut seen = [0u32; 6];
        for _ in 0..600 {
            let side = usize::try_from(below(6)).expect("small");
            seen[side] += 1;
        }
        assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
        assert_eq!((below(0), below(1)), (0, 0));
    }

    #[test]
    fn unit_is_at_least_zero_and_below_one() {
        for _ in 0..1_000 {
            let unit = unit();
            assert!((0.0..1.0).contains(&unit), "{unit}");
        }
    }

    #[test]
    fn uuids_are_random_ones_and_differ() {
        assert_eq!(uuid().get_version_num(), 4);
        assert_ne!(uuid(), uuid());
    }
}
