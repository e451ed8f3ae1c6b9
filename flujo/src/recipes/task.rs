use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A task to solve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// In words.
    pub prompt: String,
}

impl Task {
    /// A task in words.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self { prompt: prompt.into() }
    }
}

/// One thing that a good solution has to fulfil.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistItem {
    /// The requirement, in words.
    pub description: String,
    /// Whether the solution fulfils the requirement; `None` before the check.
    #[serde(default)]
    pub passed: Option<bool>,
    /// Why not.
    #[serde(default)]
    pub feedback: Option<String>,
}

/// The requirements of a good solution.
///
/// ```
/// use flujo::recipes::{Checklist, ChecklistItem};
///
/// let item = |description: &str, passed| ChecklistItem { description: description.to_owned(), passed, feedback: None };
/// let checked = Checklist { items: vec![item("It rhymes", Some(true)), item("It is short", Some(false))] };
/// assert_eq!(checked.score(), 0.5);
/// assert_eq!(checked.missing().next().map(|item| item.description.as_str()), Some("It is short"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checklist {
    /// Point by point.
    pub items: Vec<ChecklistItem>,
}

impl Checklist {
    /// The share of points that are fulfilled, 0 to 1; 1 if there are none.
    pub fn score(&self) -> f64 {
        let passed = self.items.iter().filter(|item| item.passed == Some(true)).count();
        if self.items.is_empty() { 1.0 } else { share(passed, self.items.len()) }
    }

    /// The points that are not fulfilled.
    pub fn missing(&self) -> impl Iterator<Item = &ChecklistItem> {
        self.items.iter().filter(|item| item.passed != Some(true))
    }
}

#[allow(clippy::cast_precision_loss, reason = "nobody lists so many points")]
fn share(some: usize, all: usize) -> f64 {
    some as f64 / all as f64
}

/// The number of solutions to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The number of concurrent solutions in one round, at least 1.
    pub k_variants: u32,
    /// Rounds, at least 1. No round follows once a solution fulfils everything.
    pub max_iters: u32,
}

impl Plan {
    /// Sets the number of concurrent solutions and of rounds, at least one of each.
    pub fn new(k_variants: u32, max_iters: u32) -> Self {
        Self { k_variants: k_variants.max(1), max_iters: max_iters.max(1) }
    }
}

impl Default for Plan {
    /// One solution at a time, in up to three rounds.
    fn default() -> Self {
        Self::new(1, 3)
    }
}

/// The input of the agent that solves the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Brief {
    /// The task.
    pub task: Task,
    /// The requirements of the solution.
    pub checklist: Checklist,
    /// The number of this solution among the concurrent ones, from 1.
    pub variant: u32,
    /// The best solution so far, if there is one.
    pub best: Option<Candidate>,
    /// The improvements to make.
    pub advice: Option<String>,
}

/// A solution before its check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// The task.
    pub task: Task,
    /// The requirements of the solution.
    pub checklist: Checklist,
    /// The solution.
    pub solution: String,
}

/// A solution, and what is thought of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// The solution.
    pub solution: String,
    /// The requirements, each checked.
    pub checklist: Checklist,
    /// The share of what it fulfils, 0 to 1.
    pub score: f64,
}

/// The input of the agent that reflects, after a round that solved the task in part.
///
/// ```
/// use flujo::agent::{ModelAgent, make_agent};
/// use flujo::recipes::ReflectionInput;
///
/// let reflects: ModelAgent<ReflectionInput, String> =
///     make_agent("openai:gpt-4o").system("Say what the next solution must do better.").build();
/// # drop(reflects);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReflectionInput {
    /// The task.
    pub task: Task,
    /// The best solution so far.
    pub best: Candidate,
}
