//! Ready-made pipelines: solve a task and check the solution, or work towards a goal command by
//! command. They are ordinary steps and pipelines, and good starting points for ones of your own.
//!
//! [`solve`]: a reviewer lists the requirements of a good solution, several solutions are tried concurrently,
//! each is checked point by point, the best one is kept, and the next round gets the missing points.
//!
//! ```
//! use flujo::agent::make_agent;
//! use flujo::model::Script;
//! use flujo::prelude::*;
//! use flujo::recipes::{Plan, Task, Team, solve};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let (review, write) = ("openai:gpt-4o", "openai:gpt-4o-mini");
//! let team = Team::new(
//!     make_agent(review).system("List what a good solution has to fulfil.").max_tokens(300).build(),
//!     make_agent(write).system("Solve the task.").max_tokens(500).build(),
//!     make_agent(review).system("Check every point.").max_tokens(300).build(),
//! );
//! let script = Script::new()
//!     .then(r#"{"items":[{"description":"It rhymes"}]}"#)
//!     .then("Roses are red, violets are blue.")
//!     .then(r#"{"items":[{"description":"It rhymes","passed":true}]}"#);
//! let flujo = Flujo::builder().resources(team).models(script).build()?;
//! let task = Task::new("Write a poem.");
//! let best = flujo.run(solve(task, Plan::new(1, 3))).await.into_output()?;
//! assert_eq!((best.solution.as_str(), best.score), ("Roses are red, violets are blue.", 1.0));
//! # Ok(())
//! # }
//! ```
//!
//! [`agentic_loop`]: a planner chooses one command at a time, to run a step, to ask an agent, to ask a person, or to
//! finish, and sees the results of the commands before.

mod agentic;
mod run_tool;
mod solving;
mod task;
mod team;
mod toolbox;

pub use agentic::{agentic_loop, open_desk, plan_next, run_agent};
pub use solving::{Progress, reflection, review, solution, solve, validator, variant};
pub use task::{Brief, Candidate, Checklist, ChecklistItem, Draft, Plan, ReflectionInput, Task};
pub use team::Team;
pub use toolbox::{Command, ExecutedCommand, Goal, PlannerInput, ToolOffer, Toolbox};
