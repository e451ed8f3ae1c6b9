//! What callers send.

use crate::data::value::Value;
use crate::time::Time;
use flujo::engine::{RunOrder, RunState};
use flujo::{Cost, UsageLimits};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// A run to start.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "StartRun")]
#[serde(deny_unknown_fields)]
pub(crate) struct StartRequest {
    /// The pipeline.
    pub(crate) pipeline: String,
    /// The id of the run. Without it, it follows from the header `Idempotency-Key`; without that, it is random.
    pub(crate) id: Option<String>,
    /// The inputs: a list of their values, or a map with their names. Of a single input its value is enough, unless that is a
    /// list, or a map with the name of the input alone.
    pub(crate) input: Value,
    /// The context that the run begins with; the default of its type if there is none.
    pub(crate) context: Option<Value>,
    /// The labels: at most 16.
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    /// Limits of the run.
    pub(crate) limits: Option<LimitsRequest>,
}

/// Limits of a run; those of the server apply as well.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewLimits")]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsRequest {
    /// Money, in billionths of a dollar.
    cost_nanos: Option<u64>,
    /// Tokens, sent and received.
    total_tokens: Option<u64>,
    /// Calls of models.
    model_calls: Option<u64>,
    /// Working time, in nanoseconds.
    active_nanos: Option<u64>,
}

impl LimitsRequest {
    pub(crate) fn limits(self) -> UsageLimits {
        let mut limits = UsageLimits::NONE;
        limits.cost = self.cost_nanos.map(Cost);
        limits.total_tokens = self.total_tokens;
        limits.model_calls = self.model_calls;
        limits.active_time = self.active_nanos.map(Duration::from_nanos);
        limits
    }
}

/// A reply to a question.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewReply")]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyRequest {
    /// The node that asks.
    pub(crate) path: String,
    /// The reply, which fits the schema of the question.
    pub(crate) value: Value,
}

/// A fork of a run that has ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ForkRun")]
#[serde(deny_unknown_fields)]
pub(crate) struct ForkRequest {
    /// The first node that is executed again: one with a record, or one that the run came to.
    pub(crate) from: String,
    /// The id of the new run. Without it, it follows from the header `Idempotency-Key`; without that, it is random.
    pub(crate) id: Option<String>,
    /// Other inputs, as where a run is started.
    pub(crate) input: Option<Value>,
    /// Models that answer in place of those of the code, as `provider:model`, by the path of a node; all nodes within it
    /// are meant.
    #[serde(default)]
    pub(crate) models: BTreeMap<String, String>,
    /// Limits of the new run, in place of those of the run that is forked; those that are absent stay.
    pub(crate) limits: Option<LimitsRequest>,
}

/// Runs to delete.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Prune")]
#[serde(deny_unknown_fields)]
pub(crate) struct PruneRequest {
    /// Runs that ended before this moment.
    pub(crate) before: Time,
}

/// A number in a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub(crate) usize);

/// The most that a page has.
pub(crate) const MOST: usize = 500;

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
        let what = format!("`{}` is no number from 1 to {MOST}", text.escape_debug());
        number.map(Self).ok_or_else(|| D::Error::custom(what))
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MOST })
    }
}

/// A state of a run, as a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateWord(pub(crate) RunState);

impl<'de> Deserialize<'de> for StateWord {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let what = format!(
            "`{}` is no state: write one of {}",
            text.escape_debug(),
            RunState::ALL.map(RunState::word).join(", ")
        );
        RunState::from_word(&text).map(Self).ok_or_else(|| D::Error::custom(what))
    }
}

impl JsonSchema for StateWord {
    fn schema_name() -> Cow<'static, str> {
        "StateWord".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A state of a run.", "enum": RunState::ALL.map(RunState::word) })
    }
}

/// The order of a list of runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order(pub(crate) RunOrder);

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let what = format!("`{}` is no order: write `id`, `created` or `changed`", text.escape_debug());
        match text.as_str() {
            "id" => Ok(Self(RunOrder::Id)),
            "created" => Ok(Self(RunOrder::Created)),
            "changed" => Ok(Self(RunOrder::Changed)),
            _ => Err(D::Error::custom(what)),
        }
    }
}

impl JsonSchema for Order {
    fn schema_name() -> Cow<'static, str> {
        "Order".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "An order of runs.", "enum": ["id", "created", "changed"] })
    }
}
