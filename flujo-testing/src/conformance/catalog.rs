//! The checks, by their ids.

use super::Ability;
use super::bench::Bench;
use super::checks::ALL;
use super::report::Breach;
use flujo::engine::BoxFuture;
use std::fmt;

/// The end of a check: what is broken, if something is.
pub(super) type Checked<T = ()> = Result<T, Breach>;

type Run = for<'a> fn(&'a Bench) -> BoxFuture<'a, Checked>;

/// One sentence of the engine contract, and the code that finds out whether an engine keeps it.
#[derive(Clone, Copy)]
pub struct Check {
    id: &'static str,
    sentence: &'static str,
    needs: Option<Ability>,
    run: Run,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("id", &self.id).field("needs", &self.needs).finish_non_exhaustive()
    }
}

impl Check {
    pub(super) const fn new(id: &'static str, sentence: &'static str, run: Run) -> Self {
        Self { id, sentence, needs: None, run }
    }

    pub(super) const fn needing(self, ability: Ability) -> Self {
        Self { needs: Some(ability), ..self }
    }

    /// The stable id, `topic/rule`.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The sentence of the contract.
    pub fn sentence(&self) -> &'static str {
        self.sentence
    }

    /// The ability that the check needs, if it needs one that not every engine has.
    pub fn needs(&self) -> Option<Ability> {
        self.needs
    }

    pub(super) fn run<'a>(&self, bench: &'a Bench) -> BoxFuture<'a, Checked> {
        (self.run)(bench)
    }
}

/// Returns every check, in the order in which they run.
///
/// ```
/// let ids: Vec<_> = flujo_testing::conformance::checks().map(|check| check.id()).collect();
/// assert!(ids.contains(&"reply/first-wins"));
/// ```
pub fn checks() -> impl Iterator<Item = &'static Check> {
    ALL.iter().copied().flatten()
}
