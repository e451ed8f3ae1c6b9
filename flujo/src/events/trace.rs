use super::AttemptOutcome;
use crate::clock::Timestamp;
use crate::engine::{Finding, Kind, Record, RecordOutcome};
use crate::path::Path;
use crate::question::Answered;
use crate::usage::Usage;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The recorded history of a run, in the order in which its parts ended: every attempt of every node, nested ones
/// too, and every answered question. It does not depend on whether the run was resumed. A run that records nothing
/// has an empty trace; an [`Observer`](crate::events::Observer) receives its events all the same.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> {
/// #     Ok(format!("Hello, {name}!"))
/// # }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let result = Flujo::builder().build()?.run(welcome("Ada".to_string())).await;
/// let [entry] = &result.trace.entries()[..] else { panic!("one attempt") };
/// assert_eq!(entry.path, "welcome/greet");
/// assert_eq!(result.command_log()[0].to_string(), "welcome/greet step 1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Trace {
    records: Vec<Arc<Record>>,
    answered: Vec<Answered>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.commands().iter().map(Command::to_string)).finish()
    }
}

/// One entry of a [`Trace`]: an attempt or an answered question.
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
/// use flujo::events::{Command, TraceEntry};
///
/// let result = Flujo::builder().build()?.run(welcome("Ada".to_string())).await;
/// assert!(!result.trace.is_empty());
/// let entries: Vec<TraceEntry> = result.trace.entries();
/// assert_eq!(entries[0].latency(), entries[0].ended.since(entries[0].started));
/// let commands: Vec<Command> = result.trace.commands();
/// assert!(commands[0].done);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TraceEntry {
    /// The path of the node.
    pub path: Path,
    /// The kind of the command.
    pub kind: Kind,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The time at which the attempt began, or the question was asked.
    pub started: Timestamp,
    /// The time at which the attempt ended, or the question was answered.
    pub ended: Timestamp,
    /// The outcome.
    pub outcome: AttemptOutcome,
    /// The usage.
    pub usage: Usage,
    /// The findings of validators on an output that was accepted.
    pub findings: Vec<Finding>,
    /// The person or program that replied, if known.
    pub by: Option<String>,
}

impl TraceEntry {
    /// Returns the time from the begin to the end.
    pub fn latency(&self) -> Duration {
        self.ended.since(self.started)
    }

    fn of_record(record: &Record) -> Self {
        Self {
            path: record.key.path.clone(),
            kind: record.key.kind,
            attempt: record.key.n,
            started: record.started,
            ended: record.ended,
            outcome: match &record.outcome {
                RecordOutcome::Output(_) => AttemptOutcome::Succeeded,
                RecordOutcome::Failure(failure) => AttemptOutcome::of(failure),
            },
            usage: record.usage,
            findings: record.findings.clone(),
            by: None,
        }
    }

    fn of_answer(answered: &Answered) -> Self {
        Self {
            path: answered.question.path.clone(),
            kind: Kind::Ask,
            attempt: 1,
            started: answered.question.asked,
            ended: answered.reply.at,
            outcome: AttemptOutcome::Succeeded,
            usage: Usage::default(),
            findings: Vec::new(),
            by: answered.reply.by.clone(),
        }
    }
}

/// One completed command of a run: one line of its `command_log`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Command {
    /// The path of the node.
    pub path: Path,
    /// The kind of the command.
    pub kind: Kind,
    /// The number of the attempt, from 1.
    pub n: u32,
    /// The time at which it ended.
    pub at: Timestamp,
    /// True if it succeeded.
    pub done: bool,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = if self.done { "" } else { " failed" };
        write!(f, "{} {} {}{failed}", self.path, format!("{:?}", self.kind).to_lowercase(), self.n)
    }
}

impl Trace {
    pub(crate) fn new(records: Vec<Arc<Record>>, answered: Vec<Answered>) -> Self {
        Self { records, answered }
    }

    /// Returns all entries.
    pub fn entries(&self) -> Vec<TraceEntry> {
        let attempts = self.records.iter().map(|record| TraceEntry::of_record(record));
        let mut entries: Vec<_> = attempts.collect();
        for answered in &self.answered {
            let entry = TraceEntry::of_answer(answered);
            // A question is placed after everything that had ended when it was asked, and so before anything that
            // began with its reply.
            let before = entries.iter().rposition(|e| e.ended <= entry.started).map_or(0, |i| i + 1);
            let after = entries.iter().position(|e| e.started >= entry.ended).unwrap_or(entries.len());
            let place = before.max(after);
            entries.insert(place, entry);
        }
        entries
    }

    /// Returns all entries as commands.
    pub fn commands(&self) -> Vec<Command> {
        let command = |entry: TraceEntry| {
            let TraceEntry { path, kind, attempt: n, ended: at, outcome, .. } = entry;
            Command { path, kind, n, at, done: outcome.is_success() }
        };
        self.entries().into_iter().map(command).collect()
    }

    /// Returns true if the trace is empty.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.answered.is_empty()
    }
}
