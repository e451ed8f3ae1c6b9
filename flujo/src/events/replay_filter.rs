//! The filter for events of replay passes: each event is sent by one pass only.

use super::{Chunks, Ended, EventKind, Hub};
use crate::clock::Timestamp;
use crate::error::{Error, Signal};
use crate::graph::NodeKind;
use crate::path::Path;
use crate::question::{Answered, Question};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One replay pass over the body: of the run itself, or of an arm that its engine runs as a separate invocation.
pub(crate) struct Stage {
    hub: Arc<Hub>,
    /// Visits per (event, path) in this replay pass. All passes visit the same places in the same order, so visit n
    /// is sent only if no other pass has sent its visit n.
    walked: Mutex<HashMap<(What, Path), u32>>,
}

/// Events that have no number of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Entered,
    Left,
    Restarted,
    Answered,
    Forked,
    Merged,
    Round,
    Limit,
    ToolCalled,
    ToolReturned,
}

/// The outcome of a node; `None` for signals, whose nodes end with the run.
pub(crate) fn ended<T>(done: &Result<T, Error>) -> Option<Ended> {
    match done {
        Ok(_) => Some(Ended::Done),
        // A timeout that encloses the node has expired: that ends the node, which was cut off.
        Err(error) if error.signal().is_some_and(|signal| !matches!(signal, Signal::OutOfTime(_))) => None,
        Err(error) => Some(Ended::Failed { error: error.to_string() }),
    }
}

impl Stage {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self { hub, walked: Mutex::default() }
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    fn comes_by(&self, what: What, path: &Path) -> bool {
        let nth = {
            let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
            let n = walked.entry((what, path.clone())).or_default();
            *n += 1;
            *n
        };
        self.hub.is_first(what, path, nth)
    }

    /// Sends the event unless another replay pass has sent it; true if it was sent.
    pub(crate) fn tell(&self, what: What, path: &Path, kind: EventKind) -> bool {
        let first = self.comes_by(what, path);
        if first {
            self.hub.tell(path.clone(), self.hub.now(), kind);
        }
        first
    }

    /// Reports the begin of a pipeline, nested or outermost.
    pub(crate) fn entered(&self, path: &Path) -> Timestamp {
        let emitted = self.tell(What::Entered, path, EventKind::NodeStarted { kind: NodeKind::Pipeline });
        if let Some(spans) = self.hub.spans().filter(|_| emitted) {
            spans.entered(path);
        }
        self.hub.now()
    }

    /// Reports the end of a pipeline.
    pub(crate) fn left<T>(&self, path: &Path, began: Timestamp, done: &Result<T, Error>) {
        let Some(outcome) = ended(done) else { return };
        let latency = self.hub.now().since(began);
        let (kind, usage) = (NodeKind::Pipeline, crate::usage::Usage::default());
        let how = outcome.clone();
        let emitted = self.tell(What::Left, path, EventKind::NodeEnded { kind, outcome, latency, usage });
        if let Some(spans) = self.hub.spans().filter(|_| emitted) {
            spans.left(path, &how);
        }
    }

    /// Reports a question that was just recorded.
    pub(crate) fn asked(&self, question: &Question) {
        if let Some(spans) = self.hub.spans() {
            spans.asked(&question.path);
        }
        let kind = EventKind::QuestionAsked { question: Box::new(question.clone()) };
        self.hub.tell(question.path.clone(), self.hub.now(), kind);
    }

    /// Reports an answered question; `asked` is true if this replay pass recorded the question.
    pub(crate) fn answered(&self, answered: &Answered, asked: bool) {
        let path = &answered.question.path;
        let replayed = !asked && self.hub.was_answered(path);
        if let Some(spans) = self.hub.spans() {
            spans.answered(path);
        }
        let answered = Box::new(answered.clone());
        self.tell(What::Answered, path, EventKind::QuestionAnswered { answered, replayed });
    }

    /// Reports the repairs of an answer that was no clean JSON.
    pub(crate) fn repaired(&self, path: Path, attempt: u32, repairs: &[String]) {
        let kind = EventKind::Repaired { attempt, repairs: repairs.to_vec() };
        self.hub.tell(path, self.hub.now(), kind);
    }

    /// Reports what happens to a call of a model that is made now.
    pub(crate) fn tells(&self, path: Path, kind: EventKind) {
        self.hub.tell(path, self.hub.now(), kind);
    }

    /// Sends a chunk of an answer, or of the reasoning before it.
    pub(crate) fn chunk(&self, path: &Path, least: Chunks, kind: &EventKind) {
        self.hub.chunk(path, least, kind);
    }
}
