use crate::codec::Digest;
use crate::engine::RunId;
use crate::error::StepError;
#[allow(unused_imports, reason = "a link in the documentation")]
use crate::events::{Chunks, EventKind};
use crate::events::{Command, Trace};
use crate::exec::{CallState, RunEnv};
use crate::path::{NodeId, Path, Place};
use crate::question::Answered;
use crate::usage::Usage;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Arc, PoisonError};

/// The run that a step is part of: a step gets it as a parameter, `run: &RunInfo`.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::Usage;
///
/// #[step(retries = 1)]
/// async fn write(topic: String, run: &RunInfo) -> Result<String> {
///     let (of_the_run,): (String,) = run.input()?;
///     assert_eq!((run.path().as_str(), of_the_run), ("report/write", topic.clone()));
///     // A service that bills by the call.
///     run.spend(Usage::of_cost(flujo::Cost::usd("0.01")?));
///     // The feedback on the last attempt, the replies of people, and what was done so far.
///     let feedback = run.feedback().unwrap_or("none");
///     assert!(run.hitl_history().is_empty() && run.command_log().await?.is_empty());
///     Ok(format!("On {topic}. Feedback: {feedback}. Key: {}", run.idempotency_key().len()))
/// }
///
/// pipeline! {
///     fn report(topic: String) -> String { write(topic) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let result = Flujo::builder().build()?.run(report("tides".to_owned())).await;
/// assert_eq!(result.usage.cost(), flujo::Cost(10_000_000));
/// assert_eq!(result.into_output()?, "On tides. Feedback: none. Key: 32");
/// # Ok(())
/// # }
/// ```
pub struct RunInfo {
    pub(crate) env: Arc<RunEnv>,
    place: Place,
    attempt: u32,
    feedback: Option<Box<str>>,
    /// The executor's own state of the attempt.
    pub(crate) state: CallState,
}

impl fmt::Debug for RunInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunInfo")
            .field("path", &self.place)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl RunInfo {
    pub(crate) fn new(env: Arc<RunEnv>, place: Place, attempt: u32) -> Self {
        Self { env, place, attempt, feedback: None, state: CallState::default() }
    }

    /// Makes it that of the next attempt, which has used nothing yet.
    #[inline]
    pub(crate) fn again(&mut self, attempt: u32, feedback: Option<String>) {
        self.attempt = attempt;
        self.feedback = feedback.map(String::into_boxed_str);
        self.state.next_attempt(self.feedback.is_some());
    }

    /// Makes it that of the first attempt of another node of the same pipeline.
    #[inline]
    pub(crate) fn moved_to(&mut self, node: NodeId, rounds: Option<&Arc<str>>) {
        self.place.move_to(node, rounds);
        self.state.clear();
        (self.attempt, self.feedback) = (1, None);
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The id of the run.
    pub fn id(&self) -> &RunId {
        &self.env.id
    }

    /// Returns the path of the step.
    pub fn path(&self) -> Path {
        self.place.path()
    }

    /// Returns the number of this attempt, from 1; it counts on after a crash and after a resume.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Why the last attempt was rejected.
    pub fn feedback(&self) -> Option<&str> {
        self.feedback.as_deref()
    }

    /// The input of the run: a tuple of the pipeline's inputs.
    ///
    /// # Errors
    /// It is not a `T`; that stays so, and the step is not tried again.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        self.env.input.decode().map_err(StepError::fatal)
    }

    /// A key for effects outside: the same over attempts, crashes, resumes and machines, another for every
    /// run and node. 32 hex digits: the first 128 bits of SHA-256 over the run's id, a zero byte, the path.
    pub fn idempotency_key(&self) -> String {
        Digest::of_parts(&[self.env.id.as_str(), self.place.path().as_str()]).to_string()
    }

    /// Questions answered so far in this run.
    pub fn hitl_history(&self) -> Vec<Answered> {
        self.env.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns every completed command of this run so far, in order of completion: attempts and answered questions.
    /// An ephemeral run has none.
    ///
    /// # Errors
    /// Storage failed; trying again may help.
    pub async fn command_log(&self) -> Result<Vec<Command>, StepError> {
        let Some(engine) = &self.env.engine else { return Ok(Vec::new()) };
        let view = engine.view(&self.env.id).await.map_err(StepError::retryable)?;
        Ok(view.map(|view| Trace::new(view.records, view.answered).commands()).unwrap_or_default())
    }

    /// Adds to what this attempt has used, for instance of a service that bills by the call.
    pub fn spend(&self, usage: Usage) {
        self.state.spend(usage);
        if let Some(budget) = &self.env.budget {
            budget.spend(usage);
        }
    }

    /// Sends a piece of the output to the observers of the run while the attempt is under way: see
    /// [`EventKind::Chunk`]. Nothing is recorded, and a replay has none. Observers get the chunks of the last steps
    /// unless they want all: see [`Chunks`].
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// #[step]
    /// async fn shout(words: Vec<String>, run: &RunInfo) -> Result<String> {
    ///     let mut all = String::new();
    ///     for word in words {
    ///         let loud = word.to_uppercase();
    ///         run.emit(&loud);
    ///         all.push_str(&loud);
    ///     }
    ///     Ok(all)
    /// }
    /// ```
    pub fn emit(&self, text: &str) {
        if let Some(stage) = &self.env.stage
            && let Some((path, least)) = self.voice(stage)
        {
            let kind = EventKind::Chunk { attempt: self.attempt, text: text.to_owned() };
            stage.chunk(&path, least, &kind);
        }
    }
}
