use super::run_tool::run_tool;
use super::{Command, Desk, Goal, Offer, Situation};
use crate::error::{Result, StepError};
use crate::step::RunInfo;
use flujo_macros::{pipeline, step};
use std::collections::BTreeMap;

/// Puts down the goal, and who is there.
#[step]
pub async fn open_desk(goal: Goal, desk: &Desk) -> Result<Situation> {
    let agents = desk.agents.iter().map(|(name, helper)| (name.clone(), helper.purpose.clone()));
    let mut tools = BTreeMap::new();
    for (name, tool) in &desk.tools {
        let spec = tool.spec();
        let arguments = spec.schema.decode().map_err(StepError::fatal)?;
        tools.insert((*name).to_owned(), Offer { purpose: spec.description.clone(), arguments });
    }
    Ok(Situation { goal: goal.text, tools, agents: agents.collect(), command_log: Vec::new() })
}

/// Chooses the next command.
#[step]
pub async fn plan_next(situation: Situation, desk: &Desk, run: &RunInfo) -> Result<Command> {
    desk.planner.answer(situation, run).await
}

/// Asks an agent.
#[step]
pub async fn run_agent(agent: String, input: String, desk: &Desk, run: &RunInfo) -> Result<String> {
    if let Some(found) = desk.agents.get(&agent) {
        return found.agent.answer(input, run).await;
    }
    let known: Vec<_> = desk.agents.keys().map(|name| format!("`{name}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(StepError::fatal(format!("there is no agent `{agent}`: there are {known}")))
}

pipeline! {
    /// Works towards a goal, command by command: a planner sees what came of those before, and chooses the next one.
    /// What a step or an agent fails with is told to the planner. Gives the situation at the end, `command_log` and all.
    pub fn agentic_loop(goal: Goal, desk: &Desk) -> Situation {
        let most = goal.max_commands;
        let start = open_desk(goal);
        repeat(start, |situation| {
            let command = plan_next(situation.clone());
            match command.clone() {
                Command::Run { tool, arguments } => {
                    let done = run_tool(tool, arguments).settle();
                    situation.after_all(command, done)
                }
                Command::Consult { agent, input } => {
                    let done = run_agent(agent, input).settle();
                    situation.after_all(command, done)
                }
                Command::Ask { question } => {
                    let reply: String = ask(question);
                    situation.after(command, reply)
                }
                Command::Finish { answer } => situation.after(command, answer),
            }
        })
        .until(|situation| situation.answer().is_some())
        .max(most)
    }
}
