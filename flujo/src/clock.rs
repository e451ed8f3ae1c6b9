//! The injected clock of engines: nothing in flujo asks the operating system for the time directly, so that tests move it.
//!
//! ```
//! use flujo::clock::{Clock, SystemClock, Timestamp};
//! use std::time::Duration;
//!
//! let clock = SystemClock::new();
//! let deadline = clock.now().plus(Duration::from_secs(2));
//! assert!(deadline > clock.now());
//! assert_eq!(Timestamp(5_000).since(Timestamp(2_000)), Duration::from_nanos(3_000));
//! ```

pub use crate::future::BoxFuture;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Nanoseconds since 1970-01-01 00:00 UTC.
///
/// ```
/// use flujo::clock::Timestamp;
///
/// assert_eq!(Timestamp(1_700_000_000_000_000_001).to_string(), "2023-11-14T22:13:20.000000001Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The time from `earlier` to `self`, zero if the clock went backwards.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    pub(crate) fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `self` earlier by `wait`; the beginning of time if that is before it.
    #[must_use]
    pub fn before(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(wait)))
    }

    /// `self` later by `wait`; the end of time if that is past what fits.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(nanos(wait)))
    }
}

/// RFC 3339, in UTC, exact to the nanosecond: `2026-01-31T10:00:00.000000000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let (day, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(day);
        let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
    }
}

/// Year, month and day of a day since 1970-01-01. Years begin in March here, so that a leap day is the last of its year;
/// 400 years have 146097 days, and from March on each five months have 153.
fn civil(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (of_month, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    (era * 400 + year + u64::from(month <= 2), month, of_month)
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

/// A source of time.
///
/// ```
/// use flujo::clock::{BoxFuture, Clock, Timestamp};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// /// A clock for simulations: an hour passes in a second.
/// struct Fast(Arc<dyn Clock>);
///
/// impl Clock for Fast {
///     fn now(&self) -> Timestamp {
///         Timestamp(self.0.now().0 * 3600)
///     }
///     fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
///         self.0.sleep(wait / 3600)
///     }
/// }
///
/// let flujo = flujo::Flujo::builder().clock(Arc::new(Fast(Arc::new(flujo::clock::SystemClock::new())))).build()?;
/// # drop(flujo);
/// assert_eq!(Timestamp(5).before(Duration::from_nanos(2)), Timestamp(3));
/// # Ok::<(), flujo::Error>(())
/// ```
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
    /// Completes once `wait` has passed on this clock.
    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()>;
    /// Begins to measure how long something takes.
    #[doc(hidden)]
    fn tick(&self) -> Tick {
        Tick(Reading::At(self.now()))
    }
    /// The nanoseconds since `tick`.
    #[doc(hidden)]
    fn nanos_since(&self, tick: Tick) -> u64 {
        match tick.0 {
            Reading::At(then) => self.now().nanos_since(then),
            Reading::Instant(then) => nanos(then.elapsed()),
        }
    }
}

/// When a measurement began. Not a [`Timestamp`], which the system's clock would have to convert to and back
/// at every step.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Tick(Reading);

#[derive(Clone, Copy, Debug)]
enum Reading {
    At(Timestamp),
    Instant(Instant),
}

fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

/// The system's wall clock at start, moved on by a monotonic one: it never runs backwards. Its timers are
/// tokio's, so `tokio::time::pause` holds it in tests.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
    epoch: u64,
}

impl SystemClock {
    /// Reads the wall clock once.
    pub fn new() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), epoch: u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.epoch).plus(self.start.elapsed())
    }
    fn tick(&self) -> Tick {
        Tick(Reading::Instant(Instant::now()))
    }
    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A duration in its largest unit: `850µs`, `12ms`, `1.50s`, `2m05s`.
pub(crate) struct Short(pub(crate) Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (micros, millis) = (self.0.as_micros(), self.0.as_millis());
        match self.0.as_secs() {
            0 if millis == 0 => write!(f, "{micros}µs"),
            0 => write!(f, "{millis}ms"),
            seconds @ 1..60 => write!(f, "{seconds}.{:02}s", self.0.subsec_millis() / 10),
            seconds => write!(f, "{}m{:02}s", seconds / 60, seconds % 60),
        }
    }
}
