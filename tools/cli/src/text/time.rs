//! Times and durations: how they are read and how they are shown, always in UTC.

use flujo::clock::Timestamp;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A moment on the command line: a time, or how long ago it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    At(Timestamp),
    Ago(Duration),
}

impl Moment {
    pub(crate) fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.before(ago),
        }
    }
}

impl FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ago) = duration(text) {
            return Ok(Self::Ago(ago));
        }
        let time = read(text).or_else(|| read(&format!("{text}T00:00:00Z")));
        time.map(Self::At).ok_or_else(|| {
            "give a time such as `2026-01-31T12:00:00Z`, a day such as `2026-01-31`, or how long ago: `2h`"
                .to_owned()
        })
    }
}

/// Reads a time as RFC 3339 writes it.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let time = text.parse::<jiff::Timestamp>().ok()?;
    u64::try_from(time.as_nanosecond()).ok().map(Timestamp)
}

/// Reads a duration such as `45s`, `1h30m`, `30d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let refused = || "give a number with a unit: s, m, h, d or w, such as `30d` or `1h30m`".to_owned();
    let (mut total, mut number) = (0_u64, None::<u64>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            let shifted = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(u64::from(digit)));
            number = Some(shifted.ok_or_else(refused)?);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return Err(refused()),
        };
        let part = number.take().and_then(|n| n.checked_mul(unit));
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(refused)?;
    }
    match number {
        None if !text.is_empty() => Ok(Duration::from_secs(total)),
        _ => Err(refused()),
    }
}

/// Returns the time to the second, for people: `2026-11-29 23:31:06`.
pub(crate) fn short(at: Timestamp) -> String {
    format(at, "%Y-%m-%d %H:%M:%S")
}

/// Returns the day: `2026-11-29`.
pub(crate) fn day(at: Timestamp) -> String {
    format(at, "%Y-%m-%d")
}

/// Returns the time as RFC 3339, with all nine digits, for programs.
pub(crate) fn exact(at: Timestamp) -> String {
    at.to_string()
}

fn format(at: Timestamp, pattern: &str) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(at.0)) {
        Ok(time) => time.strftime(pattern).to_string(),
        Err(_) => format!("{at:?}"),
    }
}

/// A duration for people, in its largest units: `850µs`, `12ms`, `1.50s`, `2m05s`, `3h07m`, `2d04h`.
pub(crate) struct Span(pub(crate) Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (micros, millis, seconds) = (self.0.as_micros(), self.0.as_millis(), self.0.as_secs());
        match seconds {
            0 if micros == 0 => f.write_str("0s"),
            0 if millis == 0 => write!(f, "{micros}µs"),
            0 => write!(f, "{millis}ms"),
            1..60 => write!(f, "{seconds}.{:02}s", self.0.subsec_millis() / 10),
            60..3_600 => write!(f, "{}m{:02}s", seconds / 60, seconds % 60),
            3_600..86_400 => write!(f, "{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
            _ => write!(f, "{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_times_days_or_durations() {
        let at = |seconds: u64| Moment::At(Timestamp(seconds * 1_000_000_000));
        assert_eq!("2026-11-29T23:31:06Z".parse(), Ok(at(1_795_995_066)));
        assert_eq!("2026-11-30T01:31:06+02:00".parse(), Ok(at(1_795_995_066)));
        assert_eq!("2026-11-29".parse(), Ok(at(1_795_910_400)));
        assert_eq!("2h".parse(), Ok(Moment::Ago(Duration::from_secs(7_200))));
        assert_eq!(
            Moment::Ago(Duration::from_secs(1)).resolve(Timestamp(3_000_000_000)),
            Timestamp(2_000_000_000)
        );
        for wrong in ["", "yesterday", "2026-13-01", "1969-12-31", "2h?", "-1h"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(2_592_000)));
        assert_eq!(duration("1w"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "30", "d", "1.5h", "99999999999999999999s", "99999999999999999w", "1ms"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_shown_in_utc() {
        let at = Timestamp(1_795_995_066_012_345_678);
        assert_eq!(short(at), "2026-11-29 23:31:06");
        assert_eq!(exact(at), "2026-11-29T23:31:06.012345678Z");
        assert_eq!(day(at), "2026-11-29");
        assert_eq!(exact(Timestamp(0)), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(day(Timestamp(u64::MAX)), "2554-07-21");
        let spans =
            [0, 900_000, 12_000_000, 1_500_000_000, 125_000_000_000, 11_220_000_000_000, 187_200_000_000_000];
        let shown = spans.map(|nanos| Span(Duration::from_nanos(nanos)).to_string());
        assert_eq!(shown, ["0s", "900µs", "12ms", "1.50s", "2m05s", "3h07m", "2d04h"]);
    }
}
