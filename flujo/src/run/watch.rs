//! Who looks at a run.

use super::outcome::{Outcome, PipelineResult};
use crate::error::RunResult;
use crate::events::{Ended, Hub, Observer};
use crate::path::Path;
use std::fmt;
use std::sync::Arc;

/// The observers of a run, and the questions whose replies came with it.
#[derive(Clone, Default)]
pub(super) struct Watchers {
    pub(super) observers: Vec<Arc<dyn Observer>>,
    pub(super) fresh: Vec<Path>,
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.observers.len())
    }
}

impl Watchers {
    pub(super) fn add(&mut self, observer: impl Observer) {
        self.observers.push(Arc::new(observer));
    }
}

/// Tells how an execution came to its end.
pub(super) fn told<T, C>(hub: Option<&Arc<Hub>>, result: &RunResult<PipelineResult<T, C>>) {
    let Some(hub) = hub else { return };
    match result {
        Ok(result) => hub.run_ended(ended(&result.outcome), result.usage, result.by_model()),
        Err(error) => {
            hub.run_ended(
                Ended::Failed { error: error.to_string() },
                crate::usage::Usage::default(),
                Vec::new(),
            );
        }
    }
}

pub(super) fn ended<T>(outcome: &Outcome<T>) -> Ended {
    match outcome {
        Outcome::Done(_) => Ended::Done,
        Outcome::Paused(questions) => Ended::Paused { questions: questions.len() },
        Outcome::Failed(error) => Ended::Failed { error: error.to_string() },
        Outcome::Cancelled => Ended::Cancelled,
    }
}
