//! What one walk of a run's body has to tell.

use super::{Chunks, Ended, EventKind, Hub};
use crate::clock::Timestamp;
use crate::error::{Error, Signal};
use crate::graph::NodeKind;
use crate::path::Path;
use crate::question::{Answered, Question};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One walk of the body: the run itself, or an arm that its engine runs as an invocation of its own.
pub(crate) struct Stage {
    hub: Arc<Hub>,
    /// How often this walk came by a place. Every walk comes by the same ones in the same order, so the
    /// third time here is told unless some walk told a third time.
    walked: Mutex<HashMap<(What, Path), u32>>,
}

/// What happens at a place without attempts.
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
}

/// How a node ended, from what it came to; `None` for signals: what they end is told by the run.
pub(crate) fn ended<T>(done: &Result<T, Error>) -> Option<Ended> {
    match done {
        Ok(_) => Some(Ended::Done),
        // The time of something around it is up: for the node that was cut off that is its end.
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

    /// Tells it unless another walk did. Whether it was told.
    pub(crate) fn tell(&self, what: What, path: &Path, kind: EventKind) -> bool {
        let first = self.comes_by(what, path);
        if first {
            self.hub.tell(path.clone(), self.hub.now(), kind);
        }
        first
    }

    /// A nested pipeline, or the outermost one, is entered.
    pub(crate) fn entered(&self, path: &Path) -> Timestamp {
        let told = self.tell(What::Entered, path, EventKind::NodeStarted { kind: NodeKind::Pipeline });
        if let Some(spans) = self.hub.spans().filter(|_| told) {
            spans.entered(path);
        }
        self.hub.now()
    }

    /// It is left.
    pub(crate) fn left<T>(&self, path: &Path, began: Timestamp, done: &Result<T, Error>) {
        let Some(outcome) = ended(done) else { return };
        let latency = self.hub.now().since(began);
        let (kind, usage) = (NodeKind::Pipeline, crate::usage::Usage::default());
        let how = outcome.clone();
        let told = self.tell(What::Left, path, EventKind::NodeEnded { kind, outcome, latency, usage });
        if let Some(spans) = self.hub.spans().filter(|_| told) {
            spans.left(path, &how);
        }
    }

    /// A question has just been recorded.
    pub(crate) fn asked(&self, question: &Question) {
        if let Some(spans) = self.hub.spans() {
            spans.asked(&question.path);
        }
        let kind = EventKind::QuestionAsked { question: Box::new(question.clone()) };
        self.hub.tell(question.path.clone(), self.hub.now(), kind);
    }

    /// A question was answered; `asked` says whether it was asked by this walk.
    pub(crate) fn answered(&self, answered: &Answered, asked: bool) {
        let path = &answered.question.path;
        let replayed = !asked && self.hub.was_answered(path);
        if let Some(spans) = self.hub.spans() {
            spans.answered(path);
        }
        let answered = Box::new(answered.clone());
        self.tell(What::Answered, path, EventKind::QuestionAnswered { answered, replayed });
    }

    /// An answer was mended before it could be read.
    pub(crate) fn repaired(&self, path: Path, attempt: u32, repairs: &[String]) {
        let kind = EventKind::Repaired { attempt, repairs: repairs.to_vec() };
        self.hub.tell(path, self.hub.now(), kind);
    }

    /// A piece of an answer.
    pub(crate) fn chunk(&self, path: &Path, least: Chunks, attempt: u32, text: &str) {
        self.hub.chunk(path, least, attempt, text);
    }
}
