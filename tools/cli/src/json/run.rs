//! Runs in documents.

use super::attempt::{AttemptDoc, InputDoc, NodeDoc};
use super::question::{AnsweredDoc, QuestionDoc};
use super::raw::{Raw, nanos, time};
use super::usage::UsageDoc;
use crate::text::misfit;
use flujo::Usage;
use flujo::engine::{
    Action, ActionKind, FinalOutcome, Key, Labels, RunCount, RunState, RunSummary, RunView, Status,
};
use flujo::error::Mismatch;
use flujo::path::Path;
use serde::Serialize;

/// A run of a list.
#[derive(Serialize)]
pub(crate) struct RunDoc<'a> {
    id: &'a str,
    pipeline: &'a str,
    state: &'static str,
    replied: bool,
    deadline: Option<String>,
    labels: &'a Labels,
    origin: Option<&'a str>,
    created: String,
    started: Option<String>,
    changed: String,
    ended: Option<String>,
    usage: UsageDoc,
    questions: usize,
    under_way: &'a [Path],
    failure: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mismatch: Option<&'a Mismatch>,
}

impl<'a> RunDoc<'a> {
    pub(crate) fn of(run: &'a RunSummary) -> Self {
        Self {
            id: run.id.as_str(),
            pipeline: &run.pipeline,
            state: run.state.word(),
            replied: run.replied,
            deadline: run.deadline.map(time),
            labels: &run.labels,
            origin: run.origin.as_ref().map(flujo::engine::RunId::as_str),
            created: time(run.created),
            started: run.started.map(time),
            changed: time(run.changed),
            ended: run.ended.map(time),
            usage: UsageDoc::from(&run.usage),
            questions: run.questions,
            under_way: &run.under_way,
            failure: run.failure.as_deref(),
            mismatch: run.mismatch.as_ref(),
        }
    }
}

/// The number of runs of a pipeline in a state.
#[derive(Serialize)]
pub(crate) struct CountDoc<'a> {
    pipeline: &'a str,
    state: &'static str,
    runs: u64,
}

impl<'a> CountDoc<'a> {
    pub(crate) fn of(count: &'a RunCount) -> Self {
        Self { pipeline: &count.pipeline, state: count.state.word(), runs: count.runs }
    }
}

#[derive(Serialize)]
pub(crate) struct CountsAnswer<'a> {
    pub(crate) counts: Vec<CountDoc<'a>>,
}

#[derive(Serialize)]
pub(crate) struct ListAnswer<'a> {
    pub(crate) runs: Vec<RunDoc<'a>>,
    /// What `--after` takes for the next page; `null` at the end.
    pub(crate) next: Option<String>,
}

/// A run with its nodes.
#[derive(Serialize)]
pub(crate) struct ShowAnswer<'a> {
    id: &'a str,
    pipeline: &'a str,
    state: &'static str,
    labels: &'a Labels,
    origin: Option<&'a str>,
    by: Option<&'a str>,
    created: String,
    started: Option<String>,
    changed: String,
    ended: Option<String>,
    active_nanos: u64,
    usage: UsageDoc,
    /// The part of the usage that is in no node: calls that were lost with their process, and abandoned attempts.
    lost: Vec<LostDoc<'a>>,
    /// Of model calls that are under way.
    reserved: UsageDoc,
    input: Raw<'a>,
    output: Option<Raw<'a>>,
    failure: Option<super::attempt::FailureDoc<'a>>,
    context: Raw<'a>,
    under_way: Vec<Path>,
    nodes: Vec<NodeDoc<'a>>,
    questions: Vec<QuestionDoc<'a>>,
    answered: Vec<AnsweredDoc<'a>>,
    actions: Vec<ActionDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<Vec<AttemptDoc<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inputs: Option<Vec<InputDoc<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mismatch: Option<&'a Mismatch>,
}

impl<'a> ShowAnswer<'a> {
    pub(crate) fn of(view: &'a RunView, nodes: &'a [flujo::engine::NodeView], under_way: Vec<Path>) -> Self {
        let run = &view.run;
        let (output, failure) = match &view.status {
            Status::Ended(FinalOutcome::Done(output)) => (Some(Raw(output)), None),
            Status::Ended(FinalOutcome::Failed(failure)) => {
                (None, Some(super::attempt::FailureDoc::of(failure)))
            }
            _ => (None, None),
        };
        Self {
            id: run.id.as_str(),
            pipeline: &run.pipeline,
            state: RunState::from(&view.status).word(),
            labels: &run.labels,
            origin: run.seed.origin.as_ref().map(flujo::engine::RunId::as_str),
            by: run.by.as_deref(),
            created: time(run.created),
            started: view.started.map(time),
            changed: time(view.changed),
            ended: view.ended.map(time),
            active_nanos: nanos(view.active),
            usage: UsageDoc::from(&view.usage),
            lost: view.lost.iter().map(LostDoc::of).collect(),
            reserved: UsageDoc::from(&view.reserved),
            input: Raw(&run.input),
            output,
            failure,
            context: Raw(&view.context),
            under_way,
            nodes: nodes.iter().map(NodeDoc::of).collect(),
            questions: view.questions.iter().map(QuestionDoc::of).collect(),
            answered: view.answered.iter().map(AnsweredDoc::of).collect(),
            actions: view.actions().iter().map(ActionDoc::of).collect(),
            attempts: None,
            inputs: None,
            mismatch: misfit::of(view),
        }
    }
}

/// The usage of an attempt that has no record.
#[derive(Serialize)]
struct LostDoc<'a> {
    path: &'a Path,
    n: u32,
    usage: UsageDoc,
}

impl<'a> LostDoc<'a> {
    fn of((key, usage): &'a (Key, Usage)) -> Self {
        Self { path: &key.path, n: key.n, usage: UsageDoc::from(usage) }
    }
}

/// Something that was done to a run from outside.
#[derive(Serialize)]
pub(crate) struct ActionDoc {
    at: String,
    by: Option<String>,
    what: ActionKind,
}

impl ActionDoc {
    pub(crate) fn of(action: &Action) -> Self {
        Self { at: time(action.at), by: action.by.clone(), what: action.what.clone() }
    }
}

/// The state of a run after a command.
#[derive(Serialize)]
pub(crate) struct StateAnswer<'a> {
    pub(crate) id: &'a str,
    pub(crate) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<Raw<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mismatch: Option<&'a Mismatch>,
}
