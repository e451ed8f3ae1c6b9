use super::{Brief, Candidate, Checklist, Draft, Plan, ReflectionInput, Task, Team};
use crate::error::{Result, StepError};
use crate::step::RunInfo;
use flujo_macros::{pipeline, step};
use serde::{Deserialize, Serialize};

/// Says what a good solution has to fulfil.
#[step]
pub async fn review(task: Task, team: &Team, run: &RunInfo) -> Result<Checklist> {
    team.review.answer(task, run).await
}

/// Writes one.
#[step]
pub async fn solution(brief: Brief, team: &Team, run: &RunInfo) -> Result<String> {
    team.solution.answer(brief, run).await
}

/// Checks one, point by point. A list of other points than those of the task is not accepted.
#[step(retries = 1)]
pub async fn validator(draft: Draft, team: &Team, run: &RunInfo) -> Result<Candidate> {
    let points = draft.checklist.items.len();
    let solution = draft.solution.clone();
    let checklist = team.validator.answer(draft, run).await?;
    if checklist.items.len() != points {
        let found = checklist.items.len();
        return Err(StepError::rejected(format!("expected a check of {points} points, found {found}")));
    }
    let score = checklist.score();
    Ok(Candidate { solution, checklist, score })
}

/// The state between rounds.
///
/// ```
/// use flujo::recipes::{Candidate, Checklist, Progress, Task};
///
/// let nothing_to_fulfil = Checklist::default();
/// let best = Candidate { solution: "Roses are red.".to_owned(), checklist: nothing_to_fulfil.clone(), score: 1.0 };
/// let task = Task::new("Write a poem.");
/// let progress = Progress { task, checklist: nothing_to_fulfil, best: Some(best), advice: None };
/// assert!(progress.is_solved());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The task.
    pub task: Task,
    /// The requirements of a solution.
    pub checklist: Checklist,
    /// The best solution so far.
    pub best: Option<Candidate>,
    /// The improvements for the next round.
    pub advice: Option<String>,
}

impl Progress {
    fn new(task: Task, checklist: Checklist) -> Self {
        Self { task, checklist, best: None, advice: None }
    }

    /// The inputs of the `k` solvers.
    fn briefs(&self, k: u32) -> Vec<Brief> {
        let Self { task, checklist, best, advice } = self.clone();
        let brief = Brief { task, checklist, variant: 0, best, advice };
        (1..=k.max(1)).map(|variant| Brief { variant, ..brief.clone() }).collect()
    }

    /// Keeps the best of the earlier candidate and the new ones. Of two equal ones the first stays.
    fn with(self, candidates: Vec<Candidate>) -> Self {
        let better = |best: Option<Candidate>, next: Candidate| match best {
            Some(best) if best.score >= next.score => Some(best),
            _ => Some(next),
        };
        let best = candidates.into_iter().fold(self.best, better);
        Self { best, ..self }
    }

    /// Returns true if a solution fulfils everything.
    pub fn is_solved(&self) -> bool {
        self.best.as_ref().is_some_and(|best| best.checklist.missing().next().is_none())
    }
}

/// Says what the next round is to do better; nothing once the task is solved.
///
/// The steps and pipelines of [`solve`] can be parts of a loop of your own:
///
/// ```
/// use flujo::prelude::*;
/// use flujo::recipes::{Brief, Candidate, Checklist, Draft, Plan, Progress, Task, Team};
/// use flujo::recipes::{reflection, review, solution, validator, variant};
///
/// pipeline! {
///     /// One solution, checked twice.
///     fn careful(task: Task, team: &Team) -> Candidate {
///         let checklist = review(task.clone());
///         let brief = value(Brief { task: task.clone(), checklist: checklist.clone(), variant: 1, best: None, advice: None });
///         let first = variant(brief.clone());
///         let better = reflection(Progress { task: task.clone(), checklist: checklist.clone(), best: Some(first), advice: None });
///         let text = solution(Brief { advice: better.advice.clone(), ..brief }).named("again");
///         validator(Draft { task, checklist, solution: text }).named("check_again")
///     }
/// }
/// assert_eq!(careful::BOUNDS.questions, Some(0));
/// ```
#[step]
pub async fn reflection(progress: Progress, team: &Team, run: &RunInfo) -> Result<Progress> {
    let Some(best) = progress.best.clone().filter(|_| !progress.is_solved()) else { return Ok(progress) };
    let advice = if let Some(agent) = &team.reflection {
        agent.answer(ReflectionInput { task: progress.task.clone(), best }, run).await?
    } else {
        let missing = best.checklist.missing().map(|item| match &item.feedback {
            Some(why) => format!("{}: {why}", item.description),
            None => item.description.clone(),
        });
        missing.collect::<Vec<_>>().join("; ")
    };
    Ok(Progress { advice: Some(advice), ..progress })
}

/// The best solution.
#[step]
async fn best_of(progress: Progress) -> Result<Candidate> {
    progress.best.ok_or_else(|| StepError::fatal("no solution was tried"))
}

pipeline! {
    /// One solution, and what is thought of it.
    pub fn variant(brief: Brief, team: &Team) -> Candidate {
        let text = solution(brief.clone());
        validator(Draft { task: brief.task, checklist: brief.checklist, solution: text })
    }
}

pipeline! {
    /// Solves a task: lists the requirements, then runs rounds of concurrent solutions until one fulfils them.
    /// Gives the best one, fulfilled or not.
    pub fn solve(task: Task, plan: Plan, team: &Team) -> Candidate {
        let checklist = review(task.clone());
        let start = value(Progress::new(task, checklist));
        let last = repeat(start, |progress| {
            let candidates = map(progress.briefs(plan.k_variants), |brief| variant(brief));
            reflection(progress.with(candidates))
        })
        .until(Progress::is_solved)
        .max(plan.max_iters)
        .or_last();
        best_of(last)
    }
}
