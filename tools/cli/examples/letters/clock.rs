//! A clock that tests set: what is printed has the same times in each run.

use flujo::clock::Timestamp;
use flujo_testing::PausedClock;

/// Returns the clock that `LETTERS_NOW` asks for, in seconds since 1970.
pub fn of_process() -> Option<PausedClock> {
    let seconds: u64 = std::env::var("LETTERS_NOW").ok()?.parse().ok()?;
    let clock = PausedClock::at(Timestamp(seconds.saturating_mul(1_000_000_000)));
    // A worker that waits must not make the hours fly.
    clock.hold();
    Some(clock)
}
