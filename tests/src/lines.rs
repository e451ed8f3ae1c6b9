//! Events as lines of text.

use flujo::events::{AttemptOutcome, Ended, Event, EventKind};
use flujo_testing::EventLog;

/// One line an event, without times.
pub fn line(event: &Event) -> String {
    let outcome = |outcome: &AttemptOutcome| match outcome {
        AttemptOutcome::Succeeded => "ok".to_owned(),
        AttemptOutcome::Failed { message, retryable, feedback, .. } => {
            let feedback = feedback.as_ref().map(|f| format!(" -> {f}")).unwrap_or_default();
            format!("{}{message}{feedback}", if *retryable { "failed: " } else { "failed for good: " })
        }
        other => format!("{other:?}"),
    };
    let ended = |ended: &Ended| match ended {
        Ended::Done => "done".to_owned(),
        Ended::Failed { error } => format!("failed: {error}"),
        other => format!("{other:?}"),
    };
    let what = match &event.kind {
        EventKind::RunStarted { pipeline, resumed, .. } => format!("run {pipeline} resumed={resumed}"),
        EventKind::RunEnded { outcome, usage, .. } => format!("run {} {}", ended(outcome), usage.cost),
        EventKind::NodeStarted { kind } => kind.word().to_owned(),
        EventKind::NodeEnded { kind, outcome, .. } => format!("{} {}", kind.word(), ended(outcome)),
        EventKind::AttemptStarted { attempt, .. } => format!("attempt {attempt}"),
        EventKind::AttemptEnded { attempt, outcome: o, .. } => format!("attempt {attempt} {}", outcome(o)),
        EventKind::AttemptReplayed { attempt, outcome: o, .. } => {
            format!("replayed {attempt} {}", outcome(o))
        }
        EventKind::Retried { attempt, wait } => format!("retry {attempt} after {wait:?}"),
        EventKind::FellBack { target } => format!("falls back to {target}"),
        EventKind::Redirected { target } => format!("redirected to {target}"),
        EventKind::Restarted { left } => format!("restarts, {left} left"),
        EventKind::QuestionAsked { question } => format!("asks {}", question.message),
        EventKind::QuestionAnswered { answered, replayed } => {
            format!("answered {} replayed={replayed}", answered.reply.value)
        }
        EventKind::Forked { arms } => format!("forks {arms}"),
        EventKind::Merged { arms } => format!("merges {arms}"),
        EventKind::Round { n } => format!("round {n}"),
        EventKind::TimerStarted { wait } => format!("waits {wait:?}"),
        EventKind::TimerEnded => "waited".to_owned(),
        EventKind::LimitReached { exceeded } => format!("limit: {exceeded}"),
        EventKind::Chunk { text, attempt } => format!("chunk {attempt} {text}"),
        other => format!("{other:?}"),
    };
    format!("{} {} {what}", event.depth, event.path)
}

/// Every event since the last look.
pub fn lines(log: &EventLog) -> Vec<String> {
    log.take().iter().map(line).collect()
}
