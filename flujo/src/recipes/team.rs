use super::{Brief, Checklist, Draft, ReflectionInput, Task};
use crate::agent::Agent;
use std::fmt;

/// The agents of [`solve`](super::solve): a service, and so a part of your resources.
pub struct Team {
    pub(super) review: Box<dyn Agent<Task, Checklist>>,
    pub(super) solution: Box<dyn Agent<Brief, String>>,
    pub(super) validator: Box<dyn Agent<Draft, Checklist>>,
    pub(super) reflection: Option<Box<dyn Agent<ReflectionInput, String>>>,
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Team").field("reflects", &self.reflection.is_some()).finish_non_exhaustive()
    }
}

impl Team {
    /// A team of three agents: one lists the requirements of a solution, one writes it, one checks it.
    pub fn new(
        review: impl Agent<Task, Checklist>,
        solution: impl Agent<Brief, String>,
        validator: impl Agent<Draft, Checklist>,
    ) -> Self {
        let (review, solution, validator) = (Box::new(review), Box::new(solution), Box::new(validator));
        Self { review, solution, validator, reflection: None }
    }

    /// Adds an agent that gives advice between two rounds. Defaults to a list of the missing points.
    #[must_use]
    pub fn reflecting(self, reflection: impl Agent<ReflectionInput, String>) -> Self {
        Self { reflection: Some(Box::new(reflection)), ..self }
    }
}
