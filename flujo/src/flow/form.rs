//! The options of forms, as an editor shows them.

use super::WaitFor;
use super::settled::Whole;
use crate::usage::UsageLimits;
use std::marker::PhantomData;

/// A form that is being put together; inside `pipeline!` its options are part of the language.
///
/// `K` is what `.settle()` makes a `Result` of: all of it, every item, or every arm.
#[derive(Debug)]
pub struct Form<T, K = Whole>(pub(super) T, PhantomData<K>);

impl<T, K> Form<T, K> {
    pub(super) fn new(value: T) -> Self {
        Self(value, PhantomData)
    }

    /// Ends the loop once this holds for the value of a round.
    #[must_use]
    pub fn until(self, _holds: impl FnOnce(&T) -> bool) -> Self {
        self
    }
    /// The most rounds, or items. A loop needs it: nothing runs without a bound.
    #[must_use]
    pub fn max(self, _n: u32) -> Self {
        self
    }
    /// Takes the last value when no round is left, instead of failing.
    #[must_use]
    pub fn or_last(self) -> Self {
        self
    }
    /// How many items run at once; 8 if nothing is said.
    #[must_use]
    pub fn concurrency(self, _n: usize) -> Self {
        self
    }
    /// How long the form may take: the time in which something of it is under way, attempts and the waits
    /// between them. Time in which it waits for a person or in a `wait`, or in which no process works on the
    /// run, does not count. A form whose time is up fails; with `.settle()`, the arms and items that are done
    /// keep their values.
    #[must_use]
    pub fn timeout(self, _limit: impl Into<WaitFor>) -> Self {
        self
    }
    /// What everything in the form may use together: a model call that could exceed it is not made, and its
    /// node fails.
    #[must_use]
    pub fn limits(self, _limits: UsageLimits) -> Self {
        self
    }
    /// The id of the node, a literal.
    #[must_use]
    pub fn named(self, _id: &str) -> Self {
        self
    }
    /// A plugin that looks at the value of a gate before its validators do, and may replace it.
    #[must_use]
    pub fn plugin<P: crate::Plugin<T>>(self, _plugin: P) -> Self {
        self
    }
    /// Keeps what is said against the value of a gate in the context, in its part of the type `Findings`.
    #[must_use]
    pub fn keep_findings(self) -> Self {
        self
    }
    /// `strict(false)` lets a rejected value pass, with the findings recorded.
    #[must_use]
    pub fn strict(self, _strict: bool) -> Self {
        self
    }
}
