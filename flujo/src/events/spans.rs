//! Spans of the `tracing` crate: one per run, step and attempt. What a step itself logs stands in its attempt.

use super::{AttemptOutcome, Ended};
use crate::engine::RunId;
use crate::graph::NodeKind;
use crate::path::Path;
use crate::usage::Usage;
use std::pin::Pin;
use std::task::{Context, Poll};
use tracing::field::Empty;
use tracing::{Level, Span};

/// The span of a run that somebody subscribed to.
pub(super) fn run(id: &RunId, pipeline: &str) -> Option<Span> {
    tracing::span_enabled!(target: "flujo", Level::INFO).then(|| {
        tracing::info_span!(
            target: "flujo",
            "run",
            run_id = id.as_str(),
            pipeline,
            outcome = Empty,
            cost_nanos = Empty,
            tokens = Empty
        )
    })
}

pub(super) fn run_ended(span: &Span, outcome: &Ended, usage: &Usage) {
    span.record("outcome", word(outcome));
    span.record("cost_nanos", usage.cost.0);
    span.record("tokens", usage.total_tokens());
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
    /// An attempt begins in this run.
    pub(crate) fn started(&mut self, run: Option<&Span>, path: &Path, kind: NodeKind, attempt: u32) {
        let Some(run) = run else { return };
        let step = self.step.get_or_insert_with(|| {
            tracing::info_span!(
                target: "flujo",
                parent: run,
                "step",
                path = path.as_str(),
                kind = kind.word(),
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

    /// The attempt has ended.
    pub(crate) fn ended(&mut self, outcome: &AttemptOutcome, usage: &Usage) {
        let Some(span) = self.attempt.take() else { return };
        span.record("outcome", if outcome.is_success() { "done" } else { "failed" });
        span.record("cost_nanos", usage.cost.0);
        span.record("tokens", usage.total_tokens());
    }

    /// The node has ended.
    pub(crate) fn left(&mut self, outcome: &Ended) {
        if let Some(span) = self.step.take() {
            span.record("outcome", word(outcome));
        }
    }
}

pin_project_lite::pin_project! {
    /// A future that runs in a span, where there is one.
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
