//! Where the events of one execution of a run come together.

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

/// Tells observers what happens, each thing once: an engine may walk the body of a run several times over.
pub(crate) struct Hub {
    run_id: RunId,
    pipeline: &'static str,
    graph: &'static Graph,
    clock: Arc<dyn Clock>,
    outlets: Vec<Arc<ObserverQueue>>,
    wants: Values,
    /// Whether an earlier execution recorded something.
    resumed: bool,
    /// Questions that earlier executions had the replies of.
    answered: HashSet<Path>,
    /// Attempts that earlier executions recorded, and that were not told of yet.
    earlier: Mutex<HashSet<(Path, u32)>>,
    book: Mutex<Book>,
    waker: Mutex<Option<Waker>>,
    spans: Option<RunSpans>,
}

/// What was told.
#[derive(Default)]
struct Book {
    began: Option<Timestamp>,
    ended: bool,
    /// How often something was told of a place.
    walked: HashMap<(What, Path), u32>,
}

/// An attempt that has ended.
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
    /// `None` where nobody looks.
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

    /// Says what earlier executions left; the replies to `fresh` questions came with this one.
    pub(crate) fn resumes(self, view: &RunView, fresh: &[Path]) -> Self {
        let resumed = !(view.records.is_empty() && view.questions.is_empty() && view.answered.is_empty());
        let earlier = view.records.iter().map(|record| (record.key.path.clone(), record.key.n)).collect();
        let answered = view.answered.iter().map(|answered| &answered.question.path);
        let answered = answered.filter(|path| !fresh.contains(path)).cloned().collect();
        Self { resumed, answered, earlier: Mutex::new(earlier), ..self }
    }

    /// The span of the run, where somebody subscribed to it.
    pub(super) fn span(&self) -> Option<&Span> {
        self.spans.as_ref().map(RunSpans::run)
    }

    /// All spans of the run, where somebody subscribed to it.
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
        // Most observers take an event at once; those that do not go on when the run is polled.
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

    /// How many chunks one must want to hear those of a step; `None` where nobody does.
    pub(crate) fn hears(&self, path: &Path) -> Chunks {
        match self.wants.chunks {
            Chunks::None => Chunks::None,
            _ if self.graph.asks_last(path.as_str()) => Chunks::Last,
            Chunks::Last => Chunks::None,
            Chunks::All => Chunks::All,
        }
    }

    /// A piece of an answer, for those who want at least so many of them.
    pub(super) fn chunk(&self, path: &Path, least: Chunks, attempt: u32, text: &str) {
        let depth = grammar::depth(path.as_str());
        let at = self.now();
        let mut cx = Context::from_waker(Waker::noop());
        let mut busy = false;
        for outlet in self.outlets.iter().filter(|outlet| outlet.chunks() >= least) {
            let kind = EventKind::Chunk { attempt, text: text.to_owned() };
            outlet.push(Event { run_id: self.run_id.clone(), path: path.clone(), depth, at, kind });
            busy |= outlet.poll(&mut cx).is_pending();
        }
        if busy && let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    /// Who is to be woken while an observer is busy.
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

    /// The execution begins; whoever walks the body first says so.
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

    /// The execution has ended.
    pub(crate) fn run_ended(&self, outcome: Ended, usage: Usage, by_model: Vec<(String, Usage)>) {
        let at = self.now();
        let began = {
            let mut book = self.book();
            // Somebody else works on the run: it is theirs to tell.
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

    /// Whether this is told for the first time: the `nth` time that a walk comes there.
    pub(super) fn is_first(&self, what: What, path: &Path, nth: u32) -> bool {
        let mut book = self.book();
        let told = book.walked.entry((what, path.clone())).or_default();
        let first = nth > *told;
        *told = nth.max(*told);
        first
    }

    /// Whether an earlier execution had the reply to this question.
    pub(super) fn was_answered(&self, path: &Path) -> bool {
        self.answered.contains(path)
    }

    /// An attempt was taken from its record: told of if it ran in an earlier execution.
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
