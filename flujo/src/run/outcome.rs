use crate::engine::RunId;
use crate::error::{Error, RunResult, Signal};
use crate::events::{Command, Trace};
use crate::question::{Answered, Question};
use crate::step::StepResult;
use crate::usage::Usage;

/// How a run ended, or where it stands.
#[derive(Debug)]
pub enum Outcome<T> {
    /// With this output.
    Done(T),
    /// Waiting for replies to these questions.
    Paused(Vec<Question>),
    /// A node failed; the error names it.
    Failed(Error),
    /// `cancel` was called.
    Cancelled,
}

/// What a run came to. A failed run is a result, not a lost one: context, steps and usage are all here.
#[derive(Debug)]
pub struct PipelineResult<T, C> {
    /// The id: what `resume` takes.
    pub run_id: RunId,
    /// How it ended.
    pub outcome: Outcome<T>,
    /// The context at that point.
    pub context: C,
    /// What became of each node, in the order in which they began.
    pub steps: Vec<StepResult>,
    /// What the run has used so far.
    pub usage: Usage,
    /// Everything that is recorded of it.
    pub trace: Trace,
    /// Questions answered so far.
    pub hitl_history: Vec<Answered>,
}

impl<T, C> PipelineResult<T, C> {
    /// The output.
    ///
    /// # Errors
    /// The run failed, was cancelled, or is waiting for replies.
    pub fn into_output(self) -> RunResult<T> {
        match self.outcome {
            Outcome::Done(output) => Ok(output),
            Outcome::Failed(error) => Err(error),
            Outcome::Cancelled => Err(cancelled()),
            Outcome::Paused(questions) => Err(suspended(questions)),
        }
    }

    /// The result of the node with this path.
    pub fn step(&self, path: &str) -> Option<&StepResult> {
        self.steps.iter().find(|step| step.path() == *path)
    }

    /// What every model used, `provider:model`, in the order of the first calls. Calls that were given up stand in
    /// [`usage`](Self::usage) alone.
    pub fn by_model(&self) -> Vec<(String, Usage)> {
        by_model(&self.steps)
    }

    /// The id, as a method: what `steps` belong to.
    pub fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// Every command of the run that has come to an end, in that order.
    pub fn command_log(&self) -> Vec<Command> {
        self.trace.commands()
    }

    /// Open questions.
    pub fn questions(&self) -> &[Question] {
        match &self.outcome {
            Outcome::Paused(questions) => questions,
            _ => &[],
        }
    }
}

#[cold]
fn cancelled() -> Error {
    Signal::Cancelled.into()
}

#[cold]
fn suspended(questions: Vec<Question>) -> Error {
    let error: Error = Signal::Suspended.into();
    match questions.into_iter().next() {
        Some(first) => error.at(first.path),
        None => error,
    }
}

/// What every model used, all steps together.
pub(super) fn by_model(steps: &[StepResult]) -> Vec<(String, Usage)> {
    let mut sums: Vec<(String, Usage)> = Vec::new();
    for (model, usage) in steps.iter().flat_map(StepResult::by_model) {
        match sums.iter_mut().find(|(known, _)| known == model) {
            Some((_, sum)) => *sum += *usage,
            None => sums.push((model.clone(), *usage)),
        }
    }
    sums
}
