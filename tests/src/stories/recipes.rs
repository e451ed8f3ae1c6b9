//! Pipelines that come with flujo.

use crate::world::*;
use flujo::prelude::*;
use flujo::recipes::{Goal, Plan, Task, agentic_loop, solve};

pipeline! {
    pub fn agentic(text: String, ctx: &mut State, world: &World) -> String {
        let last = agentic_loop(Goal::new(text));
        add(last.answer().unwrap_or("nothing").to_owned())
    }
}
pipeline! {
    pub fn solves(text: String, ctx: &mut State, world: &World) -> String {
        let best = solve(Task::new(text), Plan::new(2, 3));
        add(best.solution)
    }
}
