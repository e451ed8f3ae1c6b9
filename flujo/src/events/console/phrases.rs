//! Parts of the lines that a tracer prints.

use super::super::colour::Colour;
use super::super::{Ended, Event, EventKind};
use crate::clock::Short;
use crate::usage::Usage;
use std::fmt::Write as _;
use std::time::Duration;

pub(super) fn noted(text: &mut String, findings: usize) {
    if findings > 0 {
        let _ = write!(text, ", {findings} findings");
    }
}

/// The text and the colour of the end of a run or a node.
pub(super) fn ended(outcome: &Ended, latency: Duration, usage: &Usage) -> (String, Colour) {
    let (took, used) = (in_(latency), used(usage));
    match outcome {
        Ended::Done => (format!("done{took}{used}"), Colour::Green),
        Ended::Paused { questions } => {
            let replies = if *questions == 1 { "1 reply".to_owned() } else { format!("{questions} replies") };
            (format!("paused{}, waiting for {replies}{used}", after(latency)), Colour::Yellow)
        }
        Ended::Failed { error } => (format!("failed{}{used}: {error}", after(latency)), Colour::Red),
        Ended::Cancelled => (format!("cancelled{}{used}", after(latency)), Colour::Yellow),
    }
}

/// The usage of each model, one line each, once the run has ended.
pub(super) fn by_model(event: &Event) -> String {
    let EventKind::RunEnded { by_model, .. } = &event.kind else { return String::new() };
    let line = |(model, usage): &(String, Usage)| {
        format!("  {}: {}{}\n", tame(model), calls(usage.model_calls), used(usage))
    };
    by_model.iter().map(line).collect::<Vec<_>>().concat()
}

/// The usage as text, if a model was called or money was spent.
pub(super) fn used(usage: &Usage) -> String {
    let mut text = String::new();
    if usage.model_calls > 0 || usage.cost.0 > 0 {
        let _ = write!(text, ", {}", usage.cost);
        if usage.unpriced_calls > 0 {
            let _ = write!(text, " and {} of unknown price", calls(usage.unpriced_calls));
        }
        let _ = write!(text, ", {} tokens", usage.total_tokens());
        if usage.estimated_calls > 0 {
            let _ = write!(text, ", {} estimated", calls(usage.estimated_calls));
        }
    }
    text
}

pub(super) fn calls(n: u64) -> String {
    if n == 1 { "1 call".to_owned() } else { format!("{n} calls") }
}

pub(super) fn in_(wait: Duration) -> String {
    format!(" in {}", Short(wait))
}
pub(super) fn for_(wait: Duration) -> String {
    format!(" for {}", Short(wait))
}
pub(super) fn after(wait: Duration) -> String {
    if wait.is_zero() { String::new() } else { format!(" after {}", Short(wait)) }
}

/// Escapes text from outside, which must neither break the line nor control the terminal.
pub(super) fn tame(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
