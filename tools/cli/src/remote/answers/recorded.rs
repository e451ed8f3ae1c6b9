//! A run in the forms that engines store, which the interface sends as they are.

use super::values::State;
use flujo::Usage;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{Action, FinalOutcome, Record, RunRecord, RunState, RunView, Status};
use flujo::error::Signal;
use flujo::path::Path;
use flujo::question::{Answered, Question};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

#[derive(Deserialize)]
pub(in crate::remote) struct RecordedAnswer {
    run: RunRecord,
    state: State,
    outcome: Option<FinalOutcome>,
    context: Json,
    records: Vec<Arc<Record>>,
    questions: Vec<Question>,
    answered: Vec<Answered>,
    usage: Usage,
    reserved: Usage,
    active: Duration,
    forgiven: Vec<(Path, u32)>,
    stopped: Option<Signal>,
    acted: Vec<Action>,
    started: Option<Timestamp>,
    changed: Timestamp,
    ended: Option<Timestamp>,
}

impl From<RecordedAnswer> for RunView {
    fn from(stored: RecordedAnswer) -> Self {
        let status = match (stored.outcome, stored.state.0) {
            (Some(outcome), _) => Status::Ended(outcome),
            (None, RunState::Running) => Status::Running,
            (None, RunState::Interrupted) => Status::Interrupted,
            (None, RunState::Paused) => Status::Paused,
            (None, _) => Status::Created,
        };
        let mut view = Self::new(Arc::new(stored.run), status);
        view.context = stored.context;
        view.records = stored.records;
        view.questions = stored.questions;
        view.answered = stored.answered;
        view.usage = stored.usage;
        view.reserved = stored.reserved;
        view.active = stored.active;
        view.forgiven = stored.forgiven;
        view.stopped = stored.stopped;
        view.acted = stored.acted;
        view.started = stored.started;
        view.changed = stored.changed;
        view.ended = stored.ended;
        view
    }
}
