//! What the person at the terminal sees.

use crate::pipeline::{Moderation, Post, Verdict};
use flujo::events::AttemptOutcome;
use flujo::prelude::*;
use flujo::question::Question;
use flujo::{StepResult, Usage};
use std::io::{self, Stdout, Write};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Prints each run as it goes, and keeps what the summary needs.
pub struct Report {
    out: Stdout,
    /// Times differ from run to run; a test that compares outputs hides them.
    plain: bool,
    started: Instant,
    /// What the word list said, call by call.
    answers: Receiver<String>,
    /// Steps of the current run that were printed before it paused.
    printed: usize,
    approved: usize,
    rejected: usize,
    escalated: usize,
    failed: usize,
    asked: usize,
    answered: usize,
    waiting: Vec<String>,
    usage: Usage,
}

impl Report {
    pub fn new(plain: bool, answers: Receiver<String>) -> Self {
        Self {
            out: io::stdout(),
            plain,
            started: Instant::now(),
            answers,
            printed: 0,
            approved: 0,
            rejected: 0,
            escalated: 0,
            failed: 0,
            asked: 0,
            answered: 0,
            waiting: Vec::new(),
            usage: Usage::default(),
        }
    }

    pub fn post(&mut self, post: &Post) -> io::Result<()> {
        self.printed = 0;
        writeln!(self.out, "\npost {} by {}: {}", post.id, post.author, shortened(&post.text))
    }

    /// The steps that are new since the last call: a run that goes on after a question keeps those before.
    pub fn steps(&mut self, result: &PipelineResult<Verdict, Moderation>) -> io::Result<()> {
        for step in result.steps.iter().skip(self.printed) {
            let path = step.path();
            let node = path.as_str().rsplit('/').next().unwrap_or_default();
            let calls = step.usage().model_calls;
            let mut said: Vec<_> = (0..calls).filter_map(|_| self.answers.try_recv().ok()).collect();
            said.extend(why_not(step, result));
            let cost = if calls > 0 { step.usage().cost().to_string() } else { String::new() };
            let line = format!("    {node:<14} {}{cost:<12} {}", self.time(step.latency()), said.join("; "));
            writeln!(self.out, "{}", line.trim_end())?;
        }
        self.printed = result.steps.len();
        Ok(())
    }

    pub fn question(&mut self, question: &Question) -> io::Result<()> {
        self.asked += 1;
        let shown = question.shown.as_ref().map(|shown| format!(" {shown}")).unwrap_or_default();
        writeln!(self.out, "    ? {}{shown}", question.message)
    }

    pub fn reply(&mut self, reply: impl std::fmt::Display) -> io::Result<()> {
        self.answered += 1;
        writeln!(self.out, "    ! {reply}")
    }

    pub fn end(&mut self, result: &PipelineResult<Verdict, Moderation>) -> io::Result<()> {
        self.usage += result.usage;
        let how = match &result.outcome {
            Outcome::Done(verdict) => {
                let (count, word) = match verdict {
                    Verdict::Approved => (&mut self.approved, "approved"),
                    Verdict::Rejected => (&mut self.rejected, "rejected"),
                    Verdict::Escalated => (&mut self.escalated, "escalated"),
                };
                *count += 1;
                result.context.notes.iter().fold(word.to_owned(), |how, why| format!("{how}, {why}"))
            }
            Outcome::Paused(_) => {
                self.waiting.push(result.run_id.to_string());
                "paused".to_owned()
            }
            Outcome::Failed(error) => {
                self.failed += 1;
                format!("failed: {error}")
            }
            Outcome::Cancelled => "cancelled".to_owned(),
        };
        writeln!(self.out, "    = {how}: {}", result.usage.cost())
    }

    pub fn summary(self, receipts: usize, budget: &SharedBudget) -> io::Result<()> {
        let Self { approved, rejected, escalated, failed, asked, answered, usage, waiting, mut out, .. } =
            self;
        writeln!(out, "\n{approved} approved, {rejected} rejected, {escalated} escalated, {failed} failed")?;
        writeln!(out, "{asked} asked: {answered} answered, {} still open", waiting.len())?;
        writeln!(out, "{receipts} receipts published")?;
        let most = budget.limits().cost.unwrap_or_default();
        writeln!(out, "{} model calls: {} of a budget of {most}", usage.model_calls, usage.cost())?;
        if !self.plain {
            writeln!(out, "{:.1?} in all", self.started.elapsed())?;
        }
        if !waiting.is_empty() {
            writeln!(out, "\nThese runs wait for a person: {}.", waiting.join(", "))?;
            writeln!(
                out,
                "They are in this process's memory, and end with it. To reply, start again at a terminal,"
            )?;
            writeln!(out, "or with `-- --reply friendly`, `-- --reply neutral` or `-- --reply hostile`.")?;
        }
        Ok(())
    }

    fn time(&self, time: Duration) -> String {
        if self.plain { String::new() } else { format!("{:>7.2} ms  ", time.as_secs_f64() * 1000.0) }
    }
}

/// Why a step has failed, where the run went on all the same: a failure of the run is told at its end.
fn why_not(step: &StepResult, result: &PipelineResult<Verdict, Moderation>) -> Option<String> {
    if step.is_done() || matches!(result.outcome, Outcome::Failed(_)) {
        return None;
    }
    let path = step.path();
    let tried = result.trace.entries().into_iter().rfind(|entry| entry.path == path)?;
    match tried.outcome {
        AttemptOutcome::Failed { message, .. } => Some(message),
        _ => None,
    }
}

/// One line, whatever is in it.
fn shortened(text: &str) -> String {
    let mut chars = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let start: String = chars.by_ref().take(70).collect();
    if chars.next().is_some() { format!("{start}…") } else { start }
}
