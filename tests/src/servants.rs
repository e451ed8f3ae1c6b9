//! Who works in the recipes of the stories: agents that say what they say by what they are told, and by nothing else.

use crate::pieces::look_up;
use crate::world::*;
use flujo::agent::{Agent, make_agent};
use flujo::prelude::*;
use flujo::recipes::{Brief, Checklist, ChecklistItem, Command, Draft, PlannerInput, Task, Team, Toolbox};
use std::sync::Arc;

/// An agent that is a function.
struct Says<F>(F);
#[flujo::async_trait]
impl<In: Send + 'static, Out, F: Fn(In) -> Out + Send + Sync + 'static> Agent<In, Out> for Says<F> {
    async fn answer(&self, input: In, _: &RunInfo) -> Result<Out> {
        tokio::task::yield_now().await;
        Ok((self.0)(input))
    }
}

/// Runs a step that is tried twice, one that fails and one that is not there, asks a model and a person, and finishes.
fn next(situation: &PlannerInput) -> Command {
    let run = |tool: &str, word: &str| {
        let arguments = format!(r#"{{"word":"{word}"}}"#);
        Command::Run { tool: tool.to_owned(), arguments }
    };
    match situation.command_log.len() {
        0 => run("look_up", "later"),
        1 => run("look_up", "nothing"),
        2 => run("look_down", "x"),
        3 => Command::Consult { agent: "clerk".to_owned(), input: "Where?".to_owned() },
        4 => Command::Ask { question: "May I?".to_owned() },
        _ => {
            let told: Vec<_> = situation.command_log.iter().map(|done| done.result.as_str()).collect();
            Command::Finish { answer: told.join("; ") }
        }
    }
}

pub fn desk(calls: &Arc<Calls>) -> Toolbox {
    let clerk = make_agent("test:small").max_tokens(50).build();
    Toolbox::new(Says(|situation: PlannerInput| next(&situation))).tool::<look_up, _>(calls).agent(
        "clerk",
        "knows the files",
        clerk,
    )
}

fn point(passed: Option<bool>) -> Checklist {
    let item = ChecklistItem { description: "loud".to_owned(), passed, feedback: None };
    Checklist { items: vec![item] }
}

/// Solves a task in the second round, by the second of two.
pub fn team() -> Team {
    let write = |brief: Brief| {
        let loud = if brief.advice.is_some() && brief.variant == 2 { "!" } else { "" };
        format!("{}{loud}", brief.task.prompt)
    };
    let check = |draft: Draft| point(Some(draft.solution.ends_with('!')));
    Team::new(Says(|_: Task| point(None)), Says(write), Says(check))
}
