use super::{Brief, Checklist, Draft, Reflected, Task};
use crate::agent::Agent;
use std::fmt;

/// Who works in [`solve`](super::solve): a service, and so a part of your resources.
pub struct Team {
    pub(super) review: Box<dyn Agent<Task, Checklist>>,
    pub(super) solution: Box<dyn Agent<Brief, String>>,
    pub(super) validator: Box<dyn Agent<Draft, Checklist>>,
    pub(super) reflection: Option<Box<dyn Agent<Reflected, String>>>,
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Team").field("reflects", &self.reflection.is_some()).finish_non_exhaustive()
    }
}

impl Team {
    /// Those who say what a solution has to fulfil, write one, and check it.
    pub fn new(
        review: impl Agent<Task, Checklist>,
        solution: impl Agent<Brief, String>,
        validator: impl Agent<Draft, Checklist>,
    ) -> Self {
        let (review, solution, validator) = (Box::new(review), Box::new(solution), Box::new(validator));
        Self { review, solution, validator, reflection: None }
    }

    /// And one who says, between two rounds, what to do better. Without, the points that are missing are told.
    #[must_use]
    pub fn reflecting(self, reflection: impl Agent<Reflected, String>) -> Self {
        Self { reflection: Some(Box::new(reflection)), ..self }
    }
}
