//! The requests to the object of a run, its answers, and what follows from them.

use crate::arm::Commands;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{Ended, EndedBy, Key, LimitScope, Reservation, RunRecord};
use flujo::error::{FailureRecord, Signal};
use flujo::path::Path;
use flujo::question::{Question, Reply};
use flujo::{LimitExceeded, Usage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is asked of the object of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Creates the run, unless there is one, and begins its first execution if `begins`. Its graph is stored under a key, and
    /// `may_ask` says whether it has questions.
    Create { run: Arc<RunRecord>, graph: String, may_ask: bool, begins: bool },
    /// Begins an execution, unless one is under way or the run has ended.
    Begin { at: Timestamp, known: Commands },
    /// Reserves an upper bound for the body `holder` of an attempt.
    Reserve { reservation: Reservation, holder: String },
    /// Checks the limits against what was used.
    Check { key: Key, within: LimitScope },
    /// Replaces a reservation by what was used; unless it is of the body that used it, it is charged as well.
    Settle { key: Key, used: Usage, within: LimitScope, reserved: bool },
    /// Charges an attempt that will have no record.
    Forfeit { key: Key, used: Usage, within: LimitScope },
    /// Asks a question.
    Ask { question: Question, arms: Vec<(Path, usize)>, by: Invoked },
    /// The deadline of a question has passed; whoever waits for the reply is to be sent it, unless it asks this itself.
    Due { path: Path, send: bool },
    /// Answers a question.
    Reply { path: Path, reply: Reply },
    /// An invocation waits for arms.
    Fork { invocation: String, arms: BTreeSet<String> },
    /// An arm has ended; if it `stops` its siblings, the fork goes on without them.
    ArmEnded { invocation: String, of: String, stops: bool },
    /// An invocation goes on after its arms; those that failed or were cancelled withdraw their questions.
    Join { invocation: String, fork: Path, withdrawn: Vec<usize> },
    /// An execution ends; the last thing of it that is on record happened at this time.
    Finish { execution: u32, ended: SentEnded, last: Timestamp },
    /// Ends the run at its next command.
    Cancel { at: Timestamp, by: Option<String> },
    /// Makes a failed run ready to continue; the failed node has so many attempts.
    Reopen { at: Timestamp, by: Option<String>, attempts: u32 },
}

/// An invocation of a pipeline's service, or of the service of its arms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Invoked {
    pub(crate) service: String,
    pub(crate) key: String,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Done,
    /// There is no such run.
    Unknown,
    /// There is a run with this id already.
    Exists,
    /// An execution begins.
    Begun,
    /// A limit would be exceeded.
    Limit(Box<LimitExceeded>),
    /// The run was cancelled.
    Cancelled,
    /// The question is open; true if it was not before.
    Open(bool),
    /// The question is answered.
    Replied(Reply),
    /// The question differs from the one on record.
    Differs(Signal),
    /// The reply is refused: the question is answered, not open, or its deadline has passed.
    Refused {
        path: Path,
        answered: Option<Reply>,
        open: Option<Box<Question>>,
        at: Timestamp,
    },
}

/// What follows from a request.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// Start an execution with these commands.
    Start(u32),
    /// Hand a reply to the invocation that waits for it.
    Answer { to: Invoked, path: Path, reply: Reply },
    /// Cancel the invocation of the newest execution.
    Cancel,
    /// Tell those who wait for it that the run has come to rest for this time.
    Rest(u32),
}

/// The end of an execution, as it is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SentEnded {
    outcome: SentOutcome,
    context: Option<Json>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum SentOutcome {
    Done(Json),
    Failed(FailureRecord),
    Signal(Signal),
}

impl From<Ended> for SentEnded {
    fn from(ended: Ended) -> Self {
        let outcome = match ended.outcome {
            Ok(output) => SentOutcome::Done(output),
            Err(EndedBy::Failure(failure)) => SentOutcome::Failed(failure),
            Err(EndedBy::Signal(signal)) => SentOutcome::Signal(signal),
        };
        Self { outcome, context: ended.context }
    }
}

impl From<SentEnded> for Ended {
    fn from(ended: SentEnded) -> Self {
        let outcome = match ended.outcome {
            SentOutcome::Done(output) => Ok(output),
            SentOutcome::Failed(failure) => Err(EndedBy::Failure(failure)),
            SentOutcome::Signal(signal) => Err(EndedBy::Signal(signal)),
        };
        Self { outcome, context: ended.context }
    }
}
