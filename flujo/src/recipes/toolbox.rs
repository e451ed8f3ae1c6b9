use super::run_tool::{Offered, Served};
use crate::agent::Agent;
use crate::error::Failure;
use crate::step::{Arguments, Step, ToolIn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The goal of an [`agentic_loop`](super::agentic_loop).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Goal {
    /// In words.
    pub text: String,
    /// The most commands, the last one included; more fail the loop.
    pub max_commands: u32,
}

impl Goal {
    /// A goal in words, for up to twenty commands.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), max_commands: 20 }
    }
}

/// A planner's choice of what to do next.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::agent::Agent;
/// use flujo::recipes::{Command, PlannerInput, Toolbox};
///
/// /// A planner without a model: it asks a poet, then finishes.
/// struct Planner;
///
/// #[flujo::async_trait]
/// impl Agent<PlannerInput, Command> for Planner {
///     async fn answer(&self, input: PlannerInput, _: &RunInfo) -> Result<Command> {
///         Ok(match input.command_log.last() {
///             None => Command::Consult { agent: "poet".to_owned(), input: input.goal },
///             Some(done) => Command::Finish { answer: done.result.clone() },
///         })
///     }
/// }
///
/// /// Answers everything in one line.
/// struct Poet;
///
/// #[flujo::async_trait]
/// impl Agent<String, String> for Poet {
///     async fn answer(&self, topic: String, _: &RunInfo) -> Result<String> {
///         Ok(format!("O {topic}!"))
///     }
/// }
///
/// let toolbox = Toolbox::new(Planner).agent("poet", "Writes a line on anything.", Poet);
/// # drop(toolbox);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Runs a step.
    Run {
        /// The name of the step.
        tool: String,
        /// The inputs by name: a JSON object, as text.
        arguments: String,
    },
    /// Asks an agent.
    Consult {
        /// The name of the agent.
        agent: String,
        /// The input of the agent.
        input: String,
    },
    /// Asks a person.
    Ask {
        /// The question.
        question: String,
    },
    /// Ends the loop.
    Finish {
        /// The final answer.
        answer: String,
    },
}

/// A command and its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutedCommand {
    /// The command.
    pub command: Command,
    /// The step's output, the agent's answer, the person's reply, or what went wrong.
    pub result: String,
}

/// The description of a step that a planner is given.
///
/// ```
/// use flujo::recipes::{PlannerInput, ToolOffer};
///
/// /// What a planner without a model looks at first.
/// fn names(input: &PlannerInput) -> Vec<String> {
///     let line = |(name, offer): (&String, &ToolOffer)| format!("{name}: {}", offer.purpose);
///     input.tools.iter().map(line).collect()
/// }
/// # drop(names);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolOffer {
    /// The purpose of the step: its doc comment.
    pub purpose: String,
    /// The JSON Schema of its inputs.
    pub arguments: serde_json::Value,
}

/// The state of the loop: the input of the planner, and at the end the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannerInput {
    /// The goal.
    pub goal: String,
    /// The steps that can be run, by name.
    pub tools: BTreeMap<String, ToolOffer>,
    /// Names of the agents, each with what it is for.
    pub agents: BTreeMap<String, String>,
    /// Everything that was done, the first command first.
    pub command_log: Vec<ExecutedCommand>,
}

impl PlannerInput {
    /// Adds a command and its result.
    pub(super) fn after(mut self, command: Command, result: String) -> Self {
        self.command_log.push(ExecutedCommand { command, result });
        self
    }

    /// Adds a command and its result, which may be a failure.
    pub(super) fn after_all(self, command: Command, result: Result<String, Failure>) -> Self {
        self.after(command, result.unwrap_or_else(|failure| format!("failed: {}", failure.message)))
    }

    /// The answer, once there is one.
    pub fn answer(&self) -> Option<&str> {
        match &self.command_log.last()?.command {
            Command::Finish { answer } => Some(answer),
            _ => None,
        }
    }
}

/// The planner of an [`agentic_loop`](super::agentic_loop), the steps that it may run, and the agents that it may ask.
/// A service, and so a part of your resources.
pub struct Toolbox {
    pub(super) planner: Box<dyn Agent<PlannerInput, Command>>,
    pub(super) tools: BTreeMap<&'static str, Box<dyn Offered>>,
    pub(super) agents: BTreeMap<String, Helper>,
}

/// An agent, and what it is for.
pub(super) struct Helper {
    pub(super) purpose: String,
    pub(super) agent: Box<dyn Agent<String, String>>,
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tools, agents) = (self.tools.keys(), self.agents.keys());
        f.debug_struct("Toolbox").field("tools", &tools).field("agents", &agents).finish_non_exhaustive()
    }
}

impl Toolbox {
    /// A planner alone: it may ask a person, or finish.
    pub fn new(planner: impl Agent<PlannerInput, Command>) -> Self {
        Self { planner: Box::new(planner), tools: BTreeMap::new(), agents: BTreeMap::new() }
    }

    /// Adds a step that the planner may run, with the services that the step uses; without any, `Arc::new(())`. The step is a
    /// node of its own, with its attempts, timeout and records, at `run_tool!step`. A step of the same name is replaced.
    ///
    /// ```
    /// use flujo::prelude::*;
    /// # use flujo::agent::make_agent;
    /// # use flujo::model::Script;
    /// use flujo::recipes::{Toolbox, Goal, agentic_loop};
    /// use std::sync::Arc;
    ///
    /// struct Tides(u32);
    ///
    /// /// When high tide is, in hours after midnight.
    /// #[step(retries = 2)]
    /// async fn high_tide(days_from_now: u32, tides: &Tides) -> Result<u32> {
    ///     Ok((tides.0 + days_from_now) % 24)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let toolbox = Toolbox::new(make_agent("openai:gpt-4o").max_tokens(300).build());
    /// let toolbox = toolbox.tool::<high_tide, _>(&Arc::new(Tides(6)));
    /// # let script = Script::new()
    /// #     .then(r#"{"answer":{"run":{"tool":"high_tide","arguments":"{\"days_from_now\":2}"}}}"#)
    /// #     .then(r#"{"answer":{"finish":{"answer":"At eight."}}}"#);
    /// let flujo = Flujo::builder().resources(toolbox).models(script).build()?;
    /// let done = flujo.run(agentic_loop(Goal::new("When is high tide the day after tomorrow?"))).await.into_output()?;
    /// assert_eq!(done.command_log[0].result, "8");
    /// assert_eq!(done.answer(), Some("At eight."));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn tool<S, R>(mut self, services: &Arc<R>) -> Self
    where
        S: ToolIn<(), R>,
        <S as Step>::Input: Arguments,
        R: Send + Sync + 'static,
    {
        self.tools.insert(S::FACTS.name, Box::new(Served::<R>::of::<S>(services)));
        self
    }

    /// Adds an agent that the planner may ask, in place of one of the same name.
    #[must_use]
    pub fn agent(
        mut self,
        name: impl Into<String>,
        purpose: impl Into<String>,
        agent: impl Agent<String, String>,
    ) -> Self {
        let helper = Helper { purpose: purpose.into(), agent: Box::new(agent) };
        self.agents.insert(name.into(), helper);
        self
    }
}
