use crate::codec::Json;
use crate::engine::Finding;
use crate::error::FailureKind;
use crate::graph::NodeKind;
use crate::question::{Answered, Question};
use crate::usage::{LimitExceeded, Usage};
use std::time::Duration;

/// The kinds of events, with their data. More kinds may be added: a `match` needs a wildcard arm.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An execution of the run began.
    RunStarted {
        /// The pipeline's durable name.
        pipeline: &'static str,
        /// True if an earlier execution recorded something already.
        resumed: bool,
        /// The input of the run as a tuple, if an observer wants inputs.
        input: Option<Json>,
    },
    /// The execution ended; no event follows.
    RunEnded {
        /// The outcome.
        outcome: Ended,
        /// The time since it began.
        latency: Duration,
        /// The usage of the run so far, earlier executions included.
        usage: Usage,
        /// The usage of each model, as `provider:model`, in the order of the first calls.
        by_model: Vec<(String, Usage)>,
    },
    /// A node began: a step, a gate or a nested pipeline.
    NodeStarted {
        /// The kind of the node.
        kind: NodeKind,
    },
    /// A node ended, after all its attempts.
    NodeEnded {
        /// The kind of the node.
        kind: NodeKind,
        /// The outcome.
        outcome: Ended,
        /// The time since it began, waits between attempts included.
        latency: Duration,
        /// The usage of its attempts in this execution; zero for a pipeline, whose nodes report their own.
        usage: Usage,
    },
    /// The body of an attempt begins.
    AttemptStarted {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The input of the step as a tuple, if an observer wants inputs.
        input: Option<Json>,
    },
    /// An attempt has ended, and its record is durable.
    AttemptEnded {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The outcome.
        outcome: AttemptOutcome,
        /// The duration of the attempt.
        latency: Duration,
        /// The usage of the attempt.
        usage: Usage,
        /// The findings of validators on an output that was accepted.
        findings: Vec<Finding>,
        /// The output, if an observer wants outputs.
        output: Option<Json>,
    },
    /// An attempt was answered from its record: it ran in an earlier execution, not in this one.
    AttemptReplayed {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The recorded outcome.
        outcome: AttemptOutcome,
        /// The recorded usage.
        usage: Usage,
        /// The recorded findings of validators.
        findings: Vec<Finding>,
        /// The output, if an observer wants outputs.
        output: Option<Json>,
    },
    /// An attempt failed, and another one follows.
    Retried {
        /// The attempt that follows.
        attempt: u32,
        /// The wait before that attempt.
        wait: Duration,
    },
    /// Every attempt failed, and another step runs in its place.
    FellBack {
        /// The step that runs instead, `node!step` in paths.
        target: &'static str,
    },
    /// A plugin rejected an output, and another step runs the remaining attempts.
    Redirected {
        /// The step that runs instead, `node!step` in paths.
        target: &'static str,
    },
    /// A pipeline call runs again, from the node that failed.
    Restarted {
        /// The number of restarts left.
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
        /// True if an earlier execution used this reply already.
        replayed: bool,
    },
    /// A fork began: the arms of a `join` or `route`, the items of a `map`.
    Forked {
        /// The number of arms.
        arms: usize,
    },
    /// A fork ended, and the context parts that its arms wrote were merged.
    Merged {
        /// The number of arms.
        arms: usize,
    },
    /// A round of a `repeat` or `refine` begins. The path of the event names the loop and the round:
    /// `moderate/repeat:relabel#2` is the second round of the loop that begins with `relabel`, `moderate/improve#2`
    /// of one that is `.named("improve")`, and `moderate/repeat:relabel#2.1` the first round of a loop within a
    /// second round.
    Round {
        /// The number of the round, from 1.
        n: u32,
    },
    /// A timer was started.
    TimerStarted {
        /// The whole duration of the timer.
        wait: Duration,
    },
    /// A timer has run out.
    TimerEnded,
    /// A call was not made, because it might have exceeded a limit.
    LimitReached {
        /// The limit, and the usage that might exceed it.
        exceeded: Box<LimitExceeded>,
    },
    /// A model called a tool: the path is that of the call, `node~k`. The output is reported like that of every step.
    ToolCalled {
        /// The step that is the tool, or the tool of a server.
        tool: String,
    },
    /// The call of a tool ended.
    ToolReturned {
        /// The step that is the tool, or the tool of a server.
        tool: String,
        /// The outcome. A failure is sent to the model, which continues.
        outcome: Ended,
    },
    /// A chunk of an answer while it is produced: by a model, or by a step that calls `run.emit(..)`.
    Chunk {
        /// The number of the attempt that produces it, from 1.
        attempt: u32,
        /// The text of the chunk.
        text: String,
    },
    /// A chunk of the text of a model's reasoning, which is no part of the answer.
    Reasoning {
        /// The number of the attempt that produces it, from 1.
        attempt: u32,
        /// The text of the chunk.
        text: String,
    },
    /// A call of a model failed, and the next model of the list is asked in the same attempt.
    ModelFellBack {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The model whose call failed, `provider:model`.
        model: String,
        /// The model that is asked instead.
        next: String,
        /// The error of the call.
        error: String,
    },
    /// A provider reported more than a call may use: its charge is more than what was reserved, and a limit may be exceeded.
    OverReported {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The model, `provider:model`.
        model: String,
        /// The most that the call may use.
        bound: Usage,
        /// The usage that the provider reported.
        reported: Usage,
    },
    /// The answer of a model was no clean JSON, and was repaired before it was parsed.
    Repaired {
        /// The number of the attempt that parsed it, from 1.
        attempt: u32,
        /// The repairs, in words.
        repairs: Vec<String>,
    },
    /// The observer was too slow, and events before this one were dropped for it.
    Missed {
        /// The number of dropped events.
        events: u64,
    },
}

/// The outcome of a run or a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// Success.
    Done,
    /// The run waits for replies; never the outcome of a node.
    Paused {
        /// The number of open questions.
        questions: usize,
    },
    /// Failure.
    Failed {
        /// The error as it is displayed, the path first.
        error: String,
    },
    /// `cancel` was called; never the outcome of a node.
    Cancelled,
}

/// The outcome of an attempt.
///
/// ```
/// use flujo::events::{AttemptOutcome, Ended, Event, EventKind};
///
/// /// The line of a log for what went wrong.
/// fn problem(event: &Event) -> Option<String> {
///     match &event.kind {
///         EventKind::AttemptEnded { outcome, .. } if !outcome.is_success() => match outcome {
///             AttemptOutcome::Failed { message, retryable: true, .. } => Some(format!("{message}, tried again")),
///             AttemptOutcome::Failed { message, .. } => Some(message.clone()),
///             _ => None,
///         },
///         EventKind::RunEnded { outcome: Ended::Failed { error }, .. } => Some(error.clone()),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The attempt succeeded with an output.
    Succeeded,
    /// The attempt failed.
    Failed {
        /// The kind of the failure.
        kind: FailureKind,
        /// The reason, in words.
        message: String,
        /// True if another attempt may succeed.
        retryable: bool,
        /// The feedback that the next attempt receives.
        feedback: Option<String>,
    },
}

impl AttemptOutcome {
    /// Returns true if there is an output.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded)
    }
}

impl EventKind {
    /// Returns the name of the kind in `snake_case`, for logs and metrics.
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
            Self::Reasoning { .. } => "reasoning",
            Self::ModelFellBack { .. } => "model_fell_back",
            Self::OverReported { .. } => "over_reported",
            Self::Repaired { .. } => "repaired",
            Self::Missed { .. } => "missed",
        }
    }
}
