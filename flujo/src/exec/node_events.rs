//! The events of nodes. Each of these functions is one branch where a run has no observer.

use super::any_step::{AnyStep, StepDef};
use super::effective_options::EffectiveOptions;
use super::env::RunEnv;
use super::retry::{Failed, Work};
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::{AttemptRecord, Record};
use crate::error::{Error, ErrorKind, RunResult, Signal};
use crate::events::{AttemptOutcome, Attempted, EventKind, Hub, NodeSpans, Spanned, Stage, What, ended};
use crate::graph::NodeKind;
use crate::path::Path;
use crate::usage::Usage;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::Span;

/// The events of one node with attempts, in this replay pass.
pub(crate) struct NodeReporter {
    path: Path,
    kind: NodeKind,
    /// The tool that it is, if a model has called it.
    tool: Option<Arc<str>>,
    began: Option<Timestamp>,
    attempt_began: Timestamp,
    /// The attempt that runs, and the last one that ended, in this execution.
    running: u32,
    live: u32,
    last: Timestamp,
    redirected: bool,
    usage: Usage,
    spans: NodeSpans,
}

impl NodeReporter {
    fn new(path: Path, kind: NodeKind) -> Self {
        Self {
            path,
            kind,
            tool: None,
            began: None,
            attempt_began: Timestamp::default(),
            running: 0,
            live: 0,
            last: Timestamp::default(),
            redirected: false,
            usage: Usage::default(),
            spans: NodeSpans::default(),
        }
    }

    fn started(&mut self, hub: &Hub, attempt: u32, at: Timestamp, input: Option<Json>) {
        (self.running, self.attempt_began) = (attempt, at);
        self.spans.started(hub.spans(), &self.path, (self.kind, self.tool.as_deref()), attempt);
        if self.began.is_none() {
            self.began = Some(at);
            if let Some(tool) = &self.tool {
                hub.tell(self.path.clone(), at, EventKind::ToolCalled { tool: tool.to_string() });
            }
            hub.tell(self.path.clone(), at, EventKind::NodeStarted { kind: self.kind });
        }
        hub.tell(self.path.clone(), at, EventKind::AttemptStarted { attempt, input });
    }

    fn ended(&mut self, hub: &Hub, at: Timestamp, done: Attempted) {
        let Attempted { outcome, usage, findings, output } = done;
        let attempt = std::mem::take(&mut self.running);
        (self.live, self.last) = (attempt, at);
        self.usage += usage;
        self.spans.ended(&outcome, &usage);
        let latency = at.since(self.attempt_began);
        let kind = EventKind::AttemptEnded { attempt, outcome, latency, usage, findings, output };
        hub.tell(self.path.clone(), at, kind);
    }

    fn recorded(&mut self, hub: &Hub, record: &Record) {
        if self.running == record.key.n {
            self.ended(hub, record.ended, Attempted::of(record, hub.wants()));
        } else {
            hub.replayed(record);
        }
    }

    /// All attempts have ended. Whether any of them ran.
    fn node_ended<T>(&mut self, stage: &Stage, done: &RunResult<T>) -> bool {
        if let Err(error) = done {
            reached(stage, &self.path, error);
        }
        let (Some(outcome), Some(began)) = (ended(done), self.began.take()) else { return false };
        self.spans.left(&outcome);
        let (kind, usage) = (self.kind, self.usage);
        // One that was redirected ends later than its own last attempt.
        let at = if self.redirected { stage.hub().now() } else { self.last };
        let returned = self
            .tool
            .as_deref()
            .map(|tool| EventKind::ToolReturned { tool: tool.to_owned(), outcome: outcome.clone() });
        let kind = EventKind::NodeEnded { kind, outcome, latency: at.since(began), usage };
        stage.hub().tell(self.path.clone(), at, kind);
        if let Some(returned) = returned {
            stage.hub().tell(self.path.clone(), at, returned);
        }
        true
    }
}

/// A call would exceed a limit.
fn reached(stage: &Stage, path: &Path, error: &Error) {
    if let ErrorKind::LimitExceeded(limit) | ErrorKind::Signal(Signal::RunLimit(limit)) = error.kind() {
        stage.tell(What::Limit, path, EventKind::LimitReached { exceeded: limit.clone() });
    }
}

/// The attempts of a step are about to begin, or to be taken from their records.
pub(super) fn begin(
    env: &RunEnv,
    def: &StepDef,
    plan: &EffectiveOptions,
    path: &Path,
) -> Option<Box<NodeReporter>> {
    env.stage.as_ref().map(|_| {
        // A reply is named like a call of a tool, but it is no step that has a name.
        let step = (path.is_in_conversation() && !def.name.is_empty()).then(|| def.name.into());
        let tool = plan.tool().or(step);
        Box::new(NodeReporter { tool, ..NodeReporter::new(path.clone(), def.node_kind()) })
    })
}

/// The body of an attempt begins.
#[inline]
pub(super) fn attempt(env: &RunEnv, step: &dyn AnyStep, work: &mut Work<'_>, at: Timestamp) {
    if let (Some(stage), Some(reporter)) = (&env.stage, &mut work.reporter) {
        let hub = stage.hub();
        let input = if hub.wants().inputs { step.record_input().ok() } else { None };
        reporter.started(hub, work.info.attempt(), at, input);
    }
}

/// Runs the body of an attempt in its span, where there is one.
#[inline]
pub(crate) fn within<F: Future>(span: Option<Box<Span>>, body: F) -> Spanned<F> {
    Spanned::new(span, body)
}

/// The span of the attempt that has just begun.
#[inline]
pub(super) fn span(work: &Work<'_>) -> Option<Box<Span>> {
    work.reporter.as_ref().and_then(|reporter| reporter.spans.body()).map(Box::new)
}

/// An attempt has ended where nothing is recorded.
#[inline]
pub(super) fn attempted(
    env: &RunEnv,
    step: &mut dyn AnyStep,
    work: &mut Work<'_>,
    done: &Result<(), Box<Failed>>,
) {
    if let (Some(stage), Some(reporter)) = (&env.stage, &mut work.reporter) {
        let hub = stage.hub();
        let wanted = hub.wants().outputs && step.output().is_some();
        let output = if wanted { step.record_output().ok() } else { None };
        let outcome = match done {
            Ok(()) => AttemptOutcome::Succeeded,
            Err(failed) => AttemptOutcome::of(&failed.record),
        };
        let findings = match (done, &work.tally) {
            (Ok(()), Some(tally)) => tally.findings().to_vec(),
            _ => Vec::new(),
        };
        let usage = work.info.used();
        reporter.ended(hub, hub.now(), Attempted { outcome, usage, findings, output });
    }
}

/// An attempt has a record.
#[inline]
pub(super) fn recorded(env: &RunEnv, work: &mut Work<'_>, record: &Record) {
    if let (Some(stage), Some(reporter)) = (&env.stage, &mut work.reporter) {
        reporter.recorded(stage.hub(), record);
    }
}

/// All attempts of a step have ended. Whether any of them ran.
#[inline]
pub(super) fn node<T>(env: &RunEnv, reporter: &mut Option<Box<NodeReporter>>, done: &RunResult<T>) -> bool {
    match (&env.stage, reporter) {
        (Some(stage), Some(reporter)) => reporter.node_ended(stage, done),
        _ => false,
    }
}

/// The events of a gate.
pub(crate) struct Gated<'e>(Option<(&'e Stage, Mutex<NodeReporter>)>);

impl<'e> Gated<'e> {
    pub(crate) fn new(env: &'e RunEnv, path: &Path) -> Self {
        let reporter = |stage| (stage, Mutex::new(NodeReporter::new(path.clone(), NodeKind::Gate)));
        Self(env.stage.as_ref().map(reporter))
    }

    fn with(&self, tell: impl FnOnce(&Stage, &mut NodeReporter)) {
        if let Some((stage, reporter)) = &self.0 {
            tell(stage, &mut reporter.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// The gate starts.
    pub(crate) fn looks(&self, n: u32) {
        self.with(|stage, reporter| reporter.started(stage.hub(), n, stage.hub().now(), None));
    }

    /// The gate has a verdict, in an ephemeral run.
    pub(crate) fn looked(&self, done: &AttemptRecord) {
        self.with(|stage, reporter| {
            let outcome = match &done.outcome {
                Ok(_) => AttemptOutcome::Succeeded,
                Err(failure) => AttemptOutcome::of(failure),
            };
            let (usage, findings) = (done.usage, done.findings.clone());
            reporter.ended(stage.hub(), done.ended, Attempted { outcome, usage, findings, output: None });
        });
    }

    /// The gate has a record.
    pub(crate) fn recorded(&self, record: &Record) {
        self.with(|stage, reporter| reporter.recorded(stage.hub(), record));
    }

    /// The gate ends: passed or rejected.
    pub(crate) fn ended<T>(&self, done: RunResult<T>) -> RunResult<T> {
        self.with(|stage, reporter| {
            reporter.node_ended(stage, &done);
        });
        done
    }
}

/// Another attempt follows.
#[inline]
pub(super) fn retry(env: &RunEnv, work: &Work<'_>, failed: u32, wait: Duration) {
    if let (Some(stage), Some(reporter)) = (&env.stage, &work.reporter)
        && reporter.live == failed
    {
        let kind = EventKind::Retried { attempt: failed + 1, wait };
        stage.hub().tell(reporter.path.clone(), stage.hub().now(), kind);
    }
}

/// Another step runs in place of one that failed.
pub(super) fn fallback(env: &RunEnv, reporter: Option<&NodeReporter>, target: &'static str) {
    if let (Some(stage), Some(reporter)) = (&env.stage, reporter) {
        stage.hub().tell(reporter.path.clone(), stage.hub().now(), EventKind::FellBack { target });
    }
}

/// A plugin redirects the call to another step.
pub(super) fn redirect(env: &RunEnv, reporter: Option<&mut NodeReporter>, target: &'static str) {
    if let (Some(stage), Some(reporter)) = (&env.stage, reporter)
        && reporter.live > 0
    {
        reporter.redirected = true;
        stage.hub().tell(reporter.path.clone(), stage.hub().now(), EventKind::Redirected { target });
    }
}

/// A timer, with an event only if it has to wait.
pub(crate) async fn timer<T>(
    stage: &Stage,
    path: &Path,
    wait: Duration,
    sleeping: impl Future<Output = RunResult<T>> + Send,
) -> RunResult<T> {
    let mut sleeping = pin!(sleeping);
    let mut waits = false;
    let tell = |kind| stage.hub().tell(path.clone(), stage.hub().now(), kind);
    let done = poll_fn(|cx| {
        let polled = sleeping.as_mut().poll(cx);
        if polled.is_pending() && !waits {
            waits = true;
            tell(EventKind::TimerStarted { wait });
        }
        polled
    })
    .await;
    if waits && done.is_ok() {
        tell(EventKind::TimerEnded);
    }
    done
}

/// Emits the event of a node without attempts.
#[inline]
pub(crate) fn at(env: &RunEnv, what: What, path: impl FnOnce() -> Path, event: impl FnOnce() -> EventKind) {
    if let Some(stage) = &env.stage {
        stage.tell(what, &path(), event());
    }
}
