use crate::codec::Json;
use crate::engine::{Ended, EndedBy, FinalOutcome, Status};
use crate::error::{FailureRecord, Signal};
use crate::path::Path;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The number of takeovers without a record in between after which a run counts as crashed.
const TAKEOVERS: u32 = 5;

/// The state of a run except its records, questions and ledger.
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
}

impl Lifecycle {
    /// Creates the state of a run that was just created.
    pub fn new(context: Json) -> Self {
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
        }
    }

    /// Begins an execution. False if the run has ended, which includes that this takeover exceeds the allowed number.
    pub fn take(&mut self) -> bool {
        if self.outcome.is_some() {
            return false;
        }
        // The first execution, and one after a pause or an orderly stop, are no takeovers.
        if self.begun && !self.paused && self.stopped.is_none() {
            self.takeovers += 1;
        }
        if self.takeovers >= TAKEOVERS {
            self.outcome = Some(FinalOutcome::Crashed(std::mem::take(&mut self.in_flight)));
            return false;
        }
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
    /// the number of attempts recorded for a path. False if the run has not failed.
    pub fn reopen(&mut self, attempts: impl FnOnce(&Path) -> u32) -> bool {
        let Some(FinalOutcome::Failed(failure)) = &self.outcome else { return false };
        if let Some(path) = failure.node().cloned() {
            let so_far = attempts(&path);
            self.forgiven.retain(|(known, _)| *known != path);
            self.forgiven.push((path, so_far));
        }
        self.outcome = None;
        // To continue after a failure is no takeover either.
        self.paused = true;
        true
    }

    /// Ends an execution; true if the run has ended with it.
    pub fn end(&mut self, ended: Ended) -> bool {
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
        true
    }
}
