use crate::engine::RunId;
use crate::error::{Error, RunResult, Signal};
use crate::events::{Command, Trace};
use crate::question::{Answered, Question};
use crate::step::StepResult;
use crate::usage::Usage;

/// The outcome of a run, or its open questions.
#[derive(Debug)]
pub enum Outcome<T> {
    /// The run completed with this output.
    Done(T),
    /// The run waits for replies to these questions.
    Paused(Vec<Question>),
    /// A node failed; the error contains its path.
    Failed(Error),
    /// `cancel` was called.
    Cancelled,
}

/// The result of a run. That of a failed run holds its context, steps and usage too.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result: PipelineResult<String, ()> = flujo.run(welcome("Ada".to_owned())).id("r-1").await;
/// assert_eq!(result.run_id().as_str(), "r-1");
/// assert_eq!(result.command_log()[0].to_string(), "welcome/greet step 1");
/// assert!(result.questions().is_empty() && result.by_model().is_empty());
/// assert_eq!(result.step("welcome/greet").map(|step| step.attempts()), Some(1));
/// match result.outcome {
///     Outcome::Done(greeting) => assert_eq!(greeting, "Hello, Ada!"),
///     Outcome::Paused(questions) => println!("{} questions are open", questions.len()),
///     Outcome::Failed(error) => println!("{error}"),
///     Outcome::Cancelled => println!("cancelled"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PipelineResult<T, C> {
    /// The id of the run, for `resume`.
    pub run_id: RunId,
    /// The outcome.
    pub outcome: Outcome<T>,
    /// The context at the end.
    pub context: C,
    /// The results of the nodes, in the order in which they began.
    pub steps: Vec<StepResult>,
    /// The usage of the run so far.
    pub usage: Usage,
    /// Everything recorded of the run.
    pub trace: Trace,
    /// The questions answered so far.
    pub hitl_history: Vec<Answered>,
}

impl<T, C> PipelineResult<T, C> {
    /// Returns the output.
    ///
    /// # Errors
    /// The error of the run, if it failed; its [`kind`](Error::kind) says how.
    /// [`ErrorKind::Signal`](crate::ErrorKind::Signal): it was cancelled, or is waiting for replies.
    pub fn into_output(self) -> RunResult<T> {
        match self.outcome {
            Outcome::Done(output) => Ok(output),
            Outcome::Failed(error) => Err(error),
            Outcome::Cancelled => Err(cancelled()),
            Outcome::Paused(questions) => Err(suspended(questions)),
        }
    }

    /// Returns the result of the node with this path.
    pub fn step(&self, path: &str) -> Option<&StepResult> {
        self.steps.iter().find(|step| step.path() == *path)
    }

    /// Returns the usage of each model, as `provider:model`, in the order of the first calls. Calls of abandoned
    /// attempts count in [`usage`](Self::usage) only.
    pub fn by_model(&self) -> Vec<(String, Usage)> {
        by_model(&self.steps)
    }

    /// Returns the id of the run, to which `steps` belong.
    pub fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// Returns every completed command of the run, in the order of completion.
    pub fn command_log(&self) -> Vec<Command> {
        self.trace.commands()
    }

    /// Returns the open questions.
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

/// The usage of each model over all steps.
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
