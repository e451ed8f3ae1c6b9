use super::colour::{self, Colour};
use super::{AttemptOutcome, Chunks, Ended, Event, EventKind, Observer, Values};
use crate::engine::RunId;
use crate::graph::NodeKind;
use crate::usage::Usage;
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

mod phrases;

use phrases::{after, by_model, ended, for_, in_, noted, tame, used};

/// The verbosity of a [`ConsoleTracer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TraceLevel {
    /// Runs, questions, limits, and nodes that fail.
    Runs,
    /// Also the end of every node, restarts, retries and fallbacks.
    #[default]
    Nodes,
    /// Everything: attempts, forks, rounds, timers, chunks.
    Everything,
}

/// An [`Observer`] that writes one line for each event, indented by depth, with durations and cost.
///
/// While several runs are under way, a line ends with the id of its run.
///
/// Values are written only on request, because inputs, questions, replies, outputs and chunks may be private. Error
/// messages are always written. Colours are used on a terminal only, and not if `NO_COLOR` is set. Control characters
/// are written escaped.
///
/// ```
/// use flujo::events::{ConsoleTracer, TraceLevel};
/// use flujo::prelude::*;
///
/// # #[step]
/// # async fn greet(name: String) -> Result<String> {
/// #     Ok(format!("Hello, {name}!"))
/// # }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let tracer = ConsoleTracer::new().level(TraceLevel::Nodes).log_outputs(true);
/// let flujo = Flujo::builder().observer(tracer).build()?;
/// flujo.run(welcome("Ada".to_string())).id("r1").await.into_output()?;
/// # Ok(())
/// # }
/// ```
///
/// writes to the standard error
///
/// ```text
/// welcome: run r1 started
///   greet: output "Hello, Ada!"
///   greet: done in 12µs
/// welcome: done in 80µs
/// ```
pub struct ConsoleTracer {
    level: TraceLevel,
    inputs: bool,
    outputs: bool,
    colour: bool,
    out: Mutex<Out>,
}

/// What is written to, and the runs that have begun and not ended.
struct Out {
    to: Box<dyn Write + Send>,
    under_way: BTreeSet<RunId>,
}

impl fmt::Debug for ConsoleTracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleTracer").field("level", &self.level).finish_non_exhaustive()
    }
}

impl Default for ConsoleTracer {
    fn default() -> Self {
        Self::new()
    }
}

impl ConsoleTracer {
    /// Creates a tracer that writes to the standard error, with colours if that is a terminal and `NO_COLOR` is unset
    /// or empty.
    pub fn new() -> Self {
        let colour = colour::wanted(std::env::var_os("NO_COLOR").as_deref(), io::stderr().is_terminal());
        Self { colour, ..Self::to(io::stderr()) }
    }

    /// Creates a tracer that writes to `out`, without colour.
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
    /// use flujo::events::ConsoleTracer;
    ///
    /// # let path = std::env::temp_dir().join(format!("flujo-tracer-{}.log", std::process::id()));
    /// let file = std::fs::File::create(&path).unwrap();
    /// let tracer = ConsoleTracer::to(file).log_inputs(true).colour(false);
    /// let flujo = Flujo::builder().observer(tracer).build()?;
    /// flujo.run(welcome("Ada".to_owned())).await.into_output()?;
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn to(out: impl Write + Send + 'static) -> Self {
        let to: Box<dyn Write + Send> = Box::new(out);
        Self {
            level: TraceLevel::default(),
            inputs: false,
            outputs: false,
            colour: false,
            out: Mutex::new(Out { to, under_way: BTreeSet::new() }),
        }
    }

    /// Sets the verbosity; defaults to [`TraceLevel::Nodes`].
    #[must_use]
    pub fn level(self, level: TraceLevel) -> Self {
        Self { level, ..self }
    }

    /// Sets whether inputs are written: those of runs and steps, questions and the values shown with them. Defaults
    /// to false.
    #[must_use]
    pub fn log_inputs(self, inputs: bool) -> Self {
        Self { inputs, ..self }
    }

    /// Sets whether outputs are written: those of steps, replies and chunks. Defaults to false.
    #[must_use]
    pub fn log_outputs(self, outputs: bool) -> Self {
        Self { outputs, ..self }
    }

    /// Sets whether colours are used, for any output. Defaults to true only for the standard error on a terminal.
    #[must_use]
    pub fn colour(self, colour: bool) -> Self {
        Self { colour, ..self }
    }

    /// The text and the colour of an event; `None` if it is not written.
    fn said(&self, event: &Event) -> Option<(String, Colour)> {
        let nodes = self.level >= TraceLevel::Nodes;
        let all = self.level >= TraceLevel::Everything;
        let plain = |text: String| Some((text, Colour::None));
        match &event.kind {
            EventKind::RunStarted { resumed, input, .. } => {
                let word = if *resumed { "resumed" } else { "started" };
                let input = input.as_ref().filter(|_| self.inputs);
                let input = input.map(|input| format!(", input {input}")).unwrap_or_default();
                plain(format!("run {} {word}{input}", event.run_id))
            }
            EventKind::RunEnded { outcome, latency, usage, .. } => Some(ended(outcome, *latency, usage)),
            EventKind::NodeStarted { kind } => match kind {
                // The line of the run itself says so already.
                NodeKind::Pipeline if nodes && event.depth > 0 => plain("started".to_owned()),
                NodeKind::Pipeline => None,
                kind if all => plain(format!("started, a {}", kind.word())),
                _ => None,
            },
            EventKind::NodeEnded { kind: NodeKind::Pipeline, .. } if event.depth == 0 => None,
            EventKind::NodeEnded { outcome, latency, usage, .. } => {
                let failed = !matches!(outcome, Ended::Done);
                (nodes || failed).then(|| ended(outcome, *latency, usage))
            }
            EventKind::AttemptStarted { attempt, input } => {
                let input = input.as_ref().filter(|_| self.inputs && nodes);
                match (all, input) {
                    (true, Some(input)) => plain(format!("attempt {attempt}, input {input}")),
                    (true, None) => plain(format!("attempt {attempt}")),
                    (false, input) => input.and_then(|input| plain(format!("input {input}"))),
                }
            }
            EventKind::AttemptEnded { attempt, outcome, latency, usage, findings, output } => {
                let output = output.as_ref().filter(|_| self.outputs && nodes);
                self.attempt(*attempt, outcome, Some((*latency, usage)), findings.len(), output)
            }
            EventKind::AttemptReplayed { attempt, outcome, findings, output, .. } if nodes => {
                let output = output.as_ref().filter(|_| self.outputs);
                let mut text = format!("attempt {attempt} is recorded");
                if let AttemptOutcome::Failed { message, .. } = outcome {
                    let _ = write!(text, ", failed: {message}");
                }
                noted(&mut text, findings.len());
                if let Some(output) = output {
                    let _ = write!(text, ", output {output}");
                }
                Some((text, Colour::Dim))
            }
            EventKind::Retried { attempt, wait } if nodes => {
                Some((format!("attempt {attempt} follows{}", after(*wait)), Colour::Yellow))
            }
            EventKind::FellBack { target } if nodes => {
                Some((format!("falls back to {target}"), Colour::Yellow))
            }
            EventKind::Restarted { left } if nodes => {
                Some((format!("starts again at the failed node, {left} restarts left"), Colour::Yellow))
            }
            EventKind::QuestionAsked { question } => {
                let mut text = "asks".to_owned();
                if self.inputs {
                    let _ = write!(text, " {:?}", question.message);
                    if let Some(shown) = &question.shown {
                        let _ = write!(text, ", showing {shown}");
                    }
                }
                Some((text, Colour::Yellow))
            }
            EventKind::QuestionAnswered { answered, replayed } => {
                let mut text = if *replayed { "reply is recorded" } else { "answered" }.to_owned();
                if let Some(by) = &answered.reply.by {
                    let _ = write!(text, " by {by}");
                }
                if self.outputs {
                    let _ = write!(text, ", {}", answered.reply.value);
                }
                Some((text, if *replayed { Colour::Dim } else { Colour::None }))
            }
            EventKind::Forked { arms } if all => plain(format!("{arms} branches part")),
            EventKind::Merged { arms } if all => plain(format!("{arms} branches merged")),
            EventKind::Round { n } if all => plain(format!("round {n}")),
            EventKind::TimerStarted { wait } if all => plain(format!("waits{}", for_(*wait))),
            EventKind::TimerEnded if all => plain("has waited".to_owned()),
            EventKind::LimitReached { exceeded } => Some((format!("limit reached: {exceeded}"), Colour::Red)),
            EventKind::ToolCalled { tool } if nodes => plain(format!("calls the tool {tool}")),
            EventKind::ToolReturned { tool, outcome: Ended::Failed { .. } } if nodes => {
                Some((format!("the tool {tool} failed; the model receives the error"), Colour::Yellow))
            }
            EventKind::Repaired { repairs, .. } if all => {
                Some((format!("repaired the answer: {}", repairs.join(", ")), Colour::Yellow))
            }
            EventKind::ModelFellBack { .. } if nodes => call(&event.kind),
            EventKind::OverReported { .. } => call(&event.kind),
            EventKind::Reasoning { text, .. } if all && self.outputs => plain(format!("reasoning {text:?}")),
            EventKind::Chunk { text, .. } if all && self.outputs => plain(format!("chunk {text:?}")),
            EventKind::Missed { events } => {
                Some((format!("{events} events before this were dropped"), Colour::Red))
            }
            _ => None,
        }
    }

    fn attempt(
        &self,
        attempt: u32,
        outcome: &AttemptOutcome,
        took: Option<(Duration, &Usage)>,
        findings: usize,
        output: Option<&crate::codec::Json>,
    ) -> Option<(String, Colour)> {
        let all = self.level >= TraceLevel::Everything;
        let nodes = self.level >= TraceLevel::Nodes;
        match outcome {
            AttemptOutcome::Failed { message, feedback, .. } if nodes => {
                let mut text = format!("attempt {attempt} failed: {message}");
                if let Some(feedback) = feedback.as_ref().filter(|_| all) {
                    let _ = write!(text, ", feedback {feedback:?}");
                }
                Some((text, Colour::Red))
            }
            AttemptOutcome::Succeeded if all => {
                let mut text = format!("attempt {attempt} done");
                if let Some((latency, usage)) = took {
                    let _ = write!(text, "{}{}", in_(latency), used(usage));
                }
                noted(&mut text, findings);
                if let Some(output) = output {
                    let _ = write!(text, ", output {output}");
                }
                Some((text, Colour::None))
            }
            AttemptOutcome::Succeeded => {
                let mut text = output.map(|output| format!("output {output}")).unwrap_or_default();
                if findings > 0 && nodes {
                    let comma = if text.is_empty() { "" } else { ", " };
                    let _ = write!(text, "{comma}{findings} findings");
                }
                (!text.is_empty()).then_some((text, Colour::None))
            }
            AttemptOutcome::Failed { .. } => None,
        }
    }
}

impl Out {
    /// The id of the run, for the end of its line, where other runs are under way.
    fn named(&mut self, event: &Event) -> String {
        let id = &event.run_id;
        let is_alone = self.under_way.iter().all(|other| other == id);
        match event.kind {
            // The line has the id.
            EventKind::RunStarted { .. } => {
                self.under_way.insert(id.clone());
                return String::new();
            }
            EventKind::RunEnded { .. } => _ = self.under_way.remove(id),
            _ => {}
        }
        if is_alone { String::new() } else { format!(" [{}]", tame(id.as_str())) }
    }
}

#[async_trait]
impl Observer for ConsoleTracer {
    async fn event(&self, event: &Event) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let run = out.named(event);
        let Some((said, colour)) = self.said(event) else { return };
        let (indent, node, said) = ("  ".repeat(event.depth), tame(event.node()), tame(&said));
        let line = match colour.code().filter(|_| self.colour) {
            Some(code) => format!("{indent}{node}: \u{1b}[{code}m{said}\u{1b}[0m{run}\n"),
            None => format!("{indent}{node}: {said}{run}\n"),
        };
        let line = line + &by_model(event);
        // An observer cannot stop a run: neither can a full disk or a closed pipe.
        let _ = out.to.write_all(line.as_bytes()).and_then(|()| out.to.flush());
    }

    fn wants(&self) -> Values {
        let chunks =
            if self.outputs && self.level >= TraceLevel::Everything { Chunks::All } else { Chunks::None };
        Values { inputs: self.inputs, outputs: self.outputs, chunks }
    }
}

/// What happened to a call of a model.
fn call(kind: &EventKind) -> Option<(String, Colour)> {
    match kind {
        EventKind::ModelFellBack { model, next, error, .. } => {
            Some((format!("{model} failed, {next} is asked instead: {error}"), Colour::Yellow))
        }
        EventKind::OverReported { model, bound, reported, .. } => {
            let amounts = |usage: &Usage| {
                format!(
                    "{} tokens sent, {} received, {}",
                    usage.input_tokens, usage.output_tokens, usage.cost
                )
            };
            let text =
                format!("{model} reported {} for a call of at most {}", amounts(reported), amounts(bound));
            Some((text, Colour::Red))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
