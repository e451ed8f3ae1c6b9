//! Spans of the `tracing` crate: one per run, nested pipeline, step, attempt and question. Log records of a step
//! belong to the span of its attempt.

use super::{AttemptOutcome, Ended, semconv};
use crate::engine::RunId;
use crate::graph::NodeKind;
use crate::path::{Path, grammar};
use crate::usage::Usage;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tracing::field::Empty;
use tracing::{Level, Span};

/// The spans of a run for which there is a subscriber.
pub(crate) struct RunSpans {
    run: Span,
    inner: Mutex<Inner>,
}

/// The spans of the run that are still open.
#[derive(Default)]
struct Inner {
    /// Nested pipelines. A span is created when something happens in it: on replay most pipelines have nothing to
    /// report.
    pipelines: BTreeMap<Path, Option<Span>>,
    questions: HashMap<Path, Span>,
}

impl RunSpans {
    /// `None` if no subscriber takes the span of the run.
    pub(super) fn new(id: &RunId, pipeline: &str) -> Option<Self> {
        tracing::span_enabled!(target: "flujo", Level::INFO).then(|| Self {
            run: tracing::info_span!(
                target: "flujo",
                "run",
                run_id = id.as_str(),
                pipeline,
                { semconv::OTEL_NAME } = format!("invoke_workflow {pipeline}"),
                { semconv::OTEL_STATUS } = Empty,
                { semconv::OPERATION } = "invoke_workflow",
                { semconv::WORKFLOW } = pipeline,
                { semconv::CONVERSATION } = id.as_str(),
                outcome = Empty,
                cost_nanos = Empty,
                tokens = Empty
            ),
            inner: Mutex::default(),
        })
    }

    /// The span of the run itself.
    pub(super) fn run(&self) -> &Span {
        &self.run
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a pipeline that begins; the outermost one is the run itself.
    pub(super) fn entered(&self, path: &Path) {
        if grammar::depth(path.as_str()) > 0 {
            self.inner().pipelines.insert(path.clone(), None);
        }
    }

    /// Closes the span of a pipeline.
    pub(super) fn left(&self, path: &Path, outcome: &Ended) {
        if let Some(Some(span)) = self.inner().pipelines.remove(path) {
            span.record("outcome", word(outcome));
        }
    }

    /// Opens the span of a question.
    pub(super) fn asked(&self, path: &Path) {
        let mut inner = self.inner();
        let around = inner.around(path, &self.run);
        let span = tracing::info_span!(
            target: "flujo",
            parent: &around,
            "question",
            path = path.as_str(),
            outcome = Empty
        );
        inner.questions.insert(path.clone(), span);
    }

    /// Closes the span of a question; it exists if the question was asked in this execution.
    pub(super) fn answered(&self, path: &Path) {
        if let Some(span) = self.inner().questions.remove(path) {
            span.record("outcome", "answered");
        }
    }

    /// The parent span of a node with this path.
    fn around(&self, path: &Path) -> Span {
        self.inner().around(path, &self.run)
    }

    /// Closes the span of the run, and all spans that are still open.
    pub(super) fn ended(&self, outcome: &Ended, usage: &Usage) {
        let inner = std::mem::take(&mut *self.inner());
        for span in inner.questions.values() {
            span.record("outcome", "open");
        }
        for span in inner.pipelines.values().flatten() {
            span.record("outcome", word(outcome));
        }
        self.run.record("outcome", word(outcome));
        if matches!(outcome, Ended::Failed { .. }) {
            self.run.record(semconv::OTEL_STATUS, "ERROR");
        }
        self.run.record("cost_nanos", usage.cost.0);
        self.run.record("tokens", usage.total_tokens());
    }
}

impl Inner {
    /// The span of the innermost pipeline that encloses a path; created, together with its parents, if it does not
    /// exist.
    fn around(&mut self, path: &Path, run: &Span) -> Span {
        let outside = |path: &str| grammar::parent(path).map(str::to_owned);
        let mut next = outside(path.as_str());
        while let Some(at) = next {
            let place = Path::from(at.as_str());
            match self.pipelines.get(&place) {
                Some(Some(span)) => return span.clone(),
                Some(None) => {
                    let around = self.around(&place, run);
                    let span = tracing::info_span!(
                        target: "flujo",
                        parent: &around,
                        "pipeline",
                        path = at.as_str(),
                        outcome = Empty
                    );
                    self.pipelines.insert(place, Some(span.clone()));
                    return span;
                }
                None => next = outside(&at),
            }
        }
        run.clone()
    }
}

fn word(outcome: &Ended) -> &'static str {
    match outcome {
        Ended::Done => "done",
        Ended::Paused { .. } => "paused",
        Ended::Failed { .. } => "failed",
        Ended::Cancelled => "cancelled",
    }
}

/// The spans of one node with attempts.
#[derive(Default)]
pub(crate) struct NodeSpans {
    step: Option<Span>,
    attempt: Option<Span>,
}

impl NodeSpans {
    /// Opens the span of an attempt in this run; `tool` if a model called the step as a tool.
    pub(crate) fn started(
        &mut self,
        run: Option<&RunSpans>,
        path: &Path,
        (kind, tool): (NodeKind, Option<&str>),
        attempt: u32,
    ) {
        let Some(run) = run else { return };
        let node = grammar::last(path.as_str());
        // A single model call within a conversation is no agent of its own.
        let is_agent = kind == NodeKind::Model && tool.is_none() && !path.is_in_conversation();
        let agent = is_agent.then_some(node);
        let (operation, name) = match (agent, tool) {
            (Some(_), _) => (Some("invoke_agent"), format!("invoke_agent {node}")),
            (None, Some(tool)) => (Some("execute_tool"), format!("execute_tool {tool}")),
            (None, None) if kind == NodeKind::Model => (None, format!("reply {node}")),
            (None, None) => (None, format!("step {node}")),
        };
        let step = self.step.get_or_insert_with(|| {
            tracing::info_span!(
                target: "flujo",
                parent: &run.around(path),
                "step",
                path = path.as_str(),
                kind = kind.word(),
                { semconv::OTEL_NAME } = name,
                { semconv::OTEL_STATUS } = Empty,
                { semconv::OPERATION } = operation,
                { semconv::AGENT } = agent,
                { semconv::TOOL } = tool,
                { semconv::TOOL_TYPE } = tool.map(|_| "function"),
                outcome = Empty
            )
        });
        let step = &*step;
        self.attempt = Some(tracing::info_span!(
            target: "flujo",
            parent: step,
            "attempt",
            attempt,
            outcome = Empty,
            cost_nanos = Empty,
            tokens = Empty
        ));
    }

    /// The span that the body of the attempt runs in.
    pub(crate) fn body(&self) -> Option<Span> {
        self.attempt.clone()
    }

    /// Closes the span of the attempt.
    pub(crate) fn ended(&mut self, outcome: &AttemptOutcome, usage: &Usage) {
        let Some(span) = self.attempt.take() else { return };
        span.record("outcome", if outcome.is_success() { "done" } else { "failed" });
        span.record("cost_nanos", usage.cost.0);
        span.record("tokens", usage.total_tokens());
    }

    /// Closes the span of the node.
    pub(crate) fn left(&mut self, outcome: &Ended) {
        if let Some(span) = self.step.take() {
            if matches!(outcome, Ended::Failed { .. }) {
                span.record(semconv::OTEL_STATUS, "ERROR");
            }
            span.record("outcome", word(outcome));
        }
    }
}

pin_project_lite::pin_project! {
    /// A future that runs in a span, if there is one.
    pub(crate) struct Spanned<F> {
        #[pin]
        future: F,
        span: Option<Box<Span>>,
    }
}

impl<F> Spanned<F> {
    pub(crate) fn new(span: Option<Box<Span>>, future: F) -> Self {
        Self { future, span }
    }
}

impl<F: Future> Future for Spanned<F> {
    type Output = F::Output;
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.span {
            None => this.future.poll(cx),
            Some(span) => span.in_scope(|| this.future.poll(cx)),
        }
    }
}
