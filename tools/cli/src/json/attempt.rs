//! Attempts of nodes in documents.

use super::raw::{Raw, nanos, time};
use super::usage::UsageDoc;
use crate::runs::Given;
use flujo::codec::Json;
use flujo::engine::{Exchange, NodeView, Record, RecordOutcome};
use flujo::error::FailureRecord;
use serde::Serialize;
use std::collections::BTreeMap;

/// A node with all of its attempts.
#[derive(Serialize)]
pub(crate) struct NodeDoc<'a> {
    path: &'a str,
    kind: &'static str,
    state: &'static str,
    attempts: u32,
    started: String,
    ended: String,
    working_nanos: u64,
    usage: UsageDoc,
}

impl<'a> NodeDoc<'a> {
    pub(crate) fn of(node: &'a NodeView) -> Self {
        Self {
            path: node.path.as_str(),
            kind: node.last.key.kind.word(),
            state: state(&node.last),
            attempts: node.attempts,
            started: time(node.started),
            ended: time(node.ended),
            working_nanos: nanos(node.working),
            usage: UsageDoc::from(&node.usage),
        }
    }
}

/// Returns the word of an attempt's end.
pub(crate) fn state(record: &Record) -> &'static str {
    match &record.outcome {
        RecordOutcome::Output(_) => "done",
        RecordOutcome::Failure(_) => "failed",
    }
}

/// One attempt of a node.
#[derive(Serialize)]
pub(crate) struct AttemptDoc<'a> {
    path: &'a str,
    kind: &'static str,
    n: u32,
    state: &'static str,
    output: Option<Raw<'a>>,
    failure: Option<FailureDoc<'a>>,
    /// Changed parts of the context.
    context: Vec<PartDoc<'a>>,
    findings: Vec<&'a str>,
    cached: bool,
    models: Vec<&'a str>,
    repairs: Vec<&'a str>,
    usage: UsageDoc,
    started: String,
    ended: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) messages: Option<&'a [Exchange]>,
}

#[derive(Serialize)]
struct PartDoc<'a> {
    part: &'a str,
    /// `whole`, or `appended` to a list.
    change: &'static str,
    value: Raw<'a>,
}

impl<'a> AttemptDoc<'a> {
    pub(crate) fn of(record: &'a Record, messages: bool) -> Self {
        let (output, failure) = match &record.outcome {
            RecordOutcome::Output(output) => (Some(Raw(output)), None),
            RecordOutcome::Failure(failure) => (None, Some(FailureDoc::of(failure))),
        };
        let models = record.models.as_deref();
        let repairs = models.map(|models| models.repairs.as_slice()).unwrap_or_default();
        Self {
            path: record.key.path.as_str(),
            kind: record.key.kind.word(),
            n: record.key.n,
            state: state(record),
            output,
            failure,
            context: record.parts.iter().map(|(part, change)| PartDoc::of(part, change)).collect(),
            findings: record.findings.iter().map(|finding| finding.message.as_str()).collect(),
            cached: record.cached,
            models: models
                .into_iter()
                .flat_map(|used| &used.by_model)
                .map(|(name, _)| name.as_str())
                .collect(),
            repairs: repairs.iter().map(String::as_str).collect(),
            usage: UsageDoc::from(&record.usage),
            started: time(record.started),
            ended: time(record.ended),
            messages: messages.then_some(&*record.messages),
        }
    }
}

impl<'a> PartDoc<'a> {
    fn of(part: &'a str, change: &'a flujo::engine::PartChange) -> Self {
        use flujo::engine::PartChange::{Appended, Whole};
        let (change, value) = match change {
            Whole(value) => ("whole", value),
            Appended { items, .. } => ("appended", items),
        };
        Self { part, change, value: Raw(value) }
    }
}

#[derive(Serialize)]
pub(crate) struct FailureDoc<'a> {
    kind: &'static str,
    path: Option<&'a str>,
    /// The message, then those of its causes.
    chain: &'a [String],
    retryable: bool,
    feedback: Option<&'a str>,
    last_output: Option<Raw<'a>>,
}

impl<'a> FailureDoc<'a> {
    pub(crate) fn of(failure: &'a FailureRecord) -> Self {
        Self {
            kind: failure.kind.word(),
            path: failure.node().map(flujo::path::Path::as_str),
            chain: &failure.chain,
            retryable: failure.retryable,
            feedback: failure.feedback.as_deref(),
            last_output: failure.last_output.as_ref().map(Raw),
        }
    }
}

/// What a node was given.
#[derive(Serialize)]
pub(crate) struct InputDoc<'a> {
    path: &'a str,
    n: u32,
    input: Raw<'a>,
    context: BTreeMap<&'a str, Raw<'a>>,
}

impl<'a> InputDoc<'a> {
    pub(crate) fn of(node: &'a Given) -> Self {
        let part = |(name, value): &'a (String, Json)| (name.as_str(), Raw(value));
        let context = node.context.iter().map(part).collect();
        Self { path: node.path.as_str(), n: node.n, input: Raw(&node.input), context }
    }
}
