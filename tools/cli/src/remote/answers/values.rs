//! What many answers have in them.

use crate::text::time;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

/// A moment as RFC 3339.
#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        time::read(&text).map(Self).ok_or_else(|| D::Error::custom(format_args!("`{text}` is no time")))
    }
}

/// A recorded value within a document, digit by digit.
#[derive(Debug)]
pub(super) struct Value(pub(super) Json);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(from)?;
        Ok(Self(Json::recorded(raw.get())))
    }
}
