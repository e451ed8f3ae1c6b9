//! What the interface answers, as the types of flujo.

use super::recorded::Value;
use crate::json::state;
use crate::runs::{self, Finding, Pipeline};
use crate::text::time;
use flujo::clock::Timestamp;
use flujo::engine::{Labels, PendingQuestion, RunState, RunSummary, UsageReport};
use flujo::error::Mismatch;
use flujo::graph::{Bounds, Severity};
use flujo::question::Question;
use flujo::{Cost, Usage};
use serde::{Deserialize, Deserializer, de::Error};
use std::collections::BTreeMap;

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
pub(super) struct State(pub(super) RunState);

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        state::parse(&word).map(Self).ok_or_else(|| D::Error::custom(format_args!("`{word}` is no state")))
    }
}

/// A run after a change.
#[derive(Deserialize)]
pub(super) struct StartedAnswer {
    pub(super) state: State,
}

#[derive(Deserialize)]
pub(super) struct PrunedAnswer {
    pub(super) runs: u64,
}

#[derive(Deserialize)]
pub(super) struct ReplayAnswer {
    pub(super) mismatch: Option<Mismatch>,
}

#[derive(Deserialize)]
pub(super) struct UsageAnswer {
    input_tokens: u64,
    output_tokens: u64,
    cached_tokens: u64,
    reasoning_tokens: u64,
    cache_write_tokens: u64,
    model_calls: u64,
    cost_nanos: u64,
    unpriced_calls: u64,
    estimated_calls: u64,
}

impl From<UsageAnswer> for Usage {
    fn from(answer: UsageAnswer) -> Self {
        let mut usage = Self::default();
        usage.input_tokens = answer.input_tokens;
        usage.output_tokens = answer.output_tokens;
        usage.cached_tokens = answer.cached_tokens;
        usage.reasoning_tokens = answer.reasoning_tokens;
        usage.cache_write_tokens = answer.cache_write_tokens;
        usage.model_calls = answer.model_calls;
        usage.cost = Cost(answer.cost_nanos);
        usage.unpriced_calls = answer.unpriced_calls;
        usage.estimated_calls = answer.estimated_calls;
        usage
    }
}

#[derive(Deserialize)]
pub(super) struct UsageReportAnswer {
    lines: Vec<UsageLineAnswer>,
}

#[derive(Deserialize)]
struct UsageLineAnswer {
    day: Time,
    pipeline: String,
    model: Option<String>,
    label: Option<String>,
    usage: UsageAnswer,
}

impl UsageReportAnswer {
    pub(super) fn lines(self) -> Vec<flujo::engine::UsageLine> {
        let mut report = UsageReport::default();
        for UsageLineAnswer { day, pipeline, model, label, usage } in self.lines {
            let usage = usage.into();
            let models: Vec<_> = model.map(|model| (model, usage)).into_iter().collect();
            report.add(day.0, (&pipeline, label.as_deref()), usage, &models);
        }
        report.lines()
    }
}

/// A page of runs.
#[derive(Deserialize)]
pub(super) struct RunsAnswer {
    runs: Vec<RunAnswer>,
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
struct RunAnswer {
    id: String,
    pipeline: String,
    state: State,
    replied: bool,
    deadline: Option<Time>,
    labels: Labels,
    origin: Option<String>,
    created: Time,
    started: Option<Time>,
    changed: Time,
    ended: Option<Time>,
    usage: UsageAnswer,
    questions: usize,
    under_way: Vec<String>,
    failure: Option<String>,
}

impl RunsAnswer {
    pub(super) fn summaries(self) -> impl Iterator<Item = RunSummary> {
        self.runs.into_iter().map(|run| {
            let mut summary = RunSummary::new(run.id.into(), run.pipeline, run.state.0);
            let at = |time: Option<Time>| time.map(|time| time.0);
            summary.replied = run.replied;
            summary.deadline = at(run.deadline);
            summary.labels = run.labels;
            summary.origin = run.origin.map(Into::into);
            summary.created = run.created.0;
            summary.started = at(run.started);
            summary.changed = run.changed.0;
            summary.ended = at(run.ended);
            summary.usage = run.usage.into();
            summary.questions = run.questions;
            summary.under_way = run.under_way.iter().map(|path| path.as_str().into()).collect();
            summary.failure = run.failure;
            summary
        })
    }
}

/// A page of open questions.
#[derive(Deserialize)]
pub(super) struct InboxAnswer {
    questions: Vec<PendingAnswer>,
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
struct PendingAnswer {
    run: String,
    pipeline: String,
    question: QuestionAnswer,
}

#[derive(Deserialize)]
struct QuestionAnswer {
    path: String,
    message: String,
    shown: Option<Value>,
    schema: Value,
    asked: Time,
    deadline: Option<Time>,
    default: Option<Value>,
}

impl InboxAnswer {
    pub(super) fn pending(self) -> impl Iterator<Item = PendingQuestion> {
        self.questions.into_iter().map(|PendingAnswer { run, pipeline, question }| {
            let question = Question {
                path: question.path.as_str().into(),
                message: question.message,
                shown: question.shown.map(|shown| shown.0),
                schema: question.schema.0,
                asked: question.asked.0,
                deadline: question.deadline.map(|at| at.0),
                default: question.default.map(|default| default.0),
            };
            PendingQuestion::new(run.into(), pipeline, question)
        })
    }
}

#[derive(Deserialize)]
pub(super) struct PipelinesAnswer {
    pub(super) pipelines: Vec<Named>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct PipelineAnswer {
    name: String,
    doc: String,
    fingerprint: String,
    inputs: Vec<ValueAnswer>,
    output: ValueAnswer,
    bounds: BoundsAnswer,
    context: ValueAnswer,
    default_context: Option<Value>,
    findings: Vec<FindingAnswer>,
    graph: GraphAnswer,
}

/// Where a pipeline is written.
#[derive(Deserialize)]
struct GraphAnswer {
    file: String,
    line: u32,
}

#[derive(Deserialize)]
struct BoundsAnswer {
    step_runs: Option<u64>,
    model_calls: Option<u64>,
    questions: Option<u64>,
}

#[derive(Deserialize)]
struct ValueAnswer {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    schema: Option<Value>,
}

#[derive(Deserialize)]
struct FindingAnswer {
    rule: String,
    severity: String,
    message: String,
    node: String,
    file: String,
    line: u32,
}

impl From<ValueAnswer> for runs::Value {
    fn from(value: ValueAnswer) -> Self {
        Self { name: value.name, type_name: value.type_name, schema: value.schema.map(|schema| schema.0) }
    }
}

impl From<FindingAnswer> for Finding {
    fn from(found: FindingAnswer) -> Self {
        let FindingAnswer { rule, severity, message, node, file, line } = found;
        let severity = if severity == "hint" { Severity::Hint } else { Severity::Warning };
        Self { rule, severity, message, node, file, line }
    }
}

impl From<PipelineAnswer> for Pipeline {
    fn from(answer: PipelineAnswer) -> Self {
        let BoundsAnswer { step_runs, model_calls, questions } = answer.bounds;
        Self {
            name: answer.name,
            doc: answer.doc,
            file: answer.graph.file,
            line: answer.graph.line,
            fingerprint: answer.fingerprint,
            inputs: answer.inputs.into_iter().map(Into::into).collect(),
            output: answer.output.into(),
            context: answer.context.into(),
            default_context: answer.default_context.map(|context| context.0),
            bounds: Bounds { step_runs, model_calls, questions },
            findings: answer.findings.into_iter().map(Into::into).collect(),
        }
    }
}

/// What nodes were given, as an export has it.
#[derive(Deserialize)]
pub(super) struct ExportAnswer {
    nodes: Vec<NodeAnswer>,
}

#[derive(Deserialize)]
struct NodeAnswer {
    path: String,
    attempts: Vec<AttemptAnswer>,
    mismatch: Option<Mismatch>,
}

#[derive(Deserialize)]
struct AttemptAnswer {
    n: u32,
    input: Option<Value>,
    #[serde(default)]
    context_before: BTreeMap<String, Value>,
}

impl ExportAnswer {
    pub(super) fn inputs(self) -> runs::Inputs {
        let mut inputs = runs::Inputs { nodes: Vec::new(), mismatch: None };
        for NodeAnswer { path, attempts, mismatch } in self.nodes {
            inputs.mismatch = inputs.mismatch.or(mismatch);
            for AttemptAnswer { n, input, context_before } in attempts {
                let Some(Value(input)) = input else { continue };
                let context = context_before.into_iter().map(|(part, value)| (part, value.0)).collect();
                inputs.nodes.push(runs::Given { path: path.as_str().into(), n, input, context });
            }
        }
        inputs
    }
}
