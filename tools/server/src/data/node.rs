use super::{MismatchBody, UsageBody};
use crate::data::value::Value;
use crate::time::Time;
use flujo::codec::Json;
use flujo::engine::{NodeInput, NodeView, PartChange, Record, RecordOutcome};
use flujo::error::FailureRecord;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The nodes of a run, in the order of their first records.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Nodes")]
pub(crate) struct NodesBody {
    /// The nodes.
    pub(crate) nodes: Vec<NodeBody>,
}

/// A node of a run, in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Node")]
pub(crate) struct NodeBody {
    /// The path.
    path: String,
    /// The kind of its records: `step`, `model`, `gate`, `ask`, `sleep` or `fork`.
    kind: &'static str,
    /// The number of attempts that have ended.
    attempts: u32,
    /// True if the last attempt succeeded.
    succeeded: bool,
    /// The message of the failure of the last attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// The time at which the first attempt began.
    started: Time,
    /// The time at which the last attempt ended.
    ended: Time,
    /// The working time of all attempts, in nanoseconds.
    working_nanos: u64,
    /// The usage of all attempts.
    usage: UsageBody,
}

impl NodeBody {
    pub(crate) fn of(node: &NodeView) -> Self {
        let failure = failure_of(&node.last);
        Self {
            path: node.path.to_string(),
            kind: node.last.key.kind.word(),
            attempts: node.attempts,
            succeeded: failure.is_none(),
            failure: failure.map(message),
            started: Time(node.started),
            ended: Time(node.ended),
            working_nanos: u64::try_from(node.working.as_nanos()).unwrap_or(u64::MAX),
            usage: node.usage.into(),
        }
    }
}

fn failure_of(record: &Record) -> Option<&FailureRecord> {
    match &record.outcome {
        RecordOutcome::Output(_) => None,
        RecordOutcome::Failure(failure) => Some(failure),
    }
}

fn message(failure: &FailureRecord) -> String {
    failure.chain.first().cloned().unwrap_or_default()
}

/// An attempt that has ended, as the stream of events has it: without what went in and came out.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Record")]
pub(crate) struct RecordBody {
    /// The node.
    path: String,
    /// The kind: `step`, `model`, `gate`, `ask`, `sleep` or `fork`.
    kind: &'static str,
    /// The number of the attempt, from 1.
    n: u32,
    /// True if it succeeded.
    succeeded: bool,
    /// The message of its failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// True if the output came from the cache.
    cached: bool,
    /// The time at which it began.
    started: Time,
    /// The time at which it ended.
    ended: Time,
    /// The usage.
    usage: UsageBody,
}

impl RecordBody {
    pub(crate) fn of(record: &Record) -> Self {
        let failure = failure_of(record);
        Self {
            path: record.key.path.to_string(),
            kind: record.key.kind.word(),
            n: record.key.n,
            succeeded: failure.is_none(),
            failure: failure.map(message),
            cached: record.cached,
            started: Time(record.started),
            ended: Time(record.ended),
            usage: record.usage.into(),
        }
    }
}

/// A node of a run, with its attempts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NodeDetail")]
pub(crate) struct NodeDetail {
    /// The path.
    pub(crate) path: String,
    /// The attempts, in the order in which they were recorded.
    pub(crate) attempts: Vec<AttemptBody>,
    /// The first record that does not fit the code: inputs from there on are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mismatch: Option<MismatchBody>,
}

/// An attempt that has ended.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
pub(crate) struct AttemptBody {
    /// The kind: `step`, `model`, `gate`, `ask`, `sleep` or `fork`.
    kind: &'static str,
    /// The number of the attempt, from 1.
    n: u32,
    /// The version of the step.
    version: u32,
    /// The time at which it began.
    started: Time,
    /// The time at which it ended.
    ended: Time,
    /// True if the output came from the cache.
    cached: bool,
    /// The list of inputs, where the code of the run is here and fits its records.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
    /// The parts of the context that it may read or write, as they were before.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context_before: BTreeMap<String, Value>,
    /// The parts of the context that it changed, as they were after it, where that is known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context_after: BTreeMap<String, Value>,
    /// The output.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    /// The failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody>,
    /// The usage.
    usage: UsageBody,
    /// The models that it called.
    models: Vec<ModelBody>,
    /// The repairs that were needed to parse a model's answer.
    repairs: Vec<String>,
    /// The text of the model's reasoning, where it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    /// Findings of validators about an output that was accepted.
    findings: Vec<String>,
    /// Messages to models and their answers, where they are recorded.
    messages: Vec<Value>,
}

/// A model that an attempt called.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ModelUse")]
pub(crate) struct ModelBody {
    /// The model, as `provider:model`.
    model: String,
    /// The usage.
    usage: UsageBody,
}

impl AttemptBody {
    pub(crate) fn of(record: &Record, given: Option<&NodeInput>) -> Self {
        let models = record.models.as_deref();
        let by_model = models.map(|used| used.by_model.as_slice()).unwrap_or_default();
        let output = match &record.outcome {
            RecordOutcome::Output(output) => Some(Value(output.clone())),
            RecordOutcome::Failure(_) => None,
        };
        let before = given.map(|given| given.context.as_slice()).unwrap_or_default();
        let changed = record
            .parts
            .iter()
            .filter_map(|(name, change)| Some((name.clone(), after(name, change, before)?)));
        Self {
            kind: record.key.kind.word(),
            n: record.key.n,
            version: record.version,
            started: Time(record.started),
            ended: Time(record.ended),
            cached: record.cached,
            input: given.map(|given| Value(given.input.clone())),
            context_before: before.iter().map(|(name, part)| (name.clone(), Value(part.clone()))).collect(),
            context_after: changed.collect(),
            output,
            failure: failure_of(record).map(FailureBody::of),
            usage: record.usage.into(),
            models: by_model
                .iter()
                .map(|(model, usage)| ModelBody { model: model.clone(), usage: (*usage).into() })
                .collect(),
            repairs: models.map(|used| used.repairs.clone()).unwrap_or_default(),
            reasoning: models.and_then(|used| used.reasoning.clone()),
            findings: record.findings.iter().map(|finding| finding.message.clone()).collect(),
            messages: record.messages.iter().filter_map(|said| Json::encode(said).ok().map(Value)).collect(),
        }
    }
}

/// A part of the context after a change: the whole of it, or what was appended to what it was before.
fn after(name: &str, change: &PartChange, before: &[(String, Json)]) -> Option<Value> {
    match change {
        PartChange::Whole(whole) => Some(Value(whole.clone())),
        PartChange::Appended { items, .. } => {
            let (_, list) = before.iter().find(|(known, _)| known == name)?;
            let inner = |list: &Json| list.as_str().strip_prefix('[')?.strip_suffix(']').map(str::to_owned);
            let (old, new) = (inner(list)?, inner(items)?);
            let comma = if old.is_empty() || new.is_empty() { "" } else { "," };
            Some(Value(Json::recorded(format!("[{old}{comma}{new}]"))))
        }
    }
}

/// The failure of an attempt, or of a run.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub(crate) struct FailureBody {
    /// The kind, for instance `failed`, `timed_out` or `limit_exceeded`.
    kind: String,
    /// The message.
    message: String,
    /// The messages of its causes.
    causes: Vec<String>,
    /// True if another attempt could succeed.
    retryable: bool,
    /// The node that failed, if it is another than that of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The attempt that failed last, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    /// The most attempts that there could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    /// The feedback for the next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    feedback: Option<String>,
    /// The output that was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_output: Option<Value>,
    /// The failure before a fallback, where the fallback failed too.
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<Box<FailureBody>>,
}

impl FailureBody {
    pub(crate) fn of(failure: &FailureRecord) -> Self {
        Self {
            kind: failure.kind.word().to_owned(),
            message: message(failure),
            causes: failure.chain.iter().skip(1).cloned().collect(),
            retryable: failure.retryable,
            path: failure.node().map(ToString::to_string),
            attempt: failure.attempt.map(|(n, _)| n),
            attempts: failure.attempt.map(|(_, of)| of),
            feedback: failure.feedback.clone(),
            last_output: failure.last_output.clone().map(Value),
            original: failure.original.as_deref().map(|original| Box::new(Self::of(original))),
        }
    }
}
