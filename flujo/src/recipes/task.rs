use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is to be solved.
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
    /// What.
    pub description: String,
    /// Whether it does; nothing as long as nobody has looked.
    #[serde(default)]
    pub passed: Option<bool>,
    /// Why not.
    #[serde(default)]
    pub feedback: Option<String>,
}

/// What a good solution has to fulfil.
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

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Solutions beside each other in one round, at least 1.
    pub k_variants: u32,
    /// Rounds, at least 1. No round follows once a solution fulfils everything.
    pub max_iters: u32,
}

impl Plan {
    /// So many solutions beside each other, in so many rounds; at least one of each.
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

/// What whoever solves the task is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Brief {
    /// The task.
    pub task: Task,
    /// What the solution has to fulfil.
    pub checklist: Checklist,
    /// Which of the solutions beside each other this is, from 1.
    pub variant: u32,
    /// The best solution so far, if there is one.
    pub best: Option<Candidate>,
    /// What to do better.
    pub advice: Option<String>,
}

/// A solution that nobody has looked at yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// The task.
    pub task: Task,
    /// What it has to fulfil.
    pub checklist: Checklist,
    /// The solution.
    pub solution: String,
}

/// A solution, and what is thought of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// The solution.
    pub solution: String,
    /// What it fulfils.
    pub checklist: Checklist,
    /// The share of what it fulfils, 0 to 1.
    pub score: f64,
}

/// What whoever reflects is told, after a round that solved the task in part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reflected {
    /// The task.
    pub task: Task,
    /// The best solution so far.
    pub best: Candidate,
}
