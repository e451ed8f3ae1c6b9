//! Tools that work on the context, and a pipeline that is a tool.

use crate::world::*;
use flujo::prelude::*;

/// Adds a line to the log.
#[step]
pub async fn keep(line: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<usize> {
    calls.note(run);
    log.push(line);
    Ok(log.len())
}

/// Reads the log.
#[step]
pub async fn recall(#[ctx] log: &Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(log.join(", "))
}

/// Writes the draft, a part that has no merge rule.
#[step]
pub async fn compose(line: String, draft: &mut Draft, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    draft.text.push_str(&line);
    Ok(draft.text.clone())
}

pipeline! {
    /// Keeps a line that a person has looked at.
    pub fn keep_checked(line: String, ctx: &mut State, world: &World) -> String {
        let line = look(line);
        let better: String = ask("Better?").showing(&line);
        keep(better.clone());
        better
    }
}

/// Trims.
#[step]
pub async fn look(line: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(line.trim().to_owned())
}

/// A step with tools that writes the context by itself, too.
#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 1,
    backoff = none,
    tools = [keep, recall, compose, keep_checked]
)]
pub fn clerk(topic: String, log: &mut Vec<String>) -> Prompt<Label> {
    log.push(format!("asked about {topic}"));
    Prompt::system("Work.").user(topic)
}
