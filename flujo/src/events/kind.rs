use crate::codec::Json;
use crate::engine::Finding;
use crate::error::FailureKind;
use crate::graph::NodeKind;
use crate::question::{Answered, Question};
use crate::usage::{LimitExceeded, Usage};
use std::time::Duration;

/// What happened. More kinds may come: a `match` needs a wildcard arm.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An execution of the run began.
    RunStarted {
        /// The pipeline's durable name.
        pipeline: &'static str,
        /// Whether an earlier execution recorded something already.
        resumed: bool,
        /// The input of the run, if somebody wants it: a tuple.
        input: Option<Json>,
    },
    /// The execution came to an end; nothing follows.
    RunEnded {
        /// How.
        outcome: Ended,
        /// The time since it began.
        latency: Duration,
        /// What the run used so far, earlier executions included.
        usage: Usage,
        /// What each model of it used: `provider:model`, in the order of the first calls.
        by_model: Vec<(String, Usage)>,
    },
    /// A node began: a step, a gate or a nested pipeline.
    NodeStarted {
        /// What it is.
        kind: NodeKind,
    },
    /// A node came to an end, after all its attempts.
    NodeEnded {
        /// What it is.
        kind: NodeKind,
        /// How.
        outcome: Ended,
        /// The time since it began, waits between attempts included.
        latency: Duration,
        /// What its attempts used in this execution; nothing for a pipeline, whose nodes tell.
        usage: Usage,
    },
    /// The body of an attempt begins.
    AttemptStarted {
        /// Which one, from 1.
        attempt: u32,
        /// The input of the step, if somebody wants it: a tuple.
        input: Option<Json>,
    },
    /// An attempt has ended, and its record is durable.
    AttemptEnded {
        /// Which one, from 1.
        attempt: u32,
        /// How.
        outcome: AttemptOutcome,
        /// The time it took.
        latency: Duration,
        /// What it used.
        usage: Usage,
        /// What validators found on an output that passed all the same.
        findings: Vec<Finding>,
        /// The output, if somebody wants it.
        output: Option<Json>,
    },
    /// An attempt was taken from its record: it ran in an earlier execution, not in this one.
    AttemptReplayed {
        /// Which one, from 1.
        attempt: u32,
        /// How it ended then.
        outcome: AttemptOutcome,
        /// What it used then.
        usage: Usage,
        /// What validators found then.
        findings: Vec<Finding>,
        /// The output, if somebody wants it.
        output: Option<Json>,
    },
    /// An attempt failed, and another one follows.
    Retried {
        /// The attempt that follows.
        attempt: u32,
        /// How long it waits before that.
        wait: Duration,
    },
    /// Every attempt failed, and another step runs in its place.
    FellBack {
        /// That step, `node!step` in paths.
        target: &'static str,
    },
    /// A plugin rejected an output, and another step goes on with the attempts that are left.
    Redirected {
        /// That step, `node!step` in paths.
        target: &'static str,
    },
    /// A pipeline call runs again, from the node that failed.
    Restarted {
        /// How many restarts it has left.
        left: u32,
    },
    /// A question is recorded, and waits for its reply.
    QuestionAsked {
        /// The question.
        question: Box<Question>,
    },
    /// A question was answered, by a person or by its deadline.
    QuestionAnswered {
        /// The question and its reply.
        answered: Box<Answered>,
        /// Whether an earlier execution went on with this reply already.
        replayed: bool,
    },
    /// Branches part: the arms of a `join` or `route`, the items of a `map`.
    Forked {
        /// How many.
        arms: usize,
    },
    /// They came together again, and what they wrote was merged.
    Merged {
        /// How many.
        arms: usize,
    },
    /// A round of a `repeat` or `refine` begins. The path of the event says of which: `moderate/repeat:relabel#2` is
    /// the second round of the loop that begins with `relabel`, `moderate/improve#2` of one that is
    /// `.named("improve")`, and `moderate/repeat:relabel#2.1` the first round of a loop within a second round.
    Round {
        /// Which one, from 1.
        n: u32,
    },
    /// A timer runs.
    TimerStarted {
        /// For how long in all.
        wait: Duration,
    },
    /// A timer has run out.
    TimerEnded,
    /// A call was not made, because it might have exceeded a limit.
    LimitReached {
        /// Which limit, and by what.
        exceeded: Box<LimitExceeded>,
    },
    /// A model has called a tool: the path is that of the call, `node~k`. What it gives is told as of every step.
    ToolCalled {
        /// The step that is the tool.
        tool: &'static str,
    },
    /// The tool is done.
    ToolReturned {
        /// The step that is the tool.
        tool: &'static str,
        /// How. The model is told of a failure, and goes on.
        outcome: Ended,
    },
    /// A piece of an answer while it is being made: of a model, or of a step that says `run.emit(..)`.
    Chunk {
        /// The attempt that it belongs to.
        attempt: u32,
        /// The piece.
        text: String,
    },
    /// The answer of a model was mended before it could be read: it was no clean JSON.
    Repaired {
        /// The attempt that it belongs to.
        attempt: u32,
        /// What was mended, in words.
        repairs: Vec<String>,
    },
    /// This observer was too slow, and events were dropped for it before this one.
    Missed {
        /// How many.
        events: u64,
    },
}

/// How a run or a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// Well.
    Done,
    /// Waiting for so many replies; only runs do.
    Paused {
        /// How many questions are open.
        questions: usize,
    },
    /// With this error, the path first.
    Failed {
        /// The error as it is displayed.
        error: String,
    },
    /// `cancel` was called; only runs are.
    Cancelled,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// With an output.
    Succeeded,
    /// It failed.
    Failed {
        /// In what way.
        kind: FailureKind,
        /// Why, in words.
        message: String,
        /// Whether another attempt makes sense.
        retryable: bool,
        /// What the next attempt is told.
        feedback: Option<String>,
    },
}

impl AttemptOutcome {
    /// Whether there was an output.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded)
    }
}

impl EventKind {
    /// The name of the kind in `snake_case`, for logs and metrics.
    ///
    /// ```
    /// # use flujo::events::EventKind;
    /// assert_eq!(EventKind::TimerEnded.word(), "timer_ended");
    /// ```
    pub const fn word(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::RunEnded { .. } => "run_ended",
            Self::NodeStarted { .. } => "node_started",
            Self::NodeEnded { .. } => "node_ended",
            Self::AttemptStarted { .. } => "attempt_started",
            Self::AttemptEnded { .. } => "attempt_ended",
            Self::AttemptReplayed { .. } => "attempt_replayed",
            Self::Retried { .. } => "retried",
            Self::FellBack { .. } => "fell_back",
            Self::Redirected { .. } => "redirected",
            Self::Restarted { .. } => "restarted",
            Self::QuestionAsked { .. } => "question_asked",
            Self::QuestionAnswered { .. } => "question_answered",
            Self::Forked { .. } => "forked",
            Self::Merged { .. } => "merged",
            Self::Round { .. } => "round",
            Self::TimerStarted { .. } => "timer_started",
            Self::TimerEnded => "timer_ended",
            Self::LimitReached { .. } => "limit_reached",
            Self::ToolCalled { .. } => "tool_called",
            Self::ToolReturned { .. } => "tool_returned",
            Self::Chunk { .. } => "chunk",
            Self::Repaired { .. } => "repaired",
            Self::Missed { .. } => "missed",
        }
    }
}
