//! Times as RFC 3339 writes them, exact to the nanosecond.

use flujo::clock::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::borrow::Cow;
use std::fmt;

/// A moment, as text: `2026-01-31T10:00:00.000000000Z`. A JSON number would not hold its nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Timestamp);

const SECOND: u64 = 1_000_000_000;
const DAY: i64 = 86_400;

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.0 / SECOND, self.0.0 % SECOND);
        let (year, month, day) = date(seconds / DAY.unsigned_abs());
        let of_day = seconds % DAY.unsigned_abs();
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
    }
}

/// The date of a day since 1970, by eras of 400 years that begin in March.
fn date(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

/// The day since 1970 of a date; `None` if there is no such date.
fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // The year begins in March, so that its last day is the one that may be missing.
    let (y, shifted) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

impl Time {
    /// Reads a date, `2026-01-31`, which is its beginning in UTC, or a time with a zone, `2026-01-31T10:00:00.5+01:00`. A
    /// time that no run can have had is the first or the last one that it could have.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, rest) = number(text, 4)?;
        let (month, rest) = number(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = number(rest.strip_prefix('-')?, 2)?;
        let day = day_of(year, month, day)? * DAY;
        if rest.is_empty() {
            return Some(Self::of(day, 0));
        }
        let (hour, rest) = number(rest.strip_prefix(['T', 't', ' '])?, 2)?;
        let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
        let (second, rest) = number(rest.strip_prefix(':')?, 2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (nanos, zone) = match rest.strip_prefix('.') {
            Some(rest) => fraction(rest)?,
            None => (0, rest),
        };
        let local = day + hour * 3600 + minute * 60 + second;
        Some(Self::of(local - ahead(zone)?, nanos))
    }

    fn of(seconds: i64, nanos: i64) -> Self {
        let nanos = i128::from(seconds) * i128::from(SECOND) + i128::from(nanos);
        Self(Timestamp(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)))
    }
}

/// The seconds by which a zone is ahead of UTC.
fn ahead(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (hours, rest) = number(zone.get(1..)?, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(':')?, 2)?;
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    match zone.as_bytes().first()? {
        b'+' => Some(hours * 3600 + minutes * 60),
        b'-' => Some(-(hours * 3600 + minutes * 60)),
        _ => None,
    }
}

/// The number of so many digits at the beginning, and the rest.
fn number(text: &str, digits: usize) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    let value = head.bytes().all(|byte| byte.is_ascii_digit()).then(|| head.parse().ok())??;
    Some((value, rest))
}

/// The nanoseconds of a fraction of a second, and the rest; what is less than one is left out.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    Some((format!("{:0<9}", digits.get(..9).unwrap_or(digits)).parse().ok()?, rest))
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let what = "is not a time: write `2026-01-31` or `2026-01-31T10:00:00Z`";
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{}` {what}", text.escape_debug())))
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "A moment in UTC, exact to the nanosecond." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_exactly() {
        let shown = |at: u64| Time(Timestamp(at)).to_string();
        assert_eq!(shown(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(shown(1_700_000_000_000_000_001), "2023-11-14T22:13:20.000000001Z");
        assert_eq!(shown(951_782_400 * SECOND), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(shown(u64::MAX), "2554-07-21T23:34:33.709551615Z");
        for at in [0, 1, 951_782_400 * SECOND, 1_700_000_000_000_000_001, u64::MAX] {
            assert_eq!(Time::parse(&shown(at)), Some(Time(Timestamp(at))));
        }
        let read = |text: &str| Time::parse(text).map(|time| time.0.0);
        assert_eq!(read("2023-11-15"), Some(1_700_006_400 * SECOND));
        assert_eq!(read("2023-11-14T23:13:20+01:00"), Some(1_700_000_000 * SECOND));
        assert_eq!(read("2023-11-14T17:13:20.25-05:00"), Some(1_700_000_000_250_000_000));
        assert_eq!(read("2023-11-14t22:13:20.0000000019z"), Some(1_700_000_000_000_000_001));
        for early in ["0000-01-01", "1969-12-31", "1970-01-01T00:00:00+00:01", "0001-02-29T00:00:00Z"] {
            assert_eq!(read(early), if early.starts_with("0001") { None } else { Some(0) }, "{early}");
        }
        assert_eq!(read("1969-12-31T23:59:59.5-00:01"), Some(59_500_000_000));
        assert_eq!((read("9999-12-31"), read("2555-01-01T00:00:00Z")), (Some(u64::MAX), Some(u64::MAX)));
        for wrong in [
            "",
            "now",
            "2023-02-29",
            "2023-13-01",
            "2023-11-15T",
            "2023-11-15T10:00",
            "2023-11-15T10:00:00",
            "2023-11-15T24:00:00Z",
            "2023-11-15T10:00:00.Z",
            "2023-1-1",
            "+023-11-15",
            "2023-11-15T10:00:00é01:00",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
