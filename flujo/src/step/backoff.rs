use std::time::Duration;

/// The backoff before the next attempt: exponential with jitter. There is no wait after a
/// rejection with feedback, since the next attempt then has new information.
///
/// ```
/// use flujo::step::Backoff;
/// use std::time::Duration;
///
/// // Between half of the wait and all of it, the same for the same seed.
/// let second = Backoff::DEFAULT.after(2, 7);
/// assert!(second >= Duration::from_millis(100) && second <= Duration::from_millis(200));
/// assert_eq!(Backoff::NONE.after(2, 7), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// The factor between one wait and the next.
    pub factor: u32,
    /// The longest wait.
    pub cap: Duration,
}

impl Backoff {
    /// 100 ms, doubled each time, at most 30 s.
    pub const DEFAULT: Self =
        Self { first: Duration::from_millis(100), factor: 2, cap: Duration::from_secs(30) };
    /// No backoff: the next attempt begins at once.
    pub const NONE: Self = Self { first: Duration::ZERO, factor: 1, cap: Duration::ZERO };

    /// The wait after attempt `n`, counted from 1. `seed` decides the jitter: between half of the
    /// exponential wait and all of it, the same for the same seed.
    pub fn after(&self, n: u32, seed: u64) -> Duration {
        let factor = u64::from(self.factor).checked_pow(n.saturating_sub(1)).unwrap_or(u64::MAX);
        let first = u64::try_from(self.first.as_nanos()).unwrap_or(u64::MAX);
        let cap = u64::try_from(self.cap.as_nanos()).unwrap_or(u64::MAX);
        let full = first.saturating_mul(factor).min(cap);
        let half = full / 2;
        let jitter = mix(seed ^ u64::from(n)) % (full - half + 1);
        Duration::from_nanos(half + jitter)
    }
}

/// The finalizer of splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators").
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_cap_within_half_of_it() {
        for seed in [0, 1, 99, u64::MAX] {
            for n in 1..40 {
                let full = Duration::from_millis(100 << (n - 1).min(20)).min(Duration::from_secs(30));
                let wait = Backoff::DEFAULT.after(n, seed);
                assert!(wait >= full / 2 && wait <= full, "{n}: {wait:?} of {full:?}");
                assert_eq!(wait, Backoff::DEFAULT.after(n, seed));
            }
        }
        assert_eq!(Backoff::NONE.after(7, 3), Duration::ZERO);
    }

    #[test]
    fn enormous_numbers_do_not_overflow() {
        let huge = Backoff { first: Duration::MAX, factor: u32::MAX, cap: Duration::MAX };
        assert!(huge.after(u32::MAX, 1) >= Duration::from_nanos(u64::MAX / 2));
    }
}
