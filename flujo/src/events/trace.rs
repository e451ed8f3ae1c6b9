use super::AttemptOutcome;
use crate::clock::Timestamp;
use crate::engine::{Finding, Kind, Record, RecordOutcome};
use crate::path::Path;
use crate::question::Answered;
use crate::usage::Usage;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Everything that is recorded of a run, in the order in which it came to an end: every attempt of every node,
/// nested ones too, and every answered question. It is the same whether the run went through at once or was
/// resumed. A run that records nothing has an empty one; an [`Observer`](crate::events::Observer) sees it all
/// the same.
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

/// One line of a [`Trace`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TraceEntry {
    /// The node.
    pub path: Path,
    /// What it did.
    pub kind: Kind,
    /// The attempt, from 1.
    pub attempt: u32,
    /// When it began: for a question, when it was asked.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What it used.
    pub usage: Usage,
    /// What validators found on an output that passed all the same.
    pub findings: Vec<Finding>,
    /// Who replied.
    pub by: Option<String>,
}

impl TraceEntry {
    /// The time from its beginning to its end.
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

/// One command of a run that has come to an end: one line of its `command_log`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Command {
    /// The node.
    pub path: Path,
    /// What it did.
    pub kind: Kind,
    /// The attempt, from 1.
    pub n: u32,
    /// When it ended.
    pub at: Timestamp,
    /// Whether it ended well.
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

    /// Every line.
    pub fn entries(&self) -> Vec<TraceEntry> {
        let attempts = self.records.iter().map(|record| TraceEntry::of_record(record));
        let mut entries: Vec<_> = attempts.collect();
        for answered in &self.answered {
            let entry = TraceEntry::of_answer(answered);
            // After what had ended when it was asked, before what began with the reply.
            let before = entries.iter().rposition(|e| e.ended <= entry.started).map_or(0, |i| i + 1);
            let after = entries.iter().position(|e| e.started >= entry.ended).unwrap_or(entries.len());
            let place = before.max(after);
            entries.insert(place, entry);
        }
        entries
    }

    /// The same as commands.
    pub fn commands(&self) -> Vec<Command> {
        let command = |entry: TraceEntry| {
            let TraceEntry { path, kind, attempt: n, ended: at, outcome, .. } = entry;
            Command { path, kind, n, at, done: outcome.is_success() }
        };
        self.entries().into_iter().map(command).collect()
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.answered.is_empty()
    }
}
