use crate::agent::Agent;
use crate::error::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What [`agentic_loop`](super::agentic_loop) is to come to.
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

/// What a planner may choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Asks an agent.
    Run {
        /// Its name.
        agent: String,
        /// What it is asked.
        input: String,
    },
    /// Asks a person.
    Ask {
        /// What.
        question: String,
    },
    /// Ends the loop.
    Finish {
        /// What it has come to.
        answer: String,
    },
}

/// A command, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    /// The command.
    pub command: Command,
    /// The agent's answer, the person's reply, or what went wrong.
    pub result: String,
}

/// What the planner is told, and at the end what it has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Situation {
    /// The goal.
    pub goal: String,
    /// Names of the agents, each with what it is for.
    pub agents: BTreeMap<String, String>,
    /// Everything that was done, the first command first.
    pub command_log: Vec<Done>,
}

impl Situation {
    /// The same after one more command.
    pub(super) fn after(mut self, command: Command, result: String) -> Self {
        self.command_log.push(Done { command, result });
        self
    }

    /// The same after a command that may have failed.
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

/// Who works in [`agentic_loop`](super::agentic_loop): a planner, and the agents that it may ask. A service, and so a
/// part of your resources.
pub struct Desk {
    pub(super) planner: Box<dyn Agent<Situation, Command>>,
    pub(super) agents: BTreeMap<String, Helper>,
}

/// An agent, and what it is for.
pub(super) struct Helper {
    pub(super) purpose: String,
    pub(super) agent: Box<dyn Agent<String, String>>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("agents", &self.agents.keys()).finish_non_exhaustive()
    }
}

impl Desk {
    /// A planner without agents: it may ask a person, or finish.
    pub fn new(planner: impl Agent<Situation, Command>) -> Self {
        Self { planner: Box::new(planner), agents: BTreeMap::new() }
    }

    /// And an agent that it may ask, in place of one of the same name.
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
