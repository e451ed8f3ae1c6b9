use super::node::FailureBody;
use super::question::{AnsweredBody, QuestionBody};
use super::replay::{MismatchBody, mismatch, stopped};
use super::{ActionBody, NodeDetail, UsageBody};
use crate::data::value::Value;
use crate::time::Time;
use flujo::engine::{FinalOutcome, Key, Labels, RunCount, RunState, RunSummary, RunView, Status};
use flujo::{Usage, UsageLimits};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A run in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(crate) struct RunBody {
    /// The id.
    id: String,
    /// The pipeline.
    pipeline: String,
    /// The state.
    state: &'static str,
    /// True if the run is paused and a reply arrived since it paused.
    replied: bool,
    /// The earliest time at which an open question is answered by its default.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Time>,
    /// The labels.
    labels: BTreeMap<String, String>,
    /// The run that this one was forked from.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// The time of creation.
    created: Time,
    /// The time at which the first execution began.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Time>,
    /// The time of the last change.
    changed: Time,
    /// The time of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Time>,
    /// The usage so far.
    usage: UsageBody,
    /// The number of open questions.
    questions: usize,
    /// The nodes whose bodies are running.
    under_way: Vec<String>,
    /// The first line of the failure, if the run has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// The first record that does not fit the code, of a run that would go on but for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    mismatch: Option<MismatchBody>,
}

fn map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn nanos(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl RunBody {
    pub(crate) fn of(run: &RunSummary) -> Self {
        Self {
            id: run.id.to_string(),
            pipeline: run.pipeline.clone(),
            state: run.state.word(),
            replied: run.replied,
            deadline: run.deadline.map(Time),
            labels: map(&run.labels),
            origin: run.origin.as_ref().map(ToString::to_string),
            created: Time(run.created),
            started: run.started.map(Time),
            changed: Time(run.changed),
            ended: run.ended.map(Time),
            usage: run.usage.into(),
            questions: run.questions,
            under_way: run.under_way.iter().map(ToString::to_string).collect(),
            failure: run.failure.clone(),
            mismatch: run.mismatch.as_ref().map(MismatchBody::of),
        }
    }
}

/// A page of runs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Runs")]
pub(crate) struct RunPage {
    /// The runs.
    pub(crate) runs: Vec<RunBody>,
    /// The value of `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// The numbers of runs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Counts")]
pub(crate) struct CountsBody {
    /// By pipeline and state.
    pub(crate) counts: Vec<CountBody>,
}

/// The number of runs of one pipeline in one state.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Count")]
pub(crate) struct CountBody {
    /// The pipeline.
    pipeline: String,
    /// The state.
    state: &'static str,
    /// The number of runs.
    runs: u64,
}

impl CountBody {
    pub(crate) fn of(count: RunCount) -> Self {
        Self { pipeline: count.pipeline, state: count.state.word(), runs: count.runs }
    }
}

/// A run, with everything but its nodes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RunDetail")]
pub(crate) struct RunDetail {
    /// The id.
    id: String,
    /// The pipeline.
    pipeline: String,
    /// The fingerprint of the pipeline when the run began, as 32 hexadecimal digits.
    fingerprint: String,
    /// The state.
    state: &'static str,
    /// The labels.
    labels: BTreeMap<String, String>,
    /// The name of the caller who started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The run that this one was forked from.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// Models that answer in place of those of the code, by the path of the node: of a fork with other models.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    models: BTreeMap<String, String>,
    /// The time of creation.
    created: Time,
    /// The time at which the first execution began.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Time>,
    /// The time of the last change.
    changed: Time,
    /// The time of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Time>,
    /// The list of inputs.
    input: Value,
    /// The context: the last one recorded.
    context: Value,
    /// The output of a run that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    /// The failure of a run that has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody>,
    /// The nodes that were under way when the process of a crashed run ended again and again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    crashed_at: Vec<String>,
    /// Why the last execution stopped, if it neither ended nor paused; or why the run does not fit the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    /// The first record that does not fit the code, of a run that has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    mismatch: Option<MismatchBody>,
    /// The limits.
    limits: LimitsBody,
    /// The usage so far.
    usage: UsageBody,
    /// The part of the usage that is in no node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lost: Vec<LostBody>,
    /// Amounts that are reserved for calls of models under way.
    reserved: UsageBody,
    /// The working time of executions that have ended, in nanoseconds.
    active_nanos: u64,
    /// The number of recorded attempts.
    records: usize,
    /// The open questions, in the order in which they were asked.
    questions: Vec<QuestionBody>,
    /// The answered questions, in the order of their replies.
    answered: Vec<AnsweredBody>,
    /// Actions of callers on the run, in order of time.
    actions: Vec<ActionBody>,
}

/// The usage of an attempt without a record: its calls were lost with their process, or it was abandoned.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Lost")]
pub(crate) struct LostBody {
    /// The node.
    path: String,
    /// The number of the attempt, which may have been made again.
    attempt: u32,
    /// The amount that it is charged.
    usage: UsageBody,
}

impl LostBody {
    fn of((key, usage): &(Key, Usage)) -> Self {
        Self { path: key.path.to_string(), attempt: key.n, usage: (*usage).into() }
    }
}

/// Limits of a run.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Limits")]
pub(crate) struct LimitsBody {
    /// Money, in billionths of a dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_nanos: Option<u64>,
    /// Tokens, sent and received.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_tokens: Option<u64>,
    /// Calls of models.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_calls: Option<u64>,
    /// Working time, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_nanos: Option<u64>,
}

impl LimitsBody {
    fn of(limits: UsageLimits) -> Self {
        Self {
            cost_nanos: limits.cost.map(|cost| cost.0),
            total_tokens: limits.total_tokens,
            model_calls: limits.model_calls,
            active_nanos: limits.active_time.map(nanos),
        }
    }
}

impl RunDetail {
    pub(crate) fn of(view: &RunView) -> Self {
        let (run, outcome) = (&view.run, Outcome::of(&view.status));
        Self {
            id: run.id.to_string(),
            pipeline: run.pipeline.clone(),
            fingerprint: format!("{:032x}", run.fingerprint),
            state: RunState::from(&view.status).word(),
            labels: map(&run.labels),
            by: run.by.clone(),
            origin: run.seed.origin.as_ref().map(ToString::to_string),
            models: run.models.iter().map(|(node, model)| (node.to_string(), model.clone())).collect(),
            created: Time(run.created),
            started: view.started.map(Time),
            changed: Time(view.changed),
            ended: view.ended.map(Time),
            input: Value(run.input.clone()),
            context: Value(view.context.clone()),
            output: outcome.output,
            failure: outcome.failure,
            crashed_at: outcome.crashed_at,
            stopped: view.stopped.as_ref().map(stopped),
            mismatch: mismatch(view).map(MismatchBody::of),
            limits: LimitsBody::of(run.limits),
            usage: view.usage.into(),
            lost: view.lost.iter().map(LostBody::of).collect(),
            reserved: view.reserved.into(),
            active_nanos: nanos(view.active),
            records: view.records.len(),
            questions: view.questions.iter().map(QuestionBody::of).collect(),
            answered: view.answered.iter().map(AnsweredBody::of).collect(),
            actions: view.actions().iter().map(ActionBody::of).collect(),
        }
    }
}

#[derive(Default)]
struct Outcome {
    output: Option<Value>,
    failure: Option<FailureBody>,
    crashed_at: Vec<String>,
}

impl Outcome {
    fn of(status: &Status) -> Self {
        let Status::Ended(outcome) = status else { return Self::default() };
        match outcome {
            FinalOutcome::Done(output) => Self { output: Some(Value(output.clone())), ..Self::default() },
            FinalOutcome::Failed(failure) => {
                Self { failure: Some(FailureBody::of(failure)), ..Self::default() }
            }
            FinalOutcome::Cancelled => Self::default(),
            FinalOutcome::Crashed(paths) => {
                Self { crashed_at: paths.iter().map(ToString::to_string).collect(), ..Self::default() }
            }
        }
    }
}

/// A run that goes on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Started")]
pub(crate) struct StartedBody {
    /// The id.
    pub(crate) id: String,
    /// The state at this moment.
    pub(crate) state: &'static str,
}

/// The state of a run, where it changes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "State")]
pub(crate) struct StateBody {
    /// The state.
    state: &'static str,
    /// The number of open questions.
    questions: usize,
    /// The usage so far.
    usage: UsageBody,
    /// The time of the last change.
    changed: Time,
    /// The time of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Time>,
    /// The first line of the failure, if the run has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl StateBody {
    pub(crate) fn of(view: &RunView) -> Self {
        let failure = match &view.status {
            Status::Ended(outcome) => outcome.failure_line(),
            _ => None,
        };
        Self {
            state: RunState::from(&view.status).word(),
            questions: view.questions.len(),
            usage: view.usage.into(),
            changed: Time(view.changed),
            ended: view.ended.map(Time),
            failure,
        }
    }
}

/// Everything that is recorded of a run.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Export")]
pub(crate) struct ExportBody {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// The run.
    pub(crate) run: RunDetail,
    /// Its nodes, in the order of their first records.
    pub(crate) nodes: Vec<NodeDetail>,
}
