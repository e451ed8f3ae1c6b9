use crate::clock::Clock;
use governor::clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The default burst is this part of a rate, unless [`Rate::burst`] sets it.
const TENTH: u32 = 10;

/// An amount per time.
///
/// No span of that time, wherever it begins, ever sees more. A part may leave at once, a tenth unless
/// [`burst`](Self::burst) says otherwise; the rest is spread evenly, so that a burst is paid for by what comes
/// after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    most: u32,
    per: Duration,
    burst: u32,
}

impl Rate {
    /// An amount per second.
    pub const fn per_second(most: u32) -> Self {
        Self::new(most, Duration::from_secs(1))
    }

    /// An amount per minute.
    pub const fn per_minute(most: u32) -> Self {
        Self::new(most, Duration::from_secs(60))
    }

    /// An amount in every span of `per`.
    ///
    /// ```
    /// use flujo::rate_limits::Rate;
    /// use std::time::Duration;
    /// assert_eq!(Rate::new(10, Duration::from_secs(1)), Rate::per_second(10));
    /// ```
    pub const fn new(most: u32, per: Duration) -> Self {
        Self { most, per, burst: most.div_ceil(TENTH) }
    }

    /// Sets the most that may leave at once.
    #[must_use]
    pub const fn burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }

    /// Checks the rate.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { most, per, burst } = *self;
        match () {
            () if most == 0 => Err("a rate is at least 1, not 0".to_owned()),
            () if u64::try_from(per.as_nanos()).is_err() => Err(format!("{per:?} is too long for a rate")),
            () if per.is_zero() => Err("a rate needs a period longer than zero".to_owned()),
            () if burst == 0 => Err("a burst is at least 1, not 0".to_owned()),
            () if burst > most => Err(format!("a burst of {burst} exceeds its rate of {most}")),
            () => Ok(()),
        }
    }

    fn quota(&self) -> Option<Quota> {
        // What leaves at once and what comes back within the time are together what may leave in it. Where all of it
        // may leave at once, nothing comes back before the time is over.
        let per = u64::try_from(self.per.as_nanos()).ok()?;
        let every = match u64::from(self.most.checked_sub(self.burst)?) {
            0 => per.checked_add(1)?,
            back => per.div_ceil(back),
        };
        let every = Duration::from_nanos(every);
        Some(Quota::with_period(every)?.allow_burst(NonZeroU32::new(self.burst)?))
    }

    pub(super) fn meter(self, clock: &Arc<dyn Clock>) -> Option<Meter> {
        let limiter = RateLimiter::direct_with_clock(self.quota()?, Time(Arc::clone(clock)));
        Some(Meter { limiter, burst: self.burst, clock: Arc::clone(clock) })
    }
}

/// The clock of the run, as the limiter reads it.
#[derive(Clone)]
struct Time(Arc<dyn Clock>);

impl clock::Clock for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.now().0)
    }
}

/// Counts what leaves.
pub(super) struct Meter {
    limiter: RateLimiter<NotKeyed, InMemoryState, Time, NoOpMiddleware<Duration>>,
    burst: u32,
    clock: Arc<dyn Clock>,
}

impl Meter {
    /// Waits until so much may leave. What is more than may leave at once goes through in parts.
    pub(super) async fn pass(&self, much: u64) {
        let mut left = much;
        while let Some(part) = NonZeroU32::new(u32::try_from(left).unwrap_or(u32::MAX).min(self.burst)) {
            match self.limiter.check_n(part) {
                Ok(Err(not_yet)) => {
                    let wait = not_yet.wait_time_from(clock::Clock::now(&Time(Arc::clone(&self.clock))));
                    self.clock.sleep(wait).await;
                }
                // No part is larger than what may leave at once.
                Ok(Ok(())) | Err(_) => left -= u64::from(part.get()),
            }
        }
    }
}
