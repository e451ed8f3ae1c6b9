//! Times as RFC 3339 writes them, exact to the nanosecond.

use flujo::clock::Timestamp;
use jiff::civil;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::borrow::Cow;
use std::fmt;

/// A moment, as text: `2026-01-31T10:00:00.000000000Z`. A JSON number would not hold its nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Timestamp);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Time {
    /// Reads a date, `2026-01-31`, which is its beginning in UTC, or a time with an offset,
    /// `2026-01-31T10:00:00.5+01:00`. A time before 1970 or after 2554 is the first or the last one that a run can have.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = to_nanoseconds(text);
        let pieces = Pieces::parse(&text).ok()?;
        let date = pieces.date();
        let (time, offset) = match (pieces.time(), pieces.to_numeric_offset()) {
            (None, None) => (civil::Time::midnight(), Offset::UTC),
            (Some(time), Some(offset)) => (time, offset),
            _ => return None,
        };
        let nanos = match offset.to_timestamp(date.to_datetime(time)) {
            Ok(at) => u64::try_from(at.as_nanosecond().max(0)).unwrap_or(u64::MAX),
            // The last and the first days of the calendar, in some zones.
            Err(_) if date.year() > 0 => u64::MAX,
            Err(_) => 0,
        };
        Some(Self(Timestamp(nanos)))
    }
}

/// Leaves out the digits of a fraction behind the ninth, which RFC 3339 allows and `jiff` refuses.
fn to_nanoseconds(text: &str) -> String {
    let Some((head, rest)) = text.split_once('.') else { return text.to_owned() };
    let (digits, zone) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    format!("{head}.{}{zone}", digits.get(..9).unwrap_or(digits))
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

    const SECOND: u64 = 1_000_000_000;

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
