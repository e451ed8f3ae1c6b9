//! What many answers have in them.

use crate::json::state;
use crate::text::time;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::RunState;
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

/// The state of a run.
#[derive(Clone, Copy)]
pub(in crate::remote) struct State(pub(in crate::remote) RunState);

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        state::parse(&word).map(Self).ok_or_else(|| D::Error::custom(format_args!("`{word}` is no state")))
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
