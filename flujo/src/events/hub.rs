//! The distribution of the events of one execution of a run to its observers.

use super::observer_queue::{self, ObserverQueue};
use super::replay_filter::What;
use super::spans::RunSpans;
use super::{AttemptOutcome, Chunks, Ended, Event, EventKind, Observer, Values};
use crate::clock::{Clock, Timestamp};
use crate::codec::Json;
use crate::engine::{Finding, Record, RecordOutcome, RunId, RunView};
use crate::error::FailureRecord;
use crate::graph::Graph;
use crate::path::{Path, grammar};
use crate::usage::Usage;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use tracing::Span;

/// Sends each event to the observers exactly once, although an engine may run several replay passes over the body.
pub(crate) struct Hub {
    run_id: RunId,
    pipeline: &'static str,
    graph: &'static Graph,
    clock: Arc<dyn Clock>,
    outlets: Vec<Arc<ObserverQueue>>,
    wants: Values,
    /// True if an earlier execution recorded something.
    resumed: bool,
    /// Questions whose replies an earlier execution has used.
    answered: HashSet<Path>,
    /// Attempts that earlier executions recorded and that are not reported as replayed yet.
    earlier: Mutex<HashSet<(Path, u32)>>,
    book: Mutex<Book>,
    waker: Mutex<Option<Waker>>,
    spans: Option<RunSpans>,
}

/// The events without attempts that were sent so far.
#[derive(Default)]
struct Book {
    began: Option<Timestamp>,
    ended: bool,
    /// The number of events sent per (event, path).
    walked: HashMap<(What, Path), u32>,
}

/// The end of an attempt, as events report it.
pub(crate) struct Attempted {
    pub(crate) outcome: AttemptOutcome,
    pub(crate) usage: Usage,
    pub(crate) findings: Vec<Finding>,
    pub(crate) output: Option<Json>,
}

impl Attempted {
    pub(crate) fn of(record: &Record, wants: Values) -> Self {
        let outcome = match &record.outcome {
            RecordOutcome::Output(_) => AttemptOutcome::Succeeded,
            RecordOutcome::Failure(failure) => AttemptOutcome::of(failure),
        };
        let output = match &record.outcome {
            RecordOutcome::Output(output) if wants.outputs => Some(output.clone()),
            _ => None,
        };
        Self { outcome, usage: record.usage, findings: record.findings.clone(), output }
    }
}

impl AttemptOutcome {
    pub(crate) fn of(failure: &FailureRecord) -> Self {
        Self::Failed {
            kind: failure.kind,
            message: failure.to_error().kind().to_string(),
            retryable: failure.retryable,
            feedback: failure.feedback.clone(),
        }
    }
}

impl Hub {
    /// Creates the hub; `None` if there is neither an observer nor a subscriber.
    pub(crate) fn new(
        run_id: &RunId,
        (pipeline, graph): (&'static str, &'static Graph),
        clock: &Arc<dyn Clock>,
        observers: impl IntoIterator<Item = Arc<dyn Observer>>,
    ) -> Option<Self> {
        let mut wants = Values { chunks: Chunks::None, ..Values::default() };
        let outlets: Vec<_> = observers
            .into_iter()
            .map(|observer| {
                let Values { inputs, outputs, chunks } = observer.wants();
                wants.inputs |= inputs;
                wants.outputs |= outputs;
                wants.chunks = wants.chunks.max(chunks);
                Arc::new(ObserverQueue::new(observer, chunks))
            })
            .collect();
        let spans = RunSpans::new(run_id, pipeline);
        (!outlets.is_empty() || spans.is_some()).then(|| Self {
            run_id: run_id.clone(),
            pipeline,
            graph,
            clock: Arc::clone(clock),
            outlets,
            wants,
            resumed: false,
            answered: HashSet::new(),
            earlier: Mutex::default(),
            book: Mutex::default(),
            waker: Mutex::default(),
            spans,
        })
    }

    /// Sets the state that earlier executions left; the replies to `fresh` questions were given to this execution.
    pub(crate) fn resumes(self, view: &RunView, fresh: &[Path]) -> Self {
        let resumed = !(view.records.is_empty() && view.questions.is_empty() && view.answered.is_empty());
        let earlier = view.records.iter().map(|record| (record.key.path.clone(), record.key.n)).collect();
        let answered = view.answered.iter().map(|answered| &answered.question.path);
        let answered = answered.filter(|path| !fresh.contains(path)).cloned().collect();
        Self { resumed, answered, earlier: Mutex::new(earlier), ..self }
    }

    /// The span of the run, if a subscriber takes it.
    pub(super) fn span(&self) -> Option<&Span> {
        self.spans.as_ref().map(RunSpans::run)
    }

    /// All spans of the run, if a subscriber takes them.
    pub(crate) fn spans(&self) -> Option<&RunSpans> {
        self.spans.as_ref()
    }

    pub(crate) fn wants(&self) -> Values {
        self.wants
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, path: Path, at: Timestamp, kind: EventKind) {
        if self.outlets.is_empty() {
            return;
        }
        let depth = grammar::depth(path.as_str());
        let event = Event { run_id: self.run_id.clone(), path, depth, at, kind };
        let Some((last, others)) = self.outlets.split_last() else { return };
        // Most observers handle an event at once; the others continue when the run is polled.
        let mut cx = Context::from_waker(Waker::noop());
        let mut busy = false;
        for outlet in others {
            outlet.push(event.clone());
            busy |= outlet.poll(&mut cx).is_pending();
        }
        last.push(event);
        busy |= last.poll(&mut cx).is_pending();
        if busy && let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    /// The lowest setting with which an observer receives the chunks of a step; `None` if no observer wants them.
    pub(crate) fn hears(&self, path: &Path) -> Chunks {
        match self.wants.chunks {
            Chunks::None => Chunks::None,
            _ if self.graph.asks_last(path.as_str()) => Chunks::Last,
            Chunks::Last => Chunks::None,
            Chunks::All => Chunks::All,
        }
    }

    /// Sends a chunk to the observers with at least the setting `least`.
    pub(super) fn chunk(&self, path: &Path, least: Chunks, kind: &EventKind) {
        let depth = grammar::depth(path.as_str());
        let at = self.now();
        let mut cx = Context::from_waker(Waker::noop());
        let mut busy = false;
        for outlet in self.outlets.iter().filter(|outlet| outlet.chunks() >= least) {
            let (run_id, path, kind) = (self.run_id.clone(), path.clone(), kind.clone());
            outlet.push(Event { run_id, path, depth, at, kind });
            busy |= outlet.poll(&mut cx).is_pending();
        }
        if busy && let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    /// Sets the waker of the run, for events sent while an observer is busy.
    pub(super) fn wakes(&self, waker: &Waker) {
        let mut known = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *known {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    pub(super) fn poll_observers(&self, cx: &mut Context<'_>) {
        for outlet in &self.outlets {
            let _ = outlet.poll(cx);
        }
    }

    /// Reports the begin of the execution; only the first replay pass does.
    pub(crate) fn run_started(&self, input: &Json) {
        let at = self.now();
        {
            let mut book = self.book();
            if book.began.is_some() {
                return;
            }
            book.began = Some(at);
        }
        let input = self.wants.inputs.then(|| input.clone());
        let kind = EventKind::RunStarted { pipeline: self.pipeline, resumed: self.resumed, input };
        self.tell(self.pipeline.into(), at, kind);
    }

    /// Reports the end of the execution.
    pub(crate) fn run_ended(&self, outcome: Ended, usage: Usage, by_model: Vec<(String, Usage)>) {
        let at = self.now();
        let began = {
            let mut book = self.book();
            // If no pass has begun here, another process owns the run and reports its end.
            let Some(began) = book.began.filter(|_| !book.ended) else { return };
            book.ended = true;
            began
        };
        if let Some(spans) = &self.spans {
            spans.ended(&outcome, &usage);
        }
        self.tell(
            self.pipeline.into(),
            at,
            EventKind::RunEnded { outcome, latency: at.since(began), usage, by_model },
        );
        self.outlets.iter().for_each(observer_queue::finish);
    }

    /// Returns true if an event is to be sent: it is visit `nth` of the place in its replay pass, and no other pass
    /// has sent its visit `nth`.
    pub(super) fn is_first(&self, what: What, path: &Path, nth: u32) -> bool {
        let mut book = self.book();
        let visits = book.walked.entry((what, path.clone())).or_default();
        let first = nth > *visits;
        *visits = nth.max(*visits);
        first
    }

    /// Returns true if an earlier execution has used the reply to this question.
    pub(super) fn was_answered(&self, path: &Path) -> bool {
        self.answered.contains(path)
    }

    /// Reports an attempt that was answered from its record, if it ran in an earlier execution.
    pub(crate) fn replayed(&self, record: &Record) {
        let key = (record.key.path.clone(), record.key.n);
        if !self.earlier.lock().unwrap_or_else(PoisonError::into_inner).remove(&key) {
            return;
        }
        let Attempted { outcome, usage, findings, output } = Attempted::of(record, self.wants);
        let kind = EventKind::AttemptReplayed { attempt: key.1, outcome, usage, findings, output };
        self.tell(key.0, self.now(), kind);
    }
}
