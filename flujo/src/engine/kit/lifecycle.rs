use super::OpenQuestion;
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::{
    Action, ActionKind, Ended, EndedBy, FinalOutcome, RunRecord, RunState, RunSummary, Status,
};
use crate::error::{FailureRecord, Signal};
use crate::path::Path;
use crate::usage::Usage;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The number of takeovers without a record in between after which a run counts as crashed.
const TAKEOVERS: u32 = 5;

/// The state of a run except its records, questions and ledger.
///
/// ```
/// use flujo::clock::Timestamp;
/// use flujo::codec::Json;
/// use flujo::engine::kit::Lifecycle;
/// use flujo::engine::{Ended, EndedBy, Status};
/// use flujo::error::Signal;
///
/// let mut state = Lifecycle::new(Json::null(), Timestamp(1));
/// assert_eq!(state.status(false), Status::Created);
/// assert!(state.take(Timestamp(2)));
/// assert_eq!(state.status(true), Status::Running);
///
/// // An execution that ends with nothing left but a question pauses the run.
/// let paused = Ended { outcome: Err(EndedBy::Signal(Signal::Suspended)), context: None };
/// assert!(!state.end(paused, Timestamp(3)));
/// assert_eq!(state.status(false), Status::Paused);
///
/// // A run that has not failed is not reopened; one that nothing works on is cancelled at once.
/// assert!(!state.reopen((Timestamp(4), Some("ops")), |_path| 0));
/// assert!(state.cancel((Timestamp(4), Some("ops")), false));
/// assert_eq!(state.acted[0].by.as_deref(), Some("ops"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is a column of its own in storage")]
pub struct Lifecycle {
    /// The outcome of the run, once it has ended.
    pub outcome: Option<FinalOutcome>,
    /// True while the run waits for replies, or is ready to continue after a failure.
    pub paused: bool,
    /// True if a reply came since the run paused.
    pub replied: bool,
    /// True once an execution of the run has begun.
    pub begun: bool,
    /// True if the run has to end at its next command.
    pub cancelled: bool,
    /// Takeovers since the last record.
    pub takeovers: u32,
    /// The working time of earlier executions.
    pub active: Duration,
    /// The context: the last one recorded, or the one that the run began with.
    pub context: Json,
    /// Failed attempts that no longer count, by path.
    pub forgiven: Vec<(Path, u32)>,
    /// Nodes whose bodies are running, or were when a process died.
    pub in_flight: Vec<Path>,
    /// The signal, other than pause and cancel, that ended the last execution.
    pub stopped: Option<Signal>,
    /// The time at which the first execution began.
    #[serde(default)]
    pub started: Option<Timestamp>,
    /// The time of the last change: of this state, or by a record, a question or a reply.
    #[serde(default)]
    pub changed: Timestamp,
    /// The time of the end.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// The usage when this state was written.
    #[serde(default)]
    pub usage: Usage,
    /// Cancellations and retries, in their order.
    #[serde(default)]
    pub acted: Vec<Action>,
}

impl Lifecycle {
    /// Creates the state of a run that was just created.
    pub fn new(context: Json, created: Timestamp) -> Self {
        Self {
            outcome: None,
            paused: false,
            replied: false,
            begun: false,
            cancelled: false,
            takeovers: 0,
            active: Duration::ZERO,
            context,
            forgiven: Vec::new(),
            in_flight: Vec::new(),
            stopped: None,
            started: None,
            changed: created,
            ended: None,
            usage: Usage::default(),
            acted: Vec::new(),
        }
    }

    /// Begins an execution at `now`. False if the run has ended, which includes that this takeover exceeds the allowed
    /// number.
    pub fn take(&mut self, now: Timestamp) -> bool {
        if self.outcome.is_some() {
            return false;
        }
        self.changed = now;
        // The first execution, and one after a pause or an orderly stop, are no takeovers.
        if self.begun && !self.paused && self.stopped.is_none() {
            self.takeovers += 1;
        }
        if self.takeovers >= TAKEOVERS {
            self.outcome = Some(FinalOutcome::Crashed(std::mem::take(&mut self.in_flight)));
            self.ended = Some(now);
            return false;
        }
        self.started.get_or_insert(now);
        self.begun = true;
        self.paused = false;
        self.replied = false;
        self.stopped = None;
        true
    }

    /// Returns the status; `running` is true while an execution works on the run.
    pub fn status(&self, running: bool) -> Status {
        match &self.outcome {
            Some(outcome) => Status::Ended(outcome.clone()),
            None if running => Status::Running,
            None if self.paused => Status::Paused,
            None if !self.begun => Status::Created,
            None => Status::Interrupted,
        }
    }

    pub(super) fn begin(&mut self, path: &Path) {
        // A body that was running when the process died is listed already.
        if !self.in_flight.contains(path) {
            self.in_flight.push(path.clone());
        }
    }

    /// Makes a failed run ready to continue: the attempts of the node that failed no longer count. `attempts` returns
    /// the number of attempts recorded for a path; `by` is the caller, at `now`. False if the run has not failed.
    pub fn reopen(
        &mut self,
        (now, by): (Timestamp, Option<&str>),
        attempts: impl FnOnce(&Path) -> u32,
    ) -> bool {
        let Some(FinalOutcome::Failed(failure)) = &self.outcome else { return false };
        if let Some(path) = failure.node().cloned() {
            let so_far = attempts(&path);
            self.forgiven.retain(|(known, _)| *known != path);
            self.forgiven.push((path, so_far));
        }
        self.outcome = None;
        (self.changed, self.ended) = (now, None);
        self.acted.push(Action::new(now, by, ActionKind::Retried));
        // To continue after a failure is no takeover either.
        self.paused = true;
        true
    }

    /// Sets the flag that ends the run at its next command; `by` is the caller, at `now`. A run without an execution,
    /// which is not `live`, ends at once. False if nothing changes.
    pub fn cancel(&mut self, (now, by): (Timestamp, Option<&str>), live: bool) -> bool {
        if self.outcome.is_some() || (self.cancelled && live) {
            return false;
        }
        if !self.cancelled {
            self.acted.push(Action::new(now, by, ActionKind::Cancelled));
        }
        self.cancelled = true;
        self.changed = now;
        if !live {
            self.outcome = Some(FinalOutcome::Cancelled);
            self.ended = Some(now);
        }
        true
    }

    /// Returns the summary of a run for lists, with its open questions and what it has `spent`; `running` says whether an
    /// execution works on it.
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
    /// use flujo::clock::Timestamp;
    /// use flujo::engine::RunState;
    /// use flujo::engine::kit::Lifecycle;
    ///
    /// # let memory = flujo::engine::Memory::new();
    /// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
    /// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
    /// # let view = flujo.inspect("r-1").await?;
    /// let state = Lifecycle::new(view.context.clone(), Timestamp(1));
    /// let summary = state.summary(&view.run, &[], flujo::Usage::default(), false);
    /// assert_eq!((summary.id.as_str(), summary.state), ("r-1", RunState::Created));
    /// # Ok(())
    /// # }
    /// ```
    pub fn summary(
        &self,
        run: &RunRecord,
        questions: &[&OpenQuestion],
        spent: Usage,
        running: bool,
    ) -> RunSummary {
        let status = RunState::from(&self.status(running));
        let mut summary = RunSummary::new(run.id.clone(), run.pipeline.clone(), status);
        let deadlines = questions.iter().filter_map(|open| open.question.deadline);
        summary.deadline = deadlines.min().filter(|_| self.paused);
        summary.questions = questions.len();
        summary.replied = self.paused && self.replied;
        summary.labels = run.labels.clone();
        summary.origin.clone_from(&run.seed.origin);
        summary.created = run.created;
        (summary.started, summary.changed, summary.ended) = (self.started, self.changed, self.ended);
        summary.usage = spent;
        if running {
            summary.under_way.clone_from(&self.in_flight);
        }
        summary.failure = self.outcome.as_ref().and_then(FinalOutcome::failure_line);
        summary
    }

    /// Ends an execution at `now`; true if the run has ended with it.
    pub fn end(&mut self, ended: Ended, now: Timestamp) -> bool {
        self.changed = now;
        if let Some(context) = ended.context {
            self.context = context;
        }
        let outcome = match ended.outcome {
            Ok(output) => FinalOutcome::Done(output),
            Err(EndedBy::Failure(failure)) => FinalOutcome::Failed(failure),
            Err(EndedBy::Signal(Signal::Cancelled)) => FinalOutcome::Cancelled,
            Err(EndedBy::Signal(Signal::RunLimit(exceeded))) => {
                FinalOutcome::Failed(FailureRecord::limit(exceeded))
            }
            Err(EndedBy::Signal(Signal::Suspended)) => {
                self.paused = true;
                return false;
            }
            Err(EndedBy::Signal(signal)) => {
                self.stopped = Some(signal);
                return false;
            }
        };
        self.in_flight.clear();
        self.outcome = Some(outcome);
        self.ended = Some(now);
        true
    }
}
