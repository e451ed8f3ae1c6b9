//! Recorded values within documents, digit by digit as they are recorded.

use flujo::codec::Json;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A recorded value.
pub(crate) struct Raw<'a>(pub(crate) &'a Json);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(self.0.as_str()) {
            Ok(raw) => raw.serialize(to),
            // What an engine made up is shown as text.
            Err(_) => to.serialize_str(self.0.as_str()),
        }
    }
}

/// A time as RFC 3339, in UTC, with nine digits.
pub(crate) fn time(at: flujo::clock::Timestamp) -> String {
    crate::text::time::exact(at)
}

/// Nanoseconds of a duration; those that do not fit are the most that do.
pub(crate) fn nanos(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
