use super::run_tool::run_tool;
use super::{Command, Goal, PlannerInput, ToolOffer, Toolbox};
use crate::error::{Result, StepError};
use crate::step::RunInfo;
use flujo_macros::{pipeline, step};
use std::collections::BTreeMap;

/// Makes the first state: the goal, the steps and the agents.
#[step]
pub async fn open_desk(goal: Goal, toolbox: &Toolbox) -> Result<PlannerInput> {
    let agents = toolbox.agents.iter().map(|(name, helper)| (name.clone(), helper.purpose.clone()));
    let mut tools = BTreeMap::new();
    for (name, tool) in &toolbox.tools {
        let spec = tool.spec();
        let arguments = spec.schema.decode().map_err(StepError::fatal)?;
        tools.insert((*name).to_owned(), ToolOffer { purpose: spec.description.clone(), arguments });
    }
    Ok(PlannerInput { goal: goal.text, tools, agents: agents.collect(), command_log: Vec::new() })
}

/// Chooses the next command.
///
/// The steps of [`agentic_loop`] can be parts of a loop of your own:
///
/// ```
/// use flujo::prelude::*;
/// use flujo::recipes::{Command, Goal, Toolbox, open_desk, plan_next, run_agent};
///
/// pipeline! {
///     /// One command, and no second one.
///     fn one_command(goal: Goal, toolbox: &Toolbox) -> String {
///         let desk = open_desk(goal);
///         let command = plan_next(desk);
///         match command {
///             Command::Consult { agent, input } => run_agent(agent, input),
///             Command::Finish { answer } => answer,
///             other => format!("{other:?} is not allowed"),
///         }
///     }
/// }
/// assert_eq!(one_command::BOUNDS.step_runs, Some(3));
/// ```
#[step]
pub async fn plan_next(input: PlannerInput, toolbox: &Toolbox, run: &RunInfo) -> Result<Command> {
    toolbox.planner.answer(input, run).await
}

/// Asks an agent.
#[step]
pub async fn run_agent(agent: String, input: String, toolbox: &Toolbox, run: &RunInfo) -> Result<String> {
    if let Some(found) = toolbox.agents.get(&agent) {
        return found.agent.answer(input, run).await;
    }
    let known: Vec<_> = toolbox.agents.keys().map(|name| format!("`{name}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(StepError::fatal(format!("unknown agent `{agent}`; known agents: {known}")))
}

pipeline! {
    /// Works towards a goal, command by command: a planner sees the results of the commands before, and chooses the next.
    /// The planner gets the error of a step or an agent as a result. Returns the last state, with its `command_log`.
    pub fn agentic_loop(goal: Goal, toolbox: &Toolbox) -> PlannerInput {
        let most = goal.max_commands;
        let start = open_desk(goal);
        repeat(start, |state| {
            let command = plan_next(state.clone());
            match command.clone() {
                Command::Run { tool, arguments } => {
                    let done = run_tool(tool, arguments).settle();
                    state.after_all(command, done)
                }
                Command::Consult { agent, input } => {
                    let done = run_agent(agent, input).settle();
                    state.after_all(command, done)
                }
                Command::Ask { question } => {
                    let reply: String = ask(question);
                    state.after(command, reply)
                }
                Command::Finish { answer } => state.after(command, answer),
            }
        })
        .until(|state| state.answer().is_some())
        .max(most)
    }
}
